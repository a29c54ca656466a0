"""What callers ask of archives."""

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from serving.archives.folder import is_readable
from serving.exports import Export
from serving.query import Limit, Offset, Query

__all__ = ["Filters", "SentencesExportQuery", "SentencesQuery", "UploadQuery"]

_SUFFIXES = ("jsonl", "ndjson", "csv", "tsv", "parquet", "pq", "txt", "text", "md", "html", "htm", "xhtml")


def _any_case(word: str) -> str:
    # JSON Schema's patterns know no flag for it.
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


_KNOWN = "|".join(_any_case(suffix) for suffix in _SUFFIXES)
_PACKED = "|".join(_any_case(suffix) for suffix in ("gz", "zst"))


def _iso(value: Any) -> Any:
    if not _DAY.fullmatch(str(value)):
        raise ValueError("expected a day such as 2024-06-19")
    return value


# A bare number is no day, though it could be one counted from 1970.
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[datetime.date, BeforeValidator(_iso)]


class UploadQuery(Query):
    """What the file is called."""

    name: str = Field(
        min_length=1,
        max_length=200,
        pattern=rf"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*\.({_KNOWN})(\.({_PACKED}))?$",
        description="The file's own name; its suffix tells what it holds, as for `tasrih batch`.",
    )

    @field_validator("name")
    @classmethod
    def _readable(cls, name: str) -> str:
        if not is_readable(name):
            raise ValueError(f"a file that is not read; expected one of {', '.join(_SUFFIXES)}")
        return name


class Filters(Query):
    """Which sentences of an archive; all that is given must hold."""

    stance: str | None = None
    claim_type: str | None = None
    source: str | None = Field(default=None, description="The outlet, as its articles have it.")
    from_: Day | None = Field(
        default=None, alias="from", description="First day of publishing; articles without a day are left out."
    )
    to: Day | None = Field(default=None, description="Last day of publishing.")
    needs_review: bool | None = None
    max_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="At most so probable that stance and claim types are right, all together."
    )
    q: str | None = Field(default=None, max_length=500, description="Words that stand in it; vowel marks do not count.")


class SentencesQuery(Filters):
    """Which sentences, in which order, and how many."""

    order: Literal["row", "review"] = Field(
        default="row", description="`row`: the archive's; `review`: what most needs a person's eyes first."
    )
    offset: Offset = 0
    limit: Limit = 50


class SentencesExportQuery(Filters):
    """Which sentences, and in which form."""

    format: Export = "csv"
