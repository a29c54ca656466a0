"""How reports are written out: table, json, jsonl, csv, html.

A writer takes reports one after the other, so that many files are written as they are labelled; `open_writer` picks one.
"""

from typing import TYPE_CHECKING, Any, Protocol, TextIO

from tasrih.errors import InputError

if TYPE_CHECKING:
    # For the names of things alone: the command line reads `FORMATS` and must not wait for NumPy.
    from tasrih.release import Release
    from tasrih.types import ArticleReport

__all__ = ["FORMATS", "Writer", "failure_to_json", "open_writer"]

FORMATS = ("table", "json", "jsonl", "csv", "html")


class Writer(Protocol):
    """Writes reports to a stream that the caller opened and closes."""

    def report(self, report: "ArticleReport") -> None:
        """Write one article's report."""

    def failure(self, id: str, error: InputError) -> None:
        """Write that one input could not be labelled."""

    def finish(self) -> None:
        """Write what comes after the last report."""


def failure_to_json(id: Any, error: InputError) -> dict[str, object]:
    """An item error, as every channel gives it."""
    return {"id": id, "error": {"code": error.code, "message": str(error), "details": {}}}


def open_writer(format: str, stream: TextIO, release: "Release", *, color: bool | None = None) -> Writer:
    """The writer of one of `FORMATS`.

    Args:
        format: its name.
        stream: where to write.
        release: what labelled.
        color: for the table: True always, False never, None where the stream is a terminal.
    """
    if format == "table":
        from tasrih.formats.table import TableWriter

        return TableWriter(stream, release, color=color)
    if format == "csv":
        from tasrih.formats.csv import CsvWriter

        return CsvWriter(stream, release)
    if format == "html":
        from tasrih.formats.html import HtmlWriter

        return HtmlWriter(stream, release)
    from tasrih.formats.json import JsonLinesWriter, JsonWriter

    return JsonWriter(stream, release) if format == "json" else JsonLinesWriter(stream)
