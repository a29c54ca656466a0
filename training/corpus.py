"""The corpus: labelled sentences, where each comes from, and the checks that stand before any training.

Ours has two halves. Composed rows carry their text: `data/composed/*.jsonl`. Real rows are pointers and labels in git
(`data/real/labels.jsonl`); their texts are the publishers' and are built by the reader (`tasrih corpus build-real`).
Other people's sentences may come as tables, too (`training/corpus_csv.py`).
What a row looks like is in `training/schemas/`, what must hold of all of them in `training/corpus_checks.py`.
"""

import glob
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import CorpusError
from tasrih.jsonl import json_lines
from tasrih.normalise import normalise
from training.config_inputs import CorpusConfig, TableConfig
from training.corpus_csv import read_table
from training.row_schema import SPLITS, RowKind, schema_faults

__all__ = ["BUILD_COMMAND", "Corpus", "Row", "few", "missing_data", "read_corpus", "read_jsonl"]

BUILD_COMMAND = "tasrih corpus build-real --from CLONE CLONE (or --from-file FILE)"
# Of one kind of fault so many are shown; the rest is counted.
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled sentence.

    Attributes:
        id: unique in the corpus.
        text: as it stands in the source, not normalised.
        stance: one label.
        claim_types: any number of labels.
        split: one of `SPLITS`.
        source: `composed`, `real` or `table`.
        document: what its sentences may not be split over: an article's id, or repository and path; None: no article.
        group: rows written as a contrast to each other, which may not be split either; None: none.
        weight: in the training loss.
        place: file and line, for messages.
        phenomena: what the row was written to show; the reports' slices.
        desk: the beat; None where the row names none.
        kind: `headline`, `body` or `caption`; None where the row names none.
        sure: False where the reader found another reading defensible; None where the row does not say.
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
    desk: str | None = None
    kind: str | None = None
    sure: bool | None = None


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
        with path.open("rb") as source:
            for line in json_lines(source):
                if line.fault is not None:
                    raise CorpusError(f"{path}:{line.number}: not JSON in UTF-8 ({line.fault}); mend the line")
                yield line.number, line.value
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error}); expected a UTF-8 JSONL file") from error


def missing_data(config: CorpusConfig) -> list[str]:
    """Files that the config names and that are not there, each with what supplies it."""
    missing = [
        f"corpus.composed: {pattern}: no such file; run from the root of the checkout, or name files that exist"
        for pattern in config.composed
        if not glob.glob(pattern, recursive=True)
    ]
    missing += [
        f"corpus.tables.{place}.path: {table.path}: no such file; {table.source or 'name a CSV or TSV file that exists'}"
        for place, table in enumerate(config.tables)
        if not table.path.is_file()
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
        for table in config.tables:
            rows += _table(table, config, faults)
        if config.real_labels is not None:
            rows += _real(config.real_labels, config, faults)
    if faults:
        raise CorpusError("\n".join(faults))
    if config.drop_repeats:
        rows = list(_without_repeats(rows))
    return Corpus(tuple(sorted(rows, key=lambda row: row.id)))


def _without_repeats(rows: list[Row]) -> Iterable[Row]:
    """Of equal sentences the first one, test before validation before training: what is scored was not learnt."""
    kept: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: SPLITS.index(row.split), reverse=True):
        kept.setdefault(normalise(row.text, scheme="light"), row)
    return kept.values()


def few(faults: list[str]) -> list[str]:
    """The first `SHOWN` of one kind of fault, and how many more there are."""
    more = len(faults) - SHOWN
    return [*faults[:SHOWN], *([f"… and {more} more like the last one"] if more > 0 else [])]


def _sound(path: Path, kind: RowKind, faults: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a file that keep the schema, each with its place; what the others break joins the faults."""
    sound, broken = [], []
    for number, item in read_jsonl(path):
        place = f"{path}:{number}"
        wrong = schema_faults(item, kind, place)
        broken += wrong
        if not wrong:
            sound.append((place, item))
    faults += few(broken)
    return sound


def _composed(path: Path, config: CorpusConfig, faults: list[str]) -> Iterator[Row]:
    for place, item in _sound(path, "composed", faults):
        document = item.get("article_id")
        yield _row(item, text=item["text"], source="composed", document=document, place=place, config=config)


def _table(table: TableConfig, config: CorpusConfig, faults: list[str]) -> Iterator[Row]:
    items, broken = read_table(table)
    faults += few(broken)
    for place, item in items:
        yield _row(item, text=item["text"], source="table", document=item["article_id"], place=place, config=config)


def _real(path: Path, config: CorpusConfig, faults: list[str]) -> Iterator[Row]:
    texts = _built_texts(config.real_texts, faults)
    unbuilt = 0
    for place, item in _sound(path, "real", faults):
        text = texts.get(item["id"])
        if text is None or hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() != item["sha1"]:
            unbuilt += 1
            continue
        document = f"{item['repo']}:{item['path']}"
        yield _row(item, text=text, source="real", document=document, place=place, config=config)
    if unbuilt and not config.allow_missing_texts:
        faults.append(
            f"{config.real_texts}: {unbuilt} sentences of {path} are missing there or differ from their sha1; "
            f"build it again ({BUILD_COMMAND}), or --set corpus.allow_missing_texts=true to leave them out"
        )


def _built_texts(path: Path, faults: list[str]) -> dict[str, str]:
    broken: list[str] = []
    texts = {item["id"]: item["text"] for _, item in _sound(path, "built", broken)}
    if broken:
        faults += [*broken, f"{path}: is not as it was built; build it again ({BUILD_COMMAND})"]
    return texts


def _row(
    item: Mapping[str, Any], *, text: str, source: str, document: str | None, place: str, config: CorpusConfig
) -> Row:
    weight = config.real_weight if source == "real" else 1.0
    sure = item.get("sure")
    return Row(
        id=item["id"],
        text=text,
        stance=item["stance"],
        claim_types=tuple(item["claim_types"]),
        split=item["split"],
        source=source,
        document=document,
        group=item.get("group"),
        weight=weight * config.unsure_weight if sure is False else weight,
        place=place,
        phenomena=tuple(item.get("phenomena", ())),
        desk=item.get("desk"),
        kind=item.get("kind"),
        sure=sure,
    )
