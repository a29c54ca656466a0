"""From a row to an article with its sentences: which column is what, and what makes a row bad."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.batch.columns import plain
from serving.batch.options import Options
from serving.batch.row import Row
from tasrih.article import read_article
from tasrih.errors import InputError
from tasrih.formats import failure_to_json
from tasrih.inputs import check_text, decode
from tasrih.sentences import split_article
from tasrih.types import Article, Document, Sentence

__all__ = ["Cleaned", "clean", "failure"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A row, read and split; or why it could not be.

    Attributes:
        number: of the row, over the whole input, from 0.
        place: for people.
        id: the article's.
        fields: the caller's columns.
        document: None where there is an error.
        article: None where there is an error.
        sentences: of the article.
        error: ``{"code", "message", "details"}``; None where the row is good.
    """

    number: int
    place: str
    id: str
    fields: Mapping[str, Any]
    document: Document | None = None
    article: Article | None = None
    sentences: tuple[Sentence, ...] = ()
    error: Mapping[str, Any] | None = field(default=None)


def clean(number: int, row: Row, options: Options) -> Cleaned:
    """Read a row's article and split it."""
    id = row.place
    try:
        if row.fault is not None:
            raise InputError(f"{row.place}: {row.fault}")
        id = _id(row, options)
        document = _document(row, options, id)
        article = read_article(document)
        sentences = tuple(split_article(article))
    except InputError as error:
        return Cleaned(number, row.place, id, row.fields, error=failure_to_json(id, error)["error"])  # type: ignore[arg-type]
    except Exception as error:  # an archive of a million pages holds the one that breaks a parser; the others go on
        message = f"{row.place}: the page could not be read ({type(error).__name__}: {error}); report it with the page"
        return Cleaned(number, row.place, id, row.fields, error=_error("unreadable", message))
    return Cleaned(number, row.place, id, row.fields, document, article, sentences)


def failure(row: Cleaned, error: Exception | None = None) -> dict[str, Any]:
    """A line of ``errors.jsonl``.

    Args:
        row: that failed.
        error: what it failed with after it was cleaned; None where cleaning failed.
    """
    told = row.error
    if isinstance(error, InputError):
        told = _error(error.code, f"{row.place}: {error}")
    elif error is not None:
        message = f"{row.place}: could not be labelled ({type(error).__name__}: {error}); report it with the row"
        told = _error("internal", message)
    return {"article_id": row.id, "article_row": row.number, "place": row.place, "error": told}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "details": {}}


def _id(row: Row, options: Options) -> str:
    if row.page is not None:
        return row.place
    return _text_of(row, options.id_column, "--id-column") or row.place


def _document(row: Row, options: Options, id: str) -> Document:
    if row.page is not None:
        return decode(row.page, name=row.place.removesuffix(".gz").removesuffix(".zst"))
    text, html = (row.fields.get(name) for name in (options.text_column, options.html_column))
    if _is_missing(text) and _is_missing(html):
        raise InputError(f"{row.place}: {options.text_column!r} is missing or empty; expected the article's text")
    if not _is_missing(text) and not _is_missing(html):
        raise InputError(
            f"{row.place}: both {options.text_column!r} and {options.html_column!r} are given; expected one of them. "
            "Empty one, or name another column with --html-column"
        )
    is_html = _is_missing(text)
    body = html if is_html else text
    if not isinstance(body, str):
        name = options.html_column if is_html else options.text_column
        raise InputError(f"{row.place}: {name!r} holds {type(body).__name__} {str(body)[:40]!r}; expected text")
    document = Document(
        text=body,
        is_html=is_html,
        id=row.place,
        source=_text_of(row, options.source_column, "--source-column"),
        published=_text_of(row, options.published_column, "--published-column"),
    )
    return check_text(document)


def _is_missing(value: Any) -> bool:
    # NaN is how data frames leave a cell empty.
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _text_of(row: Row, name: str, flag: str) -> str | None:
    """A column's value as text; whole numbers that became broken ones on the way are whole again."""
    value = row.fields.get(name)
    if _is_missing(value):
        return None
    if isinstance(value, bool) or isinstance(plain(value), list | dict):
        raise InputError(
            f"{row.place}: {name!r} holds {str(value)[:40]!r}; expected text or a number. Name another with {flag}"
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(plain(value))
