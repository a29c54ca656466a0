"""A row of the input as it came, whatever the format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasrih.inputs import MAX_CHARS

__all__ = ["MAX_DEPTH", "MAX_LINE_BYTES", "CsvForm", "Row"]

# No encoding takes more than four bytes a character; the rest is for escapes and the other columns.
MAX_LINE_BYTES = 16 * MAX_CHARS
# Of lists and objects in each other, the row itself among them; well below where Python's recursion ends.
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it came.

    Attributes:
        place: for people, such as ``archive.jsonl, line 7``.
        fields: the caller's columns, in their order.
        page: the bytes of a page; None for rows of a table.
        fault: why it cannot be read; None where it can.
    """

    place: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    page: bytes | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How CSV files are written; see `serving.batch.options.Options`."""

    encoding: str = "utf-8"
    delimiter: str | None = None
