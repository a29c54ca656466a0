"""What callers are told when something is wrong: one shape, whatever the status.

``{"error": {"code", "message", "details", "request_id"}}``; of an item of a call
``{"id", "error": {"code", "message", "details"}}``.
"""

from typing import Any

__all__ = ["CODES", "ServiceError", "error_body", "item_error"]

# Every status with the codes it may come with: the OpenAPI document lists them.
CODES: dict[int, tuple[str, ...]] = {
    400: ("broken_body",),
    401: ("unauthorized",),
    403: ("forbidden",),
    404: ("not_found",),
    405: ("method_not_allowed",),
    408: ("slow_body",),
    409: ("unfinished",),
    413: ("body_too_large", "too_many_sentences"),
    415: ("unsupported_media_type", "unsupported_encoding"),
    422: ("invalid",),
    429: ("overloaded",),
    500: ("internal",),
    503: ("starting", "failed", "draining", "waited_too_long", "storage_failed"),
    504: ("took_too_long",),
}


class ServiceError(Exception):
    """A call that ends with an error answer.

    Args:
        status: an HTTP status of `CODES`.
        code: for programs.
        message: for people: what was found, what was expected, the way out. Never the article's text.
        details: more, for programs.
        headers: such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        assert code in CODES[status], f"{status} {code}"
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}
        self.headers = headers or {}


def error_body(error: ServiceError, request_id: str) -> dict[str, Any]:
    """The body of an error answer."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "request_id": request_id,
        }
    }


def item_error(id: str | None, code: str, message: str) -> dict[str, Any]:
    """What stands in an answer in place of an item that could not be labelled."""
    return {"id": id, "error": {"code": code, "message": message, "details": {}}}
