"""A review as a caller sends it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from serving.schemas import Message

__all__ = ["Draft", "Given"]

# PostgreSQL keeps no NUL, and nobody needs one.
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Free = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


def _whole(value: Any) -> Any:
    # 7.0 is an integer to JSON Schema, and to JavaScript.
    return int(value) if isinstance(value, float) and value.is_integer() else value


# What an integer column of either database holds.
Offset = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_whole)]


class Given(Message):
    """What the release had said, which the reviewer saw."""

    stance: Line
    claim_types: list[Line] = Field(max_length=100)
    release: Line = Field(description="Name and version.")


class Draft(Message):
    """A correction, or a confirmation where the labels are those given. A further one of the same reviewer is a new row."""

    text: str = Field(
        min_length=1, max_length=20_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$", description="The sentence."
    )
    stance: Line = Field(description="One of the release's stances.")
    claim_types: list[Line] = Field(
        max_length=100,
        json_schema_extra={"uniqueItems": True},
        description="Any of the release's claim types, each once.",
    )
    reviewer: Line = Field(description="Who says so.")
    note: Free | None = None
    article_id: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] | None = None
    source: Free | None = Field(default=None, description="The outlet.")
    place: Offset | None = Field(default=None, description="Of the sentence in its article, from 0.")
    start: Offset | None = None
    end: Offset | None = None
    given: Given | None = None

    @model_validator(mode="after")
    def _each_once(self) -> "Draft":
        if len(set(self.claim_types)) != len(self.claim_types):
            raise ValueError("claim_types: a name stands twice; name each once")
        return self
