"""Paired differences are those of the scores, and know what both releases share."""

import numpy as np
import pytest

from tasrih.labels import Label, LabelSet
from tasrih.scores import score
from tasrih.types import Decisions
from training.paired import paired

LABELS = LabelSet(tuple(Label(n, n, n) for n in ("a", "b", "c")), (Label("d", "d", "d"),))
N = 200


def decisions(random: np.random.Generator, gold_B, gold_BC, *, wrong: float) -> Decisions:
    """Answers of which about `wrong` are wrong."""
    stance_B = np.where(random.random(N) < wrong, random.integers(3, size=N), gold_B)
    given_BC = gold_BC ^ (random.random((N, 1)) < wrong)
    stance_BS = np.full((N, 3), 0.1)
    stance_BS[np.arange(N), stance_B] = 0.8
    return Decisions(stance_BS, np.where(given_BC, 0.9, 0.1), stance_B, given_BC, random.random(N) < 0.3)


@pytest.fixture
def gold():
    random = np.random.default_rng(1)
    return random.integers(3, size=N), random.random((N, 1)) < 0.3


def test_the_values_are_those_of_the_scores(gold):
    random = np.random.default_rng(2)
    before, after = (decisions(random, gold[0], gold[1], wrong=wrong) for wrong in (0.5, 0.2))
    found = paired(gold[0], gold[1], before, after, LABELS, draws=100)
    for side, said in (("before", before), ("after", after)):
        scores = score(gold[0], gold[1], said, LABELS, draws=0)
        for key in ("stance_macro_f1", "stance_accuracy", "exact_match", "review_share", "exact_match_without_review"):
            assert getattr(found[key], side) == pytest.approx(getattr(scores, key).value)
        for label in (*scores.stances, *scores.claims):
            for key in ("precision", "recall", "f1"):
                assert getattr(found[f"{label.name}.{key}"], side) == pytest.approx(getattr(label, key).value)
    assert found["exact_match"].is_clear and found["exact_match"].low > 0
    assert paired(gold[0], gold[1], after, before, LABELS, draws=100)["exact_match"].high < 0


def test_equal_answers_differ_by_nothing(gold):
    same = decisions(np.random.default_rng(3), gold[0], gold[1], wrong=0.4)
    for one in paired(gold[0], gold[1], same, same, LABELS, draws=100).values():
        assert (one.value, one.low, one.high, one.is_clear) == (0, 0, 0, False)


def test_the_interval_is_narrower_than_that_of_releases_apart(gold):
    random = np.random.default_rng(4)
    before = decisions(random, gold[0], gold[1], wrong=0.4)
    stance_B = before.stance_B.copy()
    wrong = np.flatnonzero(stance_B != gold[0])[:5]
    stance_B[wrong] = gold[0][wrong]
    after = Decisions(before.stance_BS, before.claims_BC, stance_B, before.given_BC, before.review_B)
    one = paired(gold[0], gold[1], before, after, LABELS)["stance_accuracy"]
    apart = score(gold[0], gold[1], before, LABELS).stance_accuracy
    assert one.value == pytest.approx(5 / N)
    assert one.high - one.low < (apart.high - apart.low) / 2


def test_draws_are_seeded(gold):
    random = np.random.default_rng(5)
    both = [decisions(random, gold[0], gold[1], wrong=0.3) for _ in range(2)]
    assert paired(gold[0], gold[1], both[0], both[1], LABELS, draws=150) == paired(
        gold[0], gold[1], both[0], both[1], LABELS, draws=150
    )
    assert paired(gold[0], gold[1], both[0], both[1], LABELS, draws=150) != paired(
        gold[0], gold[1], both[0], both[1], LABELS, draws=150, seed=1
    )
