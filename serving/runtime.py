"""All that a running service holds, and its life: starting -> ready -> draining, or failed."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from serving.archives.folder import Archives
from serving.archives.runner import Runner
from serving.archives.shelf import Shelf
from serving.auth import Door, Keys
from serving.errors import ServiceError
from serving.limits import Budget
from serving.logs import describe
from serving.metrics import Metrics
from serving.model import Model
from serving.releases import Releases, Served
from serving.reviews.database import sqlite_url, url_of
from serving.reviews.store import Reviews
from serving.session import Sessions
from serving.settings import Settings
from serving.tracing import Tracing
from tasrih.errors import ConfigError, TasrihError

__all__ = ["Runtime"]

log = logging.getLogger("tasrih.serving")

MAX_RETRY_AFTER_SECONDS = 60
OWNER_SECONDS = 10.0
KEEPING_THREADS = 4

T = TypeVar("T")


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
        keeping: the threads that talk to the database and the state folder.
        door: who is let in.
        reviews: what people said of sentences.
        archives: what people uploaded.
        runner: labels archives.
        shelf: what was read of archives a moment ago.
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
        self.keeping = ThreadPoolExecutor(KEEPING_THREADS, thread_name_prefix="keep")
        self.door = Door(Keys(settings.api_keys), Sessions())
        url = settings.database_url
        self.reviews = Reviews(url_of(url.get_secret_value()) if url else sqlite_url(settings.state))
        self.archives = Archives(settings.state / "archives")
        words = ("--encoder-engine", settings.engine, "--precision", settings.precision)
        self.runner = Runner(self.archives, words)
        self.shelf = Shelf(self.archives)
        self.requests = 0
        self.tracing = Tracing(settings.model_copy(update={"trace_endpoint": None}), release="")
        self.releases: Releases | None = None
        self.metrics.in_flight.set_function(lambda: self.places.lent)
        self.metrics.held_bytes.set_function(lambda: self.held.lent)

    @property
    def release(self) -> tuple[str, str] | None:
        """Name and version, once loaded."""
        if self.releases is None:
            return None
        release = self.releases.default.model.release
        return release.name, release.version

    @property
    def is_dead(self) -> bool:
        """Whether only a new process will help: the release cannot be loaded, or nobody takes from a queue any more."""
        lost = self.status == "ready" and self.releases is not None and not self.releases.alive
        return self.status == "failed" or lost

    def ready(self) -> Releases:
        """The releases, for those who bring work.

        Raises:
            ServiceError: 503 where the service takes none.
        """
        if self.status == "ready" and self.releases is not None and self.releases.alive:
            return self.releases
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

    def has_room(self, n: int) -> bool:
        """Whether `n` sentences more find places, and will be labelled in time with those in flight.

        Without the second, more would be begun than can be ended, and all of it would be given up at its deadline. A call that
        comes alone may try, however long it is.
        """
        if self.places.lent + n > self.places.limit:
            return False
        return self.places.lent == 0 or self._seconds(self.places.lent + n) <= self.settings.max_queue_s

    def retry_after_s(self) -> int:
        """When the sentences in flight will have been labelled."""
        return max(1, min(MAX_RETRY_AFTER_SECONDS, math.ceil(self._seconds(self.places.lent))))

    def _seconds(self, n_sentences: int) -> float:
        """What so many take, at the pace of late."""
        return n_sentences * (self.releases.seconds_a_sentence if self.releases is not None else 0.0)

    async def keep(self, work: Callable[[], T]) -> T:
        """Do what reads or writes the database or the state folder, in a thread of its own kind.

        Raises:
            ServiceError: 503 where what is kept is out of reach, and what `work` raises.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self.keeping, work)
        except (ConfigError, OSError) as error:
            # An address or a path is no business of callers.
            reason = str(error) if isinstance(error, ConfigError) else f"{error.filename}: {error.strerror}"
            log.error("what is kept is out of reach", extra={"fields": {"reason": reason, **describe(error)}})
            raise ServiceError(
                503,
                "storage_failed",
                "reviews and archives cannot be read or written now; come back in 5 s. The service's log tells why",
                headers={"Retry-After": "5"},
            ) from error

    async def start(self) -> None:
        """Load and warm up; the service answers health checks meanwhile. What fails is told at /readyz and /livez."""
        begun = time.monotonic()
        try:
            models, seconds = await asyncio.get_running_loop().run_in_executor(self.preparing, self._load)
        except Exception as error:
            self.status = "failed"
            # Our own messages are fit to be shown; others may hold anything.
            self.reason = str(error) if isinstance(error, TasrihError) else type(error).__name__
            log.critical("cannot start", extra={"fields": {"reason": self.reason, **describe(error)}})
            return
        self.releases = Releases([Served.start(model, self.settings, self.metrics) for model in models])
        if self.status != "starting":
            return  # told to stop meanwhile
        self.runner.start(models[0].release.layout.folder.absolute())
        self.status = "ready"
        self.metrics.mark_ready()
        model = models[0]
        for one in models:
            named = (one.release.name, one.release.version, one.engine.name, one.engine.precision)
            self.metrics.info.labels(*named).set(1)
        fields = {
            "release": ", ".join(self.releases.titles),
            "engine": f"{model.engine.name} {model.engine.precision}",
            "keys": len(self.settings.api_keys),
            "load_s": round(time.monotonic() - begun, 2),
            "warm_up_s": round(seconds, 2),
        }
        log.info("ready", extra={"fields": fields})

    def _load(self) -> tuple[list[Model], float]:
        settings = self.settings
        models = [Model.open(settings, settings.model)]
        release = models[0].release
        if settings.compare_model is not None:
            models.append(Model.open(settings, settings.compare_model))
            if (models[1].release.name, models[1].release.version) == (release.name, release.version):
                raise ConfigError(
                    f"compare_model: {settings.compare_model} is the default release, {release.name} {release.version}; "
                    "name another folder, or null"
                )
        self.tracing = Tracing(settings, release=f"{release.name} {release.version}")
        begun = time.monotonic()
        for model in models:
            model.warm_up()
        return models, time.monotonic() - begun

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
        await loop.run_in_executor(None, self.runner.stop)
        for one in self.releases.served if self.releases is not None else ():
            one.queue.close()
            # What the engine has in hand ends first.
            await loop.run_in_executor(None, one.owner.join, OWNER_SECONDS)
        self.preparing.shutdown(wait=False, cancel_futures=True)
        self.keeping.shutdown(wait=False, cancel_futures=True)
        await loop.run_in_executor(None, self.reviews.close)
        await loop.run_in_executor(None, self.tracing.close)
        await asyncio.sleep(0.1)  # for the answers to what was cut off
