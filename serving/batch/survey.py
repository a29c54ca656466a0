"""The first pass over the input: its hash, how many rows there are, and the caller's columns.

It finds a file that is damaged, or has no such column, before any work is done, and lets a job know its end.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa

from serving.batch.columns import Columns
from serving.batch.csv_rows import csv_header, csv_rows
from serving.batch.options import Options
from serving.batch.row import CsvForm
from serving.batch.rows import jsonl_rows, parquet_schema
from serving.batch.sources import Source, open_raw, page_names, unpacked
from tasrih.errors import ConfigError, InputError
from tasrih.inputs import name_of

__all__ = ["Survey", "survey"]

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to read.

    Attributes:
        sources: in the caller's order.
        rows: of each source.
        n_bytes: of all files, as they are stored.
        sha256: of names and bytes of all files.
        columns: the caller's, of all sources together.
    """

    sources: tuple[Source, ...]
    rows: tuple[int, ...]
    n_bytes: int
    sha256: str
    columns: pa.Schema

    @property
    def n_rows(self) -> int:
        return sum(self.rows)

    def facts(self) -> dict[str, Any]:
        """As a manifest tells it."""
        return {"files": len(self.sources), "rows": self.n_rows, "bytes": self.n_bytes, "sha256": self.sha256}


def survey(
    sources: Sequence[Source], options: Options, *, seen: Callable[[int], None] = lambda n_bytes: None
) -> Survey:
    """Read all sources once.

    Args:
        sources: in the caller's order.
        options: how to read them.
        seen: told how many bytes more have been read.

    Raises:
        InputError: a file that cannot be read, or is damaged.
        ConfigError: the text's column stands in no row, or there is no row at all.
    """
    whole = _Whole(options, seen)
    counts = [whole.source(source) for source in sources]
    found = Survey(tuple(sources), tuple(counts), whole.n_bytes, whole.hash.hexdigest(), whole.columns.schema())
    _check(found, options)
    return found


class _Whole:
    """What is gathered over all sources."""

    def __init__(self, options: Options, seen: Callable[[int], None]) -> None:
        self.form = CsvForm(options.encoding, options.delimiter)
        self.seen = seen
        self.hash = hashlib.sha256()
        self.columns = Columns()
        self.n_bytes = 0

    def source(self, source: Source) -> int:
        """Take a source in; returns its rows."""
        if source.format == "pages":
            n_rows = 0
            for name in page_names(source.name):
                self._page(name)
                n_rows += 1
            return n_rows
        if source.format == "page":
            self._page(source.name)
            return 1
        if source.format == "parquet":
            schema, n_rows = parquet_schema(source.name)
            self.columns.add_schema(schema)
            self._file(source.name, lambda stream: 0)
            return n_rows
        return self._file(source.name, self._jsonl(source) if source.format == "jsonl" else self._csv(source))

    def _page(self, name: str) -> None:
        try:
            self._file(name, lambda stream: 0)
        except InputError:  # a page that cannot be read is a row that fails, not the end of the job
            self.hash.update(name_of(name).encode() + b"\0unreadable")

    def _file(self, name: str, count: Callable[[IO[bytes]], int]) -> int:
        # Hashed on its own, so that bytes can never pass from one file to the next unseen.
        one = hashlib.sha256()
        with open_raw(name) as raw:
            stream = io.BufferedReader(_Watched(raw, one, self._more), BLOCK_BYTES)
            n_rows = count(stream)
            while stream.read(BLOCK_BYTES):
                pass
        self.hash.update(name_of(name).encode() + b"\0" + one.digest())
        return n_rows

    def _more(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        self.seen(n_bytes)

    def _jsonl(self, source: Source) -> Callable[[IO[bytes]], int]:
        def count(stream: IO[bytes]) -> int:
            n_rows = 0
            for row in jsonl_rows(unpacked(stream, source.name), source.name, 0):
                self.columns.add_row(row.fields)
                n_rows += 1
            return n_rows

        return count

    def _csv(self, source: Source) -> Callable[[IO[bytes]], int]:
        with open_raw(source.name) as raw:
            header = csv_header(unpacked(raw, source.name), source.name, self.form)
        self.columns.add_schema(pa.schema([(name, pa.string()) for name in header]))

        def count(stream: IO[bytes]) -> int:
            return sum(1 for _ in csv_rows(unpacked(stream, source.name), source.name, self.form, 0))

        return count


class _Watched(io.RawIOBase):
    """A stream whose bytes are hashed and counted as they are read."""

    def __init__(self, stream: IO[bytes], hash: Any, more: Callable[[int], None]) -> None:
        self._stream = stream
        self._hash = hash
        self._more = more

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._hash.update(data)
        self._more(len(data))
        buffer[: len(data)] = data
        return len(data)


def _check(found: Survey, options: Options) -> None:
    if not found.n_rows:
        raise ConfigError(
            f"{', '.join(name_of(one.name) for one in found.sources[:3])}: no row in it; name other inputs"
        )
    names = found.columns.names
    has_table = any(source.format not in ("page", "pages") for source in found.sources)
    if has_table and options.text_column not in names and options.html_column not in names:
        raise ConfigError(
            f"--text-column: no column {options.text_column!r} (nor {options.html_column!r} for markup) in the input; "
            f"it has {', '.join(names[:30]) or 'none'}. Name the column with --text-column or --html-column"
        )
    for name in options.keep_columns or ():
        if name not in names:
            raise ConfigError(
                f"--keep-columns: no column {name!r} in the input; it has {', '.join(names[:30]) or 'none'}"
            )
