"""The local engine: reading and cleaning, labelling, and writing go on at the same time, each a few chunks ahead of the next.

    rows -> chunks -> clean (one thread, or processes) -> label (two threads, so that the encoder never waits) -> write

Whoever asks for the next shard writes. Nothing is read before there is room for it, so memory stays the same however much there
is to do.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from serving.batch.articles import clean
from serving.batch.cleaners import cleaner_pool
from serving.batch.manifest import Entry
from serving.batch.options import Options
from serving.batch.reader import RowReader
from serving.batch.row import Row
from serving.batch.shape import Shape
from serving.batch.shards import Chunk, Seen, Shard, ShardWriter, label_chunk
from tasrih.pipeline import Labeller

__all__ = ["LocalEngine", "in_order"]

# What is cleaned and labelled at once: enough sentences to fill the encoder's batches.
CHUNK_ROWS = 64
CHUNK_CHARS = 2_000_000
AHEAD = 2
# Two calls overlap: while one of them turns answers into rows, the other keeps the encoder busy.
LABELLERS = 2
# Cleaning is pure Python, about a fiftieth of the encoder's work on plain text; a process for so many cores keeps up.
CORES_PER_WORKER = 8

T = TypeVar("T")
R = TypeVar("R")


class LocalEngine:
    """Scores shards on this machine.

    Args:
        labeller: what labels.
        reader: where rows come from.
        shape: of the rows.
        writer: where they go.
        options: of the job.
    """

    def __init__(
        self, labeller: Labeller, reader: RowReader, shape: Shape, writer: ShardWriter, options: Options
    ) -> None:
        self._labeller = labeller
        self._reader = reader
        self._shape = shape
        self._writer = writer
        self._options = options

    def run(self, shards: Iterable[Shard], seen: Seen) -> Iterator[Entry]:
        """Score shards; gives each one's entry, in order, when its parts are in their places."""
        label = partial(
            label_chunk,
            labeller=self._labeller,
            shape=self._shape,
            keep_boilerplate=self._options.keep_boilerplate,
        )
        workers = self._options.workers
        if workers is None:
            workers = (os.cpu_count() or 1) // CORES_PER_WORKER
        with ExitStack() as stack:
            cleaners = stack.enter_context(cleaner_pool(workers))
            labellers = stack.enter_context(ThreadPoolExecutor(LABELLERS))
            cleaned = in_order(
                cleaners, partial(_clean_chunk, options=self._options), self._chunks(shards), AHEAD + workers
            )
            labelled = in_order(labellers, label, cleaned, AHEAD)
            # First of all at the end: what nobody will ask for is not begun.
            stack.callback(labelled.close)
            stack.callback(cleaned.close)
            yield from self._writer.write(labelled, seen)

    def _chunks(self, shards: Iterable[Shard]) -> Iterator["_Raw"]:
        for shard in shards:
            held: list[tuple[int, Row]] = []
            n_chars = 0
            for number, row in zip(shard.rows, self._reader.read(shard.rows), strict=True):
                if len(held) >= CHUNK_ROWS or n_chars >= CHUNK_CHARS:
                    yield _Raw(shard, held, is_last=False)
                    held, n_chars = [], 0
                held.append((number, row))
                n_chars += _size(row)
            yield _Raw(shard, held, is_last=True)


class _Raw:
    """Rows of a shard as they came."""

    def __init__(self, shard: Shard, rows: list[tuple[int, Row]], *, is_last: bool) -> None:
        self.shard = shard
        self.rows = rows
        self.is_last = is_last


def _size(row: Row) -> int:
    return len(row.page or b"") + sum(len(value) for value in row.fields.values() if isinstance(value, str))


def _clean_chunk(raw: _Raw, options: Options) -> Chunk:
    return Chunk(raw.shard, [clean(number, row, options) for number, row in raw.rows], raw.is_last)


def in_order(pool: Executor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Generator[R, None, None]:
    """Results of `work` in the items' order; at most `ahead` items more than the one waited for are taken."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
