"""How far reviewers agree beyond chance: Cohen's kappa (1960) of each pair, for the stance as a whole and for each label.

Of each reviewer the latest review of a text counts. A text is a line in a pair's table if both have reviewed it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from serving.reviews.corpus import readings_of
from serving.reviews.review import Review

__all__ = ["STANCE", "Agreement", "agreements", "kappa"]

# The line for all stances together; no label has this name.
STANCE = "(stance)"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two reviewers on one label.

    Attributes:
        reviewers: both, sorted.
        label: its name, or `STANCE`.
        n: texts that both have reviewed.
        share: of them, those on which they say the same.
        kappa: None where it says nothing: both gave one and the same answer to all.
    """

    reviewers: tuple[str, str]
    label: str
    n: int
    share: float
    kappa: float | None

    def to_json(self) -> dict[str, Any]:
        rounded = None if self.kappa is None else round(self.kappa, 4)
        names = list(self.reviewers)
        return {"reviewers": names, "label": self.label, "n": self.n, "share": round(self.share, 4), "kappa": rounded}


def kappa(one: Sequence[Any], other: Sequence[Any]) -> float | None:
    """Cohen's kappa of two readers' answers to the same questions, at least one; None where chance alone would agree on all."""
    answers, codes = np.unique(np.array([*map(str, one), *map(str, other)]), return_inverse=True)
    table = np.zeros((len(answers), len(answers)))
    np.add.at(table, (codes[: len(one)], codes[len(one) :]), 1.0 / len(one))
    by_chance = float(table.sum(axis=1) @ table.sum(axis=0))
    if np.isclose(by_chance, 1.0):
        return None
    return (float(np.trace(table)) - by_chance) / (1.0 - by_chance)


def agreements(reviews: Iterable[Review]) -> list[Agreement]:
    """Of every pair of reviewers who share a text, given reviews from the oldest on."""
    pairs: dict[tuple[str, str], list[tuple[Review, Review]]] = {}
    for by_reviewer in readings_of(reviews).values():
        for first, second in combinations(sorted(by_reviewer), 2):
            pairs.setdefault((first, second), []).append((by_reviewer[first], by_reviewer[second]))
    return [one for reviewers, shared in sorted(pairs.items()) for one in _of_pair(reviewers, shared)]


def _of_pair(reviewers: tuple[str, str], shared: Sequence[tuple[Review, Review]]) -> list[Agreement]:
    both = [one for pair in shared for one in pair]
    stances = sorted({one.stance for one in both})
    claims = sorted({name for one in both for name in one.claim_types})
    found = [_on(STANCE, reviewers, [(a.stance, b.stance) for a, b in shared])]
    found += [_on(name, reviewers, [(a.stance == name, b.stance == name) for a, b in shared]) for name in stances]
    found += [
        _on(name, reviewers, [(name in a.claim_types, name in b.claim_types) for a, b in shared]) for name in claims
    ]
    return found


def _on(label: str, reviewers: tuple[str, str], answers: Sequence[tuple[Any, Any]]) -> Agreement:
    ones, others = [a for a, _ in answers], [b for _, b in answers]
    share = sum(a == b for a, b in answers) / len(answers)
    return Agreement(reviewers, label, len(answers), share, kappa(ones, others))
