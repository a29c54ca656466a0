"""The output folder: files appear in it whole or not at all, on this machine's disks or behind an fsspec URL.

Here a file is written aside, synced, renamed, and the folder synced, so that it outlives a kill and a loss of power. An object
store takes a whole object at once; the file is made in a temporary folder first.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from serving.batch.sources import answering, filesystem, is_url, local_path, open_raw
from tasrih.errors import ConfigError

__all__ = ["LocalStore", "Store", "UrlStore", "open_store"]

ASIDE = ".aside"


class Store(Protocol):
    """An output folder; names are relative to it, with slashes.

    Attributes:
        location: as the caller wrote it.
    """

    location: str

    def write(self, name: str) -> Any:
        """A context that gives a path to write to; the file takes its place when the context ends well."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A context that gives a file, to be read; raises `OSError` or `InputError`."""

    def size(self, name: str) -> int | None:
        """A file's bytes; None where there is none."""

    def names(self, folder: str = "") -> list[str]:
        """Files and folders of a folder, sorted; none where there is no such folder."""

    def delete(self, name: str) -> None:
        """A file, if it is there; and its folder, where that is then empty."""

    def locked(self) -> Any:
        """A context in which no other process of this machine runs a job here; raises `ConfigError` where one does."""


def open_store(location: str) -> Store:
    """The store at a path or URL; nothing is made before something is written."""
    location = local_path(location)
    return UrlStore(location) if is_url(location) else LocalStore(location)


class LocalStore:
    """A folder of a file system."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._root = Path(location)

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        target = self._root / name
        # On a shared disk other machines may write here, too.
        aside = self._root / ASIDE / f"{name.replace('/', '-')}.{socket.gethostname()}.{os.getpid()}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _sync(aside)
        aside.replace(target)
        _sync(target.parent)

    def open(self, name: str) -> IO[bytes]:
        return (self._root / name).open("rb")

    def size(self, name: str) -> int | None:
        try:
            return (self._root / name).stat().st_size
        except FileNotFoundError:
            return None

    def names(self, folder: str = "") -> list[str]:
        path = self._root / folder
        return sorted(one.name for one in path.iterdir() if one.name != ASIDE) if path.is_dir() else []

    def delete(self, name: str) -> None:
        path = self._root / name
        path.unlink(missing_ok=True)
        if path.parent != self._root and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        import fcntl

        self._root.mkdir(parents=True, exist_ok=True)
        # The folder itself is locked: no file of ours is left, and the lock ends with the process however that ends.
        handle = os.open(self._root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(
                    f"--output {self.location}: another job is writing here; wait for it, or name another folder"
                ) from error
            yield
            # What a killed run left aside.
            shutil.rmtree(self._root / ASIDE, ignore_errors=True)
        finally:
            os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class UrlStore:
    """A folder behind an fsspec URL; a storage that does not answer raises `InputError`.

    Nothing keeps two jobs from writing to one folder at once.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._fs, root = filesystem(location)
        self._root = root.rstrip("/")

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="tasrih-") as folder:
            path = Path(folder) / Path(name).name
            yield path
            target = f"{self._root}/{name}"
            with answering(self.location):
                self._fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                self._fs.put_file(str(path), target)
                self._fs.invalidate_cache()

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return open_raw(f"{self.location.rstrip('/')}/{name}")

    def size(self, name: str) -> int | None:
        self._fs.invalidate_cache()
        try:
            with answering(self.location):
                return int(self._fs.info(f"{self._root}/{name}")["size"])
        except FileNotFoundError:
            return None

    def names(self, folder: str = "") -> list[str]:
        self._fs.invalidate_cache()
        path = f"{self._root}/{folder}".rstrip("/")
        try:
            with answering(self.location):
                found = self._fs.ls(path, detail=False)
        except FileNotFoundError:
            return []
        return sorted(one.rstrip("/").rsplit("/", 1)[1] for one in found if one.rstrip("/") != path)

    def delete(self, name: str) -> None:
        path = f"{self._root}/{name}"
        with answering(self.location):
            if self._fs.exists(path):
                self._fs.rm_file(path)
        self._fs.invalidate_cache()

    @contextmanager
    def locked(self) -> Iterator[None]:
        yield
