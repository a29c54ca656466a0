"""Between the service's JSON and the types of `tasrih.types`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasrih.types import ArticleReport, Document, Kind, LabelledSentence, Summary

__all__ = ["ItemError", "articles_from_json", "articles_to_json", "sentences_from_json", "sentences_to_json"]


@dataclass(frozen=True, slots=True)
class ItemError:
    """Stands in the place of an item that could not be labelled.

    Attributes:
        id: the caller's.
        code: for programs, such as ``not_arabic``.
        message: for people.
    """

    id: str | None
    code: str
    message: str


def articles_to_json(documents: Sequence[Document], *, keep_boilerplate: bool) -> dict[str, Any]:
    """The body of a `POST /v1/articles`."""
    return {"articles": [_article(document) for document in documents], "keep_boilerplate": keep_boilerplate}


def _article(document: Document) -> dict[str, Any]:
    given = {"id": document.id, "source": document.source, "published": document.published}
    text = {"html" if document.is_html else "text": document.text}
    return {**text, **{name: value for name, value in given.items() if value is not None}}


def sentences_to_json(texts: Sequence[str]) -> dict[str, Any]:
    """The body of a `POST /v1/sentences`."""
    return {"sentences": [{"text": text} for text in texts]}


def articles_from_json(data: Mapping[str, Any]) -> list[ArticleReport | ItemError]:
    """What a `POST /v1/articles` answered. Fields that a newer service adds are left out."""
    return [_error(item) or _report(item) for item in data["articles"]]


def sentences_from_json(data: Mapping[str, Any]) -> list[LabelledSentence | ItemError]:
    """What a `POST /v1/sentences` answered."""
    return [_error(item) or _sentence(item) for item in data["sentences"]]


def _error(item: Mapping[str, Any]) -> ItemError | None:
    if "error" not in item:
        return None
    return ItemError(item["id"], item["error"]["code"], item["error"]["message"])


def _report(item: Mapping[str, Any]) -> ArticleReport:
    summary = item["summary"]
    return ArticleReport(
        id=item["id"],
        source=item["source"],
        published=item["published"],
        sentences=tuple(_sentence(sentence) for sentence in item["sentences"]),
        summary=Summary(
            stance_shares=summary["stance_shares"],
            claims={name: tuple(places) for name, places in summary["claims"].items()},
            n_sentences=summary["n_sentences"],
            n_review=summary["n_review"],
            n_boilerplate_lines=summary["n_boilerplate_lines"],
        ),
        release_name=item["release"]["name"],
        release_version=item["release"]["version"],
        offsets_of=item["offsets_of"],
        text=item.get("text"),
        reason=item.get("reason"),
    )


def _sentence(item: Mapping[str, Any]) -> LabelledSentence:
    claims = item["claim_types"]
    return LabelledSentence(
        text=item["text"],
        start=item["start"],
        end=item["end"],
        kind=Kind(item["kind"]),
        stance=item["stance"],
        stance_probabilities=item["stance_probabilities"],
        claim_types=None if claims is None else tuple(claims),
        claim_probabilities=item["claim_probabilities"],
        needs_review=item["needs_review"],
        n_tokens=item["n_tokens"],
        truncated=item["truncated"],
    )
