"""What bounds a caller: bytes of a body as they stream in, and shared budgets that are taken from and given back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.types import Message, Receive

from serving.errors import ServiceError
from serving.settings import Settings

__all__ = ["Budget", "Incoming", "Loan", "discard", "read_body"]

# A caller who is refused while still sending may not read the answer before the connection breaks; so this much is read on.
DISCARD_SECONDS = 2.0
DISCARD_BYTES = 16_000_000


class Budget:
    """A number that many callers share, held on the event loop's thread alone.

    Attributes:
        limit: the most that may be lent at once.
        lent: how much is.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lent = 0

    @contextmanager
    def loan(self) -> Iterator["Loan"]:
        """A loan that starts at 0 and is given back however the block ends."""
        loan = Loan(self)
        try:
            yield loan
        finally:
            loan.give_back()


class Loan:
    """What one caller has of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def take(self, n: int) -> bool:
        """Take `n` more; False, and nothing taken, where the budget has not so much left."""
        if self._budget.lent + n > self._budget.limit:
            return False
        self._budget.lent += n
        self._held += n
        return True

    def give_back(self) -> None:
        self._budget.lent -= self._held
        self._held = 0


async def read_body(request: Request, settings: Settings, loan: Loan, retry_after_s: int) -> bytes:
    """The whole body.

    Raises:
        ServiceError: 413 as soon as it is known to be too large, 408 where it comes too slowly, 415 where it is compressed,
            429 where all bodies together hold too much.
        ClientDisconnect: the caller has gone.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise ServiceError(
            415,
            "unsupported_encoding",
            f"Content-Encoding {encoding[:40]!r}: compressed bodies are refused; send the JSON as it is",
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > settings.max_body_bytes:
        raise _too_large(settings)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.body_timeout_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > settings.max_body_bytes:
                    chunks.clear()
                    raise _too_large(settings)
                if not loan.take(len(chunk)):
                    raise ServiceError(
                        429,
                        "overloaded",
                        f"bodies of {settings.max_held_bytes:,} bytes are being prepared; come back in {retry_after_s} s",
                        headers={"Retry-After": str(retry_after_s)},
                    )
                chunks.append(chunk)
    except TimeoutError:
        raise ServiceError(
            408,
            "slow_body",
            f"{size:,} bytes of the body came in {settings.body_timeout_s:g} s; send it faster, or in smaller requests",
        ) from None
    return b"".join(chunks)


class Incoming:
    """What a caller sends, message by message: an ASGI `receive` that knows whether more of a body is to come.

    Attributes:
        ended: the body is whole, or the caller has gone.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def discard(request: Request, incoming: Incoming) -> None:
    """Read on for a moment before the connection is closed, so that the caller hears why."""
    if "expect" in request.headers:
        return  # it asked before it sent
    left = DISCARD_BYTES
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            # To wait for more than a whole body is to wait until the caller has gone.
            while left > 0 and not incoming.ended:
                left -= len((await incoming()).get("body", b""))
    except TimeoutError:
        return


def _too_large(settings: Settings) -> ServiceError:
    limit = settings.max_body_bytes
    return ServiceError(
        413,
        "body_too_large",
        f"the body holds more than {limit:,} bytes; send fewer articles a request",
        details={"max_body_bytes": limit},
    )
