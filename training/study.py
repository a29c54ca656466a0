"""The study of a search: which knobs each trial got, how its epochs scored, in SQLite; a wrapper of optuna's.

What a trial gets depends on the seed, its number and the trials before it, never on how often the search was interrupted: the
sampler is seeded anew for every draw. A trial that a kill left behind is taken up again with the knobs that it had.
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from training.search_config import SearchConfig, Space

__all__ = ["Result", "Study", "Trying", "told"]

_OVER = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class Trying:
    """A trial to be made.

    Attributes:
        number: from 0.
        knobs: values by dotted key.
    """

    number: int
    knobs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A trial that is over.

    Attributes:
        number: from 0.
        state: `complete`, `given up` or `failed`.
        score: of its best epoch on validation; None where there was none.
        best_epoch: from 1; None likewise.
        epochs: that it was trained.
        seconds: from its start to its end, interruptions included.
        knobs: values by dotted key.
        reason: why it failed, else an empty string.
    """

    number: int
    state: str
    score: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    knobs: Mapping[str, Any]
    reason: str = ""


class Study:
    """A search's trials.

    Args:
        path: of the SQLite file; made where it is not there.
        config: of the search.
    """

    def __init__(self, path: Path, config: SearchConfig) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.config = config
        pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
        if config.prune:
            pruner = optuna.pruners.MedianPruner(
                n_startup_trials=config.startup_trials, n_warmup_steps=config.warmup_epochs
            )
        self._study = optuna.create_study(
            storage=f"sqlite:///{path}", study_name="search", direction="maximize", pruner=pruner, load_if_exists=True
        )
        self._now: Trial | None = None

    def next(self) -> Trying | None:
        """The trial that was interrupted, else a new one; None where all are made."""
        trials = self._study.get_trials(deepcopy=False)
        begun = [trial for trial in trials if trial.state not in _OVER]
        if not begun and len(trials) >= self.config.trials:
            return None
        number = begun[0].number if begun else len(trials)
        self._study.sampler = self._sampler(number, 0)
        # optuna hands out a begun trial again, with what it had drawn.
        now = Trial(self._study, begun[0]._trial_id) if begun else self._study.ask()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of choices that are neither numbers nor text
            _ = now.relative_params  # drawn together, before any draw by itself
            knobs = {}
            for place, (key, space) in enumerate(self.config.space.items(), 1):
                self._study.sampler = self._sampler(number, place)
                knobs[key] = _draw(now, key, space)
        self._now = now
        return Trying(number, knobs)

    def goes_on(self, epochs: int, score: float) -> bool:
        """Note the score of an epoch; whether the trial is worth another."""
        assert self._now is not None
        seen = self._study.get_trials(deepcopy=False)[self._now.number].intermediate_values
        if epochs not in seen:  # else it is repeated after a kill
            self._now.report(score, epochs)
        return not self._now.should_prune()

    def complete(self, score: float) -> None:
        """The trial was trained to its end."""
        self._tell(score, TrialState.COMPLETE)

    def give_up(self) -> None:
        """The trial was not worth going on with."""
        self._tell(None, TrialState.PRUNED)

    def fail(self, reason: str) -> None:
        """The trial cannot be made."""
        assert self._now is not None
        self._now.set_user_attr("reason", reason)
        self._tell(None, TrialState.FAIL)

    def _tell(self, score: float | None, state: TrialState) -> None:
        assert self._now is not None
        self._study.tell(self._now, values=score, state=state)
        self._now = None

    def results(self) -> list[Result]:
        """The trials that are over, in order."""
        trials = self._study.get_trials(deepcopy=False)
        return [_result(trial) for trial in trials if trial.state in _OVER]

    def best(self) -> Result | None:
        """The trial trained to its end with the best score, the first of equals."""
        complete = [result for result in self.results() if result.state == "complete" and result.score is not None]
        return max(complete, key=lambda result: (result.score or 0.0, -result.number), default=None)

    def _sampler(self, number: int, draw: int) -> optuna.samplers.BaseSampler:
        seed = np.random.SeedSequence([self.config.seed, number, draw]).generate_state(1)[0]
        return optuna.samplers.TPESampler(
            seed=int(seed),
            n_startup_trials=self.config.startup_trials,
            constant_liar=False,  # what a trial that runs has drawn must not sway its own draws
        )


def _result(trial: FrozenTrial) -> Result:
    scores = {epoch: score for epoch, score in trial.intermediate_values.items() if not math.isnan(score)}
    best = max(scores, key=lambda epoch: (scores[epoch], -epoch), default=None)
    names = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "given up", TrialState.FAIL: "failed"}
    return Result(
        number=trial.number,
        state=names[trial.state],
        score=None if best is None else scores[best],
        best_epoch=best,
        epochs=max(scores, default=0),
        seconds=trial.duration.total_seconds() if trial.duration else 0.0,
        knobs=trial.params,
        reason=str(trial.user_attrs.get("reason", "")),
    )


def _draw(trial: Trial, key: str, space: Space) -> Any:
    if space.choice is not None:
        return trial.suggest_categorical(key, space.choice)
    if space.floats is not None:
        return trial.suggest_float(key, *space.floats, log=space.log)
    assert space.ints is not None
    return trial.suggest_int(key, *space.ints, log=space.log, step=space.step or 1)


def told(knobs: Mapping[str, Any]) -> str:
    """Knobs on one line."""
    return ", ".join(
        f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in knobs.items()
    )
