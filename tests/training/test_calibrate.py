"""Calibration recovers what was hidden, and keeps its promises about review."""

import numpy as np
import pytest

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.types import BoolArray, IntArray, Logits
from training.calibrate import best_threshold, calibrate, review_floor
from training.config import CalibrationConfig

LABELS = LabelSet.from_json({"stances": ["a", "b", "c"], "claims": ["x", "y"]})


def sample(*, stance=2.0, claims=(0.5, 3.0), n=8_000) -> tuple[Logits, IntArray, BoolArray]:
    """Logits that are right when divided by the given temperatures."""
    random = np.random.default_rng(0)
    true_BS = random.normal(size=(n, 3)) * 2
    gold_B = (true_BS + random.gumbel(size=(n, 3))).argmax(axis=1)
    true_BC = random.normal(size=(n, 2)) * 2
    gold_BC = true_BC + random.logistic(size=(n, 2)) > 0
    logits = Logits((true_BS * stance).astype(np.float32), (true_BC * np.array(claims)).astype(np.float32))
    return logits, gold_B, gold_BC


def test_known_temperatures_are_recovered():
    found = calibrate(*sample(), LABELS, CalibrationConfig()).calibration
    assert found.stance_temperature == pytest.approx(2.0, rel=0.06)
    assert found.claim_temperatures == pytest.approx((0.5, 3.0), rel=0.06)


def test_with_true_probabilities_the_best_threshold_is_half_the_best_f1():
    # A theorem (Lipton, Elkan, Narayanaswamy, 2014): the threshold that maximises F1 is half of that F1.
    logits, gold_B, gold_BC = sample(claims=(1.0, 1.0))
    found = calibrate(logits, gold_B, gold_BC, LABELS, CalibrationConfig(temperatures=False)).calibration
    probability_B = 1 / (1 + np.exp(-logits.claims_BC[:, 0].astype(float)))
    given_B = probability_B >= found.claim_thresholds[0]
    f1 = 2 * (given_B & gold_BC[:, 0]).sum() / (given_B.sum() + gold_BC[:, 0].sum())
    assert found.claim_thresholds[0] == pytest.approx(f1 / 2, abs=0.05)


def test_a_threshold_stands_in_the_middle_of_its_plateau():
    probability_B = np.array([0.1, 0.2, 0.3, 0.7, 0.8])
    assert best_threshold(probability_B, probability_B > 0.5) == pytest.approx(0.5)
    assert best_threshold(probability_B, np.zeros(5, dtype=bool)) == 0.5


def test_knobs_switch_things_off():
    found = calibrate(*sample(n=500), LABELS, CalibrationConfig(temperatures=False, thresholds=False)).calibration
    assert (found.stance_temperature, found.claim_temperatures, found.claim_thresholds) == (1.0, (1.0, 1.0), (0.5, 0.5))


def test_one_class_alone_leaves_the_temperature():
    logits, gold_B, gold_BC = sample(n=300)
    found = calibrate(logits, gold_B, np.zeros_like(gold_BC), LABELS, CalibrationConfig()).calibration
    assert found.claim_temperatures == (1.0, 1.0)
    assert found.claim_thresholds == (0.5, 0.5)


def test_the_floor_is_the_smallest_that_reaches_the_target():
    confidence_B = np.linspace(0.01, 1.0, 100)
    right_B = np.ones(100, dtype=bool)
    right_B[[0, 1, 2, 3, 4, 5, 6, 7, 50, 60, 70]] = False
    config = CalibrationConfig(review_target=0.95, max_review_share=0.25)
    found = review_floor(Calibration.neutral(LABELS), confidence_B, right_B, config)
    assert found.review_target_reached
    kept_B = confidence_B >= found.calibration.review_below
    assert found.right_without_review == pytest.approx(right_B[kept_B].mean())
    assert found.right_without_review >= 0.95
    assert found.review_share == pytest.approx((~kept_B).mean())
    one_fewer_sent_B = confidence_B > confidence_B[~kept_B].max() - 1e-9
    assert right_B[one_fewer_sent_B].mean() < 0.95


def test_an_unreachable_target_takes_the_best_within_the_share():
    confidence_B = np.linspace(0.01, 1.0, 100)
    right_B = np.arange(100) % 2 == 0
    right_B[:10] = False
    config = CalibrationConfig(review_target=0.95, max_review_share=0.2)
    found = review_floor(Calibration.neutral(LABELS), confidence_B, right_B, config)
    assert not found.review_target_reached
    assert found.review_share <= 0.2
    assert found.right_without_review == pytest.approx(0.5, abs=0.02)


def test_no_review_where_all_is_right_and_ties_stay_together():
    config = CalibrationConfig()
    sure_B = np.full(40, 0.5)
    found = review_floor(Calibration.neutral(LABELS), sure_B, np.ones(40, dtype=bool), config)
    assert (found.calibration.review_below, found.review_share) == (0.0, 0.0)
    found = review_floor(Calibration.neutral(LABELS), sure_B, np.zeros(40, dtype=bool), config)
    assert found.review_share == 0.0
