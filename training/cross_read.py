"""Reads a corpus critically with models that never saw what they read: k-fold prediction, and the labels they contradict.

A model trained on the other folds that is sure of another label has found a mislabelled sentence, a hard one, or a mistake of
its own; which of them is for a reader to say (Northcutt et al., 2021, call the sure contradictions the off-diagonal of the
confident joint). Nothing here changes a label.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transformers import set_seed

from tasrih.calibration import Calibration
from tasrih.encoding import Encoder
from tasrih.engines.classifier import Classifier, Heads
from tasrih.labels import LabelSet
from tasrih.types import Logits
from training.base import open_base
from training.config import Config
from training.corpus import Corpus, Row
from training.dataset import encode_rows
from training.device import Device, choose_device
from training.fit import Split, fit
from training.predict import predict

__all__ = ["Reading", "contradictions", "cross_read"]

# Of the rows that a fold's model may learn from, one document in so many chooses its epoch instead.
VALIDATION_PART = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model that was trained without a row says of it.

    Attributes:
        row: as the corpus has it.
        stance: the model's.
        claim_types: the model's, at a threshold of one half.
        confidence: the probability of the model's stance, or of its yes or no to a claim type, whichever it is surest
            of among those that differ from the row's; 0 where none differs.
    """

    row: Row
    stance: str
    claim_types: tuple[str, ...]
    confidence: float

    def to_json(self) -> dict[str, Any]:
        """Ids and labels; no text, which may not be ours to write."""
        return {
            "id": self.row.id,
            "stance": self.row.stance,
            "claim_types": list(self.row.claim_types),
            "model_stance": self.stance,
            "model_claim_types": list(self.claim_types),
            "confidence": round(self.confidence, 6),
        }


def cross_read(config: Config, corpus: Corpus, *, folds: int) -> Iterator[Reading]:
    """Read every row of every split by a model that saw no row of its document or contrast group.

    Args:
        config: how to train each of the models.
        corpus: what to read.
        folds: so many models, each trained on all folds but one.
    """
    labels = config.model.label_set()
    device = choose_device(config.training)
    # In the order of a hash: a corpus that grows keeps most of its folds' neighbours apart in the same way.
    units = sorted({_unit(row) for row in corpus.rows}, key=lambda unit: hashlib.sha256(unit.encode()).digest())
    for fold in range(folds):
        away = set(units[fold::folds])
        chosen = [unit for unit in units if unit not in away]
        judging = set(chosen[::VALIDATION_PART])
        unseen = [row for row in corpus.rows if _unit(row) in away]
        train = [row for row in corpus.rows if _unit(row) not in away | judging]
        validation = [row for row in corpus.rows if _unit(row) in judging]
        yield from _readings(unseen, _read_fold(config, labels, device, train, validation, unseen), labels)


def contradictions(readings: Sequence[Reading], *, confidence: float) -> list[Reading]:
    """Those that differ from the corpus with at least that confidence, the surest first."""
    found = [reading for reading in readings if reading.confidence and reading.confidence >= confidence]
    return sorted(found, key=lambda reading: (-reading.confidence, reading.row.id))


def _unit(row: Row) -> str:
    """What may not be split over folds."""
    return row.group or row.document or row.id


def _read_fold(
    config: Config, labels: LabelSet, device: Device, train: list[Row], validation: list[Row], unseen: list[Row]
) -> Logits:
    set_seed(config.training.seed)
    base = open_base(config, [row.text for row in train])
    with TemporaryDirectory(prefix="tasrih-") as folder:
        run = Path(folder)
        base.tokenizer.save(str(run / "tokenizer.json"))
        encoder = Encoder(run / "tokenizer.json", max_length=config.model.max_length)
        splits = {
            name: Split(rows, encode_rows(rows, encoder, scheme=base.normalisation))
            for name, rows in (("train", train), ("validation", validation))
        }
        heads = Heads(
            stances=labels.stance_names,
            claims=labels.claim_names,
            pooling=config.model.pooling,
            dropout=config.model.dropout,
        )
        model = Classifier(base.encoder, heads).to(device.name)
        fit(model, splits, config, labels, device, pad_id=base.pad_id, run=run)
        encoded = encode_rows(unseen, encoder, scheme=base.normalisation)
        return predict(model, encoded, device, pad_id=base.pad_id, max_length=config.model.max_length)


def _readings(rows: Sequence[Row], logits: Logits, labels: LabelSet) -> Iterator[Reading]:
    calibration = Calibration.neutral(labels)
    stance_BS, claims_BC = calibration.probabilities(logits)
    for row, stance_S, claims_C in zip(rows, stance_BS.tolist(), claims_BC.tolist(), strict=True):
        sure, stance = max(zip(stance_S, labels.stance_names, strict=True))
        given = tuple(name for name, p in zip(labels.claim_names, claims_C, strict=True) if p >= 0.5)
        against = [sure] if stance != row.stance else []
        against += [
            max(p, 1 - p)
            for name, p in zip(labels.claim_names, claims_C, strict=True)
            if (name in given) != (name in row.claim_types)
        ]
        yield Reading(row=row, stance=stance, claim_types=given, confidence=max(against, default=0.0))
