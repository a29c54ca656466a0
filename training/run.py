"""A training run, top to bottom: config -> corpus -> checks -> base -> fit -> calibrate -> evaluate -> release."""

import json
import shutil
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import set_seed
from transformers.utils import logging

from tasrih.calibration import Calibration
from tasrih.encoding import Encoder
from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tasrih.scores import score
from tasrih.types import Logits
from training.base import open_base
from training.calibrate import Calibrated, calibrate
from training.classifier import Classifier, Heads, load_classifier, save_classifier
from training.config import Config
from training.corpus import SPLITS, Corpus, Row, read_corpus
from training.corpus_checks import check_corpus
from training.dataset import encode_rows
from training.device import Device, choose_device
from training.export import Made, check_target, environment, export
from training.fit import Fitted, Split, fit
from training.predict import gold_of, predict

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
    device = choose_device(config.training)
    run = _run_folder(config, corpus, resume=resume)
    _say(f"run {run}: {len(corpus.rows)} sentences, {device.name}, {device.precision}")

    set_seed(config.training.seed)
    base = open_base(config, [row.text for row in corpus.split("train")])
    base.tokenizer.save(str(run / "tokenizer.json"))
    encoder = Encoder(run / "tokenizer.json", max_length=config.model.max_length)
    splits = {
        name: Split(rows, encode_rows(rows, encoder, scheme=base.normalisation))
        for name in SPLITS
        for rows in [corpus.split(name)]
    }
    model = Classifier(base.encoder, _heads(config, labels)).to(device.name)
    if config.training.gradient_checkpointing:
        model.encoder.gradient_checkpointing_enable()
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
    facts = _facts(config, corpus, fitted, calibrated, metrics)
    _write_json(run / "metrics.json", {key: facts[key] for key in ("metrics", "review", "training", "corpus")})
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
    release = export(made, config.output)
    if not config.output.keep_checkpoints:
        shutil.rmtree(run / "checkpoints", ignore_errors=True)
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


def _run_folder(config: Config, corpus: Corpus, *, resume: bool) -> Path:
    """The folder of this run, with its resolved config, or that of the run to go on with."""
    output, runs = config.output, config.tracking.runs
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = output.run or runs / f"{output.name}-{stamp}"
    if resume:
        earlier = sorted(runs.glob(f"{output.name}-[0-9]*/corpus.json"), key=lambda path: path.stat().st_mtime)
        if output.run is None and not earlier:
            raise ConfigError(f"--resume: no run of {output.name} under {runs}; run without --resume to start anew")
        folder = output.run or earlier[-1].parent
        return _same_run(folder, config, corpus)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "config.yaml").exists():
        raise ConfigError(f"output.run: {folder} holds a run already; name another folder, or go on with --resume")
    (folder / "config.yaml").write_text(
        yaml.safe_dump(config.to_json(), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    _write_json(folder / "environment.json", environment())
    _write_json(folder / "corpus.json", {"sha256": corpus.sha256, "counts": corpus.counts()})
    return folder


def _same_run(folder: Path, config: Config, corpus: Corpus) -> Path:
    try:
        before = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        seen = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"--resume: {folder} is not a run folder ({error}); run without --resume") from error
    now = config.to_json()
    changed = [name for name in ("base", "corpus", "model", "training") if before.get(name) != now[name]]
    if seen != corpus.sha256:
        changed.append("the corpus's rows")
    if changed:
        raise ConfigError(
            f"--resume: {folder} was started with another {', '.join(changed)}; start anew, or take "
            f"{folder / 'config.yaml'} and the corpus of then"
        )
    return folder


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
    config: Config, corpus: Corpus, fitted: Fitted, calibrated: Calibrated, metrics: dict[str, Any]
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


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
