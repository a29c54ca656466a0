"""Scores of parts of a split, so that a weakness does not hide in the mean.

A slice is a name and a question that a row answers with yes or no: length, source, quotes, negation, phenomena; slices overlap.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tasrih.labels import LabelSet
from tasrih.normalise import normalise
from tasrih.scores import score
from tasrih.types import Decisions
from training.corpus import Row
from training.predict import gold_of

__all__ = ["slice_scores"]

# A slice of fewer sentences says nothing: an interval of a third and more.
MIN_SENTENCES = 15
_QUOTES = re.compile(r"[\"«»“”„]")
# Particles; to deny as a noun and in the past, in the present, as a participle. Whole words: تنفيذ and استأنفت are none.
_NEGATION = re.compile(
    r"(?<!\w)[وف]?(?:"
    r"لا|لم|لن|ليس|ليست|ليسوا|دون|غير|عدم"
    r"|(?:ال|بال|لل|ب|ل|ك)?نفي(?:ا|ه|ها|هم)?|نف(?:ى|ت|وا|يا|ته|تها|اه|اها)"
    r"|[سل]?[يتن]نف(?:ي|ى|يه|يها|يان|ون|ين|وا)"
    r"|(?:ال)?نافي(?:ا|ة|ه|ين)?"
    r")(?!\w)"
)
_LENGTHS = ((1, 12), (13, 30), (31, 50), (51, 10_000))


def slice_scores(
    rows: Sequence[Row], decisions: Decisions, labels: LabelSet, *, draws: int
) -> dict[str, dict[str, Any]]:
    """For each slice of `MIN_SENTENCES` or more: sentences, exact match, stance accuracy, F1 of claim types that occur in it.

    Args:
        rows: of one split.
        decisions: what the release says of them, in their order.
        labels: names of both heads, in order.
        draws: bootstrap draws of the intervals.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, holds in _slices(rows):
        places = [place for place, row in enumerate(rows) if holds(row)]
        if len(places) < MIN_SENTENCES:
            continue
        scores = score(
            *gold_of([rows[place] for place in places], labels), _of(decisions, places), labels, draws=draws
        ).to_json()
        found[name] = {
            "n": scores["n"],
            "exact_match": scores["exact_match"],
            "stance_accuracy": scores["stance_accuracy"],
            "claims_f1": {claim: item["f1"] for claim, item in scores["claims"].items() if item["support"]},
        }
    return found


def _slices(rows: Sequence[Row]) -> Iterator[tuple[str, Callable[[Row], bool]]]:
    for low, high in _LENGTHS:
        name = f"{low} words and more" if high == _LENGTHS[-1][1] else f"{low} to {high} words"
        yield name, lambda row, low=low, high=high: low <= len(row.text.split()) <= high  # type: ignore[misc]
    yield "with a quotation", lambda row: bool(_QUOTES.search(row.text))
    yield "with a word of negation", lambda row: _negates(row.text)
    yield "neither quotation nor negation", lambda row: not (_QUOTES.search(row.text) or _negates(row.text))
    sources = sorted({row.source for row in rows})
    if len(sources) > 1:
        for name in sources:
            yield f"source {name}", lambda row, name=name: row.source == name  # type: ignore[misc]
    for name in sorted({phenomenon for row in rows for phenomenon in row.phenomena}):
        yield f"phenomenon {name}", lambda row, name=name: name in row.phenomena  # type: ignore[misc]


def _negates(text: str) -> bool:
    return bool(_NEGATION.search(normalise(text, scheme="light")))  # without marks, which stand inside of words


def _of(decisions: Decisions, places: list[int]) -> Decisions:
    return Decisions(
        stance_BS=decisions.stance_BS[places],
        claims_BC=decisions.claims_BC[places],
        stance_B=decisions.stance_B[places],
        given_BC=decisions.given_BC[places],
        review_B=decisions.review_B[places],
    )
