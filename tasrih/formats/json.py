"""Reports as JSON: one document, or one line a report."""

import json
from typing import Any, TextIO

from tasrih.errors import InputError
from tasrih.formats import failure_to_json
from tasrih.release import Release
from tasrih.report import report_to_json
from tasrih.types import ArticleReport

__all__ = ["JsonLinesWriter", "JsonWriter"]


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


class JsonLinesWriter:
    """One report, or item error, a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def report(self, report: ArticleReport) -> None:
        self._stream.write(_dump(report_to_json(report)) + "\n")

    def failure(self, id: str, error: InputError) -> None:
        self._stream.write(_dump(failure_to_json(id, error)) + "\n")

    def finish(self) -> None:
        pass


class JsonWriter:
    """``{"articles": [report or item error, ...], "release": ...}``, an article a line."""

    def __init__(self, stream: TextIO, release: Release) -> None:
        self._stream = stream
        self._release = release
        self._between = '{"articles": [\n'

    def report(self, report: ArticleReport) -> None:
        self._item(report_to_json(report))

    def failure(self, id: str, error: InputError) -> None:
        self._item(failure_to_json(id, error))

    def _item(self, item: Any) -> None:
        self._stream.write(self._between + _dump(item))
        self._between = ",\n"

    def finish(self) -> None:
        opening = self._between if self._between.startswith("{") else "\n"
        release = _dump({"name": self._release.name, "version": self._release.version})
        self._stream.write(f'{opening}], "release": {release}}}\n')
