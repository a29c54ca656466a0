"""All that a running service holds, and its life: starting -> ready -> draining, or failed."""

import asyncio
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from serving.errors import ServiceError
from serving.limits import Budget
from serving.logs import describe
from serving.metrics import Metrics
from serving.model import Model
from serving.owner import Owner
from serving.queue import Queue
from serving.settings import Settings
from serving.tracing import Tracing
from tasrih.errors import TasrihError

__all__ = ["Runtime"]

log = logging.getLogger("tasrih.serving")

MAX_RETRY_AFTER_SECONDS = 60
OWNER_SECONDS = 10.0


class Runtime:
    """See the module.

    Attributes:
        settings: what the service was told.
        metrics: what it counts.
        status: where in its life it is; only a `ready` one takes work.
        reason: why it failed.
        places: sentences in flight, of all callers.
        held: bytes of bodies, of all callers.
        preparing: the threads that read, split and tokenise.
        requests: calls that have not been answered yet.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.status: Literal["starting", "ready", "draining", "failed"] = "starting"
        self.reason = ""
        self.places = Budget(settings.max_sentences_in_flight)
        self.held = Budget(settings.max_held_bytes)
        self.preparing = ThreadPoolExecutor(settings.preparing_threads, thread_name_prefix="prepare")
        self.requests = 0
        self.tracing = Tracing(settings.model_copy(update={"trace_endpoint": None}), release="")
        self._model: Model | None = None
        self._queue: Queue | None = None
        self._owner: Owner | None = None
        self.metrics.in_flight.set_function(lambda: self.places.lent)
        self.metrics.held_bytes.set_function(lambda: self.held.lent)

    @property
    def release(self) -> tuple[str, str] | None:
        """Name and version, once loaded."""
        return None if self._model is None else (self._model.release.name, self._model.release.version)

    def ready(self) -> tuple[Model, Queue]:
        """The model and the queue, for those who bring work.

        Raises:
            ServiceError: 503 where the service takes none.
        """
        if self.status == "ready" and self._model is not None and self._queue is not None and self._is_owned():
            return self._model, self._queue
        if self.status == "starting":
            raise ServiceError(
                503, "starting", "the release is being loaded; come back in 2 s", headers={"Retry-After": "2"}
            )
        if self.status == "draining":
            raise ServiceError(
                503,
                "draining",
                "this server is going down; try again, another will answer",
                headers={"Retry-After": "1"},
            )
        raise ServiceError(503, "failed", f"the service cannot label: {self.reason or 'its queue has ended'}")

    def retry_after_s(self) -> int:
        """When the sentences in flight will have been labelled, at the pace of late."""
        pace = self._owner.seconds_a_sentence if self._owner is not None else 0.01
        return max(1, min(MAX_RETRY_AFTER_SECONDS, math.ceil(self.places.lent * pace)))

    def _is_owned(self) -> bool:
        return self._owner is not None and self._owner.alive

    async def start(self) -> None:
        """Load and warm up; the service answers health checks meanwhile. What fails is told at /readyz and /livez."""
        begun = time.monotonic()
        try:
            model, seconds = await asyncio.get_running_loop().run_in_executor(self.preparing, self._load)
        except Exception as error:
            self.status = "failed"
            # Our own messages are fit to be shown; others may hold anything.
            self.reason = str(error) if isinstance(error, TasrihError) else type(error).__name__
            log.critical("cannot start", extra={"fields": {"reason": self.reason, **describe(error)}})
            return
        release, settings = model.release, self.settings
        self._model = model
        self._queue = Queue(
            max_length=release.max_length,
            round_tokens=settings.round_tokens,
            turn_sentences=settings.turn_sentences,
            metrics=self.metrics,
        )
        self._owner = Owner(self._queue, release, model.engine, self.metrics)
        self._owner.start()
        if self.status != "starting":
            return  # told to stop meanwhile
        self.status = "ready"
        self.metrics.mark_ready()
        self.metrics.info.labels(release.name, release.version, model.engine.name, model.engine.precision).set(1)
        fields = {
            "release": f"{release.name} {release.version}",
            "engine": f"{model.engine.name} {model.engine.precision}",
            "keys": len(settings.api_keys),
            "load_s": round(time.monotonic() - begun, 2),
            "warm_up_s": round(seconds, 2),
        }
        log.info("ready", extra={"fields": fields})

    def _load(self) -> tuple[Model, float]:
        model = Model.open(self.settings)
        self.tracing = Tracing(self.settings, release=f"{model.release.name} {model.release.version}")
        begun = time.monotonic()
        model.warm_up()
        return model, time.monotonic() - begun

    async def drain(self) -> None:
        """Take no more, and wait until what was taken has been answered, `drain_timeout_s` at most; the rest gets a 503."""
        self.status = "draining"
        self.metrics.ready.set(0)
        end = time.monotonic() + self.settings.drain_timeout_s
        log.info("draining", extra={"fields": {"requests": self.requests, "sentences": self.places.lent}})
        while self.requests and time.monotonic() < end:
            await asyncio.sleep(0.02)
        if self.requests:
            log.warning("draining took too long", extra={"fields": {"requests": self.requests}})
        await self.close()
        log.info("drained", extra={"fields": {"unanswered": self.requests}})

    async def close(self) -> None:
        """End the threads."""
        loop = asyncio.get_running_loop()
        if self._queue is not None:
            self._queue.close()
        if self._owner is not None:
            # What the engine has in hand ends first.
            await loop.run_in_executor(None, self._owner.join, OWNER_SECONDS)
        self.preparing.shutdown(wait=False, cancel_futures=True)
        await loop.run_in_executor(None, self.tracing.close)
        await asyncio.sleep(0.1)  # for the answers to what was cut off
