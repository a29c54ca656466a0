"""A search, top to bottom: draw knobs -> train a trial -> note its epochs -> draw again -> the best config and a report.

Trials are fine-tuned and validated, no more: no calibration, no release. `tasrih train` on the config that comes out makes one.
"""

import gc
import shutil
from pathlib import Path

import torch

from tasrih.errors import ConfigError, TasrihError
from training.checkpoints import newest_checkpoint
from training.config import Config
from training.device import choose_device
from training.fit import Fitted
from training.prepare import Prepared, check_shares, checked_corpus, prepare, quieten, say, warn_of_pairs
from training.processes import Faults, FirstFailedError, Processes, join
from training.run_folder import STUDY, new_run, run_to_resume, write_json
from training.search_config import set_key
from training.search_report import write_search
from training.study import Study, Trying, told
from training.tracking import open_trackers
from training.trainer import StoppedEarlyError

__all__ = ["run_search"]

# In a trial's folder: why one of several processes could not train it, for the first to read on --resume.
_FAULT = "fault.txt"


class _TrialFailedError(Exception):
    """A trial cannot be made, which all processes know."""


def run_search(config: Config, *, resume: bool = False) -> Path:
    """Make the trials that are still to be made, one after another; returns the best one's config file.

    Raises:
        SystemExit: with 0, of several processes in all but the first, once they are no longer needed.
        TasrihError: whatever stands in the way, or not one trial was trained to its end.
    """
    quieten()
    assert config.search is not None
    search = config.search
    corpus, _ = checked_corpus(config)
    device = choose_device(config.training)
    processes = join(device.name)
    check_shares(config, processes)
    faults = Faults(processes)
    find = run_to_resume if resume else new_run
    folder = processes.from_first(lambda: find(config, corpus, device, n_processes=processes.n))
    study = Study(folder / STUDY, search) if processes.is_first else None
    if study is not None:
        warn_of_pairs(corpus)
    while (trying := processes.from_first(lambda: None if study is None else study.next())) is not None:
        if study is not None:
            say(f"trial {trying.number + 1} of {search.trials}: {told(trying.knobs)}")
        _try(config, trying, folder, study, processes, faults)
    processes.leave()
    assert study is not None
    return _conclude(config, study, folder)


def _try(
    config: Config, trying: Trying, folder: Path, study: Study | None, processes: Processes, faults: Faults
) -> None:
    """Train one trial, or go on with it, and note how it went; `study` is the first process's."""
    run = folder / "trials" / f"trial-{trying.number + 1:03d}"
    fitted: Fitted | None = None
    try:
        before = processes.from_first(lambda: _fault_of(run))
        if before is not None:
            raise _TrialFailedError(before)
        resume = processes.from_first(lambda: _has_begun(run))
        fitted = _train(_prepared(_of_trial(config, trying, run), faults, resume=resume), study)
    except StoppedEarlyError:
        pass
    except (_TrialFailedError, TasrihError, ValueError, torch.OutOfMemoryError) as error:
        if processes.n > 1 and not isinstance(error, _TrialFailedError):
            # The others may have got further, and would wait. This one may not be the first, which keeps the study.
            run.mkdir(parents=True, exist_ok=True)
            (run / _FAULT).write_text(str(error), encoding="utf-8")
            raise TasrihError(
                f"trial {trying.number + 1} failed: {error}; --resume notes that and goes on with the next trial"
            ) from error
        if study is not None:
            study.fail(str(error))
            say(f"trial {trying.number + 1} failed: {error}")
        return
    finally:
        gc.collect()  # the Trainer and its callbacks hold each other, and the model on the GPU
    processes.wait()  # the others may still be reading the best checkpoint
    if study is None:
        return
    if fitted is None:
        study.give_up()
        say(f"trial {trying.number + 1} given up: below the median of those before it")
    else:
        scores = {"score": fitted.best_score, "best_epoch": fitted.best_epoch, "loss": fitted.train_loss}
        write_json(run / "metrics.json", {**scores, "seconds": round(fitted.seconds, 1)})
        study.complete(fitted.best_score)
    shutil.rmtree(run / "checkpoints", ignore_errors=True)


def _prepared(config: Config, faults: Faults, *, resume: bool) -> Prepared:
    try:
        return prepare(config, resume=resume)
    except (TasrihError, ValueError, torch.OutOfMemoryError, FirstFailedError) as error:
        if faults.met_all(str(error)):
            raise _TrialFailedError(str(error)) from error
        raise


def _train(prepared: Prepared, study: Study | None) -> Fitted:
    trackers = open_trackers(prepared.run, prepared.config) if study is not None else []
    fitted: Fitted | None = None
    try:
        fitted = prepared.fit(callbacks=trackers, goes_on=study.goes_on if study else lambda _epochs, _score: True)
    finally:
        for tracker in trackers:
            tracker.finish({}, None, whole=fitted is not None)
    return fitted


def _fault_of(run: Path) -> str | None:
    path = run / _FAULT
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _has_begun(run: Path) -> bool:
    """Whether a trial has a checkpoint to go on from; what a kill left of one without is removed."""
    if newest_checkpoint(run) is not None:
        return True
    shutil.rmtree(run, ignore_errors=True)
    return False


def _of_trial(config: Config, trying: Trying, run: Path) -> Config:
    """The config of one trial, whose run folder is `run`."""
    sections = config.to_json() | {"search": None}
    for key, value in trying.knobs.items():
        set_key(sections, key, value)
    sections["output"]["run"] = str(run)
    return Config.model_validate(sections)


def _conclude(config: Config, study: Study, folder: Path) -> Path:
    best, results = study.best(), study.results()
    if best is None:
        reasons = "; ".join(dict.fromkeys(result.reason for result in results if result.reason)) or "all were given up"
        raise ConfigError(
            f"search: none of {len(results)} trials was trained to its end ({reasons}); narrow search.space, and raise "
            "search.trials to go on with --resume, or start anew"
        )
    for run in (folder / "trials").glob("*/checkpoints"):
        shutil.rmtree(run, ignore_errors=True)  # of a trial that was killed once it was noted
    path = write_search(config, results, best, folder)
    say(f"best of {len(results)} trials: trial {best.number + 1}, {best.score:.4f} on validation: {told(best.knobs)}")
    say(f"report {folder / 'report.html'}")
    say(f"next: tasrih train {path}")
    return path
