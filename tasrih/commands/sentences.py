"""`tasrih label --sentences`: JSON lines that hold a sentence each, labelled line by line."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from tasrih.cli import EXIT_PARTLY
from tasrih.errors import InputError
from tasrih.formats import failure_to_json
from tasrih.pipeline import Labeller
from tasrih.report import sentence_to_json

__all__ = ["label_lines"]

LINES_AT_ONCE = 2048
MAX_CHARS = 20_000


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
        lines = ((number, line) for number, line in enumerate(source, 1) if line.strip())
        while chunk := list(islice(lines, LINES_AT_ONCE)):
            for item in _label(chunk, path, labeller):
                output.write(json.dumps(item, ensure_ascii=False, allow_nan=False) + "\n")
                if "error" in item:
                    sys.stderr.write(f"tasrih: {item['error']['message']}\n")
                    exit_code = EXIT_PARTLY
    return exit_code


def _label(chunk: list[tuple[int, bytes]], path: str, labeller: Labeller) -> Iterator[dict[str, Any]]:
    parsed: list[dict[str, Any] | InputError] = []
    for number, line in chunk:
        try:
            parsed.append(_parse(line, f"{path}, line {number}"))
        except InputError as error:
            parsed.append(error)
    labelled = iter(labeller.label_texts([row["text"] for row in parsed if not isinstance(row, InputError)]))
    for row in parsed:
        if isinstance(row, InputError):
            yield failure_to_json(None, row)
        else:
            yield {**row, **sentence_to_json(next(labelled))}


def _parse(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f'{place}: not JSON ({error}); a line must be an object {{"id", "text"}}') from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{place}: no "text" string; a line must be an object {{"id", "text"}}')
    if not row["text"].strip():
        raise InputError(f"{place}: text is empty; leave the line out")
    if len(row["text"]) > MAX_CHARS:
        raise InputError(
            f"{place}: text holds {len(row['text']):,} characters, at most {MAX_CHARS:,} make a sentence; split it, "
            "or label the page as an article"
        )
    return row
