"""Sessions of people at the page: a random token in a cookie that no script reads, known to this process alone.

A restart ends them all, and so does their time; the key itself is never kept.
"""

import hashlib
import secrets
import time
from collections import OrderedDict

__all__ = ["COOKIE", "SESSION_SECONDS", "Sessions"]

COOKIE = "tasrih_session"
SESSION_SECONDS = 12 * 3600
MAX_SESSIONS = 10_000


class Sessions:
    """Tokens and when they end, held on the event loop's thread alone."""

    def __init__(self, *, seconds: float = SESSION_SECONDS) -> None:
        self._seconds = seconds
        # Oldest first. Of tokens their hashes: looking one up tells by its time nothing of another.
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """A new session's token."""
        token = secrets.token_urlsafe(32)
        self._ends[_hash(token)] = time.monotonic() + self._seconds
        while len(self._ends) > MAX_SESSIONS:
            self._ends.popitem(last=False)
        return token

    def holds(self, token: str) -> bool:
        """Whether a token's session goes on."""
        end = self._ends.get(_hash(token))
        return end is not None and time.monotonic() < end

    def end(self, token: str) -> None:
        """End a session, if there is one."""
        self._ends.pop(_hash(token), None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
