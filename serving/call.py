"""A labelling call, from its body to its answer.

body -> items -> sentences -> places in the queue -> logits -> items of the answer

Reading and finishing run in threads, so that the event loop stays free for the others. Whatever ends the call early (an error,
the deadline, a caller who hangs up) gives back its bytes and places at once, and its sentences leave the queue.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from serving.errors import ServiceError
from serving.items import Item, Reader, finish
from serving.limits import Loan, read_body
from serving.model import Model
from serving.queue import DeadlinePassed, Job, QueueClosed
from serving.releases import Releases, Served
from serving.runtime import Runtime
from tasrih.types import Encoded

__all__ = ["check_content_type", "label"]

T = TypeVar("T")
Shape = Callable[[list[dict[str, Any]]], dict[str, Any]]


async def label(
    runtime: Runtime, request: Request, request_id: str, *, read: Reader, shape: Shape, counts: bool = True
) -> Response:
    """Answer a call.

    Args:
        runtime: the service.
        request: whose body is not read yet.
        request_id: it stands in the answer.
        read: makes items of the body.
        shape: makes the answer of what stands for each item, but for release and request id.
        counts: whether the labels count in the metrics.

    Raises:
        ServiceError: of any status in the contract.
        ClientDisconnect: the caller has gone.
    """
    deadline = time.monotonic() + runtime.settings.timeout_s
    runtime.ready()
    check_content_type(request)
    if not runtime.has_room(1):
        raise _overloaded(runtime, 1)  # before the body: a refusal must be cheap
    with runtime.held.loan() as held, runtime.places.loan() as places:
        body = await read_body(request, runtime.settings, held, runtime.retry_after_s())
        call = _Call(runtime, request_id, read, shape, deadline, counts=counts)
        return await _unless_hung_up(request, call.answer(body, held, places))


def check_content_type(request: Request) -> None:
    """Raise `ServiceError` 415 where the body is not said to be JSON in UTF-8."""
    given = request.headers.get("content-type", "")
    kind, _, parameters = given.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or (parameters.strip() and charset not in ("utf-8", "utf8")):
        raise ServiceError(
            415,
            "unsupported_media_type",
            f"Content-Type {given[:80]!r}; send application/json in UTF-8",
        )


async def _unless_hung_up(request: Request, work: Coroutine[Any, Any, T]) -> T:
    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = working, _ = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Call:
    """One call on its way; see the module."""

    def __init__(
        self, runtime: Runtime, request_id: str, read: Reader, shape: Shape, deadline: float, *, counts: bool
    ) -> None:
        self._runtime = runtime
        self._request_id = request_id
        self._read = read
        self._shape = shape
        self._counts = counts
        self._deadline = deadline
        self._given_up = threading.Event()
        self._job: Job | None = None

    async def answer(self, body: bytes, held: Loan, places: Loan) -> Response:
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                return await self._answer(body, held, places)
        except (TimeoutError, DeadlinePassed):
            raise self._late() from None
        except (QueueClosed, asyncio.CancelledError) as error:
            # A thread's work that never began is cancelled when the service goes down; else it is the caller who left.
            if isinstance(error, asyncio.CancelledError) and self._runtime.status != "draining":
                raise
            raise ServiceError(
                503, "draining", "the server went down before the end; try again", headers={"Retry-After": "1"}
            ) from None
        finally:
            self._given_up.set()
            if self._job is not None:
                self._job.future.cancel()

    async def _answer(self, body: bytes, held: Loan, places: Loan) -> Response:
        runtime, loop = self._runtime, asyncio.get_running_loop()
        releases = runtime.ready()
        with runtime.tracing.stage("prepare", bytes=len(body)):
            served, items = await loop.run_in_executor(runtime.preparing, self._prepare, body, releases)
        model = served.model
        held.give_back()
        encoded = [tokens for item in items for tokens in item.encoded]
        self._take_places(places, len(encoded))
        if not encoded:
            return await loop.run_in_executor(None, self._finish, model, items, None)
        with runtime.tracing.stage("queue", sentences=len(encoded)):
            # In a thread: making the job of thousands of sentences takes time.
            self._job = await loop.run_in_executor(None, self._submit, served, encoded)
            await asyncio.wrap_future(self._job.future)
        with runtime.tracing.stage("finish"):
            return await loop.run_in_executor(None, self._finish, model, items, self._job)

    def _prepare(self, body: bytes, releases: Releases) -> tuple[Served, list[Item]]:
        metrics = self._runtime.metrics
        items = []
        begun = time.perf_counter()
        reading = self._read(body, releases, self._runtime.settings)
        for item in reading.items:
            items.append(item)
            if self._given_up.is_set():
                raise DeadlinePassed  # nobody hears it: hung up, or answered
        read = time.perf_counter()
        encoded = iter(reading.served.model.encode([sentence for item in items for sentence in item.sentences]))
        for item in items:
            item.encoded = [next(encoded) for _ in item.sentences]
        metrics.prepare_seconds.observe(read - begun)
        metrics.tokenise_seconds.observe(time.perf_counter() - read)
        return reading.served, items

    def _submit(self, served: Served, encoded: Sequence[Encoded]) -> Job:
        self._job = served.queue.submit(encoded, deadline=self._deadline)
        if self._given_up.is_set():
            self._job.future.cancel()
        return self._job

    def _take_places(self, places: Loan, n: int) -> None:
        limit = self._runtime.places.limit
        if n > limit:
            raise ServiceError(
                413,
                "too_many_sentences",
                f"the call holds {n:,} sentences, at most {limit:,} may be in flight; send them in several calls",
                details={"n_sentences": n, "max_sentences_in_flight": limit},
            )
        if not (self._runtime.has_room(n) and places.take(n)):
            raise _overloaded(self._runtime, n)

    def _finish(self, model: Model, items: list[Item], job: Job | None) -> Response:
        metrics = self._runtime.metrics
        labelled = []
        failed: frozenset[int] = frozenset()
        if job is not None:
            answer = job.future.result()
            failed = answer.failed
            sentences = [sentence for item in items for sentence in item.sentences]
            encoded = [tokens for item in items for tokens in item.encoded]
            labelled = model.label(sentences, encoded, answer.logits)
        answers = finish(items, labelled, failed)
        if self._counts:
            metrics.count_labels([one for row, one in enumerate(labelled) if row not in failed])
        for one in answers:
            if "error" in one:
                metrics.item_errors.labels(one["error"]["code"]).inc()
        release = {"name": model.release.name, "version": model.release.version}
        return JSONResponse({**self._shape(answers), "release": release, "request_id": self._request_id})

    def _late(self) -> ServiceError:
        timeout_s = self._runtime.settings.timeout_s
        if self._job is not None and self._job.began:
            return ServiceError(
                504, "took_too_long", f"the labelling did not end within {timeout_s:g} s; send fewer sentences a call"
            )
        retry = self._runtime.retry_after_s()
        return ServiceError(
            503,
            "waited_too_long",
            f"the call waited {timeout_s:g} s and was not begun; come back in {retry} s",
            headers={"Retry-After": str(retry)},
        )


def _overloaded(runtime: Runtime, n: int) -> ServiceError:
    retry, budget = runtime.retry_after_s(), runtime.places
    return ServiceError(
        429,
        "overloaded",
        f"{budget.lent:,} sentences are in flight, and {n:,} more could not be labelled soon; come back in {retry} s",
        details={
            "sentences_in_flight": budget.lent,
            "max_sentences_in_flight": budget.limit,
            "max_queue_s": runtime.settings.max_queue_s,
        },
        headers={"Retry-After": str(retry)},
    )
