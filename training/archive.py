"""The sentences of an archive: files of articles (text, HTML), or JSON lines of sentences already split.

Files are read as `tasrih label` reads them, so that what is compared here is what users would get.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tasrih.article import read_article
from tasrih.errors import ConfigError, InputError
from tasrih.inputs import find_paths, read_path
from tasrih.jsonl import json_lines
from tasrih.sentences import split_article
from training.shown import Shown

__all__ = ["check_archives", "missing_archives", "read_archive"]

ARCHIVE = "archive"
_LINES = ".jsonl"


def read_archive(path: Path) -> list[Shown]:
    """Every sentence of a file or folder, in order; what cannot be read is told on standard error and left out.

    Args:
        path: an article, a ``.jsonl`` with a `text` in each line, or a folder of both.

    Raises:
        InputError: there is no such path, or no sentence in it.
    """
    found: list[Shown] = []
    for file in _files(path):
        try:
            # Whole or not at all.
            found += list(_lines(file) if file.suffix == _LINES else _article(file))
        except InputError as error:
            sys.stderr.write(f"tasrih: {error}\n")
    if not found:
        raise InputError(f"{path}: no sentence found; name articles (.txt, .html) or JSON lines with a text each")
    return found


def missing_archives(paths: Sequence[Path]) -> list[str]:
    """A line for each archive of `tracking.flips` that is not there."""
    return [
        f"tracking.flips: {path}: no such file or folder; name articles (.txt, .html), JSON lines with a text each, or a "
        "folder of both"
        for path in paths
        if not path.exists()
    ]


def check_archives(paths: Sequence[Path]) -> None:
    """Raise `ConfigError` where one is not there; called before hours of training."""
    missing = missing_archives(paths)
    if missing:
        raise ConfigError("\n".join(missing))


def _files(path: Path) -> list[Path]:
    articles = list(find_paths(path))
    return articles if path.is_file() else sorted([*articles, *path.rglob(f"*{_LINES}")])


def _article(path: Path) -> Iterator[Shown]:
    for number, sentence in enumerate(split_article(read_article(read_path(path))), 1):
        yield Shown(f"{path.name}:{number}", sentence.text, ARCHIVE)


def _lines(path: Path) -> Iterator[Shown]:
    try:
        with path.open("rb") as source:
            lines = list(json_lines(source))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a JSON lines file") from error
    for line in lines:
        text = line.value.get("text") if isinstance(line.value, dict) else None
        if not isinstance(text, str) or not text.strip():
            found = line.fault or "no text string"
            raise InputError(f'{path}, line {line.number}: {found}; a line must be an object {{"id", "text"}}')
        yield Shown(str(line.value.get("id", f"{path.name}:{line.number}")), text, ARCHIVE)
