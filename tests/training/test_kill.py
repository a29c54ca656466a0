"""`kill -9` at random moments, then `--resume`: the weights are those of a run that nobody disturbed, by their sha256."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from training.checkpoints import newest_checkpoint
from training.config import load_config
from training.run import run_training

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
# Early stopping waits over all kills, too.
KNOBS = ("training.epochs=12", "training.early_stopping_epochs=8", "tracking.log_every_steps=1")


def words(folder: Path, *more: str) -> list[str]:
    return [*KNOBS, f"output.folder={folder}/models", f"output.run={folder}/run", *more]


def start(folder: Path, *more: str) -> "subprocess.Popen[bytes]":
    told = [word for one in words(folder, *more) for word in ("--set", one)]
    resume = ["--resume"] if newest_checkpoint(folder / "run") else []
    if not resume and (folder / "run/config.yaml").exists():
        for path in (folder / "run").iterdir():  # killed before its first checkpoint: started anew
            path.unlink()
    return subprocess.Popen(
        [sys.executable, "-m", "tasrih.cli", "train", str(SMOKE), *told, *resume],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a process group of its own
    )


def kill_after(folder: Path, n_lines: int, wait_s: float) -> None:
    """Kill the run once it has logged so many lines more, and a moment later."""
    log = folder / "run" / "log.jsonl"
    begun = log.read_bytes().count(b"\n") if log.exists() else 0
    process = start(folder)
    while process.poll() is None:
        now = log.read_bytes().count(b"\n") if log.exists() else 0
        begun = min(begun, now)  # a resumed run cuts its log back
        if now >= begun + n_lines:
            time.sleep(wait_s)
            process.kill()
        time.sleep(0.005)
    assert process.wait() == -9, "the run was over before it was killed"


def sha256(release: Path) -> str:
    return hashlib.sha256((release / "model.safetensors").read_bytes()).hexdigest()


def test_killed_at_random_moments(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    told = f"moments of seed {seed}"
    for _ in range(2):
        # 5 lines an epoch; a wait falls into steps, validation or the writing of a checkpoint.
        kill_after(tmp_path, moments.randrange(3, 14), moments.uniform(0, 0.03))
    assert newest_checkpoint(tmp_path / "run") is not None, told
    assert start(tmp_path).wait() == 0, told
    whole = run_training(load_config(SMOKE, words(tmp_path / "whole")))
    assert sha256(tmp_path / "models/tasrih-smoke-0.0.1") == sha256(whole), told


def kill_together(folder: Path, *, when: Callable[[], bool], wait_s: float) -> None:
    """Kill a run of two processes by its launcher's process group; the two, whose groups are their own, end with it."""
    launcher = start(folder, "training.processes=2")
    try:
        while launcher.poll() is None and not when():
            time.sleep(0.005)
        time.sleep(wait_s)
        assert launcher.poll() is None, "the run was over before it was killed"
        two = psutil.Process(launcher.pid).children()
        assert len(two) == 2
    finally:
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
    _, left = psutil.wait_procs(two, timeout=20)
    left = [process for process in left if process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        process.kill()
    assert not left, "processes outlived their launcher, and would write into the run that is gone on with"


def test_two_processes_killed_at_the_worst_moment(tmp_path):
    # As on a slow disk: the second process waits at its random state, a pipe that nobody reads, when the first has written
    # all but the file that makes a checkpoint whole. Without that state a resumed run would draw another dropout.
    cut = tmp_path / "cut"
    second = cut / "run/checkpoints/checkpoint-8"
    second.mkdir(parents=True)
    os.mkfifo(second / "rng_state_1.pth")
    kill_together(cut, when=(second / "rng_state_0.pth").exists, wait_s=1)
    found = newest_checkpoint(cut / "run")
    assert found is not None
    assert found.step == 4
    assert start(cut, "training.processes=2").wait() == 0
    assert start(tmp_path / "whole", "training.processes=2").wait() == 0
    releases = [folder / "models/tasrih-smoke-0.0.1" for folder in (cut, tmp_path / "whole")]
    assert sha256(releases[0]) == sha256(releases[1])
