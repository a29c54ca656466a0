"""The OpenAPI document: every path, every status it may answer with, and examples in Arabic."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving import answers, schemas
from serving.archives.operations import ARCHIVES, ARCHIVES_ANSWERS
from serving.examples import ARTICLES, EXPLANATION, INFO, REVIEW, SENTENCES
from serving.exports import MEDIA_TYPES
from serving.operation import ANY, KEPT, REF, WORK, Body, Operation, file_answer, json_answer, query_of
from serving.releases import Releases
from serving.reviews.answers import ReviewAnswer, ReviewsAnswer
from serving.reviews.draft import Draft
from serving.reviews.queries import ExportQuery, ReviewsQuery
from serving.settings import Settings

__all__ = ["document"]

_REQUESTS: tuple[type[BaseModel], ...] = (
    schemas.ArticlesRequest, schemas.SentencesRequest, schemas.ExplanationRequest, schemas.SessionRequest, Draft,
)  # fmt: skip
_ANSWERS: tuple[type[BaseModel], ...] = (
    answers.ArticlesAnswer, answers.SentencesAnswer, answers.ExplanationAnswer, answers.InfoAnswer, answers.SessionAnswer,
    answers.StatusAnswer, answers.ErrorAnswer, ReviewAnswer, ReviewsAnswer,
    *ARCHIVES_ANSWERS,
)  # fmt: skip
_BODY = (400, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503)


def document(settings: Settings, releases: Releases | None) -> dict[str, Any]:
    """OpenAPI 3.1. Where keys are configured, all but health and sign-in asks for one.

    Args:
        settings: of the service.
        releases: whose names and labels a request may hold; None while they are loaded.
    """
    _, validating = models_json_schema([(one, "validation") for one in _REQUESTS], ref_template=REF)
    _, serialising = models_json_schema([(one, "serialization") for one in _ANSWERS], ref_template=REF)
    secured: list[dict[str, list[str]]] = [{"key": []}, {"session": []}] if settings.api_keys else []
    paths = {**_labelling(), **_people(), **ARCHIVES, **_health()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tasrih",
            "version": _version(),
            "summary": "Stance and claim types of every sentence of Arabic news articles.",
            "description": (
                "A label says what a sentence voices. It does not say whether the sentence is true, and it is no verdict on an "
                "outlet, an author or a person. Offsets count Unicode code points, half-open."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            path: {method: _with_labels(operation.to_json(secured), releases) for method, operation in methods.items()}
            for path, methods in paths.items()
        },
        "components": {
            "schemas": {**_with_names(validating["$defs"], releases), **serialising["$defs"]},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "tasrih_session",
                    "description": "From POST /v1/session. Methods other than GET need the header X-Tasrih-Page: 1 beside it.",
                },
            },
        },
    }


def _with_names(schemas: dict[str, Any], releases: Releases | None) -> dict[str, Any]:
    """The schemas of requests with the names that are known here in them."""
    if releases is None:
        return schemas
    labels = releases.default.model.release.labels
    for name in ("ArticlesRequest", "SentencesRequest", "ExplanationRequest"):
        schemas[name]["properties"]["release"]["enum"] = [*releases.titles, None]
    schemas["Draft"]["properties"]["stance"]["enum"] = list(labels.stance_names)
    schemas["Draft"]["properties"]["claim_types"]["items"]["enum"] = list(labels.claim_names)
    return schemas


def _with_labels(operation: dict[str, Any], releases: Releases | None) -> dict[str, Any]:
    """The operation with the labels that are known here in its parameters."""
    if releases is None:
        return operation
    labels = releases.default.model.release.labels
    names = {"stance": labels.stance_names, "claim_type": labels.claim_names}
    parameters = [
        {
            **parameter,
            "schema": {"enum": [*names[parameter["name"]], ""]},
            "description": "As the release has it that labelled the archive; these are the default one's.",
        }
        if parameter["name"] in names
        else parameter
        for parameter in operation["parameters"]
    ]
    return {**operation, "parameters": parameters}


Paths = Mapping[str, Mapping[str, Operation]]


def _labelling() -> Paths:
    def post(name: str, model: str, summary: str, example: Mapping[str, Any]) -> dict[str, Operation]:
        answer = json_answer(f"{model}Answer", example["answer"])
        body = Body(f"{model}Request", example["request"])
        return {"post": Operation(id=name, summary=summary, body=body, answers={200: answer}, errors=WORK)}

    each = "; one answer for each, in order, an item error in the place of what could not be"
    info = Operation(
        id="info",
        summary="Releases, labels, limits, versions",
        answers={200: json_answer("InfoAnswer", INFO)},
        errors=(*ANY, 503),
    )
    return {
        "/v1/articles": post("label_articles", "Articles", f"Label articles{each}", ARTICLES),
        "/v1/sentences": post("label_sentences", "Sentences", f"Label sentences{each}", SENTENCES),
        "/v1/explanations": post(
            "explain",
            "Explanation",
            "Why a sentence gets its labels: each word's weight, by leaving it out",
            EXPLANATION,
        ),
        "/v1/info": {"get": info},
    }


def _people() -> Paths:
    session = json_answer("SessionAnswer", {"signed_in": False, "keys_required": True, "request_id": "desk-17"})
    sign_in = Operation(
        id="sign_in",
        summary="Change a key into a session's cookie",
        body=Body("SessionRequest", {"key": "the key of your desk"}),
        answers={204: None},
        errors=(401, *_BODY),
        is_open=True,
    )
    tell = Operation(
        id="session", summary="Whether you are let in", answers={200: session}, errors=(405, 500), is_open=True
    )
    sign_out = Operation(
        id="sign_out", summary="End the session", answers={204: None}, errors=(403, 405, 500), is_open=True
    )
    add = Operation(
        id="add_review",
        summary="Keep a review; earlier ones of the same sentence stay",
        body=Body("Draft", REVIEW["request"]),
        answers={201: json_answer("ReviewAnswer", REVIEW["answer"])},
        errors=(401, *_BODY),
    )
    find = Operation(
        id="find_reviews",
        summary="Reviews, newest first",
        parameters=query_of(ReviewsQuery),
        answers={200: json_answer("ReviewsAnswer", REVIEW["found"])},
        errors=KEPT,
    )
    export = Operation(
        id="export_reviews",
        summary="All reviews as a file, oldest first",
        parameters=query_of(ExportQuery),
        answers={200: file_answer(*MEDIA_TYPES.values())},
        errors=KEPT,
    )
    return {
        "/v1/session": {"post": sign_in, "get": tell, "delete": sign_out},
        "/v1/reviews": {"post": add, "get": find},
        "/v1/reviews/export": {"get": export},
    }


def _health() -> Paths:
    def get(
        name: str, summary: str, answer: Mapping[str, Any], *errors: int, is_open: bool = False
    ) -> dict[str, Operation]:
        errors = (*ANY, *errors)
        return {"get": Operation(id=name, summary=summary, answers={200: answer}, errors=errors, is_open=is_open)}

    def status(status: str) -> dict[str, Any]:
        return json_answer("StatusAnswer", {"status": status, "request_id": "desk-17"})

    return {
        "/livez": get("livez", "Whether the process lives", status("live"), 503, is_open=True),
        "/healthz": get("healthz", "The same as /livez", status("live"), 503, is_open=True),
        "/readyz": get("readyz", "Whether it takes work", status("ready"), 503, is_open=True),
        "/metrics": get("metrics", "Metrics, for Prometheus", file_answer("text/plain")),
        "/docs.json": get("docs", "This document", {"application/json": {"schema": {"type": "object"}}}),
    }


def _version() -> str:
    try:
        return metadata.version("tasrih")
    except metadata.PackageNotFoundError:
        return "0"  # in a bento, which carries the sources and no installed package
