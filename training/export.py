"""Writes a release folder, whole or not at all.

Everything is written and checked in a folder aside, which is then renamed: there is never half a release. What is in
it is described in docs/design.md and read by `tasrih.release`.
"""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.calibration import Calibration
from tasrih.engines.classifier import Classifier, save_classifier
from tasrih.errors import ConfigError, EngineError
from tasrih.labels import LabelSet
from tasrih.pipeline import Labeller
from tasrih.release import FORMAT, Layout, digest, sha256_of
from tasrih.types import Decisions, Encoded
from training.base import Base
from training.card import write_card
from training.config import OutputConfig
from training.device import Device
from training.graph import largest_difference, silence_telemetry, write_graph
from training.predict import predict
from training.registry import target_fault

__all__ = ["PROBE_MARGIN", "TOLERANCE", "Made", "check_target", "environment", "export", "label_faults"]

# Largest difference of a logit between torch and OpenVINO, both in float32 from the same fp16 weights: sums in another
# order. A wrong graph (padding seen, positions off) differs by 0.01 and more.
TOLERANCE = 1e-3
# A label of the probe may be another at the shipped precision than in torch's float32 only where float32 itself was this
# close: the stance's probability above the other one's, or the claim type's distance from its threshold. bf16 was
# measured to move a probability by up to 0.02, two stances therefore by 0.04 against each other.
PROBE_MARGIN = 0.05
NOTICE = "NOTICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run made, ready to be released.

    Attributes:
        model: on the CPU, float32, its weights already rounded to fp16.
        base: whose tokenizer and normalisation it has.
        labels: names of both heads, in order.
        calibration: chosen on validation.
        max_length: tokens of a sentence.
        probe: sentences, and their tokens, that torch and OpenVINO are compared on.
        facts: what else ``release.json`` says: corpus, training, metrics, review, versions.
    """

    model: Classifier
    base: Base
    labels: LabelSet
    calibration: Calibration
    max_length: int
    probe: Sequence[tuple[str, Encoded]]
    facts: Mapping[str, Any]


def check_target(output: OutputConfig) -> None:
    """Called before hours of training.

    Raises:
        ConfigError: the release exists and may not be replaced, or is the current one; or the notes cannot be read.
        ReleaseNotFoundError: ``current.json`` is not what it must be.
    """
    _markdown(output)  # a file that cannot be read is told now
    fault = target_fault(output.release, overwrite=output.overwrite)
    if fault is not None:
        raise ConfigError(fault)


def _markdown(output: OutputConfig) -> dict[str, str]:
    """What the card takes from files, by `write_card`'s arguments."""
    texts: dict[str, str] = {}
    for name, path in (("notes", output.card_notes), ("subject", output.card_subject)):
        try:
            texts |= {} if path is None else {name: path.read_text(encoding="utf-8")}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"output.card_{name}: {path}: cannot be read ({error}); name a UTF-8 Markdown file, or null"
            ) from error
    return texts


def export(made: Made, output: OutputConfig) -> Path:
    """Write, check and name the release; returns its folder.

    Raises:
        ConfigError: it exists and may not be replaced, or is the current one.
        EngineError: OpenVINO's logits differ from torch's by more than `TOLERANCE`, or its labels beyond `PROBE_MARGIN`.
        ReleaseError: what was written does not load.
    """
    check_target(output)
    target = output.release
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        _write(made, output, Layout(aside))
        _try_out(made, aside)
        _replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if output.set_current:
        _set_current(output)
    return target


def _write(made: Made, output: OutputConfig, layout: Layout) -> None:
    folder = layout.folder
    encoded = [tokens for _, tokens in made.probe]
    save_classifier(made.model, folder)
    made.base.tokenizer.save(str(layout.tokenizer))
    write_graph(made.model, layout.graph, example=encoded[:2], pad_id=made.base.pad_id)
    difference = largest_difference(made.model, folder, encoded, pad_id=made.base.pad_id, max_length=made.max_length)
    if not difference <= TOLERANCE:
        raise EngineError(
            f"OpenVINO's logits differ from torch's by {difference:.2g}, expected at most {TOLERANCE:.0e}; "
            "the graph is wrong and no release was made: report it with the base model's name"
        )
    facts = {
        "format": FORMAT,
        "name": output.name,
        "version": output.version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "labels": made.labels.to_json(),
        "normalisation": made.base.normalisation,
        "max_length": made.max_length,
        "pad_id": made.base.pad_id,
        "calibration": made.calibration.to_json(made.labels),
        "base_model": made.base.record,
        "engines": {
            "openvino": {"file": layout.graph.name, "weights": "f16", "largest_difference_from_torch": difference},
            "torch": {"file": layout.weights.name, "weights": "f16"},
        },
        **made.facts,
    }
    layout.card.write_text(write_card(facts, made.base.notice, **_markdown(output)), encoding="utf-8")
    paths = list(layout.contents())
    if made.base.notice:
        notice = folder / NOTICE
        notice.write_text(made.base.notice, encoding="utf-8")
        paths.append(notice)
    files: dict[str, dict[str, Any]] = {}
    for path in paths:
        path.chmod(0o644)  # safetensors writes files that only their owner reads
        files[path.name] = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    said = {**facts, "files": files}
    text = json.dumps({**said, "digest": digest(said)}, ensure_ascii=False, indent=2)
    layout.manifest.write_text(text + "\n", encoding="utf-8")


