"""A job killed with `kill -9` at random moments and resumed equals one that nobody disturbed, byte for byte."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving.batch.texts import row, tree, write_jsonl

ROOT = Path(__file__).resolve().parents[3]
SEEDS = 50


def command(archive: Path, out: Path, *words: str) -> list[str]:
    return [
        *(sys.executable, "-m", "tasrih.cli", "batch", str(archive), "--output", str(out)),
        *("--shard-articles", "2", "--max-error-rate", "0.5", *words),
    ]


def start(archive: Path, out: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command(archive, out, *words), cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def finish(archive: Path, out: Path, *words: str) -> None:
    running = start(archive, out, *words)
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said.decode()


def killed(archive: Path, out: Path, dice: random.Random, *words: str) -> bool:
    """Start the job and kill it: some time after it began to write, or at a count of files; whether it still ran."""
    running = start(archive, out, "--resume", *words)
    n_files = dice.randrange(40)
    deadline = time.monotonic() + 600
    # Most of a short run is loading; what matters lies between the first file and the last.
    while running.poll() is None and time.monotonic() < deadline:
        # Unlike `rglob`, a walk passes over folders that are renamed under it.
        if sum(len(files) for _, _, files in os.walk(out)) >= n_files:
            break
        time.sleep(0.001)
    time.sleep(dice.random() * 0.02)
    was_running = running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert running.stdout is not None
    running.stdout.close()
    return was_running


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    rows = [row(n) for n in range(20)]
    return write_jsonl(
        tmp_path_factory.mktemp("in") / "a.jsonl", [*rows[:9], "{broken", *rows[10:17], {"id": "x"}, *rows[18:]]
    )


@pytest.fixture(scope="module")
def undisturbed(archive, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("whole") / "out"
    finish(archive, out)
    return tree(out)


def one_seed(seed: int, archive: Path, out: Path) -> tuple[bool, dict[str, bytes]]:
    dice = random.Random(seed)
    hit = killed(archive, out, dice)
    finish(archive, out, "--resume")
    return hit, tree(out)


def test_fifty_kills_leave_no_trace(archive, undisturbed, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        outs = [tmp_path / str(seed) for seed in range(SEEDS)]
        results = list(pool.map(one_seed, range(SEEDS), [archive] * SEEDS, outs))
    for seed, (_, found) in enumerate(results):
        assert found.keys() == undisturbed.keys(), f"seed {seed}"
        for name, data in undisturbed.items():
            assert found[name] == data, f"seed {seed}: {name}"
    # A test that kills too late tests nothing.
    assert sum(hit for hit, _ in results) >= SEEDS // 2


def test_killed_again_and_again(archive, undisturbed, tmp_path):
    out = tmp_path / "out"
    dice = random.Random(99)
    for _ in range(4):
        killed(archive, out, dice)
    finish(archive, out, "--resume")
    assert tree(out) == undisturbed


def test_a_retry_that_was_killed(archive, tmp_path):
    mended = archive.with_name("mended.jsonl")
    mended.write_bytes(archive.read_bytes())
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for out in (whole, broken):
        finish(mended, out)
    write_jsonl(mended, [row(n) for n in range(20)])
    finish(mended, whole, "--retry-failed")
    running = start(mended, broken, "--retry-failed")
    deadline = time.monotonic() + 300
    while running.poll() is None and not (broken / "sentences" / "part-00010.parquet").exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    finish(mended, broken, "--resume")
    assert tree(broken) == tree(whole)


def test_two_jobs_do_not_share_a_folder(archive, tmp_path):
    out = tmp_path / "out"
    first = start(archive, out, "--resume")
    deadline = time.monotonic() + 300
    while not (out / "manifest.json").exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        second = start(archive, out, "--resume")
        said, _ = second.communicate(timeout=300)
        assert second.returncode == 2 and b"another job is writing here" in said
    finally:
        os.kill(first.pid, signal.SIGCONT)
        first.communicate(timeout=300)
    assert first.returncode == 0


def test_cleaning_processes_end_with_a_killed_parent(archive, tmp_path):
    import psutil

    out = tmp_path / "out"
    running = start(archive, out, "--resume", "--workers", "2")
    parent = psutil.Process(running.pid)
    children: list[psutil.Process] = []
    deadline = time.monotonic() + 300
    while not (out / "manifest.json").exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    while running.poll() is None and len(children) < 2:
        children = [one for one in parent.children(recursive=True) if "spawn_main" in " ".join(one.cmdline())]
    running.send_signal(signal.SIGKILL)
    running.communicate()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert children and not alive
    finish(archive, out, "--resume", "--workers", "2")
