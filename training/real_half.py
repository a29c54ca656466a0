"""Builds the texts of the real half from the reader's own copy of the two public corpora.

The project keeps pointers and labels (`data/real/labels.jsonl`); the texts are their publishers' and never enter git.
Every slice is checked against its sha1, so a built text is the labelled one or is reported. This fetches nothing.
"""

import hashlib
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import CorpusError
from training.corpus import read_jsonl

__all__ = ["BUILT", "LABELS", "Built", "build_real", "flatten", "texts_from_clones", "texts_from_file"]

LABELS = Path("data/real/labels.jsonl")
BUILT = Path("data/real/built/real.jsonl")

_WITHOUT_WIDTH = re.compile("[\u200b-\u200f\u202a-\u202e\ufeff\u00ad]")
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    Attributes:
        n_built: sentences whose text is the labelled one.
        missing: ids of sentences whose file or line was not found.
        differing: ids of sentences whose text is not the labelled one.
    """

    n_built: int
    missing: tuple[str, ...]
    differing: tuple[str, ...]


def flatten(data: bytes) -> str:
    """A file as the pointers count it: one line of text. The order of the steps matters."""
    text = html.unescape(html.unescape(data.decode("utf-8", errors="replace")))
    text = _WITHOUT_WIDTH.sub("", text).replace("\u00a0", " ")
    return _WHITE_SPACE.sub(" ", text)


def build_real(texts: Iterable[tuple[Mapping[str, Any], str | None]], output: Path = BUILT) -> Built:
    """Write the texts that are the labelled ones.

    Args:
        texts: pointers, each with the text found for it or None.
        output: the file to write; replaced as a whole.
    """
    missing: list[str] = []
    differing: list[str] = []
    lines: list[str] = []
    for pointer, text in texts:
        if text is None:
            missing.append(pointer["id"])
        elif _sha1(text) != pointer["sha1"]:
            differing.append(pointer["id"])
        else:
            lines.append(json.dumps({"id": pointer["id"], "text": text}, ensure_ascii=False) + "\n")
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    partial.write_text("".join(lines), encoding="utf-8")
    partial.replace(output)
    return Built(len(lines), tuple(missing), tuple(differing))


def texts_from_file(path: Path, labels: Path = LABELS) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Texts from a JSONL file that holds `repo`, `path`, `start`, `length` and `text` of each slice.

    Pointers are matched by their place in the corpora, not by id, which another file may number otherwise.
    """
    texts: dict[tuple[Any, ...], str] = {}
    for number, item in read_jsonl(path):
        try:
            texts[_place(item)] = str(item["text"])
        except (KeyError, TypeError) as error:
            raise CorpusError(
                f"{path}:{number}: {error} is missing; expected repo, path, start, length and text on every line"
            ) from error
    for pointer in _pointers(labels):
        yield pointer, texts.get(_place(pointer))


def texts_from_clones(folders: Sequence[Path], labels: Path = LABELS) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Texts cut out of clones: folders that hold a repository's files at their paths, in any order.

    Where several folders hold a file of that path, the one whose slice has the right sha1 counts.
    """
    for folder in folders:
        if not folder.is_dir():
            raise CorpusError(f"{folder}: no such folder; name the folders of your clones (see data/real/README.md)")
    flat: dict[Path, str] = {}
    for pointer in _pointers(labels):
        start, length = pointer["start"], pointer["length"]
        found: str | None = None
        for folder in folders:
            path = folder / pointer["path"]
            if path not in flat:
                if not path.is_file():
                    continue
                flat[path] = flatten(path.read_bytes())
            found = flat[path][start : start + length]
            if _sha1(found) == pointer["sha1"]:
                break
        yield pointer, found


def _pointers(labels: Path) -> Iterator[Mapping[str, Any]]:
    if not labels.is_file():
        raise CorpusError(f"{labels}: no such file; run from the root of the checkout, which holds it")
    for _, pointer in read_jsonl(labels):
        yield pointer


def _place(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return item["repo"], item["path"], item["start"], item["length"]


def _sha1(text: str) -> str:
    # The pointers' own choice; it guards against change, not against an attacker.
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
