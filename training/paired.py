"""Two releases on the same labelled sentences: the difference of each score, with a 95 % interval.

The bootstrap is paired: a draw takes the same sentences for both, so what makes a sentence hard for both cancels out, and
the interval is narrower than that of two scores apart. Percentiles over sentences, as in `tasrih.scores`.

Shape suffixes: ``B`` sentences, ``K`` labels (stances, then claim types), ``R`` bootstrap draws, ``V`` scores.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tasrih.labels import LabelSet
from tasrih.types import BoolArray, Decisions, FloatArray64, IntArray

__all__ = ["OVERALL", "PER_LABEL", "Difference", "paired"]

PER_LABEL = ("precision", "recall", "f1")
OVERALL = ("stance_macro_f1", "stance_accuracy", "exact_match", "review_share", "exact_match_without_review")
# Draws at a time: bounds memory to rows x sentences x 8 bytes.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A score of two releases, and the 95 % interval of the second's less the first's."""

    before: float
    after: float
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.after - self.before

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def paired(
    gold_stance_B: IntArray,
    gold_claims_BC: BoolArray,
    before: Decisions,
    after: Decisions,
    labels: LabelSet,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Difference]:
    """Differences by name: those of `OVERALL`, and ``LABEL.SCORE`` for each label and each of `PER_LABEL`.

    Args:
        gold_stance_B: stance indexes, int64; one sentence at least.
        gold_claims_BC: claim types carried.
        before: what the first release says of the sentences, in the order of `labels`.
        after: what the second says.
        labels: names of both heads, in order.
        draws: bootstrap draws; 0 gives intervals of no width.
        seed: of the draws.
    """
    tables = [_table(gold_stance_B, gold_claims_BC, decisions, labels) for decisions in (before, after)]
    n_stances = len(labels.stances)
    whole = [_measure(np.ones((1, len(gold_stance_B))), table, n_stances)[0] for table in tables]
    drawn = [
        _measure(w_RB, tables[1], n_stances) - _measure(w_RB, tables[0], n_stances)
        for w_RB in _weights(len(gold_stance_B), draws=draws, seed=seed)
    ]
    spread_RV = np.concatenate(drawn) if drawn else (whole[1] - whole[0])[None]
    low_V, high_V = np.quantile(spread_RV, [0.025, 0.975], axis=0)
    names = [
        *(f"{label}.{score}" for score in PER_LABEL for label in (*labels.stance_names, *labels.claim_names)),
        *OVERALL,
    ]
    columns = zip(names, *whole, low_V, high_V, strict=True)
    return {name: Difference(*map(float, values)) for name, *values in columns}


def _weights(n: int, *, draws: int, seed: int) -> Iterator[FloatArray64]:
    random = np.random.default_rng(seed)
    for start in range(0, draws, _AT_ONCE):
        rows = min(_AT_ONCE, draws - start)
        drawn = random.integers(n, size=(rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _table(gold_B: IntArray, gold_BC: BoolArray, decisions: Decisions, labels: LabelSet) -> FloatArray64:
    """Columns whose weighted sums are all that the scores need: both, given, gold of each label; then five of the whole."""
    stances = np.arange(len(labels.stances))
    gold_BK = np.concatenate([gold_B[:, None] == stances, gold_BC], axis=1)
    given_BK = np.concatenate([decisions.stance_B[:, None] == stances, decisions.given_BC], axis=1)
    right_B = decisions.stance_B == gold_B
    exact_B = right_B & (gold_BC == decisions.given_BC).all(axis=1)
    kept_B = ~decisions.review_B
    whole_B5 = np.stack([right_B, exact_B, decisions.review_B, kept_B, exact_B & kept_B], axis=1)
    return np.concatenate([gold_BK & given_BK, given_BK, gold_BK, whole_B5], axis=1).astype(np.float64)


def _measure(w_RB: FloatArray64, table: FloatArray64, n_stances: int) -> FloatArray64:
    sums = w_RB @ table
    both, given, gold = np.split(sums[:, :-5], 3, axis=1)
    right, exact, review, kept, exact_kept = (sums[:, place, None] for place in range(-5, 0))
    n = w_RB.sum(axis=1, keepdims=True)
    f1 = _ratio(2 * both, given + gold)
    macro = f1[:, :n_stances].mean(axis=1, keepdims=True)
    parts = [_ratio(both, given), _ratio(both, gold), f1, macro, right / n, exact / n, review / n]
    return np.concatenate([*parts, _ratio(exact_kept, kept)], axis=1)


def _ratio(part: FloatArray64, whole: FloatArray64) -> FloatArray64:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