def _try_out(made: Made, folder: Path) -> None:
    """Load the release as its users will, and label with it: tokens and labels must be those of training."""
    silence_telemetry()
    texts = [text for text, _ in made.probe]
    labeller = Labeller.open(folder)
    labelled = labeller.label_texts(texts)
    lengths = [sentence.n_tokens for sentence in labelled]
    if lengths != [tokens.n_tokens for _, tokens in made.probe]:
        raise EngineError(f"{folder}: the release tokenises sentences otherwise than training did; report it")
    encoded = [tokens for _, tokens in made.probe]
    exact = predict(made.model, encoded, Device("cpu", "fp32"), pad_id=made.base.pad_id, max_length=made.max_length)
    faults = label_faults(made.calibration.decide(exact), labeller.decide(texts), made.labels, made.calibration)
    if faults:
        listed = "\n  ".join(faults)
        raise EngineError(
            f"{labeller.engine.name}, {labeller.engine.precision}: {len(faults)} labels of {len(texts)} sentences differ "
            f"from torch's in float32, expected at most where those are within {PROBE_MARGIN} of another answer; the "
            f"graph is wrong and no release was made: report it with the base model's name\n  {listed}"
        )


def label_faults(exact: Decisions, shipped: Decisions, labels: LabelSet, calibration: Calibration) -> list[str]:
    """Labels of the probe that differ though float32 was not within `PROBE_MARGIN`; sentences by place, without text."""
    faults: list[str] = []
    names, claims = labels.stance_names, labels.claim_names
    for place, (right, given) in enumerate(zip(exact.stance_B, shipped.stance_B, strict=True)):
        if exact.stance_BS[place, right] - exact.stance_BS[place, given] > PROBE_MARGIN:
            faults.append(f"test sentence {place}: stance {names[given]}, in float32 {names[right]}")
    distance_BC = np.abs(exact.claims_BC - np.asarray(calibration.claim_thresholds))
    for place, claim in np.argwhere((exact.given_BC != shipped.given_BC) & (distance_BC > PROBE_MARGIN)):
        faults.append(f"test sentence {place}: claim type {claims[claim]} given by one of them alone")
    return faults


def _replace(aside: Path, target: Path) -> None:
    if target.exists():
        # A folder cannot be renamed over another; the old one steps aside first and comes back if that fails.
        old = target.with_name(f".{target.name}.{os.getpid()}.old")
        target.rename(old)
        try:
            aside.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old)
    else:
        aside.rename(target)


def _set_current(output: OutputConfig) -> None:
    pointer = output.folder / "current.json"
    partial = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    partial.write_text(json.dumps({"release": output.release.name}) + "\n", encoding="utf-8")
    partial.replace(pointer)


def environment() -> dict[str, Any]:
    """Versions, machine and git commit: what a number may depend on."""
    names = ("torch", "transformers", "tokenizers", "accelerate", "datasets", "openvino", "numpy", "safetensors")
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {name: metadata.version(name) for name in names},
        "git_commit": _git_commit(),
    }


def _git_commit() -> str | None:
    """The checkout's commit, `+changes` where files differ from it; None outside a checkout."""
    folder = Path(__file__).resolve().parent
    git = shutil.which("git")
    if git is None:
        return None
    outputs = [
        subprocess.run([git, "-C", str(folder), *words], capture_output=True, text=True, check=False)  # noqa: S603
        for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    if outputs[0].returncode != 0:
        return None
    return outputs[0].stdout.strip() + ("+changes" if outputs[1].stdout.strip() else "")
