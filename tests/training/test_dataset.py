"""Batches: bucketed, seeded, every row once; padded as inference pads."""

import numpy as np
import torch

from tasrih.encoding import padded_length
from tasrih.labels import LabelSet
from tasrih.types import Encoded
from training.corpus import Row
from training.dataset import BucketSampler, Collator, make_dataset

LABELS = LabelSet.from_json({"stances": ["for", "against"], "claims": ["x", "y"]})
LENGTHS = np.random.default_rng(0).integers(5, 120, size=1003).tolist()


def order(seed=0, epoch=0):
    sampler = BucketSampler(LENGTHS, batch_size=32, seed=seed)
    sampler.set_epoch(epoch)
    assert len(sampler) == len(LENGTHS)
    return list(sampler)


def test_every_row_once_and_the_small_batch_last():
    assert sorted(order()) == list(range(len(LENGTHS)))
    batches = [order()[i : i + 32] for i in range(0, len(LENGTHS), 32)]
    assert [len(batch) for batch in batches] == [32] * 31 + [11]


def test_batches_are_of_similar_length():
    places = order()
    padded = sum(max(LENGTHS[p] for p in places[i : i + 32]) * 32 for i in range(0, 992, 32))
    assert padded < 1.06 * sum(LENGTHS)
    shuffled = np.random.default_rng(1).permutation(LENGTHS)
    assert sum(shuffled[i : i + 32].max() * 32 for i in range(0, 992, 32)) > 1.7 * sum(LENGTHS)


def test_the_order_depends_on_seed_and_epoch_alone():
    assert order(seed=3, epoch=2) == order(seed=3, epoch=2)
    assert order(seed=3, epoch=2) != order(seed=3, epoch=1)
    assert order(seed=3, epoch=2) != order(seed=4, epoch=2)


def test_rows_become_tensors_padded_as_inference_pads():
    rows = [
        Row(id="1", text="", stance="against", claim_types=("y",), split="train", source="composed", place=""),
        Row(id="2", text="", stance="for", claim_types=(), split="train", source="real", place="", weight=0.5),
    ]
    encoded = [Encoded(tuple(range(10)), 10), Encoded((7, 8), 2)]
    dataset = make_dataset(rows, encoded, LABELS)
    batch = Collator(pad_id=1, max_length=64, n_claims=2)([dataset[0], dataset[1]])
    assert batch["ids_BL"].shape == (2, padded_length(10, max_length=64)) == (2, 12)
    assert batch["ids_BL"][1].tolist() == [7, 8, *[1] * 10]
    assert batch["mask_BL"].sum(dim=1).tolist() == [10, 2]
    assert batch["stance_B"].tolist() == [1, 0]
    assert batch["claims_BC"].tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert batch["weight_B"].tolist() == [1.0, 0.5]
    assert batch["ids_BL"].dtype == batch["mask_BL"].dtype == torch.int64


def test_no_claim_types_give_an_empty_column():
    row = Row(id="1", text="", stance="for", claim_types=(), split="train", source="composed", place="")
    dataset = make_dataset([row], [Encoded((5,), 1)], LabelSet(LABELS.stances, ()))
    assert Collator(pad_id=0, max_length=8, n_claims=0)([dataset[0]])["claims_BC"].shape == (1, 0)
