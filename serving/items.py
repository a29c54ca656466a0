"""From a request's items to sentences, and from labelled sentences to the items of its answer.

What is wrong with one item stays with it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from serving.errors import item_error
from serving.logs import describe
from serving.model import Model
from serving.releases import Releases, Served
from serving.schemas import ArticleAsHtml, ArticlesRequest, SentencesRequest, parse
from serving.settings import Settings
from tasrih.errors import InputError
from tasrih.inputs import check_text
from tasrih.report import make_report, report_to_json, sentence_to_json
from tasrih.types import Document, Encoded, Kind, LabelledSentence, Sentence

__all__ = ["Item", "Reader", "Reading", "finish", "read_articles", "read_sentences"]

log = logging.getLogger("tasrih.serving")

# From its labelled sentences to what stands in the answer.
Finish = Callable[[Sequence[LabelledSentence]], dict[str, Any]]
# Raises `ServiceError` where the body as a whole is wrong.
Reader = Callable[[bytes, Releases, Settings], "Reading"]


@dataclass(slots=True)
class Item:
    """One article, or one sentence, on its way.

    Attributes:
        id: the caller's.
        sentences: what is to be labelled in it.
        finish: makes its place in the answer.
        error: what stands there instead.
        encoded: of each sentence its tokens.
    """

    id: str | None
    finish: Finish | None = None
    sentences: Sequence[Sentence] = ()
    error: dict[str, Any] | None = None
    encoded: Sequence[Encoded] = field(default=())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body asks for.

    Attributes:
        served: the release that is to label.
        items: one at a time, so that a caller who hangs up meanwhile stops it.
    """

    served: Served
    items: Iterator[Item]


def read_articles(body: bytes, releases: Releases, settings: Settings) -> Reading:
    """Items of a `POST /v1/articles`."""
    request = parse(body, ArticlesRequest)
    served = releases.named(request.release)
    return Reading(served, _articles(request, served.model, settings))


def _articles(request: ArticlesRequest, model: Model, settings: Settings) -> Iterator[Item]:
    for place, given in enumerate(request.articles):
        is_html = isinstance(given, ArticleAsHtml)
        document = Document(
            text=given.html if isinstance(given, ArticleAsHtml) else given.text,
            is_html=is_html,
            id=given.id,
            source=given.source,
            published=given.published,
        )
        yield _article(document, f"articles.{place}", model, settings, keep_boilerplate=request.keep_boilerplate)


def _article(document: Document, place: str, model: Model, settings: Settings, *, keep_boilerplate: bool) -> Item:
    try:
        # Messages name the place: an id may be long, or none.
        checked = replace(check_text(replace(document, id=place), max_chars=settings.max_article_chars), id=document.id)
        article, sentences = model.read(checked)
    except InputError as error:
        return Item(document.id, error=item_error(document.id, error.code, str(error)))
    except Exception as error:
        log.error("an article could not be read", extra={"fields": describe(error)})
        return Item(document.id, error=_broken(document.id, place, "read"))
    release = model.release

    def finish(labelled: Sequence[LabelledSentence]) -> dict[str, Any]:
        report = make_report(
            checked,
            article,
            labelled,
            labels=release.labels,
            release=(release.name, release.version),
            keep_boilerplate=keep_boilerplate,
        )
        return report_to_json(report)

    return Item(document.id, finish, sentences)


def read_sentences(body: bytes, releases: Releases, settings: Settings) -> Reading:
    """Items of a `POST /v1/sentences`."""
    request = parse(body, SentencesRequest)
    return Reading(releases.named(request.release), _sentences(request, settings))


def _sentences(request: SentencesRequest, settings: Settings) -> Iterator[Item]:
    for place, given in enumerate(request.sentences):
        n_chars = len(given.text)
        if not given.text.strip():
            message = f"sentences.{place}: text is empty; leave the sentence out"
            yield Item(given.id, error=item_error(given.id, "empty_input", message))
        elif n_chars > settings.max_sentence_chars:
            message = (
                f"sentences.{place}: text holds {n_chars:,} characters, at most {settings.max_sentence_chars:,} make a "
                "sentence; split it, or send the page to /v1/articles"
            )
            yield Item(given.id, error=item_error(given.id, "input_too_large", message))
        else:
            # As `tasrih label --sentences` does: an id stands in the answer where one was given.
            named = {"id": given.id} if "id" in given.model_fields_set else {}
            yield Item(given.id, _named(named), [Sentence(given.text, 0, n_chars, Kind.SENTENCE)])


def _named(named: dict[str, Any]) -> Finish:
    return lambda labelled: {**named, **sentence_to_json(labelled[0])}


def finish(items: Iterable[Item], labelled: Sequence[LabelledSentence], failed: frozenset[int]) -> list[dict[str, Any]]:
    """What stands in the answer for each item.

    Args:
        items: in the order of the request.
        labelled: their sentences, one after the other.
        failed: places in `labelled` that mean nothing: the engine could not take them.
    """
    answers = []
    start = 0
    for place, item in enumerate(items):
        end = start + len(item.sentences)
        if item.error is not None or item.finish is None:
            assert item.error is not None
            answers.append(item.error)
        elif any(row in failed for row in range(start, end)):
            answers.append(_broken(item.id, f"item {place}", "label"))
        else:
            answers.append(item.finish(labelled[start:end]))
        start = end
    return answers


def _broken(id: str | None, place: str, verb: str) -> dict[str, Any]:
    message = (
        f"{place}: the service could not {verb} it, and tried it alone; the others are not touched. Report it, please."
    )
    return item_error(id, "internal", message)
