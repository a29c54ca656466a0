"""Which path does what."""

import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving import call, items
from serving.archives import routes as archives
from serving.errors import ServiceError
from serving.explanation import read_explanation, shape_explanation
from serving.info import info
from serving.openapi import document
from serving.reviews.routes import add_review, export_reviews, find_reviews
from serving.runtime import Runtime
from serving.signing import sign_in, sign_out, tell_session

__all__ = ["OPEN", "ROUTES", "Endpoint", "match"]

Endpoint = Callable[[Runtime, Request, str], Awaitable[Response]]


async def _articles(runtime: Runtime, request: Request, request_id: str) -> Response:
    return await call.label(
        runtime, request, request_id, read=items.read_articles, shape=lambda answers: {"articles": answers}
    )


async def _sentences(runtime: Runtime, request: Request, request_id: str) -> Response:
    return await call.label(
        runtime, request, request_id, read=items.read_sentences, shape=lambda answers: {"sentences": answers}
    )


async def _explanations(runtime: Runtime, request: Request, request_id: str) -> Response:
    return await call.label(runtime, request, request_id, read=read_explanation, shape=shape_explanation, counts=False)


async def _info(runtime: Runtime, request: Request, request_id: str) -> Response:
    return JSONResponse({**info(runtime.ready(), runtime.settings), "request_id": request_id})


async def _docs(runtime: Runtime, request: Request, request_id: str) -> Response:
    return JSONResponse(document(runtime.settings, runtime.releases))


async def _live(runtime: Runtime, request: Request, request_id: str) -> Response:
    # What failed for good is not cured by waiting: who watches should start the process anew.
    if runtime.is_dead:
        raise ServiceError(503, "failed", f"the service cannot label: {runtime.reason or 'its queue has ended'}")
    return JSONResponse({"status": "live", "request_id": request_id})


async def _ready(runtime: Runtime, request: Request, request_id: str) -> Response:
    runtime.ready()
    return JSONResponse({"status": "ready", "request_id": request_id})


async def _metrics(runtime: Runtime, request: Request, request_id: str) -> Response:
    return Response(runtime.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


# Of each path its methods; GET answers HEAD, too. What stands in braces is one step of the caller's.
ROUTES: Mapping[str, Mapping[str, Endpoint]] = {
    "/v1/articles": {"POST": _articles},
    "/v1/sentences": {"POST": _sentences},
    "/v1/explanations": {"POST": _explanations},
    "/v1/info": {"GET": _info},
    "/v1/session": {"POST": sign_in, "GET": tell_session, "DELETE": sign_out},
    "/v1/reviews": {"POST": add_review, "GET": find_reviews},
    "/v1/reviews/export": {"GET": export_reviews},
    "/v1/archives": {"POST": archives.add_archive, "GET": archives.list_archives},
    "/v1/archives/{id}": {"GET": archives.tell_archive, "DELETE": archives.delete_archive},
    "/v1/archives/{id}/summary.html": {"GET": archives.send_summary},
    "/v1/archives/{id}/sentences": {"GET": archives.find_sentences},
    "/v1/archives/{id}/export": {"GET": archives.export_sentences},
    "/docs.json": {"GET": _docs},
    "/livez": {"GET": _live},
    "/healthz": {"GET": _live},
    "/readyz": {"GET": _ready},
    "/metrics": {"GET": _metrics},
}
OPEN = frozenset({"/livez", "/healthz", "/readyz", "/v1/session"})

_PATTERNS = {
    route: re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route))) for route in ROUTES if "{" in route
}


def match(path: str) -> tuple[str, dict[str, str]] | None:
    """The route of a path, as `ROUTES` names it, and what stands in its braces; None where nothing is."""
    if path in ROUTES:
        return path, {}
    for route, pattern in _PATTERNS.items():
        found = pattern.fullmatch(path)
        if found:
            return route, found.groupdict()
    return None
