"""The caller's columns: which there are, and one type for each, so that every part has one schema.

A column keeps its type where all rows agree, or takes the wider one where there is one (int64 of int32 and int64, float64 of
whole and broken numbers). Anything else that differs from row to row, and what nests in JSON, becomes text: what nests as
JSON, all else as it is.
"""

import datetime
import decimal
import json
import math
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from tasrih.errors import ConfigError, InputError

__all__ = ["Columns", "as_begun", "fit", "plain", "schema_text"]

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
    if pa.types.is_uint64(one) or pa.types.is_uint64(other):
        return pa.string()  # Arrow would make it int64, which does not hold the upper half
    try:
        wider = (
            pa.unify_schemas([pa.schema([("", one)]), pa.schema([("", other)])], promote_options="permissive")
            .field("")
            .type
        )
    except pa.ArrowException:
        return pa.string()
    return pa.string() if pa.types.is_binary(wider) or pa.types.is_large_binary(wider) else wider


def fit(name: str, value: Any, kind: pa.DataType) -> Any:
    """The value as its column's type holds it.

    Raises:
        InputError: the type cannot hold it, such as text that a mended row has in a column of numbers.
    """
    if value is None:
        return None
    if pa.types.is_string(kind):
        text = plain(value)
        return text if text is None or isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    try:
        if pa.types.is_floating(kind) and isinstance(value, int | decimal.Decimal):
            value = float(value)
        if isinstance(value, float) and pa.types.is_integer(kind) and not value.is_integer():
            raise ValueError("not a whole number")
        pa.scalar(value, kind)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise InputError(
            f"{name!r} holds {str(value)[:40]!r}, the column {kind}, as all rows had it when the job began; mend the cell"
        ) from error
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
    return str(value) if isinstance(value, decimal.Decimal | datetime.timedelta | uuid.UUID) else repr(value)


def schema_text(schema: pa.Schema) -> dict[str, str]:
    """Columns and types as a manifest names them."""
    return {one.name: str(one.type) for one in schema}


def as_begun(then: Mapping[str, str], now: pa.Schema) -> pa.Schema:
    """The columns as a job began with them, for rows mended since: one may be gone, or of another type. New ones come last.

    A type that cannot be told from its text is left as it is now.
    """
    fields = [(name, _known(text, now.field(name).type if name in now.names else None)) for name, text in then.items()]
    found = pa.schema([(name, kind) for name, kind in fields if kind is not None])
    return pa.schema([*found, *(one for one in now if one.name not in found.names)])


def _known(text: str, now: pa.DataType | None) -> pa.DataType | None:
    if str(now) == text:
        return now
    try:
        return pa.type_for_alias(text)
    except ValueError:
        return now
