"""`tasrih label --sentences`: JSON lines that hold a sentence each, labelled line by line."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from tasrih.cli import EXIT_PARTLY, complain
from tasrih.errors import InputError
from tasrih.formats import failure_to_json
from tasrih.jsonl import JsonLine, json_lines
from tasrih.pipeline import Labeller
from tasrih.report import sentence_to_json

__all__ = ["label_lines"]

LINES_AT_ONCE = 2048
MAX_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that came: its fields, and what is wrong with it, if anything."""

    fields: dict[str, Any]
    error: InputError | None = None


def label_lines(path: str, output: TextIO, labeller: Labeller) -> int:
    """Label each line's ``text``; other fields are passed through, and give way where a label has their name.

    Args:
        path: JSON lines ``{"id", "text", ...}``; ``-`` is standard input.
        output: where a line goes for each line that came: the labelled sentence, or an item error.
        labeller: what labels.

    Returns:
        0, or 1 where a line could not be labelled.

    Raises:
        InputError: the file cannot be read at all.
    """
    exit_code = 0
    with ExitStack() as stack:
        try:
            source = sys.stdin.buffer if path == "-" else stack.enter_context(Path(path).open("rb"))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); name a JSON lines file") from error
        came = json_lines(source)
        while chunk := list(islice(came, LINES_AT_ONCE)):
            lines = [_line(line, f"{path}, line {line.number}") for line in chunk]
            for item in _label(lines, labeller):
                output.write(json.dumps(item, ensure_ascii=False, allow_nan=False) + "\n")
            for line in lines:
                if line.error:
                    complain(str(line.error))
                    exit_code = EXIT_PARTLY
    return exit_code


def _label(lines: list[_Line], labeller: Labeller) -> Iterator[dict[str, Any]]:
    labelled = iter(labeller.label_texts([line.fields["text"] for line in lines if not line.error]))
    for line in lines:
        if line.error:
            yield failure_to_json(line.fields.get("id"), line.error)
        else:
            yield {**line.fields, **sentence_to_json(next(labelled))}


def _line(line: JsonLine, place: str) -> _Line:
    if line.fault is not None:
        return _Line(
            {}, InputError(f'{place}: not JSON in UTF-8 ({line.fault}); a line must be an object {{"id", "text"}}')
        )
    if not isinstance(line.value, dict):
        return _Line({}, InputError(f'{place}: {type(line.value).__name__}; a line must be an object {{"id", "text"}}'))
    return _Line(line.value, _wrong(line.value.get("text"), place))


def _wrong(text: Any, place: str) -> InputError | None:
    if not isinstance(text, str):
        return InputError(f'{place}: no "text" string; a line must be an object {{"id", "text"}}')
    if not text.strip():
        return InputError(f"{place}: text is empty; leave the line out")
    if len(text) > MAX_CHARS:
        return InputError(
            f"{place}: text holds {len(text):,} characters, at most {MAX_CHARS:,} make a sentence; split it, "
            "or label the page as an article"
        )
    return None
