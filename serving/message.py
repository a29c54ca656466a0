"""A small JSON body, held against a schema: what a request brings that is no text to label."""

from typing import TypeVar

from starlette.requests import Request

from serving.call import check_content_type
from serving.limits import read_body
from serving.runtime import Runtime
from serving.schemas import Message, parse

__all__ = ["read_message"]

AnyMessage = TypeVar("AnyMessage", bound=Message)


async def read_message(runtime: Runtime, request: Request, schema: type[AnyMessage]) -> AnyMessage:
    """The body; raises `ServiceError` as `read_body` and `parse` do."""
    check_content_type(request)
    with runtime.held.loan() as held:
        return parse(await read_body(request, runtime.settings, held, runtime.retry_after_s()), schema)
