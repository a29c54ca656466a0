"""The caller's columns: which there are, and one type for each, so that every part has one schema.

A column keeps its type where all rows agree; whole and broken numbers together are float64; anything else that differs from
row to row, and what nests in JSON, becomes text: a string as it is, all else as JSON.
"""

import datetime
import decimal
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from tasrih.errors import ConfigError

__all__ = ["Columns", "fit", "plain", "schema_text"]

MAX_COLUMNS = 1000
_INT64 = range(-(2**63), 2**63)


class Columns:
    """Gathers columns and their types, in the order in which they first come."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}

    def add_row(self, fields: Mapping[str, Any]) -> None:
        """Take a row of JSON in."""
        for name, value in fields.items():
            known = self._types.get(name)
            kind = _kind(value)
            if known is None or known != kind:
                self._add(name, kind)

    def add_schema(self, schema: Iterable[pa.Field]) -> None:
        """Take a table's columns in."""
        for one in schema:
            self._add(one.name, one.type)

    def _add(self, name: str, kind: pa.DataType) -> None:
        self._types[name] = _merged(self._types.get(name, kind), kind)
        if len(self._types) > MAX_COLUMNS:
            raise ConfigError(
                f"inputs: more than {MAX_COLUMNS:,} columns, the last one {name!r}; keys that are data belong in a list of "
                "name and value. Rewrite the rows."
            )

    def schema(self) -> pa.Schema:
        """The columns with their types; one that is always null is text."""
        return pa.schema([
            (name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in self._types.items()
        ])  # fmt: skip


def _kind(value: Any) -> pa.DataType:
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int) and value in _INT64:
        return pa.int64()
    return pa.float64() if isinstance(value, float) else pa.string()


def _merged(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    return pa.float64() if {one, other} == {pa.int64(), pa.float64()} else pa.string()


def fit(value: Any, kind: pa.DataType) -> Any:
    """The value as its column's type holds it."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    if pa.types.is_float64(kind) and isinstance(value, int):
        return float(value)
    return value


def plain(value: Any) -> Any:
    """The value in JSON's types: times as ISO 8601, decimals as their digits, NaN as null, bytes as hexadecimal."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, decimal.Decimal | datetime.timedelta) else repr(value)


def schema_text(schema: pa.Schema) -> dict[str, str]:
    """Columns and types as a manifest names them."""
    return {one.name: str(one.type) for one in schema}
