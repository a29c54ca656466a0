"""The loss is the textbook's, weighted by row."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from tasrih.engines.classifier import ClassifierOutput
from tasrih.labels import LabelSet
from training.config import TrainingConfig
from training.corpus import Row
from training.loss import StanceAndClaimsLoss

LABELS = LabelSet.from_json({"stances": ["a", "b"], "claims": ["x"]})
ROWS = [
    Row(
        id=str(i),
        text="",
        stance="a" if i < 9 else "b",
        claim_types=("x",) * (i < 2),
        split="train",
        source="",
        place="",
    )
    for i in range(10)
]
LOGITS = ClassifierOutput(torch.tensor([[2.0, -1.0], [0.5, 0.1]]), torch.tensor([[1.0], [-2.0]]), torch.zeros(2, 4))
STANCE_B, CLAIMS_BC = torch.tensor([0, 1]), torch.tensor([[1.0], [1.0]])


def loss(weights=(1.0, 1.0), labels=LABELS, logits=LOGITS, claims_BC=CLAIMS_BC, rows=ROWS, **knobs):
    module = StanceAndClaimsLoss(TrainingConfig(**knobs), rows, labels)
    return float(module(logits, STANCE_B, claims_BC, torch.tensor(weights)))


def test_plain():
    stance = F.cross_entropy(LOGITS.stance_BS, STANCE_B)
    claims = F.binary_cross_entropy_with_logits(LOGITS.claims_BC, CLAIMS_BC)
    assert loss() == pytest.approx(float(stance + claims))
    assert loss(claim_weight=0.5) == pytest.approx(float(stance + 0.5 * claims))
    smoothed = F.cross_entropy(LOGITS.stance_BS, STANCE_B, label_smoothing=0.2)
    assert loss(claim_weight=0.0, label_smoothing=0.2) == pytest.approx(float(smoothed))


def test_a_row_of_weight_two_counts_twice_and_of_none_not():
    first = float(F.cross_entropy(LOGITS.stance_BS[:1], STANCE_B[:1]))
    second = float(F.cross_entropy(LOGITS.stance_BS[1:], STANCE_B[1:]))
    assert loss((2.0, 1.0), claim_weight=0.0) == pytest.approx((2 * first + second) / 2)
    assert loss((0.0, 1.0), claim_weight=0.0) == pytest.approx(second / 2)


def test_a_batch_of_light_rows_pulls_less_than_one_of_heavy_rows():
    rows = [replace(row, weight=0.5 if place < 5 else 1.0) for place, row in enumerate(ROWS)]
    light, heavy = loss((0.5, 0.5), rows=rows), loss((1.0, 1.0), rows=rows)
    assert light == pytest.approx(heavy / 2)
    # The mean over the rows is that of plain weights: the learning rate keeps its meaning.
    assert (light + heavy) / 2 == pytest.approx(loss())
    assert loss((0.0, 0.0), rows=[replace(row, weight=0.0) for row in ROWS]) == 0.0


def test_balanced_weights_have_a_mean_of_one_over_the_rows():
    module = StanceAndClaimsLoss(
        TrainingConfig(stance_weights="balanced", claim_positive_weights="balanced"), ROWS, LABELS
    )
    assert module.stance_weights_S.tolist() == pytest.approx([10 / 18, 5.0])
    assert (9 * module.stance_weights_S[0] + module.stance_weights_S[1]) / 10 == pytest.approx(1.0)
    assert module.claim_weights_C.tolist() == pytest.approx([2.0])


def test_weights_by_name():
    module = StanceAndClaimsLoss(TrainingConfig(stance_weights={"b": 3.0, "a": 2.0}), ROWS, LABELS)
    assert module.stance_weights_S.tolist() == [2.0, 3.0]


def test_class_weights_weigh_the_losses_of_their_class():
    stance_B = F.cross_entropy(LOGITS.stance_BS, STANCE_B, reduction="none")
    claims = float(F.binary_cross_entropy_with_logits(LOGITS.claims_BC, CLAIMS_BC))
    weighted = loss(stance_weights={"a": 1.0, "b": 3.0}, claim_positive_weights={"x": 5.0})
    # Both sentences carry the claim type, so its factor takes the whole of that loss.
    assert weighted == pytest.approx(float(stance_B[0] + 3 * stance_B[1]) / 2 + 5 * claims)
    assert loss(claims_BC=torch.zeros(2, 1), claim_positive_weights={"x": 5.0}) == loss(claims_BC=torch.zeros(2, 1))


def test_without_claim_types():
    bare = LabelSet(LABELS.stances, ())
    logits = ClassifierOutput(LOGITS.stance_BS, torch.zeros(2, 0), LOGITS.pooled_BD)
    expected = F.cross_entropy(LOGITS.stance_BS, STANCE_B)
    assert loss(labels=bare, logits=logits, claims_BC=torch.zeros(2, 0)) == pytest.approx(float(expected))
