"""`tasrih info`: which release labels, on which engine, at which precision, with which versions."""

import argparse
import json
import platform
import sys
from importlib import metadata
from typing import Any

from tasrih.cli import Command
from tasrih.commands.label import add_model_arguments

__all__ = ["INFO"]

# Why `auto` came to what runs; see `tasrih.engines.open_engine`.
_ASKED = "asked for"
_ENGINE_CHOSEN = {
    "openvino": "fastest on a CPU; there is no torch that can use an NVIDIA GPU",
    "torch": "it is installed, and there is an NVIDIA GPU",
}
_PRECISION_CHOSEN = {
    "bf16": "what it runs on multiplies bfloat16",
    "f32": "what it runs on does not multiply bfloat16",
}
LIBRARIES = ("numpy", "openvino", "tokenizers", "trafilatura", "torch", "transformers", "bentoml")


def _configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih info`."""
    add_model_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _run(arguments: argparse.Namespace) -> int:
    """Load the release as labelling would, and tell about it."""
    from tasrih.pipeline import Labeller

    labeller = Labeller.open(arguments.model, engine=arguments.engine, precision=arguments.precision)
    facts = _facts(labeller, arguments)
    if arguments.format == "json":
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{name:14} {_line(value)}\n" for name, value in facts.items())
    return 0


def _facts(labeller: Any, asked: argparse.Namespace) -> dict[str, Any]:
    release, engine = labeller.release, labeller.engine
    return {
        "release": f"{release.name} {release.version}",
        "folder": str(release.layout.folder),
        "base model": release.facts.get("base_model"),
        "stances": list(release.labels.stance_names),
        "claim types": list(release.labels.claim_names),
        "normalisation": release.normalisation,
        "max tokens": release.max_length,
        "calibration": release.calibration.to_json(release.labels),
        "engine": f"{engine.name} ({_ENGINE_CHOSEN[engine.name.split()[0]] if asked.engine == 'auto' else _ASKED})",
        "precision": f"{engine.precision} ({_PRECISION_CHOSEN[engine.precision] if asked.precision == 'auto' else _ASKED})",
        "device": engine.device,
        "tasrih": metadata.version("tasrih"),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _line(value: Any) -> str:
    """A fact for people; what nests deeper than names and numbers is told as JSON alone."""
    if isinstance(value, dict):
        told = {name: item for name, item in value.items() if item is not None and not _nests(item)}
        return ", ".join(f"{name} {_line(item)}" for name, item in told.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _nests(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


INFO = Command("tell release, engine, precision and versions", _configure, _run)
