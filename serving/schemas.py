"""What callers send.

Unknown fields are refused; a text that is too long, empty or not Arabic is an item's error, not the call's.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import from_json

from serving.errors import ServiceError

__all__ = [
    "ArticleAsHtml",
    "ArticleAsText",
    "ArticlesRequest",
    "ExplanationRequest",
    "Message",
    "SentenceToLabel",
    "SentencesRequest",
    "SessionRequest",
    "check",
    "parse",
]

MAX_FAULTS = 20

Id = Annotated[str, Field(max_length=500, description="Yours; it stands in the answer. It need not be unique.")]
Note = Annotated[str, Field(max_length=2000)]
Title = Annotated[
    str | None, Field(max_length=500, description="Name and version of a loaded release; else the default one labels.")
]


class Message(BaseModel):
    """What every request has in common."""

    # The whole of it strict: 1 is no text, "yes" no flag.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


AnyMessage = TypeVar("AnyMessage", bound=Message)
AnySchema = TypeVar("AnySchema", bound=BaseModel)


class _Article(Message):
    id: Id | None = None
    source: Note | None = Field(default=None, description="The outlet; it stands in the answer.")
    published: Note | None = Field(default=None, description="When, as you write it; it stands in the answer.")


class ArticleAsText(_Article):
    """An article as plain text. Offsets in the answer count in it."""

    text: str = Field(
        description="The page as it is, its menus and links too. At most `max_article_chars`, else an item error."
    )


class ArticleAsHtml(_Article):
    """An article as HTML. Offsets in the answer count in the extracted text, which the answer then carries."""

    html: str = Field(description="The page's markup. At most `max_article_chars`, else an item error.")


def _text_or_html(value: Any) -> str:
    if isinstance(value, dict):
        return "html" if "html" in value and "text" not in value else "text"
    return "html" if isinstance(value, ArticleAsHtml) else "text"


AnyArticle = Annotated[
    Annotated[ArticleAsText, Tag("text")] | Annotated[ArticleAsHtml, Tag("html")], Discriminator(_text_or_html)
]


class ArticlesRequest(Message):
    """Articles to read, split and label."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "articles": [
                        {
                            "id": "desk-17",
                            "text": "سيول: بيونغ يانغ ترسل ذخائر\n\nقالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية "
                            "من القذائف. ونفى الكرملين ذلك.",
                            "source": "وكالة",
                            "published": "2024-06-19",
                        },
                        {"id": "desk-18", "html": "<h1>وصول الوفد</h1><p>وصل الوفد إلى مسقط صباح الخميس.</p>"},
                    ],
                    "keep_boilerplate": False,
                }
            ]
        }
    )

    articles: list[AnyArticle]
    release: Title = None
    keep_boilerplate: bool = Field(default=False, description="Show menus, links and forms too, with null labels.")


class SentenceToLabel(Message):
    """A sentence that you have split yourself."""

    id: Id | None = None
    text: str = Field(description="At most `max_sentence_chars`, else an item error.")


class SentencesRequest(Message):
    """Sentences to label."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sentences": [
                        {"id": "a", "text": "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."},
                        {"id": "b", "text": "ونفى المتحدث باسم الكرملين صحة هذه الأنباء."},
                    ]
                }
            ]
        }
    )

    sentences: list[SentenceToLabel]
    release: Title = None


class ExplanationRequest(Message):
    """A sentence whose labels are to be explained."""

    text: str = Field(pattern=r"\S", description="At most 300 words, and `max_sentence_chars`.")
    release: Title = None


class SessionRequest(Message):
    """A key, to be changed into a cookie."""

    key: str = Field(min_length=1, max_length=1000)


def parse(body: bytes, schema: type[AnyMessage]) -> AnyMessage:
    """Read a body.

    Raises:
        ServiceError: 400 where it is no JSON (NaN is none, nor is half a surrogate pair, nor nesting past 200), 422 where it is
            not what `schema` asks for; the message names the first fault, the details all of them (20 at most).
    """
    try:
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ServiceError(400, "broken_body", f"the body is not JSON in UTF-8: {error}; send a JSON object") from None
    return check(data, schema)


def check(data: Any, schema: type[AnySchema]) -> AnySchema:
    """Hold data against a schema; raises `ServiceError` 422 as `parse` does."""
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        faults = [
            {"field": _dotted(fault["loc"]), "message": _message(fault["type"], fault["msg"], fault["loc"])}
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        more = f" (and {len(faults) - 1} more, see details)" if len(faults) > 1 else ""
        raise ServiceError(
            422,
            "invalid",
            f"{faults[0]['field']}: {faults[0]['message']}{more}; see /docs.json",
            details={"faults": faults[:MAX_FAULTS]},
        ) from None


def _dotted(loc: tuple[int | str, ...]) -> str:
    # pydantic puts the branch of a union into the place: ("articles", 0, "text", "html").
    steps = [step for place, step in enumerate(loc) if not (place == 2 and loc[0] == "articles" and len(loc) > 2)]
    return ".".join(str(step)[:100] for step in steps) or "body"


def _message(kind: str, message: str, loc: tuple[int | str, ...]) -> str:
    if kind == "extra_forbidden":
        if loc[-1] == "html":
            return "beside text; an article has one of the two"
        return "unknown field; leave it out"
    if kind == "missing" and loc[0] == "articles" and loc[-1] == "text":
        return "missing; an article has text or html"
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]
