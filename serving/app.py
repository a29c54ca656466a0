"""The ASGI app: every path, every status and every log line of the service are its own.

BentoML's routes for health, metrics and schema come before a mounted app's; so this one stands in front of all as a middleware
(`serving/service.py`), and what it does not know is a 404 of the one error shape.
"""

import logging
import re
import time
import uuid

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from serving import page
from serving.errors import ServiceError, error_body
from serving.limits import Incoming, discard
from serving.logs import describe
from serving.routes import OPEN, ROUTES, Endpoint, match
from serving.runtime import Runtime

__all__ = ["App"]

log = logging.getLogger("tasrih.serving.access")

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Not an answer: the caller had gone. What nginx logs for it.
HUNG_UP = 499
# Who was too slow with a body has been waited for.
SLOW = 408
QUIET = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})


class App:
    """See the module."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        incoming = Incoming(receive)
        request = Request(scope, incoming)
        path = request.url.path
        begun = time.perf_counter()
        request_id = _request_id(request)
        status = HUNG_UP
        runtime = self._runtime
        runtime.requests += 1
        runtime.metrics.requests_in_progress.inc()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            response = await self._respond(request, path, request_id)
            if response is not None:
                self._complete(response, request_id)
                if _closes(request, response) and response.status_code != SLOW:
                    await discard(request, incoming)
                await response(scope, receive, noted)
            else:
                runtime.metrics.hung_up.inc()
                # Nobody hears it; but BentoML's own deadline waits for an answer's first word, and the process's end for that.
                await Response(status_code=HUNG_UP)(scope, receive, noted)
        finally:
            runtime.requests -= 1
            runtime.metrics.requests_in_progress.dec()
            self._note(request, path, request_id, status, time.perf_counter() - begun)

    async def _respond(self, request: Request, path: str, request_id: str) -> Response | None:
        """The answer, whatever happens; None where nobody is left to hear it."""
        runtime = self._runtime
        route, request.scope["path_params"] = match(path) or ("other", {})
        try:
            if page.is_page(path):
                return page.respond(request, path)
            runtime.door.check(request, is_open=route in OPEN)
            endpoint = _endpoint(request, route)
            if route in QUIET:
                return await endpoint(runtime, request, request_id)
            with runtime.tracing.request(f"{request.method} {route}", request.headers, request_id):
                return await endpoint(runtime, request, request_id)
        except ClientDisconnect:
            return None
        except ServiceError as error:
            return JSONResponse(error_body(error, request_id), error.status, headers=error.headers)
        except Exception as error:
            log.error(
                "a request failed", extra={"fields": {"request_id": request_id, "route": route, **describe(error)}}
            )
            failure = ServiceError(
                500, "internal", "the service failed; its log tells where, under this request_id. Report it, please."
            )
            return JSONResponse(error_body(failure, request_id), failure.status)

    def _complete(self, response: Response, request_id: str) -> None:
        headers = response.headers
        headers["X-Request-ID"] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        if self._runtime.release is not None:
            headers["X-Tasrih-Release"] = " ".join(self._runtime.release)
        if response.status_code in (SLOW, 413, 415) or self._runtime.status == "draining":
            # The rest of the body is not read; the next request needs a connection of its own.
            headers["Connection"] = "close"

    def _note(self, request: Request, path: str, request_id: str, status: int, seconds: float) -> None:
        # A path that we do not know is the caller's text: neither a label nor a line holds it.
        route = "page" if page.is_page(path) else (match(path) or ("other",))[0]
        method = request.method if request.method in _METHODS else "other"
        self._runtime.metrics.requests.labels(route, method, str(status)).inc()
        self._runtime.metrics.request_seconds.labels(route).observe(seconds)
        level = logging.DEBUG if path in QUIET else logging.INFO
        fields = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        log.log(level, "request", extra={"fields": fields})


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _closes(request: Request, response: Response) -> bool:
    """Whether the connection ends with this answer: because we said so, or the caller, as proxies often do."""
    asked = request.headers.get("connection", "").lower() == "close" or request.scope["http_version"] == "1.0"
    return asked or response.headers.get("connection") == "close"


def _endpoint(request: Request, route: str) -> Endpoint:
    if route not in ROUTES:
        raise ServiceError(404, "not_found", f"nothing is here; there are {', '.join(ROUTES)}")
    methods = ROUTES[route]
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
        raise ServiceError(
            405,
            "method_not_allowed",
            f"{route} takes {' and '.join(allowed)} alone",
            headers={"Allow": ", ".join(allowed)},
        )
    return methods[method]
