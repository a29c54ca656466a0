"""Rows of a source, one by one, as they came. A row that cannot be read comes with its fault and spoils no other."""

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from serving.batch.csv_rows import csv_rows
from serving.batch.row import MAX_DEPTH, MAX_LINE_BYTES, CsvForm, Row
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
        elif _is_deep(line.value):
            yield Row(place, fault=f"lists and objects nested more than {MAX_DEPTH} deep; flatten them")
        else:
            yield Row(place, line.value)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for one in level
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


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
            for fields, fault in _parquet_fields(pa.Table.from_batches([batch]), schema):
                number += 1
                if number > skip:
                    yield Row(f"{name_of(name)}, row {number}", fields, fault=fault)


# What Arrow raises of a value that Python has no type for, such as a year past 9999, or text that is no UTF-8.
_NO_VALUE = (pa.ArrowException, ValueError, OverflowError)


def _parquet_fields(table: pa.Table, schema: pa.Schema) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Rows in Python's types; or none, and which cell is none that Python can hold."""
    try:
        rows: list[dict[str, Any]] = table.cast(schema, safe=False).to_pylist()
    except _NO_VALUE:
        yield from (_one_by_one(table.slice(place, 1), schema) for place in range(table.num_rows))
    else:
        yield from ((fields, None) for fields in rows)


def _one_by_one(row: pa.Table, schema: pa.Schema) -> tuple[dict[str, Any], str | None]:
    fields: dict[str, Any] = {}
    for one, column in zip(schema, row.columns, strict=True):
        try:
            (fields[one.name],) = column.cast(one.type, safe=False).to_pylist()
        except _NO_VALUE as error:
            return (
                {},
                f"{one.name!r} holds no {one.type} that can be read ({error}); mend the cell, or leave the column out",
            )
    return fields, None
