"""Signing in and out: `POST`, `GET` and `DELETE /v1/session`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.auth import unauthorized
from serving.message import read_message
from serving.runtime import Runtime
from serving.schemas import SessionRequest
from serving.session import COOKIE, SESSION_SECONDS

__all__ = ["sign_in", "sign_out", "tell_session"]


async def sign_in(runtime: Runtime, request: Request, request_id: str) -> Response:
    """A session for who has a key; where none is needed, no cookie either."""
    door = runtime.door
    key = (await read_message(runtime, request, SessionRequest)).key.strip()
    if door.keys.required and not door.keys.holds(key.encode("utf-8", "replace")):
        raise unauthorized("key: a wrong one; ask whoever runs the service for it")
    response = Response(status_code=204)
    if door.keys.required:
        # One that this browser had before ends, so that nobody can foist a session on somebody.
        door.sessions.end(request.cookies.get(COOKIE, ""))
        response.set_cookie(
            COOKIE,
            door.sessions.begin(),
            max_age=SESSION_SECONDS,
            path="/",
            secure=_is_https(request),
            httponly=True,
            samesite="strict",
        )
    return response


async def tell_session(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Whether the caller is let in, and whether it takes a key to be."""
    required = runtime.door.keys.required
    signed_in = not required or runtime.door.is_signed_in(request)
    return JSONResponse({"signed_in": signed_in, "keys_required": required, "request_id": request_id})


async def sign_out(runtime: Runtime, request: Request, request_id: str) -> Response:
    """End the session, if there is one."""
    if runtime.door.is_signed_in(request):
        runtime.door.check_page(request)
        runtime.door.sessions.end(request.cookies[COOKIE])
    response = Response(status_code=204)
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/", secure=_is_https(request), httponly=True, samesite="strict")
    return response


def _is_https(request: Request) -> bool:
    # The first proxy is the one that the browser spoke to. Who forges this harms nobody: the cookie is then only kept from http.
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    return forwarded.split(",")[0].strip().lower() == "https"
