"""The corpus: labelled sentences, where each comes from, and the checks that stand before any training.

Two halves. Composed rows carry their text: `data/composed/*.jsonl`. Real rows are pointers and labels in git
(`data/real/labels.jsonl`); their texts are the publishers' and are built by the reader (`tasrih corpus build-real`).
The checks are in `training/corpus_checks.py`.
"""

import glob
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import CorpusError
from training.config_inputs import CorpusConfig

__all__ = ["BUILD_COMMAND", "SPLITS", "Corpus", "Row", "missing_data", "read_corpus", "read_jsonl"]

SPLITS = ("train", "validation", "test")
BUILD_COMMAND = "tasrih corpus build-real --from CLONE CLONE (or --from-file FILE)"
_COMPOSED_FIELDS = {"id": str, "text": str, "stance": str, "claim_types": list, "split": str}
_BUILT_FIELDS = {"id": str, "text": str}
_REAL_FIELDS = {"id": str, "repo": str, "path": str, "sha1": str, "stance": str, "claim_types": list, "split": str}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled sentence.

    Attributes:
        id: unique in the corpus.
        text: as it stands in the source, not normalised.
        stance: one label.
        claim_types: any number of labels.
        split: one of `SPLITS`.
        source: `composed` or `real`.
        document: what its sentences may not be split over: an article's id, or repository and path; None: no article.
        group: rows written as a contrast to each other, which may not be split either; None: none.
        weight: in the training loss.
        place: file and line, for messages.
        phenomena: what the row was written to show; the reports' slices.
    """

    id: str
    text: str
    stance: str
    claim_types: tuple[str, ...]
    split: str
    source: str
    place: str
    document: str | None = None
    group: str | None = None
    weight: float = 1.0
    phenomena: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """All rows, by id where `read_corpus` made it: training permutes them, so their order decides the weights."""

    rows: tuple[Row, ...]

    def split(self, name: str) -> tuple[Row, ...]:
        """The rows of one split, in order."""
        return tuple(row for row in self.rows if row.split == name)

    @property
    def sha256(self) -> str:
        """Of everything training sees, whatever files it stood in: ids, texts, labels, splits, weights."""
        digest = hashlib.sha256()
        for row in sorted(self.rows, key=lambda row: row.id):
            seen = [row.id, row.text, row.stance, sorted(row.claim_types), row.split, row.weight]
            digest.update(json.dumps(seen, ensure_ascii=False).encode() + b"\n")
        return digest.hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """For each split: rows, rows by source, and how often each label is given."""
        found: dict[str, dict[str, int]] = {}
        for name in SPLITS:
            rows = self.split(name)
            counter = Counter({"rows": len(rows)})
            counter.update(row.source for row in rows)
            counter.update(row.stance for row in rows)
            counter.update(claim for row in rows for claim in row.claim_types)
            found[name] = dict(counter)
        return found


def read_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """Line numbers, from 1, and what stands there; empty lines are passed over.

    Raises:
        CorpusError: the file cannot be read, or a line is not JSON.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, json.loads(line)
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); expected a UTF-8 JSONL file") from error
    except json.JSONDecodeError as error:
        raise CorpusError(f"{path}:{number}: not JSON ({error.msg} at column {error.colno}); mend the line") from error


def missing_data(config: CorpusConfig) -> list[str]:
    """Files that the config names and that are not there, each with what supplies it."""
    missing = [
        f"corpus.composed: {pattern}: no such file; run from the root of the checkout, or name files that exist"
        for pattern in config.composed
        if not glob.glob(pattern, recursive=True)
    ]
    if config.real_labels is not None:
        if not config.real_labels.is_file():
            missing.append(
                f"corpus.real_labels: {config.real_labels}: no such file; run from the root of the checkout, or "
                "--set corpus.real_labels=null to leave the real half out"
            )
        if not config.real_texts.is_file():
            missing.append(
                f"corpus.real_texts: {config.real_texts}: not built; {BUILD_COMMAND}, or train without the real "
                "half: configs/composed-only.yaml"
            )
    return missing


