"""The BentoML service: `bentoml serve serving.service:TasrihService`, `bentoml build`, and what `tasrih serve` starts.

BentoML starts, supervises and packages the process; queue, limits, errors and routes are ours (`docs/serving.md` says why).
"""

import asyncio
import os
import signal
from types import FrameType

# Nothing leaves the machine. `bentoml serve` asks before it loads this module and remembers the answer, so it must forget it.
os.environ["BENTOML_DO_NOT_TRACK"] = "True"
# BentoML would have all servers of a user share one folder of metric files; one process needs none.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

import bentoml
import uvicorn
from bentoml._internal.utils.analytics import usage_stats
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.app import App
from serving.logs import configure_logs
from serving.runtime import Runtime
from serving.settings import load_settings
from serving.supervisor import heed_signals
from tasrih.release import Release, find_release

__all__ = ["Front", "TasrihService"]

usage_stats.do_not_track.cache_clear()

SETTINGS = load_settings()
# After the drain, for connections to close.
CLOSING_SECONDS = 2.0


class Front:
    """Sends every request to our app: BentoML's own routes neither answer nor slip past the keys."""

    runtime = Runtime(SETTINGS)
    ours: ASGIApp = App(runtime)

    def __init__(self, app: ASGIApp) -> None:
        self._bentoml = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.ours if scope["type"] == "http" else self._bentoml)(scope, receive, send)


@bentoml.service(
    name="tasrih",
    # A second one would load the model again and compete for the same cores.
    workers=1,
    # Ours come first; BentoML's is a net under them, and must not cut off an archive that is sent over a slow line.
    traffic={"timeout": max(3600.0, SETTINGS.timeout_s + SETTINGS.body_timeout_s + 30)},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class TasrihService:
    """Labels every sentence of Arabic news articles."""

    def __init__(self) -> None:
        configure_logs(SETTINGS)

    @bentoml.on_deployment  # type: ignore[untyped-decorator]  # BentoML gives its hooks no types
    @staticmethod
    def verify() -> None:
        """Before any worker starts: a release that is missing or damaged stops the command, with its message."""
        heed_signals()
        Release.load(find_release(SETTINGS.model))
        if SETTINGS.compare_model is not None:
            Release.load(SETTINGS.compare_model)

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def start(self) -> None:
        _drain_on_signals(asyncio.get_running_loop())
        self._starting = asyncio.create_task(Front.runtime.start())

    async def __is_ready__(self) -> bool:
        return Front.runtime.status == "ready"


def _drain_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Put the drain before the HTTP server's own end, which would close the door while callers still come."""
    tasks: set[asyncio.Task[None]] = set()

    def install(number: signal.Signals) -> None:
        at_last = signal.getsignal(number)

        async def drain() -> None:
            await Front.runtime.drain()
            if callable(at_last):
                at_last(number, None)
            # A caller who never reads its answer would keep the HTTP server from its end for ever.
            await asyncio.sleep(CLOSING_SECONDS)
            server = getattr(at_last, "__self__", None)
            if isinstance(server, uvicorn.Server):
                server.force_exit = True

        def begin() -> None:
            # Who supervises often sends SIGTERM twice, once to all processes; a second Ctrl-C is meant.
            if not tasks:
                tasks.add(loop.create_task(drain()))
            elif number == signal.SIGINT and callable(at_last):
                at_last(number, None)

        def handler(given: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(begin)

        signal.signal(number, handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        install(number)


TasrihService.add_asgi_middleware(Front)  # type: ignore[attr-defined]  # the decorator made a service of the class
