"""The servers that are called: ours, BentoML's own batching around our model, infinity; each a process of its own on loopback."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from benchmarks import machine
from benchmarks.environments import ROOT, SETTINGS, WORK, BenchError, interpreter, reason
from benchmarks.prepare import Prepared

START_SECONDS = 240.0
STOP_SECONDS = 40.0
# A server that takes less of a core than this rests.
RESTING_SHARE = 0.1
SETTLE_SECONDS = 120.0
# As our engine chooses: less than f32 where the processor multiplies it.
DTYPE = "bfloat16" if machine.multiplies_bf16() else "float32"
# A request of the mix to what a server takes: path and body.
Shoot = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
# An answer to the number of sentences labelled in it.
Count = Callable[[Any], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What runs, and how it is spoken to.

    Attributes:
        name: for ``--only`` and in the results.
        title: in the table.
        environment: see `benchmarks.environments`.
        command: module and arguments; ``{port}``, and ``{names}`` of `benchmarks.prepare`.
        settings: of its environment.
        ready: the path that answers 200 when it takes work.
        shoot: see `Shoot`.
        count: see `Count`.
    """

    name: str
    title: str
    environment: str | None = None
    command: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)
    ready: str
    shoot: Shoot
    count: Count


def _ours(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if request["kind"] == "article":
        return "/v1/articles", {"articles": [{"text": request["text"]}]}
    return "/v1/sentences", {"sentences": [{"text": request["text"]}]}


def _ours_counted(answer: Any) -> int:
    if "articles" in answer:
        return sum(article["summary"]["n_sentences"] for article in answer["articles"])
    return sum("stance" in one for one in answer["sentences"])


KINDS: Sequence[Kind] = (
    Kind(
        name="service",
        title="**tasrih serve**",
        command=("tasrih.cli", "serve", "--host", "127.0.0.1", "--port", "{port}"),
        # No cache: the mix repeats its requests more often than news does.
        settings={"TASRIH_STATE_FOLDER": str(WORK / "load-state"), "TASRIH_CACHE_SENTENCES": "0"},
        ready="/readyz",
        shoot=_ours,
        count=_ours_counted,
    ),
    Kind(
        name="adaptive",
        title="BentoML adaptive batching",
        command=(
            *("bentoml", "serve", "benchmarks.peers.bento_adaptive:Adaptive"),
            *("--host", "127.0.0.1", "--port", "{port}", "--working-dir", str(ROOT)),
        ),
        settings={"BENTOML_DO_NOT_TRACK": "True"},
        ready="/readyz",
        shoot=lambda request: ("/label", {"texts": request["sentences"]}),
        count=len,
    ),
    Kind(
        name="infinity",
        title=f"infinity-emb, classify, torch {DTYPE}",
        environment="infinity",
        command=(
            *("infinity_emb.cli", "v2", "--model-id", "{infinity}", "--served-model-name", "tasrih"),
            *("--engine", "torch", "--device", "cpu", "--no-bettertransformer", "--dtype", DTYPE),
            *("--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning"),
        ),
        settings={"DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"},
        ready="/health",
        shoot=lambda request: ("/classify", {"model": "tasrih", "input": request["sentences"]}),
        count=lambda answer: len(answer["data"]),
    ),
)


class Server:
    """A running one.

    Args:
        kind: what runs.
        prepared: what stands for names in its command.

    Raises:
        BenchError: it cannot be installed or does not start.
    """

    def __init__(self, kind: Kind, prepared: Prepared) -> None:
        self.kind = kind
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        python = interpreter(kind.environment)
        words = prepared.fill([word.replace("{port}", str(port)) for word in kind.command])
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TASRIH_", "BENTOML_"))}
        self._log = tempfile.NamedTemporaryFile("w+b", suffix=".log")
        begun_s = time.monotonic()
        self.process = subprocess.Popen(
            [python, "-m", *words],
            cwd=ROOT,
            env=inherited | SETTINGS | kind.settings,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait_ready(begun_s + START_SECONDS)
        except BaseException:  # Ctrl-C too
            self.stop()
            raise
        self.ready_s = time.monotonic() - begun_s

    def _wait_ready(self, end: float) -> None:
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self._log.seek(0)
                told = reason(self._log.read().decode(errors="replace"))
                raise BenchError(f"ended with code {self.process.returncode}: {told}")
            try:
                with urllib.request.urlopen(self.url + self.kind.ready, timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise BenchError(f"not ready within {START_SECONDS:g} s")

    def check(self, requests: Sequence[dict[str, Any]]) -> None:
        """Raise `BenchError` where not every sentence of each request is labelled."""
        for request in requests:
            path, body = self.kind.shoot(request)
            asked = urllib.request.Request(
                self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    n_labelled = self.kind.count(json.load(answer))
            except (OSError, ValueError, KeyError, TypeError) as fault:
                raise BenchError(f"{path} does not answer as expected: {fault}") from fault
            if n_labelled != len(request["sentences"]):
                raise BenchError(f"{path} labelled {n_labelled} of {len(request['sentences'])} sentences")

    def rss_mib(self) -> float:
        """Resident memory of all its processes."""
        return self._sum(lambda one: one.memory_info().rss) / 1024**2

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until it rests: some work on for callers who have long gone. Not longer than so many seconds."""
        end = time.monotonic() + seconds
        used_s = self._cpu_s()
        while time.monotonic() < end:
            time.sleep(1.0)
            before_s, used_s = used_s, self._cpu_s()
            if used_s - before_s < RESTING_SHARE:
                return

    def _cpu_s(self) -> float:
        return self._sum(lambda one: sum(one.cpu_times()[:2]))

    def _sum(self, of: Callable[[psutil.Process], float]) -> float:
        """Of all its processes that are still there."""
        total = 0.0
        try:
            parent = psutil.Process(self.process.pid)
            family = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return total
        for one in family:
            try:
                total += of(one)
            except psutil.NoSuchProcess:
                continue
        return total

    def stop(self) -> int | None:
        """End it; gives its exit code, None where it had to be killed."""
        code: int | None = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                code = self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # A session of its own, so its children and nobody else's.
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._log.close()
        return code


class MemoryWatch:
    """Samples a server's memory while the block runs.

    Attributes:
        samples: seconds since the start, and MiB.
    """

    def __init__(self, server: Server, *, every_s: float = 1.0) -> None:
        self.samples: list[tuple[float, float]] = []
        self._server = server
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        begun_s = time.monotonic()
        while not self._done.is_set():
            self.samples.append((round(time.monotonic() - begun_s, 1), round(self._server.rss_mib(), 1)))
            self._done.wait(self._every_s)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._done.set()
        self._thread.join()
