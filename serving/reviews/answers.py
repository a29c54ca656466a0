"""What callers are given of reviews, as the OpenAPI document tells it."""

from pydantic import BaseModel, ConfigDict

__all__ = ["ReviewAnswer", "ReviewsAnswer"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Given(_Answer):
    stance: str
    claim_types: list[str]
    release: str


class _Review(_Answer):
    id: int
    created: str
    text: str
    stance: str
    claim_types: list[str]
    reviewer: str
    note: str | None
    article_id: str | None
    source: str | None
    place: int | None
    start: int | None
    end: int | None
    given: _Given | None


class ReviewAnswer(_Answer):
    """The review as it is kept."""

    review: _Review
    request_id: str


class ReviewsAnswer(_Answer):
    """Reviews, newest first."""

    reviews: list[_Review]
    total: int
    request_id: str
