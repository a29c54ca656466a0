"""A really running server: a process of its own, on a real port."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300.0
# The sentences that `tests/serving/faulty.py` fails on: by an exception, and by an answer that is no number.
POISON = "أكلت السمكة الكبيرة السمكة الصغيرة."
NAN = "مرت الغيمة الكبيرة فوق الغيمة الصغيرة."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: Any) -> dict[str, str]:
    """The process's own, without what tasrih and BentoML were told outside, and with the settings given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TASRIH_", "BENTOML_"))}
    given = {f"TASRIH_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "OMP_NUM_THREADS": "1", **given}


class Server:
    """`tasrih serve`, or `bentoml serve` of another service.

    Args:
        service: what `bentoml serve` is told; None is `tasrih serve`.
        cwd: where it is started.
        extra: of the environment.
        settings: of the service.
    """

    def __init__(
        self,
        service: str | None = None,
        *,
        cwd: Path = ROOT,
        extra: dict[str, str] | None = None,
        words: tuple[str, ...] = (),
        **settings: Any,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        place = ("--host", "127.0.0.1", "--port", str(self.port))
        command = ["-m", "tasrih.cli", "serve"] if service is None else ["-m", "bentoml", "serve", service]
        self._log = tempfile.NamedTemporaryFile("w+b", suffix=".log")
        self._state = tempfile.TemporaryDirectory(prefix="tasrih-state-", ignore_cleanup_errors=True)
        if service is not None and "faulty" in service:
            settings.setdefault("cache_sentences", 0)  # what repeats is to be slow, or to fail, each time
        self._state_folder = str(settings.setdefault("state_folder", self._state.name))
        self.process = subprocess.Popen(
            [sys.executable, *command, *place, *words],
            cwd=cwd,
            env={**environment(**settings), **(extra or {})},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def wait_ready(self) -> "Server":
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log()}"
            if self.status("/readyz") == 200:
                return self
            time.sleep(0.1)
        raise AssertionError(f"not ready within {START_SECONDS} s:\n{self.log()}")

    def status(self, path: str) -> int:
        """Of a GET on a connection of its own; 0 where there is no answer."""
        try:
            return httpx.get(self.url + path, timeout=2).status_code
        except httpx.TransportError:
            return 0

    def post(self, path: str, data: Any, **options: Any) -> httpx.Response:
        return self.client.post(path, json=data, **options)

    def sentences(self, *texts: str) -> httpx.Response:
        return self.post("/v1/sentences", {"sentences": [{"text": text} for text in texts]})

    def metric(self, name: str, **labels: str) -> float:
        """A sample's value; 0 where there is none."""
        for line in self.client.get("/metrics").text.splitlines():
            head, _, value = line.rpartition(" ")
            if head.split("{")[0] == name and all(f'{key}="{one}"' in head for key, one in labels.items()):
                return float(value)
        return 0.0

    def wait_idle(self, seconds: float = 10.0) -> None:
        """Until no sentence and no byte is held: nothing leaked."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # One request is in progress: the one that asks.
            held = [self.metric(f"tasrih_{name}") for name in ("sentences_in_flight", "held_body_bytes")]
            if held == [0, 0] and self.metric("tasrih_requests_in_progress") == 1:
                return
            time.sleep(0.05)
        raise AssertionError(f"still held: {held}")

    def worker(self) -> psutil.Process:
        """The process that labels, under the one that watches over it."""
        for child in psutil.Process(self.process.pid).children():
            # One that was killed stays in the list until it is looked after.
            if child.status() != psutil.STATUS_ZOMBIE and "worker" in " ".join(child.cmdline()):
                return child
        raise AssertionError("no worker")

    def family(self) -> list[psutil.Process]:
        """Every process there is that was started for this server, whoever is its parent by now."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get("TASRIH_STATE_FOLDER") == self._state_folder:
                    found.append(one)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # ended meanwhile, or another user's
        return found

    def log(self) -> str:
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """The log lines of ours."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40.0) -> int:
        """The exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self.process.poll() is None:
            family = [self.process, *psutil.Process(self.process.pid).children(recursive=True)]
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                for one in family:
                    one.kill()
                raise
        self._log.close()
        self._state.cleanup()
