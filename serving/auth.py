"""Bearer keys, where any are configured. Health stays open, all else is closed."""

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.datastructures import Headers

from serving.errors import ServiceError

__all__ = ["Keys"]


class Keys:
    """The keys that open the service; none at all leaves it open."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        # Digests are of one length, so that a comparison's time tells nothing of a key's.
        self._digests = [_digest(key.get_secret_value().encode()) for key in keys]

    def check(self, headers: Headers) -> None:
        """Let the caller in.

        Raises:
            ServiceError: 401.
        """
        if not self._digests:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        digest = _digest(given.strip().encode("latin-1", "replace"))
        # All of them, so that the time does not tell which one was near.
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        if scheme.lower() != "bearer" or not any(matches):
            raise ServiceError(
                401,
                "unauthorized",
                "no key, or a wrong one; send the header Authorization: Bearer KEY",
                headers={"WWW-Authenticate": 'Bearer realm="tasrih"'},
            )


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
