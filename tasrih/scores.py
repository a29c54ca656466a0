"""How right a set of answers is: precision, recall, F1, exact match, calibration error, each with a 95 % interval.

Intervals are percentile bootstrap intervals over sentences (Efron, 1979): 2.5 % and 97.5 % of the draws. Sentences of
one article are not independent, so they are somewhat too narrow. The calibration error is the expected calibration
error (Guo et al., 2017) with equally wide bins: the mean distance between how sure and how right, over bins of
how sure.

Where nothing carries a label and nothing is given it, precision, recall and F1 are 0, as in scikit-learn; `support`
tells such labels apart.

Shape suffixes: ``B`` sentences, ``S`` stances, ``C`` claim types, ``K`` any labels, ``R`` bootstrap draws.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tasrih.labels import LabelSet
from tasrih.types import BoolArray, Decisions, FloatArray64, IntArray

__all__ = ["CALIBRATION_BINS", "Interval", "LabelScores", "Scores", "score"]

CALIBRATION_BINS = 15
# Draws are weighted sums; so many at a time bounds memory: rows x sentences x 8 bytes.
DRAWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScores:
    """One label's scores.

    Attributes:
        name: the label.
        support: sentences that carry it.
        given: sentences that were given it.
        precision: of the sentences given it, the share that carry it.
        recall: of the sentences that carry it, the share that were given it.
        f1: harmonic mean of both.
        calibration_error: expected calibration error of its probability.
    """

    name: str
    support: int
    given: int
    precision: Interval
    recall: Interval
    f1: Interval
    calibration_error: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All scores of a set of sentences.

    Attributes:
        n: sentences.
        stances: each stance, in the release's order.
        claims: each claim type, in the release's order.
        stance_macro_f1: mean F1 of the stances, each counting the same.
        stance_accuracy: share of right stances.
        exact_match: share of sentences whose stance and claim types are all right.
        stance_calibration_error: expected calibration error of the likeliest stance's probability.
        review_share: share of sentences sent to review.
        exact_match_without_review: exact match of the others; 0 where there are none.
    """

    n: int
    stances: tuple[LabelScores, ...]
    claims: tuple[LabelScores, ...]
    stance_macro_f1: Interval
    stance_accuracy: Interval
    exact_match: Interval
    stance_calibration_error: Interval
    review_share: Interval
    exact_match_without_review: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; labels become keys."""
        data = asdict(self)
        for field in ("stances", "claims"):
            data[field] = {item.pop("name"): item for item in data[field]}
        return {key: _rounded(value) for key, value in data.items()}


def score(
    gold_stance_B: IntArray,
    gold_claims_BC: BoolArray,
    decisions: Decisions,
    labels: LabelSet,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Scores:
    """Compare answers with labels.

    Args:
        gold_stance_B: index of each sentence's stance, int64.
        gold_claims_BC: which claim types each sentence carries, bool.
        decisions: what the release says of the same sentences.
        labels: names of both heads, in order.
        draws: bootstrap draws; 0 gives intervals of no width.
        seed: of the draws.

    Raises:
        ValueError: there is no sentence, or the shapes differ.
    """
    n = len(gold_stance_B)
    if n == 0 or gold_claims_BC.shape != decisions.given_BC.shape or decisions.stance_B.shape != gold_stance_B.shape:
        raise ValueError(
            f"gold {gold_stance_B.shape} {gold_claims_BC.shape}, answers {decisions.stance_B.shape} "
            f"{decisions.given_BC.shape}: expected equal shapes and one sentence at least"
        )
    stances = np.arange(len(labels.stances))
    gold_BK = np.concatenate([gold_stance_B[:, None] == stances, gold_claims_BC], axis=1)
    given_BK = np.concatenate([decisions.stance_B[:, None] == stances, decisions.given_BC], axis=1)
    right_B = decisions.stance_B == gold_stance_B
    exact_B = right_B & (gold_claims_BC == decisions.given_BC).all(axis=1)
    probability_BK = np.concatenate(
        [decisions.stance_BS, decisions.claims_BC, decisions.stance_BS.max(axis=1)[:, None]], axis=1
    )
    outcome_BK = np.concatenate([gold_BK, right_B[:, None]], axis=1)
    facts = _facts(gold_BK, given_BK, right_B, exact_B, decisions.review_B, probability_BK, outcome_BK)
    weights = _weights(n, draws=draws, seed=seed)
    values_RV = np.concatenate([_measure(w_RB, *facts, n_stances=len(stances)) for w_RB in weights])
    low_V, high_V = np.quantile(values_RV[1:] if draws else values_RV, [0.025, 0.975], axis=0)
    intervals = [Interval(*map(float, v)) for v in zip(values_RV[0], low_V, high_V, strict=True)]
    return _named(intervals, labels, gold_BK.sum(axis=0), given_BK.sum(axis=0), n)


def _weights(n: int, *, draws: int, seed: int) -> list[FloatArray64]:
    """How often each sentence is drawn: first once each (the sample itself), then the draws."""
    random = np.random.default_rng(seed)
    weights = [np.ones((1, n))]
    for start in range(0, draws, DRAWS_AT_ONCE):
        rows = min(DRAWS_AT_ONCE, draws - start)
        drawn = random.integers(n, size=(rows, n)) + np.arange(rows)[:, None] * n
        weights.append(np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64))
    return weights


def _facts(
    gold_BK: BoolArray,
    given_BK: BoolArray,
    right_B: BoolArray,
    exact_B: BoolArray,
    review_B: BoolArray,
    probability_BK: FloatArray64,
    outcome_BK: BoolArray,
) -> tuple[FloatArray64, list[FloatArray64]]:
    """Columns whose weighted sums are all that the scores need."""
    kept_B = ~review_B
    columns = [gold_BK & given_BK, given_BK, gold_BK]
    columns += [column[:, None] for column in (right_B, exact_B, review_B, kept_B, exact_B & kept_B)]
    table = np.concatenate(columns, axis=1).astype(np.float64)
    bins_BK = np.minimum((probability_BK * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    calibration = []
    for k in range(probability_BK.shape[1]):
        in_bin = bins_BK[:, k, None] == np.arange(CALIBRATION_BINS)
        calibration.append(in_bin * (probability_BK[:, k] - outcome_BK[:, k])[:, None])
    return table, calibration


def _measure(
    w_RB: FloatArray64,
    table: FloatArray64,
    calibration: list[FloatArray64],
    *,
    n_stances: int,
) -> FloatArray64:
    """Every score of each draw: K precisions, K recalls, K F1, 5 overall, K+1 calibration errors; shape RV."""
    sums = w_RB @ table
    n_labels = (table.shape[1] - 5) // 3
    both, given, gold = (sums[:, i * n_labels : (i + 1) * n_labels] for i in range(3))
    n = w_RB.sum(axis=1, keepdims=True)
    f1 = _ratio(2 * both, given + gold)
    right, exact, review, kept, exact_kept = (sums[:, -5 + i, None] for i in range(5))
    errors = [np.abs(w_RB @ gap).sum(axis=1, keepdims=True) / n for gap in calibration]
    return np.concatenate(
        [
            _ratio(both, given),
            _ratio(both, gold),
            f1,
            f1[:, :n_stances].mean(axis=1, keepdims=True),
            right / n,
            exact / n,
            review / n,
            _ratio(exact_kept, kept),
            *errors,
        ],
        axis=1,
    )


def _ratio(part: FloatArray64, whole: FloatArray64) -> FloatArray64:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _named(values: list[Interval], labels: LabelSet, support_K: IntArray, given_K: IntArray, n: int) -> Scores:
    names = (*labels.stance_names, *labels.claim_names)
    k = len(names)
    macro, accuracy, exact, review, kept = values[3 * k : 3 * k + 5]
    errors = values[3 * k + 5 :]
    scores = tuple(
        LabelScores(
            name=name,
            support=int(support_K[i]),
            given=int(given_K[i]),
            precision=values[i],
            recall=values[k + i],
            f1=values[2 * k + i],
            calibration_error=errors[i],
        )
        for i, name in enumerate(names)
    )
    return Scores(
        n=n,
        stances=scores[: len(labels.stances)],
        claims=scores[len(labels.stances) :],
        stance_macro_f1=macro,
        stance_accuracy=accuracy,
        exact_match=exact,
        stance_calibration_error=errors[-1],
        review_share=review,
        exact_match_without_review=kept,
    )


def _rounded(value: Any) -> Any:
    # Six decimals, as probabilities have: more would be noise that differs between machines.
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return value
