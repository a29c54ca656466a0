"""Writes rows as Parquet, JSON lines or CSV. The same rows give the same bytes, whenever they are written."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from serving.batch.columns import plain
from tasrih.formats.csv import harmless

__all__ = ["SUFFIXES", "PartWriter", "json_line", "open_part", "safe_cell"]

SUFFIXES = {"parquet": ".parquet", "jsonl": ".jsonl", "csv": ".csv"}

# Rows of a row group: readers skip or load one as a whole.
GROUP_ROWS = 32_768


class PartWriter(Protocol):
    """Writes one part."""

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows."""

    def close(self) -> None:
        """Write what comes last."""


def open_part(path: Path, format: str, schema: pa.Schema, facts: Mapping[str, str]) -> PartWriter:
    """A writer of one part.

    Args:
        path: where to.
        format: of `SUFFIXES`.
        schema: of the rows.
        facts: put into the metadata of a Parquet file.
    """
    if format == "parquet":
        return _Parquet(path, schema.with_metadata(dict(facts)))
    return _JsonLines(path) if format == "jsonl" else _Csv(path, schema)


def json_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON."""
    return json.dumps(plain(row), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not run; see OWASP, "CSV Injection"."""
    value = plain(value)
    if isinstance(value, list) and all(isinstance(item, str) and ";" not in item for item in value):
        value = ";".join(value)
    elif isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        # Full-width signs begin a formula where the spreadsheet's language is East Asian.
        return f"'{value}" if value.startswith(("＝", "＋", "－", "＠")) else harmless(value)
    return value


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._held: list[pa.Table] = []
        self._n_held = 0

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._held.append(pa.Table.from_pylist(list(rows), schema=self._schema))
            self._n_held += len(rows)
        if self._n_held >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held), row_group_size=self._n_held)
        self._held, self._n_held = [], 0

    def close(self) -> None:
        self._flush()
        self._writer.close()


class _JsonLines:
    def __init__(self, path: Path) -> None:
        self._stream = path.open("wb")

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._stream.writelines(json_line(row) for row in rows)

    def close(self) -> None:
        self._stream.close()


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._names = schema.names
        # A spreadsheet takes Latin-1 for granted unless a byte-order mark comes first.
        self._stream = io.TextIOWrapper(path.open("wb"), encoding="utf-8-sig", errors="replace", newline="")
        # Every text is quoted: elsewhere a semicolon parts cells, and what follows one could begin a formula.
        self._writer = csv.writer(self._stream, quoting=csv.QUOTE_NONNUMERIC)
        self._writer.writerow([safe_cell(name) for name in self._names])

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._writer.writerows([safe_cell(row[name]) for name in self._names] for row in rows)

    def close(self) -> None:
        self._stream.close()
