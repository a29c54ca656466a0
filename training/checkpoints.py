"""The checkpoints of a run: the one that a resumed run goes on from, and a log cut back to it.

transformers writes straight into ``checkpoint-N``, its ``trainer_state.json`` last. A folder without a state that parses
is therefore what a kill left of one, and counts for nothing.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers.trainer_callback import TrainerState

from tasrih.errors import ConfigError

__all__ = ["Checkpoint", "newest_checkpoint", "resume_point"]

_STATE = "trainer_state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint.

    Attributes:
        folder: what `Trainer.train` resumes from.
        step: optimiser steps done.
        epoch: epochs done; checkpoints are written at the end of one.
        bad_epochs: epochs in a row that were no better, as early stopping counts them; 0 without it.
    """

    folder: Path
    step: int
    epoch: int
    bad_epochs: int


def newest_checkpoint(run: Path) -> Checkpoint | None:
    """The whole checkpoint of a run that is furthest on; None where there is none."""
    return max((found for _, found in _checkpoints(run) if found), key=lambda found: found.step, default=None)


def resume_point(run: Path) -> Checkpoint:
    """The newest checkpoint, and the run as it was then: no half-written checkpoint, nothing that was logged later.

    Raises:
        ConfigError: there is none.
    """
    checkpoint = newest_checkpoint(run)
    if checkpoint is None:
        raise ConfigError(f"--resume: {run} holds no whole checkpoint; run without --resume to start anew")
    for folder, found in _checkpoints(run):
        if found is None:
            # It would count among the checkpoints to keep, and push a whole one out.
            shutil.rmtree(folder)
    log = run / "log.jsonl"
    if log.is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        partial = log.with_name(f".{log.name}")
        partial.write_text("".join(line for line in lines if _step(line) <= checkpoint.step), encoding="utf-8")
        partial.replace(log)
    return checkpoint


def _checkpoints(run: Path) -> Iterator[tuple[Path, Checkpoint | None]]:
    for folder in sorted((run / "checkpoints").glob("checkpoint-*")):
        try:
            state = TrainerState.load_from_json(str(folder / _STATE))
            yield (
                folder,
                Checkpoint(
                    folder=folder,
                    step=int(state.global_step),
                    epoch=round(state.epoch or 0),
                    bad_epochs=_bad_epochs(state.stateful_callbacks or {}),
                ),
            )
        except (OSError, ValueError, TypeError):
            yield folder, None


def _bad_epochs(callbacks: dict[str, Any]) -> int:
    stopping = callbacks.get("EarlyStoppingCallback")
    return int(stopping["attributes"]["early_stopping_patience_counter"]) if stopping else 0


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")  # cut short by the kill
