"""A training run, top to bottom: config -> corpus -> checks -> base -> fit -> calibrate -> evaluate -> release."""

import shutil
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed
from transformers.utils import logging

from tasrih.calibration import Calibration
from tasrih.encoding import Encoder
from tasrih.engines.classifier import Classifier, Heads, load_classifier, save_classifier
from tasrih.labels import LabelSet
from tasrih.scores import score
from tasrih.types import Logits
from training.base import open_base
from training.calibrate import Calibrated, calibrate
from training.cast_swap import with_swaps
from training.config import Config
from training.corpus import SPLITS, Corpus, Row, read_corpus
from training.corpus_checks import check_corpus
from training.dataset import encode_rows
from training.device import Device, choose_device
from training.distillation import soft_targets
from training.export import Made, check_target, environment, export
from training.fit import Fitted, Split, fit
from training.predict import gold_of, predict
from training.reliability import plot_reliability, reliability
from training.run_folder import new_run, run_to_resume, write_json
from training.run_report import current_before, write_report
from training.slices import slice_scores

__all__ = ["run_training"]

# Sentences that torch and OpenVINO are compared on.
N_PROBE = 24


def run_training(config: Config, *, resume: bool = False) -> Path:
    """Train, calibrate, evaluate and release; returns the release folder.

    Raises:
        TasrihError: whatever stands in the way, before any training where it can be known before.
    """
    _quieten()
    check_target(config.output)
    corpus = read_corpus(config.corpus)
    labels = config.model.label_set()
    check_corpus(corpus, labels)
    # After the checks: copies share their sentence's document, and must not count as sentences of their own.
    corpus = with_swaps(corpus, config.corpus.cast_swap, labels, seed=config.training.seed)
    device = choose_device(config.training)
    set_seed(config.training.seed)
    # Before there is a run folder: a base that cannot be opened leaves none.
    base = open_base(config, [row.text for row in corpus.split("train")])
    run = (run_to_resume if resume else new_run)(config, corpus, device)
    _say(f"run {run}: {len(corpus.rows)} sentences, {device.name}, {device.precision}")

    base.tokenizer.save(str(run / "tokenizer.json"))
    encoder = Encoder(run / "tokenizer.json", max_length=config.model.max_length)
    splits = {
        name: Split(rows, encode_rows(rows, encoder, scheme=base.normalisation))
        for name in SPLITS
        for rows in [corpus.split(name)]
    }
    if config.distillation is not None:
        train = splits["train"]
        splits["train"] = replace(train, soft=soft_targets(config.distillation, train.rows, labels, device))
    model = Classifier(base.encoder, _heads(config, labels)).to(device.name)
    if config.training.gradient_checkpointing:
        model.save_memory()
    fitted = fit(model, splits, config, labels, device, pad_id=base.pad_id, run=run, resume=resume)

    # From here on with what is released: weights rounded to fp16, computed in float32, on the CPU. Loaded afresh, because
    # the Trainer leaves its autocast wrapped around the model that it trained.
    save_classifier(model, run)
    model = load_classifier(run)
    exact = Device("cpu", "fp32")
    logits = {
        name: predict(model, splits[name].encoded, exact, pad_id=base.pad_id, max_length=config.model.max_length)
        for name in ("validation", "test")
    }
    gold = gold_of(splits["validation"].rows, labels)
    calibrated = calibrate(logits["validation"], *gold, labels, config.calibration)
    metrics = {
        name: _metrics(splits[name].rows, logits[name], calibrated.calibration, labels, config) for name in logits
    }
    curves = {
        name: reliability(logits[name], *gold_of(splits[name].rows, labels), calibrated.calibration, labels)
        for name in logits
    }
    plot_reliability(curves, run / "reliability.png")
    facts = _facts(config, corpus, device, fitted, calibrated, metrics) | {
        "calibration_errors": {
            split: {when: {head: curve["error"] for head, curve in heads.items()} for when, heads in whens.items()}
            for split, whens in curves.items()
        },
        "slices": slice_scores(
            splits["test"].rows,
            calibrated.calibration.decide(logits["test"]),
            labels,
            draws=config.tracking.bootstrap_draws,
        ),
    }
    told = ("metrics", "slices", "review", "calibration_errors", "training", "corpus")
    write_json(run / "metrics.json", {key: facts[key] for key in told} | {"reliability": curves})
    probe = list(zip(splits["test"].rows, splits["test"].encoded, strict=True))[:N_PROBE]
    made = Made(
        model=model,
        base=base,
        labels=labels,
        calibration=calibrated.calibration,
        max_length=config.model.max_length,
        probe=[(row.text, tokens) for row, tokens in probe],
        facts=facts,
    )
    before = current_before(config)
    release = export(made, config.output)
    if not config.output.keep_checkpoints:
        shutil.rmtree(run / "checkpoints", ignore_errors=True)
    decisions = calibrated.calibration.decide(logits["test"])
    _say(f"report {write_report(run, release, splits['test'].rows, decisions, before)}")
    return release


def _quieten() -> None:
    """Keep transformers from telling what its makers, not ours, should act on (deprecations; the pooler we leave out)."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


def _heads(config: Config, labels: LabelSet) -> Heads:
    return Heads(
        stances=labels.stance_names,
        claims=labels.claim_names,
        pooling=config.model.pooling,
        dropout=config.model.dropout,
    )


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


def _facts(
    config: Config, corpus: Corpus, device: Device, fitted: Fitted, calibrated: Calibrated, metrics: dict[str, Any]
) -> dict[str, Any]:
    return {
        "corpus": {"sha256": corpus.sha256, "counts": corpus.counts()},
        "training_config": config.to_json(),
        "training": {
            "epochs": config.training.epochs,
            "best_epoch": fitted.best_epoch,
            "best_score": round(fitted.best_score, 6),
            "loss": round(fitted.train_loss, 6),
            "seconds": round(fitted.seconds, 1),
            "device": device.name,
            "precision": device.precision,
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


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
