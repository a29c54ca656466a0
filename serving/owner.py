"""The one thread that owns the queue's end and runs the engine, so that a sentence it cannot take fails alone."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from serving.logs import describe
from serving.metrics import Metrics
from serving.queue import Key, Logit, Queue, QueueClosed, Row
from tasrih.encoding import batches
from tasrih.engines import Engine
from tasrih.release import Release
from tasrih.types import BoolArray, EncodedBatch, Logits

__all__ = ["Owner"]

log = logging.getLogger("tasrih.serving")

# Seconds a sentence before any was labelled, and how many sentences count for as much as all before them. A batch counts by its
# sentences: single ones of a quiet hour, slow each, are soon outweighed when many come.
FIRST_PACE_S = 0.01
PACE_SENTENCES = 50


@dataclass(frozen=True, slots=True)
class _Unit:
    """A batch for the engine and, for each of its rows, the sentence it is."""

    batch: EncodedBatch
    rows: Sequence[Row]

    def part(self, start: int, end: int) -> "_Unit":
        # The padded length stays: a row's logits depend on it.
        batch = EncodedBatch(self.batch.ids_BL[start:end], self.batch.mask_BL[start:end])
        return _Unit(batch, self.rows[start:end])


class Owner:
    """See the module. The engine asks for a batch when it has room for one; only then are sentences taken.

    Attributes:
        seconds_a_sentence: of late.
    """

    def __init__(self, queue: Queue, release: Release, engine: Engine, metrics: Metrics) -> None:
        self._queue = queue
        self._release = release
        self._engine = engine
        self._metrics = metrics
        self._cut: deque[_Unit] = deque()
        self._running: deque[tuple[_Unit, float]] = deque()
        self._thread = threading.Thread(target=self._own, name="queue-owner", daemon=True)
        self._last = 0.0
        self.seconds_a_sentence = FIRST_PACE_S

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _own(self) -> None:
        # What a failing engine had not been given yet is still cut: nobody may have to come for it to go on.
        while (self._cut and not self._queue.closed) or self._queue.wait():
            self._last = time.monotonic()
            try:
                for logits in self._engine.run(self._stream()):
                    self._deliver(logits)
            except Exception as error:
                fields = {"batches": len(self._running), **describe(error)}
                log.warning("the engine failed; its batches are tried alone", extra={"fields": fields})
                self._isolate()
        for unit in self._cut:
            for row in unit.rows:
                row.job.finish(QueueClosed())

    def _stream(self) -> Iterator[EncodedBatch]:
        """Batches for as long as sentences wait and the queue is open."""
        while not self._queue.closed and (self._cut or self._cut_more()):
            unit = self._cut.popleft()
            if all(row.job.future.done() for row in unit.rows):
                self._metrics.dropped.inc(len(unit.rows))
                continue
            self._metrics.batch_tokens.observe(unit.batch.ids_BL.size)
            self._metrics.batch_sentences.observe(len(unit.rows))
            self._running.append((unit, time.monotonic()))
            yield unit.batch

    def _cut_more(self) -> bool:
        rows = self._queue.take()
        release = self._release
        encoded = [row.encoded for row in rows]
        for placed in batches(encoded, pad_id=release.pad_id, max_length=release.max_length):
            self._cut.append(_Unit(placed.batch, [rows[place] for place in placed.places]))
        return bool(rows)

    def _deliver(self, logits: Logits) -> None:
        unit, begun = self._running.popleft()
        now = time.monotonic()
        self._metrics.inference_seconds.observe(now - begun)
        share = len(unit.rows) / (len(unit.rows) + PACE_SENTENCES)
        self.seconds_a_sentence += share * ((now - self._last) / len(unit.rows) - self.seconds_a_sentence)
        self._last = now
        self._put(unit, logits)

    def _put(self, unit: _Unit, logits: Logits) -> None:
        both_BK = np.concatenate([logits.stance_BS, logits.claims_BC], axis=1)
        finite_B: BoolArray = np.isfinite(both_BK).all(axis=1)
        known: dict[Key, Logit] = {}
        for number, row in enumerate(unit.rows):
            if finite_B[number]:
                # Copied: a row of the batch would keep all of it alive.
                known[row.key] = logit = logits.stance_BS[number].copy(), logits.claims_BC[number].copy()
                row.job.put(row.place, logit)
            else:
                self._fail(row)
        self._queue.known.put(known)

    def _isolate(self) -> None:
        """Run what the engine had taken, each batch alone; a failing one in halves, down to the sentence at fault."""
        units = [unit for unit, _ in self._running]
        self._running.clear()
        while units:
            unit = units.pop()
            if all(row.job.future.done() for row in unit.rows):
                continue
            try:
                (logits,) = self._engine.run([unit.batch])
            except Exception as error:
                n_rows = len(unit.rows)
                if n_rows > 1:
                    units += [unit.part(0, n_rows // 2), unit.part(n_rows // 2, n_rows)]
                    continue
                log.error("the engine failed on a sentence", extra={"fields": describe(error)})
                self._fail(unit.rows[0])
            else:
                self._put(unit, logits)

    def _fail(self, row: Row) -> None:
        self._metrics.poisoned.inc()
        row.job.put(row.place, None)
