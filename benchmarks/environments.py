"""Python environments, one a file of requirements in ``benchmarks/peers/``, and processes in them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
# Growth to 100,000 sentences takes an hour and a quarter on two cores that multiply f32 alone.
TIMEOUT_S = 4 * 3600
# Everything is on the disk; a library that would ask a hub for news of it only waits.
SETTINGS = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": ""}


class BenchError(Exception):
    """A process or an environment failed; the text says why, in one line without paths of this machine."""


def run(environment: str | None, command: Sequence[str]) -> tuple[str, float]:
    """Run a module in an environment; gives what it printed, and wall seconds from start to end.

    Raises:
        BenchError: it failed, or its environment cannot be made.
    """
    python = interpreter(environment)
    began_s = time.perf_counter()
    printed = _call([python, "-m", *command])
    return printed, time.perf_counter() - began_s


def measure(environment: str | None, command: Sequence[str]) -> dict[str, Any]:
    """Run a module that prints a line of JSON last; gives it, with ``wall_s``."""
    printed, wall_s = run(environment, command)
    try:
        return {**json.loads(printed.splitlines()[-1]), "wall_s": wall_s}
    except (ValueError, IndexError) as fault:
        raise BenchError(f"printed no JSON: {printed[-100:]!r}") from fault


def interpreter(environment: str | None) -> str:
    """The Python of an environment, which is made where it is missing; None is our own. Raises `BenchError`."""
    found = Path(sys.executable) if environment is None else _make(environment)
    if isinstance(found, str):
        raise BenchError(found)
    return str(found)


@cache
def _make(environment: str) -> Path | str:
    """The interpreter of an environment, made where it is missing or its requirements changed; or why there is none."""
    requirements = ROOT / "benchmarks" / "peers" / f"{environment}.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    folder = WORK / f"env-{environment}"
    python, made = folder / "bin" / "python", folder / "made"
    if made.is_file() and made.read_text() == wanted:
        return python
    print(f"making the environment of {environment}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _call([sys.executable, "-m", "venv", str(folder)])
        _call([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)])
    except BenchError as fault:
        return f"cannot be installed: {fault}"
    made.write_text(wanted)
    return python


def _call(words: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=os.environ | SETTINGS, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as fault:
        raise BenchError(f"not done after {TIMEOUT_S} s") from fault
    if done.returncode:
        raise BenchError(reason(done.stderr) or f"ended with code {done.returncode}")
    return done.stdout


def reason(stderr: str) -> str:
    """The line that tells why a process failed, without paths of this machine."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("ERROR")] or lines
    found = told[-1] if told else ""
    for path, name in ((ROOT, "."), (Path.home(), "~")):
        found = found.replace(str(path), name)
    return re.sub(r"\w+://\S+", "(an address)", found)[:200]
