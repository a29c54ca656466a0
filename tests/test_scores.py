"""Scores equal scikit-learn's; intervals behave; the calibration error is the textbook's."""

import itertools
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from tasrih.labels import LabelSet
from tasrih.scores import CALIBRATION_BINS, Interval, score
from tasrih.types import Decisions

LABELS = LabelSet.from_json({"stances": ["a", "b", "c"], "claims": ["x", "y"]})


def sample(n=400, seed=1):
    random = np.random.default_rng(seed)
    gold_B = random.integers(3, size=n)
    stance_BS = random.dirichlet((1.0, 1.0, 1.0), size=n)
    stance_BS[np.arange(n), gold_B] += random.random(n)
    stance_BS /= stance_BS.sum(axis=1, keepdims=True)
    claims_BC = random.random((n, 2))
    gold_BC = random.random((n, 2)) < claims_BC
    decisions = Decisions(
        stance_BS=stance_BS,
        claims_BC=claims_BC,
        stance_B=stance_BS.argmax(axis=1),
        given_BC=claims_BC >= 0.6,
        review_B=stance_BS.max(axis=1) < 0.5,
    )
    return gold_B, gold_BC, decisions


def test_equal_to_scikit_learn():
    gold_B, gold_BC, decisions = sample()
    scores = score(gold_B, gold_BC, decisions, LABELS, draws=0)
    expected = np.array(precision_recall_fscore_support(gold_B, decisions.stance_B, labels=[0, 1, 2]))
    for place, label in enumerate(scores.stances):
        assert [label.precision.value, label.recall.value, label.f1.value, label.support] == pytest.approx(
            expected[:, place]
        )
    for place, label in enumerate(scores.claims):
        expected = precision_recall_fscore_support(gold_BC[:, place], decisions.given_BC[:, place], average="binary")
        assert [label.precision.value, label.recall.value, label.f1.value] == pytest.approx(expected[:3])
        assert label.given == decisions.given_BC[:, place].sum()
    assert scores.stance_macro_f1.value == pytest.approx(f1_score(gold_B, decisions.stance_B, average="macro"))
    assert scores.stance_accuracy.value == pytest.approx(accuracy_score(gold_B, decisions.stance_B))
    exact_B = (gold_B == decisions.stance_B) & (gold_BC == decisions.given_BC).all(axis=1)
    assert scores.exact_match.value == pytest.approx(exact_B.mean())
    assert scores.exact_match_without_review.value == pytest.approx(exact_B[~decisions.review_B].mean())
    assert scores.review_share.value == pytest.approx(decisions.review_B.mean())


def test_labels_that_never_occur_score_zero_as_in_scikit_learn():
    decisions = Decisions(
        stance_BS=np.array([[0.9, 0.1, 0.0]] * 4),
        claims_BC=np.zeros((4, 2)),
        stance_B=np.zeros(4, dtype=np.int64),
        given_BC=np.zeros((4, 2), dtype=bool),
        review_B=np.ones(4, dtype=bool),
    )
    scores = score(np.zeros(4, dtype=np.int64), np.zeros((4, 2), dtype=bool), decisions, LABELS, draws=50)
    assert scores.claims[0].f1 == Interval(0.0, 0.0, 0.0)
    assert scores.claims[0].support == 0
    assert scores.stance_macro_f1.value == pytest.approx(1 / 3)
    assert scores.exact_match_without_review.value == 0.0


def test_calibration_error_is_the_binned_distance():
    gold_B, gold_BC, decisions = sample()
    scores = score(gold_B, gold_BC, decisions, LABELS, draws=0)
    sure_B, right_B = decisions.stance_BS.max(axis=1), decisions.stance_B == gold_B
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    expected = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (sure_B >= low) & (sure_B < high)
        if inside.any():
            expected += inside.mean() * abs(sure_B[inside].mean() - right_B[inside].mean())
    assert scores.stance_calibration_error.value == pytest.approx(expected)


def test_intervals_are_those_of_a_plain_bootstrap():
    gold_B, gold_BC, decisions = sample()
    scores = score(gold_B, gold_BC, decisions, LABELS)
    random = np.random.default_rng(5)
    draws = [random.integers(len(gold_B), size=len(gold_B)) for _ in range(1000)]
    plain = [f1_score(gold_B[d], decisions.stance_B[d], average="macro") for d in draws]
    assert [scores.stance_macro_f1.low, scores.stance_macro_f1.high] == pytest.approx(
        np.quantile(plain, [0.025, 0.975]), abs=0.01
    )
    assert score(gold_B, gold_BC, decisions, LABELS) == scores
    assert score(gold_B, gold_BC, decisions, LABELS, seed=1) != scores


def test_json_has_labels_for_keys():
    gold_B, gold_BC, decisions = sample(n=50)
    data = json.loads(json.dumps(score(gold_B, gold_BC, decisions, LABELS, draws=100).to_json()))
    assert list(data["stances"]) == ["a", "b", "c"]
    assert set(data["claims"]["x"]["f1"]) == {"value", "low", "high"}
    assert data["n"] == 50


def test_no_claim_types_at_all():
    gold_B, _, decisions = sample(n=30)
    none = np.zeros((30, 0))
    bare = Decisions(
        stance_BS=decisions.stance_BS,
        claims_BC=none,
        stance_B=decisions.stance_B,
        given_BC=none.astype(bool),
        review_B=decisions.review_B,
    )
    labels = LabelSet(LABELS.stances, ())
    scores = score(gold_B, none.astype(bool), bare, labels, draws=100)
    assert scores.claims == ()
    assert scores.exact_match == scores.stance_accuracy


def test_shapes_that_differ_are_refused():
    gold_B, gold_BC, decisions = sample(n=30)
    with pytest.raises(ValueError, match="expected equal shapes"):
        score(gold_B[:-1], gold_BC, decisions, LABELS)
    with pytest.raises(ValueError, match="one sentence at least"):
        score(gold_B[:0], gold_BC[:0], decisions, LABELS)


def test_intervals_read_well():
    assert str(Interval(0.5, 0.4, 0.61)) == "0.500 [0.400, 0.610]"
