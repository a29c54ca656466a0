"""Fine-tuning: every epoch trained, validated, logged and checkpointed, in one process or several.

It keeps the epoch whose validation score is best. It neither calibrates nor exports.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import EarlyStoppingCallback, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from tasrih.calibration import Calibration
from tasrih.engines.classifier import Classifier
from tasrih.labels import LabelSet
from tasrih.scores import Scores, score
from tasrih.types import Encoded
from training.checkpoints import Checkpoint, resume_point
from training.config import Config
from training.corpus import Row
from training.dataset import Collator, SoftTargets, make_dataset
from training.device import Device
from training.loss import StanceAndClaimsLoss
from training.predict import gold_of, predict
from training.processes import TIMEOUT, Processes
from training.run_log import BEST, RunLog
from training.trainer import EpochTrainer

__all__ = ["Fitted", "Split", "fit", "selection_score"]


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of one split, their tokens, and what teachers say of them, in one order."""

    rows: Sequence[Row]
    encoded: Sequence[Encoded]
    soft: SoftTargets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What fine-tuning came to.

    Attributes:
        best_score: `selection_score` of the epoch kept.
        best_epoch: which one, from 1.
        train_loss: mean over all steps, those before a resume too.
        seconds: all epochs with their evaluations, those before a resume too.
        log: what was logged, step by step.
    """

    best_score: float
    best_epoch: int
    train_loss: float
    seconds: float
    log: list[dict[str, Any]]


def selection_score(scores: Scores) -> float:
    """What decides which epoch is kept: the mean of stance macro-F1 and the mean F1 of the claim types."""
    if not scores.claims:
        return scores.stance_macro_f1.value
    claims = sum(claim.f1.value for claim in scores.claims) / len(scores.claims)
    return (scores.stance_macro_f1.value + claims) / 2


def fit(
    model: Classifier,
    splits: dict[str, Split],
    config: Config,
    labels: LabelSet,
    device: Device,
    *,
    pad_id: int,
    run: Path,
    resume: bool = False,
    processes: Processes | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    goes_on: Callable[[int, float], bool] = lambda _epochs, _score: True,
) -> Fitted:
    """Fine-tune `model` in place; it ends with the weights of the best epoch.

    Args:
        model: fresh or to go on with.
        splits: `train` and `validation`.
        config: of the run.
        labels: names of both heads.
        device: where, and in which precision.
        pad_id: the token id of padding.
        run: the run folder; checkpoints and ``log.jsonl`` go there.
        resume: whether to go on from the last checkpoint in it.
        processes: that train together; None: this one alone.
        callbacks: told of what is logged, beside the log.
        goes_on: asked after each epoch, with the epochs done and the score of the last.

    Raises:
        ConfigError: there is nothing to resume.
        StoppedEarlyError: `goes_on` said no.
    """
    processes = processes or Processes()
    last = processes.from_first(lambda: resume_point(run)) if resume else None
    train, validation = splits["train"], splits["validation"]
    told: list[TrainerCallback] = [RunLog(run / "log.jsonl"), *callbacks]
    if config.training.early_stopping_epochs is not None:
        told.append(EarlyStoppingCallback(config.training.early_stopping_epochs))
    trainer = EpochTrainer(
        model=model,
        args=_arguments(config, device, processes, run / "checkpoints", len(train.rows), last),
        train_dataset=make_dataset(train.rows, train.encoded, labels, train.soft),
        eval_dataset=make_dataset(validation.rows, validation.encoded, labels),
        data_collator=Collator(pad_id=pad_id, max_length=config.model.max_length, n_claims=len(labels.claims)),
        callbacks=told,
    )
    trainer.processes, trainer.goes_on = processes, goes_on
    if not processes.is_first:
        torch.manual_seed(config.training.seed + processes.place)  # dropout of its own
    trainer.config = config.training
    trainer.classifier = model
    trainer.lengths = [len(sentence.ids) for sentence in train.encoded]
    trainer.loss = StanceAndClaimsLoss(config.training, train.rows, labels, config.distillation).to(device.name)
    trainer.validate = lambda: _validate(model, validation, labels, device, pad_id, config.model.max_length)
    trainer.counted_steps = last.step if last else 0
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.began_s = time.perf_counter()
    trainer.train(resume_from_checkpoint=str(last.folder) if last else None)
    # The state travels in the checkpoints, so these are all epochs, also where this call did only the last ones.
    log = [entry for entry in trainer.state.log_history if BEST in entry]
    best = max(log, key=lambda entry: entry[BEST])
    return Fitted(
        best_score=float(best[BEST]),
        best_epoch=round(best["epoch"]),
        train_loss=sum(entry["epoch_loss"] for entry in log) / len(log),
        seconds=sum(entry["epoch_seconds"] for entry in log),
        log=list(trainer.state.log_history),
    )


def _validate(
    model: Classifier, split: Split, labels: LabelSet, device: Device, pad_id: int, max_length: int
) -> dict[str, float]:
    logits = predict(model, split.encoded, device, pad_id=pad_id, max_length=max_length)
    decisions = Calibration.neutral(labels).decide(logits)
    scores = score(*gold_of(split.rows, labels), decisions, labels, draws=0)
    found = {BEST: selection_score(scores), "eval_stance_macro_f1": scores.stance_macro_f1.value}
    found["eval_exact_match"] = scores.exact_match.value
    found |= {f"eval_f1_{label.name}": label.f1.value for label in (*scores.stances, *scores.claims)}
    return found


def _arguments(
    config: Config, device: Device, processes: Processes, checkpoints: Path, n_rows: int, last: Checkpoint | None
) -> TrainingArguments:
    training = config.training
    patience = training.early_stopping_epochs
    # A run killed after its patience ran out was over: the Trainer forgets that it was to stop, and would go on.
    over = last is not None and patience is not None and last.bad_epochs >= patience
    steps_an_epoch = -(-n_rows // (training.batch_size * training.gradient_accumulation))
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=last.epoch if last is not None and over else training.epochs,
        per_device_train_batch_size=training.batch_size // processes.n,
        gradient_accumulation_steps=training.gradient_accumulation,
        learning_rate=training.learning_rate,
        weight_decay=training.weight_decay,
        lr_scheduler_type="linear",
        warmup_steps=round(steps_an_epoch * training.epochs * training.warmup_share),
        max_grad_norm=training.max_grad_norm,
        bf16=device.precision == "bf16",
        use_cpu=device.name == "cpu",
        ddp_timeout=round(TIMEOUT.total_seconds()),
        ddp_find_unused_parameters=not config.model.claims,  # a head of no claim types gets no gradient
        seed=training.seed,
        data_seed=training.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        restore_callback_states_from_checkpoint=True,  # how many epochs early stopping has waited
        metric_for_best_model=BEST,
        greater_is_better=True,
        logging_steps=config.tracking.log_every_steps,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device.name == "cuda",
        label_names=["stance_B", "claims_BC"],
    )
