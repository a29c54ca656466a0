"""Counts over all of a job's parts: by source, over time, which claims repeat. Read back from them, in bounded memory."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from serving.batch.dates import day_of
from serving.batch.manifest import Manifest
from serving.batch.repeats import Groups
from serving.batch.row import CsvForm
from serving.batch.rows import read_rows
from serving.batch.sources import Source, format_of, open_raw
from tasrih.labels import LabelSet

__all__ = ["OTHERS", "UNKNOWN", "Counts", "Tally", "part_rows", "tally"]

UNKNOWN = ""
OTHERS = "…"
MAX_SOURCES = 10_000


@dataclass(slots=True)
class Counts:
    """Of articles and their sentences; stances and claims in the release's order."""

    stances: list[int]
    claims: list[int]
    articles: int = 0
    sentences: int = 0
    review: int = 0


@dataclass(slots=True)
class Tally:
    """What a summary tells.

    Attributes:
        all: of the whole job.
        sources: by outlet; `UNKNOWN` where none is given, `OTHERS` past `MAX_SOURCES` outlets.
        days: by the day of publishing; None where it cannot be read.
        claims: sentences that carry a claim type, grouped.
        errors: failed rows by the error's code.
        examples: the first failed rows, place and message.
    """

    labels: LabelSet
    all: Counts = field(init=False)
    sources: dict[str, Counts] = field(default_factory=dict)
    days: dict[datetime.date | None, Counts] = field(default_factory=dict)
    claims: Groups = field(default_factory=Groups)
    errors: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all = self.none()

    def none(self) -> Counts:
        """Counts of nothing."""
        return Counts([0] * len(self.labels.stances), [0] * len(self.labels.claims))

    def article(self, row: dict[str, Any]) -> None:
        """Take an article's row in."""
        source = row["source"] or UNKNOWN
        if source not in self.sources and len(self.sources) >= MAX_SOURCES:
            source = OTHERS
        n_sentences = int(row["n_sentences"])
        stances = [round(float(row[f"share_{name}"]) * n_sentences) for name in self.labels.stance_names]
        claims = [int(row[f"n_{name}"]) for name in self.labels.claim_names]
        for counts in (
            self.all,
            self.sources.setdefault(source, self.none()),
            self.days.setdefault(day_of(row["published"]), self.none()),
        ):
            counts.articles += 1
            counts.sentences += n_sentences
            counts.review += int(row["n_review"])
            counts.stances = [sum(pair) for pair in zip(counts.stances, stances, strict=True)]
            counts.claims = [sum(pair) for pair in zip(counts.claims, claims, strict=True)]

    def sentence(self, row: dict[str, Any]) -> None:
        """Take a sentence's row in."""
        given = row["claim_types"]
        if not given:
            return
        claims = tuple(given.split(";")) if isinstance(given, str) else tuple(given)
        day = day_of(row["published"])
        self.claims.add(
            row["text"],
            claims,
            source=row["source"] or UNKNOWN,
            day=day.isoformat() if day else "",
            article=row["article_id"],
        )

    def error(self, row: dict[str, Any]) -> None:
        """Take a failed row in."""
        self.errors[row["error"]["code"]] += 1
        if len(self.examples) < 20:
            self.examples.append((row["place"], row["error"]["message"]))


def tally(manifest: Manifest, location: str, labels: LabelSet) -> Tally:
    """Count over all parts that a manifest names."""
    found = Tally(labels)
    article_columns = [
        "source", "published", "n_sentences", "n_review",
        *(f"share_{name}" for name in labels.stance_names), *(f"n_{name}" for name in labels.claim_names),
    ]  # fmt: skip
    sentence_columns = ["article_id", "source", "published", "text", "claim_types"]
    for entry in manifest.shards:
        for row in part_rows(location, entry.files["articles"]["name"], article_columns):
            found.article(row)
        for row in part_rows(location, entry.files["sentences"]["name"], sentence_columns):
            found.sentence(row)
        if entry.round == manifest.round and entry.errors:
            for row in part_rows(location, entry.files["errors"]["name"], []):
                found.error(row)
    return found


def part_rows(location: str, name: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A part's rows; of Parquet the columns that are asked for. CSV gives all as text, empty cells as empty text."""
    path = f"{location.rstrip('/')}/{name}"
    format = format_of(name)
    assert format in ("parquet", "jsonl", "csv"), name
    if format != "parquet":
        for row in read_rows(Source(path, format), form=CsvForm()):
            assert row.fault is None, row
            yield dict(row.fields)
        return
    with open_raw(path) as raw:
        for batch in pq.ParquetFile(raw).iter_batches(batch_size=4096, columns=list(columns)):
            yield from batch.to_pylist()
