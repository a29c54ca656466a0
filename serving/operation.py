"""The parts of which the OpenAPI document's operations are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from serving.errors import CODES
from serving.examples import MESSAGES

__all__ = ["ANY", "KEPT", "REF", "WORK", "Body", "Operation", "file_answer", "json_answer", "path_id", "query_of"]

REF = "#/components/schemas/{model}"

# Statuses that any path may answer with; those of a call that brings work; and those of what is kept.
# 404 stands beside the first: a path that is not here.
ANY = (401, 405, 500)
WORK = (400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503, 504)
KEPT = (401, 403, 404, 405, 422, 500, 503)

_WHAT = {
    400: "The body is not JSON",
    401: "No key, or a wrong one",
    403: "Sent by another site, or by a session's cookie alone",
    404: "Nothing is here",
    405: "No such method here",
    408: "The body came too slowly",
    409: "Not yet: the archive is not complete",
    413: "The body, or the number of sentences, is too large",
    415: "Not the media type that is asked for, or compressed",
    422: "Not what is asked for",
    429: "Too much is in flight",
    500: "A fault of the service",
    503: "Not ready, going down, out of reach, or the deadline passed before the work began",
    504: "The deadline passed while labelling",
}
_HEADERS = {
    "X-Request-ID": {
        "description": "Yours, if you sent one of at most 64 letters, digits, dots, dashes and underscores; else ours.",
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER = {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1}}
_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    # No pattern: one of another form is no error.
    "description": "Stands in the answer and in the log; one that is not of the form told there is replaced.",
    "schema": {"type": "string"},
    "example": "desk-17",
}


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body: its model's name, and an example."""

    model: str
    example: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a path.

    Attributes:
        id: its name in generated clients.
        summary: one line.
        answers: by status; None is an answer without a body.
        errors: statuses of failures.
        body: what is sent: JSON, or content as OpenAPI writes it.
        parameters: besides the request's id.
        is_open: whether it asks for no key.
    """

    id: str
    summary: str
    answers: Mapping[int, Mapping[str, Any] | None]
    errors: Sequence[int]
    body: Body | Mapping[str, Any] | None = None
    parameters: Sequence[Mapping[str, Any]] = field(default=())
    is_open: bool = False

    def to_json(self, secured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "operationId": self.id,
            "summary": self.summary,
            "security": [] if self.is_open else list(secured),
            "parameters": [_REQUEST_ID, *self.parameters],
        }
        if isinstance(self.body, Body):
            schema = {"$ref": REF.format(model=self.body.model)}
            content = {"schema": schema, "examples": {"arabic": {"value": self.body.example}}}
            told["requestBody"] = {"required": True, "content": {"application/json": content}}
        elif self.body is not None:
            told["requestBody"] = {"required": True, "content": self.body}
        answers = {str(status): _answer(self.summary, content) for status, content in self.answers.items()}
        told["responses"] = {**answers, **{str(status): _error(status) for status in self.errors}}
        return told


def _answer(what: str, content: Mapping[str, Any] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"description": what, "headers": _HEADERS}
    return told if content is None else {**told, "content": dict(content)}


def json_answer(model: str, example: Any) -> dict[str, Any]:
    """An answer of a model, with an example."""
    schema = {"$ref": REF.format(model=model)}
    return {"application/json": {"schema": schema, "examples": {"arabic": {"value": example}}}}


def file_answer(*media_types: str) -> dict[str, Any]:
    """An answer that is a file of one of these types."""
    return {kind.split(";")[0]: {"schema": {"type": "string"}} for kind in media_types}


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


def query_of(schema: type[BaseModel]) -> list[dict[str, Any]]:
    """The parameters of a query. An empty value is as good as none."""
    told = schema.model_json_schema(by_alias=True)
    required = told.get("required", ())
    parameters = []
    for name, one in told["properties"].items():
        description = one.pop("description", None)
        kinds = [kind for kind in one.pop("anyOf", [one]) if kind.get("type") != "null"]
        one.pop("title", None)
        one.pop("default", None)
        schema_json = kinds[0] if name in required else {"anyOf": [*kinds, {"const": ""}]}
        parameter = {"name": name, "in": "query", "required": name in required, "schema": schema_json}
        parameters.append(parameter | ({"description": description} if description else {}))
    return parameters


def path_id(description: str, example: str) -> dict[str, Any]:
    """The parameter ``{id}`` of a path."""
    schema = {"type": "string", "minLength": 1}
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }
