"""A job's shards: which rows each takes, and how rows become its parts. Both engines run what stands here."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving.batch.articles import Cleaned, failure
from serving.batch.manifest import Entry
from serving.batch.parts import SUFFIXES, json_line, open_part
from serving.batch.shape import Shape
from serving.batch.store import Store
from tasrih.errors import EngineError
from tasrih.pipeline import Labeller
from tasrih.release import sha256_of
from tasrih.report import make_report
from tasrih.types import ArticleReport, LabelledSentence

__all__ = ["Chunk", "LabelledChunk", "Seen", "Shard", "ShardWriter", "file_facts", "label_chunk", "plan"]

# Told of progress: rows of the input done, sentences labelled, rows that failed.
Seen = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows that are done, and committed, together.

    Attributes:
        number: from 0 over all rounds.
        round: see `serving.batch.manifest.Entry`.
        rows: numbers of input rows, rising.
    """

    number: int
    round: int
    rows: Sequence[int]


def plan(rows: Sequence[int], *, shard_articles: int, round: int, first_number: int) -> Iterator[Shard]:
    """Cut a round's rows into shards."""
    for place, start in enumerate(range(0, len(rows), shard_articles)):
        yield Shard(first_number + place, round, rows[start : start + shard_articles])


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a shard, cleaned: what is labelled at once, and what bounds the memory in use."""

    shard: Shard
    rows: Sequence[Cleaned]
    is_last: bool


@dataclass(frozen=True, slots=True)
class LabelledChunk:
    """A chunk's rows as they are written."""

    shard: Shard
    articles: Sequence[Mapping[str, Any]]
    sentences: Sequence[Mapping[str, Any]]
    errors: Sequence[Mapping[str, Any]]
    is_last: bool


def label_chunk(chunk: Chunk, labeller: Labeller, shape: Shape, *, keep_boilerplate: bool) -> LabelledChunk:
    """Label a chunk's sentences and make their rows; a row that cannot be labelled is among the errors.

    Raises:
        EngineError: the engine cannot go on.
    """
    labelled = iter(_label([row for row in chunk.rows if row.error is None], labeller))
    articles: list[dict[str, Any]] = []
    sentences: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for row in chunk.rows:
        if row.error is not None:
            errors.append(failure(row))
            continue
        own = next(labelled)
        try:
            if isinstance(own, Exception):
                raise own
            report = _report(row, own, labeller, keep_boilerplate=keep_boilerplate)
            made = shape.article_row(row, report), list(shape.sentence_rows(row, report))
        except Exception as error:  # one row in a million must not end the job, now and at each --resume
            errors.append(failure(row, error))
        else:
            articles.append(made[0])
            sentences.extend(made[1])
    return LabelledChunk(chunk.shard, articles, sentences, errors, chunk.is_last)


def _label(rows: Sequence[Cleaned], labeller: Labeller) -> list[list[LabelledSentence] | Exception]:
    """Each row's sentences labelled; or what labelling the row raised."""
    try:
        labelled = iter(labeller.label_sentences([sentence for row in rows for sentence in row.sentences]))
    except Exception:  # which row is at fault, one by one will tell
        return [_label_alone(row, labeller) for row in rows]
    return [[next(labelled) for _ in row.sentences] for row in rows]


def _label_alone(row: Cleaned, labeller: Labeller) -> list[LabelledSentence] | Exception:
    try:
        return labeller.label_sentences(row.sentences)
    except Exception as error:
        # An engine that labels nothing more ends the job. The number keeps a cache from answering for it.
        labeller.label_texts([f"خبر رقم {row.number}."])
        return error


def _report(
    row: Cleaned, own: Sequence[LabelledSentence], labeller: Labeller, *, keep_boilerplate: bool
) -> ArticleReport:
    assert row.document is not None and row.article is not None
    if not all(np.isfinite(p) for one in own for p in (one.stance_probabilities or {}).values()):
        raise EngineError("the engine answered with no finite number; try the row again with --precision f32")
    release = labeller.release
    return make_report(
        row.document,
        row.article,
        own,
        labels=release.labels,
        release=(release.name, release.version),
        keep_boilerplate=keep_boilerplate,
    )


class ShardWriter:
    """Writes shards' parts, chunk by chunk, and makes their entries.

    Args:
        store: where to.
        format: of the parts.
        shape: of the rows.
        facts: for the metadata of Parquet files.
    """

    def __init__(self, store: Store, format: str, shape: Shape, facts: Mapping[str, str]) -> None:
        self._store = store
        self._format = format
        self._shape = shape
        self._facts = facts

    def write(self, chunks: Iterable[LabelledChunk], seen: Seen) -> Iterator[Entry]:
        """Write chunks that come in order; gives a shard's entry when its parts are in their places."""
        chunks = iter(chunks)
        for first in chunks:
            yield self._shard(first, chunks, seen)

    def _shard(self, first: LabelledChunk, more: Iterator[LabelledChunk], seen: Seen) -> Entry:
        shard = first.shard
        errors: list[Mapping[str, Any]] = []
        counts = {"sentences": 0, "articles": 0}
        files: dict[str, dict[str, Any]] = {}
        # Parts take their places when the stack ends, so none does before all are whole.
        with ExitStack() as stack:
            names = {kind: f"{kind}/part-{shard.number:05}{SUFFIXES[self._format]}" for kind in counts}
            paths = {kind: stack.enter_context(self._store.write(name)) for kind, name in names.items()}
            schemas = {"sentences": self._shape.sentences, "articles": self._shape.articles}
            parts = {kind: open_part(path, self._format, schemas[kind], self._facts) for kind, path in paths.items()}
            for chunk in _until_last(first, more):
                parts["sentences"].rows(chunk.sentences)
                parts["articles"].rows(chunk.articles)
                errors.extend(chunk.errors)
                n_sentences = sum(row["stance"] is not None for row in chunk.sentences)
                counts["sentences"] += n_sentences
                counts["articles"] += len(chunk.articles)
                seen(len(chunk.articles) + len(chunk.errors), n_sentences, len(chunk.errors))
            for part in parts.values():
                part.close()
            if errors:
                names["errors"] = f"errors/part-{shard.number:05}.jsonl"
                paths["errors"] = stack.enter_context(self._store.write(names["errors"]))
                paths["errors"].write_bytes(b"".join(json_line(error) for error in errors))
            files = {kind: file_facts(names[kind], path) for kind, path in paths.items()}
        return Entry(
            number=shard.number,
            round=shard.round,
            first_row=shard.rows[0],
            last_row=shard.rows[-1],
            rows=len(shard.rows),
            errors=len(errors),
            files=files,
            **counts,
        )


def _until_last(first: LabelledChunk, more: Iterator[LabelledChunk]) -> Iterator[LabelledChunk]:
    """The chunks of one shard."""
    yield first
    while not first.is_last:
        first = next(more)
        yield first


def file_facts(name: str, path: Path) -> dict[str, Any]:
    """A file's name, bytes and sha256, as a manifest names them."""
    return {"name": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
