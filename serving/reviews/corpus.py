"""From reviews to rows of a corpus (``training/schemas/composed.schema.json``), which a training config can include.

Of each reviewer the latest review of a text counts. Where all of a text's reviewers say the same, it is a row; where they differ
it is none: they have to settle it, each by a further review.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from serving.reviews.review import Review, text_hash

__all__ = ["Corpus", "make_corpus", "readings_of", "split_of"]

# Of a hundred texts, or articles, so many are for validation and as many for the test.
HELD_OUT_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Corpus:
    """What reviews come to.

    Attributes:
        rows: as the schema says, in the order in which their texts were first reviewed.
        disagreements: of texts whose reviewers differ, with what each says.
    """

    rows: Sequence[dict[str, Any]]
    disagreements: Sequence[dict[str, Any]]


def readings_of(reviews: Iterable[Review]) -> dict[str, dict[str, Review]]:
    """Of each text the latest review of each reviewer, given reviews from the oldest on."""
    readings: dict[str, dict[str, Review]] = {}
    for review in reviews:
        readings.setdefault(review.text, {})[review.reviewer] = review
    return readings


def make_corpus(reviews: Iterable[Review]) -> Corpus:
    """Rows, and texts that are to be settled first, given reviews from the oldest on."""
    rows, disagreements = [], []
    for text, by_reviewer in readings_of(reviews).items():
        latest = sorted(by_reviewer.values(), key=lambda review: review.id)
        if len({_labels(review) for review in latest}) == 1:
            rows.append(_row(text, latest))
        else:
            disagreements.append(_disagreement(text, latest))
    return Corpus(rows, disagreements)


def split_of(name: str) -> str:
    """The split that an article, or a text without one, always falls into."""
    place = int(hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(), 16) % 100
    if place < HELD_OUT_PERCENT:
        return "test"
    return "validation" if place < 2 * HELD_OUT_PERCENT else "train"


def _labels(review: Review) -> tuple[str, frozenset[str]]:
    return review.stance, frozenset(review.claim_types)


def _article(latest: Sequence[Review]) -> Review | None:
    """The latest review that tells the article."""
    return next((one for one in reversed(latest) if one.article_id and one.article_id.strip()), None)


def _row(text: str, latest: Sequence[Review]) -> dict[str, Any]:
    article = _article(latest)
    row: dict[str, Any] = {
        "id": f"review-{text_hash(text)[:16]}",
        "text": text,
        "stance": latest[-1].stance,
        "claim_types": sorted(latest[-1].claim_types),
        "split": split_of(article.article_id or "" if article else text),
    }
    if article is not None:
        row["article_id"] = article.article_id
        if article.place is not None:
            row["position"] = article.place
    return row


def _disagreement(text: str, latest: Sequence[Review]) -> dict[str, Any]:
    article = _article(latest)
    return {
        "text": text,
        "article_id": article.article_id if article else None,
        "readings": [
            {
                "reviewer": one.reviewer,
                "stance": one.stance,
                "claim_types": list(one.claim_types),
                "note": one.note,
                "created": one.created,
            }
            for one in latest
        ],
    }
