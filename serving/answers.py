"""What callers are given, as the OpenAPI document tells it.

The answers themselves are made by `tasrih.report`; tests hold the two together.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ArticlesAnswer",
    "ErrorAnswer",
    "ExplanationAnswer",
    "InfoAnswer",
    "ItemError",
    "LabelledSentence",
    "Labels",
    "ReleaseName",
    "Report",
    "SentenceInReport",
    "SentencesAnswer",
    "SessionAnswer",
    "StatusAnswer",
    "Summary",
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReleaseName(_Answer):
    """Which release labelled."""

    name: str
    version: str


class _Error(_Answer):
    code: str = Field(description="For programs.")
    message: str = Field(description="For people: what was found, what was expected, the way out.")
    details: dict[str, Any]


class _CallError(_Error):
    request_id: str


class ErrorAnswer(_Answer):
    """The one shape of every failure."""

    error: _CallError


class ItemError(_Answer):
    """Stands in the place of an item that could not be labelled; the others are."""

    id: str | None
    error: _Error


class Labels(_Answer):
    """A sentence, and what was said of it."""

    text: str
    start: int = Field(ge=0, description="Half-open with `end`; Unicode code points.")
    end: int = Field(ge=0)
    kind: Literal["headline", "body", "caption", "boilerplate", "sentence"]
    stance: str | None = Field(description="The likeliest; null of boilerplate.")
    stance_probabilities: dict[str, float] | None
    claim_types: list[str] | None = Field(description="Any number of them.")
    claim_probabilities: dict[str, float] | None
    needs_review: bool | None = Field(description="The release is too unsure here: read it yourself.")
    n_tokens: int | None
    truncated: bool | None = Field(description="The sentence's end was cut off before it was labelled.")


class SentenceInReport(Labels):
    """A sentence of an article."""


class LabelledSentence(Labels):
    """A sentence that the caller had split; `id` where one was given."""

    id: str | None = None


class Summary(_Answer):
    """An article at a glance."""

    stance_shares: dict[str, float]
    claims: dict[str, list[int]] = Field(description="For each claim type the places of its sentences in `sentences`.")
    n_sentences: int
    n_review: int
    n_boilerplate_lines: int


class Report(_Answer):
    """All that is said of one article."""

    id: str | None
    source: str | None
    published: str | None
    offsets_of: Literal["input", "extracted"]
    sentences: list[SentenceInReport]
    summary: Summary
    release: ReleaseName
    text: str | None = Field(default=None, description="The extracted text, where offsets count in it.")
    reason: str | None = Field(default=None, description="Why there is no sentence, where there is none.")


class ArticlesAnswer(_Answer):
    """One report, or item error, for each article, in order."""

    articles: list[Report | ItemError]
    release: ReleaseName
    request_id: str


class SentencesAnswer(_Answer):
    """One labelled sentence, or item error, for each sentence, in order."""

    sentences: list[LabelledSentence | ItemError]
    release: ReleaseName
    request_id: str


class _Word(_Answer):
    text: str
    start: int
    end: int
    weights: dict[str, float] = Field(
        description="For each label its probability less the one without the word; below 0 the word spoke against it."
    )


class ExplanationAnswer(_Answer):
    """The labels of a sentence, and what each of its words did for them."""

    text: str
    stance: str
    stance_probabilities: dict[str, float]
    claim_types: list[str]
    claim_probabilities: dict[str, float]
    words: list[_Word] = Field(description="In order; what is no word, such as punctuation, is left out.")
    method: Literal["occlusion"]
    release: ReleaseName
    request_id: str


class SessionAnswer(_Answer):
    """Whether the caller is let in, and whether it takes a key."""

    signed_in: bool
    keys_required: bool
    request_id: str


class _Label(_Answer):
    name: str
    arabic: str
    english: str


class _LabelNames(_Answer):
    stances: list[_Label]
    claims: list[_Label]


class _Engine(_Answer):
    name: str
    precision: str


class InfoAnswer(_Answer):
    """What labels, with which limits and versions."""

    release: ReleaseName
    releases: list[ReleaseName] = Field(description="That a request may name, the default one first.")
    labels: _LabelNames
    limits: dict[str, float]
    engine: _Engine
    versions: dict[str, str]
    offsets: str
    request_id: str


class StatusAnswer(_Answer):
    """What a health check is told."""

    status: Literal["live", "ready"]
    request_id: str
