"""A review as it is kept, and as callers see it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Identity, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from serving.reviews.draft import Draft

__all__ = ["Base", "Review", "StoredReview", "text_hash"]


def text_hash(text: str) -> str:
    """What equal texts are found by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person said of a sentence.

    Attributes:
        id: rises with time.
        created: ISO 8601, UTC.
        stance: what it should be.
        claim_types: what they should be.
        given: what the release had said: ``{"stance", "claim_types", "release"}``.
        place: of the sentence in its article, from 0.
    """

    id: int
    created: str
    text: str
    stance: str
    claim_types: tuple[str, ...]
    reviewer: str
    note: str | None = None
    article_id: str | None = None
    source: str | None = None
    place: int | None = None
    start: int | None = None
    end: int | None = None
    given: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        data = {name: getattr(self, name) for name in Review.__slots__}
        return {**data, "claim_types": list(self.claim_types)}


class Base(DeclarativeBase):
    """The tables."""


class StoredReview(Base):
    """A row; see `Review`."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_text_hash", "text_hash"),
        Index("ix_reviews_article_id", "article_id"),
        Index("ix_reviews_reviewer", "reviewer"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    created: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    stance: Mapped[str] = mapped_column(String(200))
    claim_types: Mapped[list[str]] = mapped_column(JSON)
    reviewer: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    article_id: Mapped[str | None] = mapped_column(String(500))
    source: Mapped[str | None] = mapped_column(Text)
    place: Mapped[int | None]
    start: Mapped[int | None]
    end: Mapped[int | None]
    given: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @classmethod
    def of(cls, draft: Draft, *, created: str) -> "StoredReview":
        """A row that is not kept yet."""
        data = draft.model_dump()
        return cls(**data, created=created, text_hash=text_hash(draft.text))

    def review(self) -> Review:
        """The row as callers see it."""
        data = {name: getattr(self, name) for name in Review.__slots__}
        return Review(**{**data, "claim_types": tuple(self.claim_types)})
