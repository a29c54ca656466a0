"""Which path does what."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving import call, items
from serving.errors import ServiceError
from serving.info import info
from serving.openapi import document
from serving.runtime import Runtime

__all__ = ["OPEN", "ROUTES"]

Endpoint = Callable[[Runtime, Request, str], Awaitable[Response]]


async def _articles(runtime: Runtime, request: Request, request_id: str) -> Response:
    return await call.label(runtime, request, request_id, field="articles", read=items.read_articles)


async def _sentences(runtime: Runtime, request: Request, request_id: str) -> Response:
    return await call.label(runtime, request, request_id, field="sentences", read=items.read_sentences)


async def _info(runtime: Runtime, request: Request, request_id: str) -> Response:
    model, _ = runtime.ready()
    return JSONResponse({**info(model, runtime.settings), "request_id": request_id})


async def _docs(runtime: Runtime, request: Request, request_id: str) -> Response:
    return JSONResponse(document(runtime.settings))


async def _live(runtime: Runtime, request: Request, request_id: str) -> Response:
    # What failed for good is not cured by waiting: who watches should start the process anew.
    if runtime.status == "failed":
        raise ServiceError(503, "failed", f"the service cannot label: {runtime.reason}")
    return JSONResponse({"status": "live", "request_id": request_id})


async def _ready(runtime: Runtime, request: Request, request_id: str) -> Response:
    runtime.ready()
    return JSONResponse({"status": "ready", "request_id": request_id})


async def _metrics(runtime: Runtime, request: Request, request_id: str) -> Response:
    return Response(runtime.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


# A path has one method; GET answers HEAD, too.
ROUTES: Mapping[str, tuple[str, Endpoint]] = {
    "/v1/articles": ("POST", _articles),
    "/v1/sentences": ("POST", _sentences),
    "/v1/info": ("GET", _info),
    "/docs.json": ("GET", _docs),
    "/livez": ("GET", _live),
    "/healthz": ("GET", _live),
    "/readyz": ("GET", _ready),
    "/metrics": ("GET", _metrics),
}
OPEN = frozenset({"/livez", "/healthz", "/readyz"})
