"""Chooses temperatures, thresholds and the review floor on the validation split.

Temperatures minimise the negative log-likelihood (Guo et al., 2017). It is convex in the inverse temperature, so
golden-section search finds the minimum. Thresholds maximise each claim type's F1; where a range of thresholds does
about as well, the middle of the range is taken, which moves least from one validation split to another.

Shape suffixes: ``B`` sentences, ``S`` stances, ``C`` claim types.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.types import BoolArray, FloatArray64, IntArray, Logits
from training.config import CalibrationConfig

__all__ = ["Calibrated", "best_temperature", "best_threshold", "calibrate", "review_floor"]

# Beyond these, validation was separated without a mistake (or without any sense) and the minimum is at no finite place.
TEMPERATURES = (0.2, 10.0)
THRESHOLDS = (0.05, 0.95)
# F1 so close to the best is as good: less than the noise of a validation split.
PLATEAU = 0.005


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and what its review floor comes to on the split it was chosen on.

    Attributes:
        calibration: what travels in the release.
        review_share: share of sentences sent to review.
        right_without_review: share of exact matches among the others.
        review_target_reached: whether that is what was wanted.
    """

    calibration: Calibration
    review_share: float
    right_without_review: float
    review_target_reached: bool


def calibrate(
    logits: Logits, gold_stance_B: IntArray, gold_claims_BC: BoolArray, labels: LabelSet, config: CalibrationConfig
) -> Calibrated:
    """Choose a calibration.

    Args:
        logits: of the validation split, from the weights that are released.
        gold_stance_B: stance indexes, int64.
        gold_claims_BC: claim types carried.
        labels: names of both heads, in order.
        config: what to choose.
    """
    n_claims = len(labels.claims)
    chosen = Calibration.neutral(labels)
    if config.temperatures:
        chosen = replace(
            chosen,
            stance_temperature=best_temperature(lambda t: _stance_loss(logits.stance_BS, gold_stance_B, t)),
            claim_temperatures=tuple(
                _claim_temperature(logits.claims_BC[:, c], gold_claims_BC[:, c]) for c in range(n_claims)
            ),
        )
    stance_BS, claims_BC = chosen.probabilities(logits)
    if config.thresholds:
        thresholds = tuple(best_threshold(claims_BC[:, c], gold_claims_BC[:, c]) for c in range(n_claims))
        chosen = replace(chosen, claim_thresholds=thresholds)
    decisions = chosen.decide(logits)
    right_B = (decisions.stance_B == gold_stance_B) & (decisions.given_BC == gold_claims_BC).all(axis=1)
    return review_floor(chosen, chosen.confidence(stance_BS, claims_BC), right_B, config)


def best_temperature(loss: Callable[[float], float]) -> float:
    """The temperature within `TEMPERATURES` at which `loss` is smallest, to 4 digits."""
    golden = (math.sqrt(5) - 1) / 2
    low, high = (math.log(t) for t in TEMPERATURES)
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    while high - low > 1e-5:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(math.exp(right))
    return round(math.exp((low + high) / 2), 4)


def _stance_loss(stance_BS: np.ndarray, gold_B: IntArray, temperature: float) -> float:
    scaled_BS = stance_BS.astype(np.float64) / temperature
    highest_B = scaled_BS.max(axis=1)
    normaliser_B = highest_B + np.log(np.exp(scaled_BS - highest_B[:, None]).sum(axis=1))
    return float((normaliser_B - scaled_BS[np.arange(len(gold_B)), gold_B]).mean())


def _claim_temperature(logits_B: np.ndarray, gold_B: BoolArray) -> float:
    if gold_B.all() or not gold_B.any():
        return 1.0  # one class alone says nothing of how sure to be
    signed_B = np.where(gold_B, -1.0, 1.0) * logits_B.astype(np.float64)
    return best_temperature(lambda t: float(np.logaddexp(0.0, signed_B / t).mean()))


def best_threshold(probability_B: FloatArray64, gold_B: BoolArray) -> float:
    """The middle of the plateau of thresholds, within `THRESHOLDS`, whose F1 is the best or nearly so.

    A half where no sentence carries the claim type.
    """
    if not gold_B.any():
        return 0.5
    # Only between two neighbouring probabilities does F1 change.
    edges = np.unique(np.clip(probability_B, *THRESHOLDS))
    edges = np.unique(np.concatenate([[THRESHOLDS[0]], edges, [THRESHOLDS[1]]]))
    middles = (edges[:-1] + edges[1:]) / 2
    given_TB = probability_B[None, :] >= middles[:, None]
    both_T = (given_TB & gold_B).sum(axis=1)
    f1_T = 2 * both_T / (given_TB.sum(axis=1) + gold_B.sum())
    good_T = f1_T >= f1_T.max() - PLATEAU
    best = _run_around(good_T, int(f1_T.argmax()))
    return round(float(edges[best[0]] + edges[best[1]]) / 2, 4)


def _run_around(good_T: BoolArray, best: int) -> tuple[int, int]:
    """Edges (first, last) of the run of good intervals that holds the best one."""
    first = last = best
    while first > 0 and good_T[first - 1]:
        first -= 1
    while last + 1 < len(good_T) and good_T[last + 1]:
        last += 1
    return first, last + 1


def review_floor(
    calibration: Calibration, confidence_B: FloatArray64, right_B: BoolArray, config: CalibrationConfig
) -> Calibrated:
    """The smallest floor whose unsent sentences reach the target; else the best within the share that may be sent.

    Args:
        calibration: to complete.
        confidence_B: probability that the whole answer is right.
        right_B: whether it is.
        config: the target and the share.
    """
    order = np.argsort(confidence_B, kind="stable")
    sorted_B, right_sorted_B = confidence_B[order], right_B[order]
    n = len(order)
    # Floor k sends the k least sure; equal confidences are sent together or not at all.
    sent = np.array(
        [k for k in range(n) if k / n <= config.max_review_share and (k == 0 or sorted_B[k] > sorted_B[k - 1])]
    )
    rest = np.array([right_sorted_B[k:].mean() for k in sent])
    reached = rest >= config.review_target
    place = int(reached.argmax()) if reached.any() else int(rest.argmax())
    k = int(sent[place])
    floor = 0.0 if k == 0 else float((sorted_B[k - 1] + sorted_B[k]) / 2)
    return Calibrated(
        replace(calibration, review_below=min(1.0, floor)),
        review_share=k / n,
        right_without_review=float(rest[place]),
        review_target_reached=bool(reached.any()),
    )
