"""What callers ask of reviews."""

from typing import Annotated

from pydantic import Field

from serving.exports import Export
from serving.query import Limit, Offset, Query

__all__ = ["ExportQuery", "ReviewsQuery"]


class ReviewsQuery(Query):
    """Which reviews."""

    text: str | None = Field(default=None, description="Of exactly this sentence.")
    article_id: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None
    reviewer: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None
    offset: Offset = 0
    limit: Limit = 50


class ExportQuery(Query):
    """In which form."""

    format: Export = "jsonl"
