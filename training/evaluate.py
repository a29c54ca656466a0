"""What a fine-tuned model is worth: scores, calibration errors and parts of the test split, and how it came to be."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.scores import score
from tasrih.types import Logits
from training.calibrate import Calibrated
from training.config import Config
from training.corpus import Row
from training.export import environment
from training.fit import Fitted
from training.predict import gold_of
from training.prepare import Prepared
from training.reliability import reliability
from training.slices import slice_scores

__all__ = ["evaluate"]


def evaluate(
    prepared: Prepared, fitted: Fitted, calibrated: Calibrated, logits: Mapping[str, Logits]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Score what a run has made.

    Args:
        prepared: the run.
        fitted: what fine-tuning came to.
        calibrated: what was chosen on validation.
        logits: of the released model, by split.

    Returns:
        What the release says of itself, and the reliability curves by split.
    """
    config, labels, splits = prepared.config, prepared.labels, prepared.splits
    calibration = calibrated.calibration
    metrics = {name: _metrics(splits[name].rows, logits[name], calibration, labels, config) for name in logits}
    curves = {
        name: reliability(logits[name], *gold_of(splits[name].rows, labels), calibration, labels) for name in logits
    }
    facts = _facts(prepared, fitted, calibrated, metrics) | {
        "calibration_errors": {
            split: {when: {head: curve["error"] for head, curve in heads.items()} for when, heads in whens.items()}
            for split, whens in curves.items()
        },
        "slices": slice_scores(
            splits["test"].rows, calibration.decide(logits["test"]), labels, draws=config.tracking.bootstrap_draws
        ),
    }
    return facts, curves


def _metrics(
    rows: Sequence[Row], logits: Logits, calibration: Calibration, labels: LabelSet, config: Config
) -> dict[str, Any]:
    """Scores of all rows, and of each source where there are several."""
    decisions = calibration.decide
    sources = sorted({row.source for row in rows})
    chosen = {"all": list(range(len(rows)))}
    if len(sources) > 1:
        chosen |= {source: [i for i, row in enumerate(rows) if row.source == source] for source in sources}
    return {
        name: score(
            *gold_of([rows[i] for i in places], labels),
            decisions(Logits(logits.stance_BS[places], logits.claims_BC[places])),
            labels,
            draws=config.tracking.bootstrap_draws,
        ).to_json()
        for name, places in chosen.items()
    }


def _facts(prepared: Prepared, fitted: Fitted, calibrated: Calibrated, metrics: dict[str, Any]) -> dict[str, Any]:
    config, corpus = prepared.config, prepared.corpus
    return {
        "corpus": {"sha256": corpus.sha256, "counts": corpus.counts()},
        "training_config": config.written(),
        "training": {
            "epochs": config.training.epochs,
            "best_epoch": fitted.best_epoch,
            "best_score": round(fitted.best_score, 6),
            "loss": round(fitted.train_loss, 6),
            "seconds": round(fitted.seconds, 1),
            "device": prepared.device.name,
            "precision": prepared.device.precision,
            "processes": prepared.processes.n,
            "threads": torch.get_num_threads(),
        },
        "versions": environment(),
        "metrics": metrics,
        "review": {
            "target": config.calibration.review_target,
            "share": round(calibrated.review_share, 6),
            "right_without_review": round(calibrated.right_without_review, 6),
            "target_reached": calibrated.review_target_reached,
        },
    }
