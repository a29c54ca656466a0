"""Who is let in: bearer keys, where any are configured, and the sessions of people who signed in with one at the page.

Health, the page's files and the sign-in stay open, all else is closed. What other sites make a browser send is refused: a cookie
counts only beside a header that no form can send (OWASP, "Cross-Site Request Forgery Prevention", custom request headers), and a
browser says itself where a request comes from (Fetch Metadata), which also protects a service without keys.
"""

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.requests import Request

from serving.errors import ServiceError
from serving.session import COOKIE, Sessions

__all__ = ["Door", "Keys", "unauthorized"]

PAGE_HEADER = "x-tasrih-page"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Keys:
    """The keys that open the service; none at all leaves it open."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        # Digests are of one length, so that a comparison's time tells nothing of a key's.
        self._digests = [_digest(key.get_secret_value().encode()) for key in keys]

    @property
    def required(self) -> bool:
        return bool(self._digests)

    def holds(self, key: bytes) -> bool:
        """Whether it is one of them."""
        digest = _digest(key)
        # All of them, so that the time does not tell which one was near.
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(matches)

    def check(self, headers: Headers) -> None:
        """Let the caller in.

        Raises:
            ServiceError: 401.
        """
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_ours = self.holds(given.strip().encode("latin-1", "replace"))
        if self.required and not (scheme.lower() == "bearer" and is_ours):
            raise unauthorized()


class Door:
    """Keys and sessions together; see the module."""

    def __init__(self, keys: Keys, sessions: Sessions) -> None:
        self.keys = keys
        self.sessions = sessions

    def check(self, request: Request, *, is_open: bool) -> None:
        """Let the caller in.

        Args:
            request: of which the headers are looked at.
            is_open: whether the path asks for no key.

        Raises:
            ServiceError: 401 without a key or a session, 403 where another site sent the request.
        """
        has_bearer = "authorization" in request.headers
        changes = request.method not in _SAFE
        if changes and not has_bearer and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise _forbidden("another site made this browser send the request; open the page itself")
        if is_open or not self.keys.required:
            return
        if has_bearer:
            self.keys.check(request.headers)
        elif not self.is_signed_in(request):
            raise unauthorized()
        elif changes:
            self.check_page(request)

    def is_signed_in(self, request: Request) -> bool:
        """Whether the cookie is that of a session that has not ended."""
        return self.sessions.holds(request.cookies.get(COOKIE, ""))

    def check_page(self, request: Request) -> None:
        """Raise 403 where the header that the page sends is missing."""
        if request.headers.get(PAGE_HEADER) != "1":
            raise _forbidden("a session's cookie is not enough to change anything; send X-Tasrih-Page: 1, or a key")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def unauthorized(message: str = "no key, or a wrong one; send the header Authorization: Bearer KEY") -> ServiceError:
    """What is told to who has no key."""
    return ServiceError(
        401,
        "unauthorized",
        message,
        headers={"WWW-Authenticate": 'Bearer realm="tasrih"'},
    )


def _forbidden(message: str) -> ServiceError:
    return ServiceError(403, "forbidden", message)
