"""What callers are given of archives, as the OpenAPI document tells it."""

from pydantic import BaseModel, ConfigDict, Field

from serving.answers import Labels
from serving.archives.archive import Status

__all__ = ["ArchiveAnswer", "ArchiveSentencesAnswer", "ArchivesAnswer"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Archive(_Answer):
    id: str
    name: str
    status: Status
    articles_done: int
    articles_total: int | None = Field(description="Null until the file has been read through once.")
    sentences: int
    errors: int = Field(description="Articles that could not be labelled.")
    created: str
    message: str | None = Field(description="Why it failed, where it did.")


class ArchiveAnswer(_Answer):
    """An archive, and how far it is."""

    archive: _Archive
    request_id: str


class ArchivesAnswer(_Answer):
    """All archives, newest first."""

    archives: list[_Archive]
    request_id: str


class _Sentence(Labels):
    article_id: str
    source: str | None
    published: str | None
    place: int = Field(description="Of the sentence in its article, from 0.")


class ArchiveSentencesAnswer(_Answer):
    """Sentences of an archive, of those labelled so far."""

    sentences: list[_Sentence]
    total: int = Field(description="How many pass the filters.")
    request_id: str
