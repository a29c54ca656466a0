"""Rows of a source, one by one, as they came. A row that cannot be read comes with its fault and spoils no other."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from serving.batch.csv_rows import csv_rows
from serving.batch.row import MAX_LINE_BYTES, CsvForm, Row
from serving.batch.sources import Source, open_raw, page_names, unpacked
from tasrih.errors import InputError
from tasrih.inputs import MAX_CHARS, name_of
from tasrih.jsonl import json_lines

__all__ = ["jsonl_rows", "parquet_schema", "read_rows"]

# Rows of Parquet turned into Python at once.
PARQUET_ROWS = 128


def read_rows(source: Source, *, form: CsvForm, skip: int = 0) -> Iterator[Row]:
    """The rows of a source after the first `skip`, which are passed over as cheaply as the format allows.

    Raises:
        InputError: the source cannot be read, or is damaged.
        ConfigError: a CSV file whose header cannot be used.
    """
    if source.format == "pages":
        for number, name in enumerate(page_names(source.name)):
            if number >= skip:
                yield _page(name)
    elif source.format == "page":
        if not skip:
            yield _page(source.name)
    elif source.format == "parquet":
        yield from _parquet_rows(source.name, skip)
    else:
        with open_raw(source.name) as raw:
            stream = unpacked(raw, source.name)
            if source.format == "jsonl":
                yield from jsonl_rows(stream, source.name, skip)
            else:
                yield from csv_rows(stream, source.name, form, skip)


def _page(name: str) -> Row:
    try:
        with open_raw(name) as raw:
            # No more than a refusal needs.
            return Row(name_of(name), page=unpacked(raw, name).read(4 * MAX_CHARS + 5))
    except InputError as error:
        return Row(name_of(name), page=b"", fault=str(error))


def jsonl_rows(stream: IO[bytes], name: str, skip: int) -> Iterator[Row]:
    """Rows of JSON lines; empty lines are none."""
    for number, data in enumerate(_lines(stream), start=1):
        if data is not None and not data.strip():
            continue
        if skip:
            skip -= 1
            continue
        place = f"{name_of(name)}, line {number}"
        if data is None:
            yield Row(place, fault=f"more than {MAX_LINE_BYTES:,} bytes in a line; write one object a line")
            continue
        (line,) = json_lines([data])
        if line.fault is not None:
            yield Row(place, fault=f"not JSON in UTF-8 ({line.fault}); a line must be an object")
        elif not isinstance(line.value, dict):
            yield Row(place, fault=f"{type(line.value).__name__}; a line must be an object")
        else:
            yield Row(place, line.value)


def _lines(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Lines; None for one too long to hold."""
    while data := stream.readline(MAX_LINE_BYTES):
        if len(data) < MAX_LINE_BYTES or data.endswith(b"\n"):
            yield data
            continue
        while data and not data.endswith(b"\n"):
            data = stream.readline(MAX_LINE_BYTES)
        yield None


def parquet_schema(name: str) -> tuple[pa.Schema, int]:
    """A Parquet file's columns, of types that survive the way through Python, and how many rows it has."""
    with open_raw(name) as raw:
        file = pq.ParquetFile(raw)
        return pa.schema([(one.name, _settled(one.type)) for one in file.schema_arrow]), file.metadata.num_rows


def _settled(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _settled(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    # Python's own times end at microseconds.
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz)
    return kind


def _parquet_rows(name: str, skip: int) -> Iterator[Row]:
    schema, _ = parquet_schema(name)
    with open_raw(name) as raw:
        file = pq.ParquetFile(raw)
        first, groups = 0, list[int]()
        for group in range(file.num_row_groups):
            end = first + file.metadata.row_group(group).num_rows
            if end > skip or groups:
                groups.append(group)
            else:
                first = end
        number = first
        for batch in file.iter_batches(batch_size=PARQUET_ROWS, row_groups=groups):
            table = pa.Table.from_batches([batch]).cast(schema, safe=False)
            for fields in table.to_pylist():
                number += 1
                if number > skip:
                    yield Row(f"{name_of(name)}, row {number}", fields)