def read_corpus(config: CorpusConfig) -> Corpus:
    """Read all rows that a config names, sorted by id, so that equal hashes mean equal runs whatever files rows stand in.

    Raises:
        CorpusError: naming all that is missing or breaks the schema, with what to do.
    """
    faults = missing_data(config)
    rows: list[Row] = []
    if not faults:
        paths = [Path(name) for pattern in config.composed for name in sorted(glob.glob(pattern, recursive=True))]
        for path in dict.fromkeys(paths):
            rows += _composed(path, config, faults)
        if config.real_labels is not None:
            rows += _real(config.real_labels, config, faults)
    if faults:
        raise CorpusError("\n".join(faults))
    return Corpus(tuple(sorted(rows, key=lambda row: row.id)))


def _composed(path: Path, config: CorpusConfig, faults: list[str]) -> Iterator[Row]:
    for number, item in read_jsonl(path):
        place = f"{path}:{number}"
        wrong = _schema_faults(item, _COMPOSED_FIELDS, place)
        faults += wrong
        if not wrong:
            yield _row(
                item, text=item["text"], source="composed", document=item.get("article_id"), place=place, config=config
            )


def _real(path: Path, config: CorpusConfig, faults: list[str]) -> Iterator[Row]:
    texts = _built_texts(config.real_texts, faults)
    unbuilt = 0
    for number, item in read_jsonl(path):
        place = f"{path}:{number}"
        wrong = _schema_faults(item, _REAL_FIELDS, place)
        faults += wrong
        if wrong:
            continue
        text = texts.get(item["id"])
        if text is None or hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() != item["sha1"]:
            unbuilt += 1
            continue
        yield _row(
            item,
            text=text,
            source="real",
            document=f"{item['repo']}:{item['path']}",
            place=place,
            config=config,
        )
    if unbuilt and not config.allow_missing_texts:
        faults.append(
            f"{config.real_texts}: {unbuilt} sentences of {path} are missing there or differ from their sha1; "
            f"build it again ({BUILD_COMMAND}), or --set corpus.allow_missing_texts=true to leave them out"
        )


def _built_texts(path: Path, faults: list[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    broken: list[str] = []
    for number, item in read_jsonl(path):
        wrong = _schema_faults(item, _BUILT_FIELDS, f"{path}:{number}")
        broken += wrong
        if not wrong:
            texts[item["id"]] = item["text"]
    if broken:
        faults += [*broken, f"{path}: is not as it was built; build it again ({BUILD_COMMAND})"]
    return texts


def _row(
    item: Mapping[str, Any], *, text: str, source: str, document: str | None, place: str, config: CorpusConfig
) -> Row:
    weight = config.real_weight if source == "real" else 1.0
    return Row(
        id=item["id"],
        text=text,
        stance=item["stance"],
        claim_types=tuple(item["claim_types"]),
        split=item["split"],
        source=source,
        document=document,
        group=item.get("group"),
        weight=weight if item.get("sure", True) else weight * config.unsure_weight,
        place=place,
        phenomena=tuple(item.get("phenomena", ())),
    )


def _schema_faults(item: Any, fields: Mapping[str, Any], place: str) -> Sequence[str]:
    if not isinstance(item, dict):
        return [f"{place}: {type(item).__name__} found, expected an object with {', '.join(fields)}"]
    faults = []
    for name, kind in fields.items():
        value: Any = item.get(name)
        if not isinstance(value, kind):
            faults.append(f"{place}: {name}: {value!r} found, expected a {kind.__name__}")
        elif kind is list and not all(isinstance(entry, str) for entry in value):
            faults.append(f"{place}: {name}: {value!r} found, expected a list of label names")
        elif kind is str and not value.strip():
            faults.append(f"{place}: {name}: empty, expected some text")
    for name in ("article_id", "group"):
        if not isinstance(item.get(name), str | None):
            faults.append(f"{place}: {name}: {item[name]!r} found, expected a string or null")
    phenomena = item.get("phenomena", [])
    if not isinstance(phenomena, list) or not all(isinstance(entry, str) for entry in phenomena):
        faults.append(f"{place}: phenomena: {phenomena!r} found, expected a list of names; [] where there are none")
    if not isinstance(item.get("sure", True), bool):
        faults.append(f"{place}: sure: {item['sure']!r} found, expected true or false")
    return faults
