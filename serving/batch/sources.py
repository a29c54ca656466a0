"""Which files a job reads: names, folders, globs and URLs to a list of sources, in the caller's order.

A folder (a URL's, too) gives its files of rows (JSONL, CSV, Parquet), sorted; one that holds none is a folder of pages and
stays one source. Names are listed a folder at a time, those of a URL at once. Hidden files are left out.
"""

import glob
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, Literal, cast

import fsspec
import pyarrow as pa

from tasrih.errors import InputError
from tasrih.inputs import SUFFIXES, name_of

__all__ = [
    "Source", "answering", "filesystem", "find_sources", "format_of", "is_url", "local_path", "open_raw", "page_names",
    "unpacked",
]  # fmt: skip

Format = Literal["jsonl", "csv", "parquet", "page", "pages"]
_FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet",
    **dict.fromkeys(SUFFIXES, "page"),
}  # fmt: skip
_PACKED = (".gz", ".zst")
_KNOWN = ", ".join([*_FORMATS, *_PACKED])
# Packages behind fsspec whose errors are no OSError, such as those of missing keys and of a network that is down.
_BACKENDS = ("aiobotocore", "aiohttp", "adlfs", "azure", "botocore", "gcsfs", "google")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rows, a page, or a folder of pages.

    Attributes:
        name: a path as the caller wrote it, or a URL.
        format: how its rows are read.
    """

    name: str
    format: Format


def is_url(name: str) -> bool:
    """Whether a name is an address such as ``s3://bucket/key``, and no path."""
    return "://" in name


def local_path(name: str) -> str:
    """The path of a ``file://`` URL; any other name as it is."""
    return filesystem(name)[1] if name.startswith(("file://", "local://")) else name


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Within it, a storage that does not answer is told.

    Raises:
        InputError: instead of what its package raises, but for `FileNotFoundError`.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.split(".")[0] not in _BACKENDS:
            raise
        raise InputError(
            f"{url}: its storage does not answer ({type(error).__name__}: {error}). See to the credentials and the network, "
            "then run the same command with --resume."
        ) from error


def format_of(name: str) -> Format | None:
    """What a file holds, by its suffix before ``.gz`` or ``.zst``; None where we do not read it."""
    path = PurePosixPath(name.lower())
    return _FORMATS.get(PurePosixPath(path.stem).suffix if path.suffix in _PACKED else path.suffix)


def find_sources(given: Sequence[str]) -> list[Source]:
    """The sources behind names.

    Raises:
        InputError: a name leads to nothing, or to a file we do not read.
    """
    return [source for name in given for source in (_remote(name) if is_url(name) else _local(name))]


def _local(name: str) -> Iterator[Source]:
    if os.path.isdir(name):
        yield from _folder(name, _walk(name))
    elif os.path.exists(name):
        yield _file(name)
    else:
        found = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) else []
        if not found:
            raise InputError(f"{name_of(name)}: no such file or folder. Check the path.")
        yield from (source for path in found for source in _local(path))


def _remote(url: str) -> Iterator[Source]:
    fs, path = filesystem(url)
    try:
        with answering(url):
            if glob.has_magic(path):
                found = [str(one) for one in sorted(fs.glob(path)) if not fs.isdir(one)]
                if not found:
                    raise InputError(f"{url}: matches no file. Check the address.")
                yield from (_file(fs.unstrip_protocol(one)) for one in found)
            elif fs.isfile(path):
                yield _file(url)
            elif fs.isdir(path):
                yield from _folder(url, _walk(url))
            else:
                raise InputError(f"{url}: nothing there. Check the address.")
    except (FileNotFoundError, ValueError) as error:
        raise InputError(f"{url}: cannot be read ({error}). Check the address and the credentials.") from error


def _file(name: str) -> Source:
    format = format_of(name)
    if format is None:
        raise InputError(f"{name_of(name)}: a file we do not read; expected one of {_KNOWN}. Rename or convert it.")
    if format == "parquet" and name.lower().endswith(_PACKED):
        raise InputError(f"{name_of(name)}: Parquet in {PurePosixPath(name).suffix}, which we do not read. Unpack it.")
    return Source(name, format)


def _folder(name: str, files: Iterator[str]) -> Iterator[Source]:
    rows: list[str] = []
    has_pages = False
    for file in files:
        format = format_of(file)
        has_pages |= format == "page"
        if format not in (None, "page"):
            rows.append(file)
    if rows:
        yield from (_file(file) for file in rows)
    elif has_pages:
        yield Source(name, "pages")
    else:
        raise InputError(f"{name_of(name)}: the folder holds no file of {_KNOWN}; name the files")


def page_names(folder: str) -> Iterator[str]:
    """The pages of a folder, and of its folders, in one order always."""
    return (name for name in _walk(folder) if format_of(name) == "page")


def _walk(folder: str) -> Iterator[str]:
    if is_url(folder):
        fs, path = filesystem(folder)
        root = path.rstrip("/") + "/"
        with answering(folder):
            found = sorted(fs.find(path))
        for one in found:
            if not any(part.startswith(".") for part in one.removeprefix(root).split("/")):
                yield str(fs.unstrip_protocol(one))
        return
    with os.scandir(folder) as listed:
        entries = sorted((entry for entry in listed if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif entry.is_file():
            yield entry.path


@contextmanager
def open_raw(name: str) -> Iterator[IO[bytes]]:
    """A file's bytes as they are stored.

    Raises:
        InputError: it cannot be read; also while it is read.
    """
    # Outside: of an OSError it cannot be told whether the storage or the file is at fault, such as one that is no gzip.
    with answering(name):
        try:
            if is_url(name):
                fs, path = filesystem(name)
                with fs.open(path, "rb") as stream:
                    yield stream
            else:
                with open(name, "rb") as stream:
                    yield stream
        except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
            raise InputError(
                f"{name_of(name)}: cannot be read ({getattr(error, 'strerror', None) or error}). "
                "Check that the file is whole, and who may read it."
            ) from error


def unpacked(stream: IO[bytes], name: str) -> IO[bytes]:
    """The bytes that a file's name says are packed in it: ``.gz`` and ``.zst`` are unpacked, others are as they are."""
    if name.lower().endswith(".gz"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if name.lower().endswith(".zst"):
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(_Lent(stream), mode="r"), "zstd"))
    return stream


class _Lent(io.RawIOBase):
    """A stream that whoever has it cannot close; Arrow does, as soon as nobody reads it any more."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        InputError: no such protocol, or its package is not installed.
    """
    try:
        with answering(url):
            fs, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise InputError(f"{url}: {error}; s3:// needs pip install 'tasrih[s3]', gs:// pip install gcsfs") from error
    except ValueError as error:
        raise InputError(f"{url}: {error}. Check the address.") from error
    return fs, str(path)
