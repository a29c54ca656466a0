"""The OpenAPI document: every path, every status it may answer with, and examples in Arabic."""

from importlib import metadata
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving import answers, schemas
from serving.errors import CODES
from serving.examples import ARTICLES, INFO, MESSAGES, SENTENCES
from serving.settings import Settings

__all__ = ["document"]

REF = "#/components/schemas/{model}"

# Statuses that any path may answer with, and those of a call that brings work. 404 stands beside them: a path that is not here.
_ANY = (401, 405, 500)
_WORK = (400, 401, 404, 405, 408, 413, 415, 422, 429, 500, 503, 504)

_WHAT = {
    400: "The body is not JSON",
    401: "No key, or a wrong one",
    404: "No such path",
    405: "No such method here",
    408: "The body came too slowly",
    413: "The body, or the number of sentences, is too large",
    415: "Not application/json, or compressed",
    422: "JSON, but not what is asked for",
    429: "Too much is in flight",
    500: "A fault of the service",
    503: "Not ready, going down, or the deadline passed before the labelling began",
    504: "The deadline passed while labelling",
}
_HEADERS = {
    "X-Request-ID": {
        "description": "Yours, if you sent one of at most 64 letters, digits, dots, dashes and underscores; else ours.",
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER = {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1}}


def document(settings: Settings) -> dict[str, Any]:
    """OpenAPI 3.1. Where keys are configured, all but health asks for one."""
    requests: list[type[BaseModel]] = [schemas.ArticlesRequest, schemas.SentencesRequest]
    given: list[type[BaseModel]] = [
        answers.ArticlesAnswer,
        answers.SentencesAnswer,
        answers.InfoAnswer,
        answers.StatusAnswer,
        answers.ErrorAnswer,
    ]
    _, validating = models_json_schema([(one, "validation") for one in requests], ref_template=REF)
    _, serialising = models_json_schema([(one, "serialization") for one in given], ref_template=REF)
    secured: list[dict[str, list[str]]] = [{"key": []}] if settings.api_keys else []
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
            "/v1/articles": {"post": _labelling("articles", ARTICLES, secured)},
            "/v1/sentences": {"post": _labelling("sentences", SENTENCES, secured)},
            "/v1/info": {
                "get": _reading("info", "Release, labels, limits, versions", "InfoAnswer", INFO, (503,), secured)
            },
            "/livez": {
                "get": _reading("livez", "Whether the process lives", "StatusAnswer", _status("live"), (503,), [])
            },
            "/healthz": {"get": _reading("healthz", "The same as /livez", "StatusAnswer", _status("live"), (503,), [])},
            "/readyz": {
                "get": _reading("readyz", "Whether it takes work", "StatusAnswer", _status("ready"), (503,), [])
            },
            "/metrics": {"get": _metrics(secured)},
            "/docs.json": {"get": _docs(secured)},
        },
        "components": {
            "schemas": {**validating["$defs"], **serialising["$defs"]},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _labelling(field: str, example: dict[str, Any], secured: list[dict[str, list[str]]]) -> dict[str, Any]:
    name = field.capitalize()
    return {
        "operationId": f"label_{field}",
        "summary": f"Label {field}; one answer for each, in order",
        "security": secured,
        "parameters": [_request_id()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": REF.format(model=f"{name}Request")},
                    "examples": {"arabic": {"value": example["request"]}},
                }
            },
        },
        "responses": {
            "200": _answer(
                f"{name}Answer", "Labelled; an item that could not be stands as an error", example["answer"]
            ),
            **_errors(_WORK),
        },
    }


def _reading(
    operation: str,
    what: str,
    model: str,
    example: dict[str, Any],
    more: tuple[int, ...],
    secured: list[dict[str, list[str]]],
) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": what,
        "security": secured,
        "parameters": [_request_id()],
        "responses": {"200": _answer(model, what, example), **_errors((*_ANY, *more))},
    }


def _metrics(secured: list[dict[str, list[str]]]) -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "Metrics, for Prometheus",
        "security": secured,
        "parameters": [_request_id()],
        "responses": {
            "200": {"description": "Metrics", "headers": _HEADERS, "content": text},
            **_errors(_ANY),
        },
    }


def _docs(secured: list[dict[str, list[str]]]) -> dict[str, Any]:
    return {
        "operationId": "docs",
        "summary": "This document",
        "security": secured,
        "parameters": [_request_id()],
        "responses": {
            "200": {
                "description": "OpenAPI 3.1",
                "headers": _HEADERS,
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_errors(_ANY),
        },
    }


def _request_id() -> dict[str, Any]:
    return {
        "name": "X-Request-ID",
        "in": "header",
        "required": False,
        # No pattern: one of another form is no error.
        "description": "Stands in the answer and in the log; one that is not of the form told there is replaced.",
        "schema": {"type": "string"},
        "example": "desk-17",
    }


def _answer(model: str, what: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": REF.format(model=model)}, "examples": {"arabic": {"value": example}}}
    return {"description": what, "headers": _HEADERS, "content": {"application/json": content}}


def _errors(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {str(status): _error(status) for status in statuses}


def _error(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = dict(_HEADERS)
    if status in (429, 503):
        headers["Retry-After"] = _RETRY_AFTER
    examples = {
        code: {
            "value": {
                "error": {"code": code, "message": MESSAGES[code], "details": {}, "request_id": "desk-17"},
            }
        }
        for code in CODES[status]
    }
    content = {"schema": {"$ref": REF.format(model="ErrorAnswer")}, "examples": examples}
    return {"description": _WHAT[status], "headers": headers, "content": {"application/json": content}}


def _status(status: str) -> dict[str, Any]:
    return {"status": status, "request_id": "desk-17"}


def _version() -> str:
    try:
        return metadata.version("tasrih")
    except metadata.PackageNotFoundError:
        return "0"  # in a bento, which carries the sources and no installed package
