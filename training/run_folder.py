"""The folder of a run: made anew, or found again to go on with."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tasrih.errors import ConfigError
from training.checkpoints import newest_checkpoint
from training.config import Config
from training.corpus import Corpus
from training.device import Device
from training.export import environment

__all__ = ["STUDY", "new_run", "run_to_resume", "write_json"]

# What the trials of a search are kept in, beside their folders.
STUDY = "study.db"
_STAMP = "%Y%m%d-%H%M%S"
_STAMPED = "[0-9]" * 8 + "-" + "[0-9]" * 6


def new_run(config: Config, corpus: Corpus, device: Device, *, n_processes: int = 1) -> Path:
    """Make the folder of a run or a search, with its resolved config, its corpus's hash, the device and the versions.

    Raises:
        ConfigError: it holds a run already.
    """
    stamp = datetime.now(UTC).strftime(_STAMP)
    folder = config.output.run or config.tracking.runs / f"{_stem(config)}-{stamp}"
    if (folder / "config.yaml").exists():
        raise ConfigError(f"output.run: {folder} holds a run already; name another folder, or go on with --resume")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(
        yaml.safe_dump(config.written(), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    write_json(folder / "environment.json", {**environment(), **_machine(device, n_processes)})
    write_json(folder / "corpus.json", {"sha256": corpus.sha256, "counts": corpus.counts()})
    return folder


def run_to_resume(config: Config, corpus: Corpus, device: Device, *, n_processes: int = 1) -> Path:
    """The folder to go on with: `output.run`, or the newest run of this name, config and corpus that has begun.

    A run has begun where it has a checkpoint, a search where it has its study.

    Raises:
        ConfigError: there is none, or it was started with something else.
    """
    name, runs = config.output.name, config.tracking.runs
    if config.output.run is not None:
        candidates = [config.output.run]
    else:
        candidates = sorted(runs.glob(f"{_stem(config)}-{_STAMPED}"), reverse=True)
    begun = [folder for folder in candidates if _has_begun(folder, config)]
    if not begun:
        kind, sign = ("run", "whole checkpoint") if config.search is None else ("search", STUDY)
        where = (
            f"no {kind} of {name} under {runs} holds a"
            if config.output.run is None
            else f"{config.output.run} holds no"
        )
        anew = "remove it, and run" if config.output.run is not None and config.output.run.exists() else "run"
        raise ConfigError(f"--resume: {where} {sign}; {anew} without --resume to start anew")
    told: list[str] = []
    for folder in begun:
        try:
            changes = _changes(folder, config, corpus, _machine(device, n_processes))
        except ConfigError as error:
            told.append(str(error))  # of another tasrih, or damaged: no reason not to go on with an older one
            continue
        if not changes:
            return folder
        told.append(
            f"--resume: {folder} was started with another {', '.join(changes)}; start anew, or take "
            f"{folder / 'config.yaml'} and the corpus, device, precision and number of processes of then"
        )
    raise ConfigError(told[0])


def _stem(config: Config) -> str:
    return config.output.name if config.search is None else f"{config.output.name}-search"


def _has_begun(folder: Path, config: Config) -> bool:
    return newest_checkpoint(folder) is not None if config.search is None else (folder / STUDY).is_file()


def _machine(device: Device, n_processes: int) -> dict[str, Any]:
    return {"device": device.name, "precision": device.precision, "processes": n_processes}


def _changes(folder: Path, config: Config, corpus: Corpus, machine: dict[str, Any]) -> list[str]:
    """What of a run differs from what is asked for now, of all that decides its weights."""
    try:
        # As this version reads it: a knob that came since, and is left at its default, is no change.
        before = Config.model_validate(yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")))
        seen = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["sha256"]
        made_on = {"processes": 1, **json.loads((folder / "environment.json").read_text(encoding="utf-8"))}
        then, now = _deciding(before), _deciding(config)
        changed = [name for name in then if then[name] != now[name]]
        changed += _differing(made_on, machine.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ConfigError(f"--resume: {folder} is not a run folder ({error!r}); run without --resume") from error
    return changed if seen == corpus.sha256 else [*changed, "rows of the corpus"]


def _deciding(config: Config) -> dict[str, Any]:
    """The sections that decide a run's weights, and of a search which trials are made; more of them may be asked for."""
    sections = config.written()
    deciding = {name: sections[name] for name in ("base", "corpus", "model", "training", "distillation")}
    search = sections["search"] or {}
    return deciding | {"search": {key: value for key, value in search.items() if key != "trials"}}


def _differing(before: dict[str, Any], now: Iterable[tuple[str, Any]]) -> list[str]:
    # `auto` may resolve otherwise on another machine, and half a run in bf16 is no run in either precision.
    return [f"{key} ({before.get(key)}, now {value})" for key, value in now if before.get(key) != value]


def write_json(path: Path, value: Any) -> None:
    """Write a file of the run folder."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
