"""From corpus rows to batches: the same normalisation, tokens, cut and padding as inference.

Shape suffixes: ``B`` sentences, ``L`` tokens of a padded sentence, ``C`` claim types.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.utils.data import Sampler

from tasrih.encoding import Encoder, padded_length
from tasrih.labels import LabelSet
from tasrih.normalise import normalise
from tasrih.types import Encoded, FloatArray
from training.corpus import Row

__all__ = ["BucketSampler", "Collator", "SoftTargets", "encode_rows", "make_dataset"]

# Sentences are shuffled, then sorted by length within so many batches: wide enough that a batch's sentences are of
# nearly one length, narrow enough that batches still differ from epoch to epoch.
BATCHES_A_BUCKET = 50


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """What teachers say of the training sentences (`training/distillation.py`).

    Attributes:
        stance_BS: probabilities, float32, each row sums to 1.
        claims_BC: probabilities, float32, each in [0, 1]; C may be 0.
        pooled_BD: their pooled vector, float32; None where the student is not to learn it.
    """

    stance_BS: FloatArray
    claims_BC: FloatArray
    pooled_BD: FloatArray | None = None


def encode_rows(rows: Sequence[Row], encoder: Encoder, *, scheme: str) -> list[Encoded]:
    """Tokens of each row, exactly as inference gets them."""
    return encoder.encode([normalise(row.text, scheme=scheme) for row in rows])


def make_dataset(
    rows: Sequence[Row], encoded: Sequence[Encoded], labels: LabelSet, soft: SoftTargets | None = None
) -> Dataset:
    """A dataset in memory with `ids`, `stance` (index), `claims` (C of 0 or 1) and `weight`.

    With teachers also `soft_stance` (S probabilities), `soft_claims` (C probabilities) and, where it is to be learnt,
    `soft_pooled` (D numbers).
    """
    stances = {name: place for place, name in enumerate(labels.stance_names)}
    columns: dict[str, list[Any]] = {
        "ids": [list(sentence.ids) for sentence in encoded],
        "stance": [stances[row.stance] for row in rows],
        "claims": [[float(name in row.claim_types) for name in labels.claim_names] for row in rows],
        "weight": [row.weight for row in rows],
    }
    if soft is not None:
        columns |= {"soft_stance": soft.stance_BS.tolist(), "soft_claims": soft.claims_BC.tolist()}
        if soft.pooled_BD is not None:
            columns["soft_pooled"] = soft.pooled_BD.tolist()
    return Dataset.from_dict(columns)


class Collator:
    """Pads a batch to the padded length of its longest sentence.

    Args:
        pad_id: the id that fills up.
        max_length: which no padded length exceeds.
        n_claims: C.
    """

    def __init__(self, *, pad_id: int, max_length: int, n_claims: int) -> None:
        self.pad_id = pad_id
        self.max_length = max_length
        self.n_claims = n_claims

    def __call__(self, items: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Tensors `ids_BL`, `mask_BL` (int64), `stance_B` (int64), `claims_BC`, `weight_B` (float32).

        With teachers also `soft_stance_BS`, `soft_claims_BC` and, where it is to be learnt, `soft_pooled_BD` (float32).
        """
        length = padded_length(max(len(item["ids"]) for item in items), max_length=self.max_length)
        ids_BL = torch.full((len(items), length), self.pad_id, dtype=torch.int64)
        mask_BL = torch.zeros((len(items), length), dtype=torch.int64)
        for row, item in enumerate(items):
            ids_BL[row, : len(item["ids"])] = torch.as_tensor(item["ids"])
            mask_BL[row, : len(item["ids"])] = 1
        tensors = {
            "ids_BL": ids_BL,
            "mask_BL": mask_BL,
            "stance_B": torch.tensor([item["stance"] for item in items], dtype=torch.int64),
            "claims_BC": self._claims([item["claims"] for item in items]),
            "weight_B": torch.tensor([item["weight"] for item in items], dtype=torch.float32),
        }
        if "soft_stance" in items[0]:
            tensors["soft_stance_BS"] = torch.tensor([item["soft_stance"] for item in items], dtype=torch.float32)
            tensors["soft_claims_BC"] = self._claims([item["soft_claims"] for item in items])
        if "soft_pooled" in items[0]:
            tensors["soft_pooled_BD"] = torch.tensor([item["soft_pooled"] for item in items], dtype=torch.float32)
        return tensors

    def _claims(self, rows: list[list[float]]) -> torch.Tensor:
        # Reshaped, because C may be 0.
        return torch.tensor(rows, dtype=torch.float32).reshape(len(rows), self.n_claims)


class BucketSampler(Sampler[int]):
    """An order in which each run of `batch_size` places holds sentences of similar length.

    The order of an epoch depends on the seed and the epoch's number alone, so that a resumed run sees what an
    undisturbed one sees. Only the last batch may be smaller.

    Args:
        lengths: tokens of each sentence.
        batch_size: sentences a batch.
        seed: of the order.
    """

    def __init__(self, lengths: Sequence[int], *, batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(len(self.lengths))
        step = self.batch_size * BATCHES_A_BUCKET
        batches: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        for start in range(0, len(order), step):
            bucket = order[start : start + step]
            bucket = bucket[np.argsort(-self.lengths[bucket], kind="stable")]
            batches += [bucket[i : i + self.batch_size] for i in range(0, len(bucket), self.batch_size)]
        # The smaller batch, if there is one, stays last: elsewhere it would shift all that follow it.
        whole = [batch for batch in batches if len(batch) == self.batch_size]
        rest = [batch for batch in batches if len(batch) < self.batch_size]
        for place in random.permutation(len(whole)):
            yield from whole[place].tolist()
        for batch in rest:
            yield from batch.tolist()
