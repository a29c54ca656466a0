"""When a call is tried again, and after how long.

Labelling changes nothing, so a call may be tried again after any failure that may pass: 429, 503, a connection that broke.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from tasrih.errors import TasrihError

__all__ = ["CallError", "Retries"]

PASSING = (429, 503)
# A release that cannot be loaded is not mended by asking again.
LASTING = ("failed",)


class CallError(TasrihError):
    """The service refused a call, or could not be reached, and no try is left.

    Attributes:
        status: of HTTP; None where there was no answer.
        code: for programs.
        details: more, for programs.
        request_id: to be found in the service's log.
    """

    def __init__(
        self, message: str, *, status: int | None, code: str, details: dict[str, Any], request_id: str | None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details
        self.request_id = request_id

    @classmethod
    def of(cls, response: httpx.Response) -> "CallError":
        """The error that an answer tells; one of another shape, such as a proxy's, is told by its status."""
        try:
            error = response.json()["error"]
            return cls(
                f"{response.status_code} {error['code']}: {error['message']}",
                status=response.status_code,
                code=error["code"],
                details=error["details"],
                request_id=error["request_id"],
            )
        except (ValueError, KeyError, TypeError):
            where = (
                f"{response.status_code} from {response.url.host}, and no answer of a tasrih service; check the address"
            )
            return cls(where, status=response.status_code, code="unknown", details={}, request_id=None)

    @classmethod
    def unreachable(cls, error: httpx.TransportError, url: str) -> "CallError":
        return cls(
            f"{url}: no answer ({type(error).__name__}); check the address, and that the service runs",
            status=None,
            code="unreachable",
            details={},
            request_id=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How patient a client is.

    Attributes:
        tries: in all; 1 never tries again.
        first_wait_s: before the second try; each further wait is twice the last. A quarter more or less by chance, so that
            callers who were refused together do not come back together.
        max_wait_s: the longest wait. ``Retry-After`` is honoured up to it; where it asks for more, the call fails.
    """

    tries: int = 6
    first_wait_s: float = 0.5
    max_wait_s: float = 60.0
    chance: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"tries: {self.tries} given, at least 1 is needed")

    def wait_s(self, tried: int, response: httpx.Response | None) -> float | None:
        """Seconds before the next try; None where there is to be none.

        Args:
            tried: how many tries there were.
            response: the last one's answer; None where the connection failed.
        """
        if tried >= self.tries:
            return None
        backed_off: float = self.first_wait_s * 2 ** (tried - 1) * self.chance.uniform(0.75, 1.25)
        if response is None:
            return min(backed_off, self.max_wait_s)
        if response.status_code not in PASSING or CallError.of(response).code in LASTING:
            return None
        asked = _retry_after_s(response)
        if asked is None:
            return min(backed_off, self.max_wait_s)
        return None if asked > self.max_wait_s else max(asked, min(backed_off, self.max_wait_s))


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    # The other form, a date, is not sent by the service; a proxy's is answered with our own wait.
    return float(value) if value.isdecimal() else None
