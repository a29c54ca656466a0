"""A training run, top to bottom: prepare -> fit -> calibrate -> evaluate -> release -> report."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tasrih.engines.classifier import load_classifier, save_classifier
from training.archive import check_archives
from training.calibrate import calibrate
from training.config import Config
from training.device import Device
from training.evaluate import evaluate
from training.export import Made, check_target, export
from training.fit import Fitted
from training.predict import gold_of, predict
from training.prepare import Prepared, prepare, quieten, say, warn_of_pairs
from training.reliability import plot_reliability
from training.run_folder import write_json
from training.run_report import current_before, write_report
from training.tracking import Tracker, open_trackers

__all__ = ["run_training"]

# Sentences that torch and OpenVINO are compared on.
N_PROBE = 24


def run_training(config: Config, *, resume: bool = False) -> Path:
    """Train, calibrate, evaluate and release; returns the release folder.

    Raises:
        SystemExit: with 0, of several processes in all but the first, once they are no longer needed.
        TasrihError: whatever stands in the way, before any training where it can be known before.
    """
    quieten()
    check_target(config.output)
    check_archives(config.tracking.flips)
    prepared = prepare(config, resume=resume)
    if prepared.processes.is_first:
        warn_of_pairs(prepared.corpus)
    trackers = open_trackers(prepared.run, config) if prepared.processes.is_first else []
    fitted = prepared.fit(callbacks=trackers)
    prepared.processes.leave()
    return _finish(prepared, fitted, trackers)


def _finish(prepared: Prepared, fitted: Fitted, trackers: Sequence[Tracker]) -> Path:
    """Calibrate, score, export and report: what one process does by itself."""
    config, run, labels, splits = prepared.config, prepared.run, prepared.labels, prepared.splits
    # From here on with what is released: weights rounded to fp16, computed in float32, on the CPU. Loaded afresh, because
    # the Trainer leaves its autocast wrapped around the model that it trained.
    save_classifier(prepared.model, run)
    model = load_classifier(run)
    logits = {
        name: predict(
            model,
            splits[name].encoded,
            Device("cpu", "fp32"),
            pad_id=prepared.base.pad_id,
            max_length=config.model.max_length,
        )
        for name in ("validation", "test")
    }
    gold = gold_of(splits["validation"].rows, labels)
    calibrated = calibrate(logits["validation"], *gold, labels, config.calibration)
    facts, curves = evaluate(prepared, fitted, calibrated, logits)
    plot_reliability(curves, run / "reliability.png")
    told = ("metrics", "slices", "review", "calibration_errors", "training", "corpus")
    write_json(run / "metrics.json", {key: facts[key] for key in told} | {"reliability": curves})
    probe = list(zip(splits["test"].rows, splits["test"].encoded, strict=True))[:N_PROBE]
    made = Made(
        model=model,
        base=prepared.base,
        labels=labels,
        calibration=calibrated.calibration,
        max_length=config.model.max_length,
        probe=[(row.text, tokens) for row, tokens in probe],
        facts=facts,
    )
    before = current_before(config)
    release = export(made, config.output)
    decisions = calibrated.calibration.decide(logits["test"])
    say(f"report {write_report(run, release, splits['test'].rows, decisions, before, config.tracking.flips)}")
    if not config.output.keep_checkpoints:
        shutil.rmtree(run / "checkpoints", ignore_errors=True)
    for tracker in trackers:
        tracker.finish(facts, release)
    return release
