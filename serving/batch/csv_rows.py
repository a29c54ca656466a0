"""Rows of CSV. A row whose cells do not fit the header, or are no text, comes with its fault; the rows around it are read."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

from serving.batch.row import MAX_LINE_BYTES, CsvForm, Row
from tasrih.errors import ConfigError
from tasrih.inputs import name_of

__all__ = ["csv_header", "csv_rows"]

# Halves of surrogate pairs, which decoding never gives: what is not text in the encoding, and a last line of our own, which
# stands in a row of the file only where a quote is still open at its end.
_NO_TEXT, _END = "\udc80", "\udfff"
codecs.register_error("tasrih-mark", lambda error: (_NO_TEXT, error.end))  # type: ignore[attr-defined]


def csv_rows(stream: IO[bytes], name: str, form: CsvForm, skip: int) -> Iterator[Row]:
    """Rows of CSV below its header; empty lines are none, line breaks inside quotes are text."""
    with _csv_table(stream, name, form) as table:
        header = _header(table, name)
        number = 0
        while True:
            begun = table.line_num + 1
            cells, fault = _next_cells(table)
            if cells is None or cells == [_END]:
                return
            if not cells and not fault:
                continue
            number += 1
            if number > skip:
                place = f"{name_of(name)}, row {number}"
                fault = fault or _csv_fault(cells, header)
                if fault:
                    yield Row(place, fault=f"{fault} (lines {begun} to {table.line_num})")
                else:
                    yield Row(place, dict(zip(header, cells, strict=True)))


def _next_cells(table: Any) -> tuple[list[str] | None, str | None]:
    """The next row's cells, None at the end; and what is wrong with it, if anything."""
    try:
        cells: list[str] | None = next(table, None)
    except csv.Error as error:
        return [], str(error)
    return cells, None


def _csv_fault(cells: list[str], header: list[str]) -> str | None:
    if cells and cells[-1].endswith(_END):
        return "a quote that is never closed takes the rest of the file; close it"
    if len(cells) != len(header):
        return f"{len(cells)} cells under a header of {len(header)}; quote cells that hold delimiters or line breaks"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "bytes that are not in the file's encoding; save it as UTF-8, or name another with --encoding"
    return None


@contextmanager
def _csv_table(stream: IO[bytes], name: str, form: CsvForm) -> Iterator[Any]:
    csv.field_size_limit(MAX_LINE_BYTES)
    buffered = io.BufferedReader(stream) if not hasattr(stream, "peek") else stream  # type: ignore[type-var]
    start = buffered.peek(4)[:4]
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else form.encoding
    if start[:3] == b"\xef\xbb\xbf":
        encoding = "utf-8-sig"
    # What is not text in the encoding is marked and carried through, so that the rows around it are read.
    text = io.TextIOWrapper(buffered, encoding=encoding, errors="tasrih-mark", newline="")
    packed = name.lower().removesuffix(".gz").removesuffix(".zst")
    try:
        yield csv.reader(chain(text, [_END]), delimiter=form.delimiter or ("\t" if packed.endswith(".tsv") else ","))
    finally:
        # The stream is the caller's to close.
        text.detach()


def _header(table: Any, name: str) -> list[str]:
    try:
        cells: list[str] = next(table)
        cells = [] if cells == [_END] else cells
        "".join(cells).encode()
    except (csv.Error, UnicodeError) as error:
        raise ConfigError(
            f"{name_of(name)}: its header cannot be read ({error}); save it as UTF-8, or name --encoding"
        ) from error
    # Tables saved with their row numbers have a first column without a name.
    header = [cell or f"unnamed_{place}" for place, cell in enumerate(cells)]
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise ConfigError(f"{name_of(name)}: column {twice[0]!r} stands twice in its header; rename one")
    return header


def csv_header(stream: IO[bytes], name: str, form: CsvForm) -> list[str]:
    """The columns of a CSV file; none where it is empty."""
    with _csv_table(stream, name, form) as table:
        return _header(table, name)
