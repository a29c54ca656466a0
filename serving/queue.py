"""The one queue: sentences of all callers, single and batch alike, in the order in which the engine is to have them.

Calls take turns, so that one with thousands of sentences does not keep a single sentence waiting for its end. What nobody waits
for any more (hung up, or past its deadline) is dropped before the forward pass. How many sentences may be in flight is not
decided here: `serving/call.py` lends places before it submits. `serving/owner.py` is the one that takes.

News repeats itself: what was answered of late is known here, and is not computed again.
"""

import threading
import time
from array import array
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

import numpy as np

from serving.metrics import Metrics
from tasrih.encoding import padded_length
from tasrih.recent import Recent
from tasrih.types import Encoded, FloatArray, Logits

__all__ = ["DeadlinePassed", "Job", "Key", "Logit", "Outcome", "Queue", "QueueClosed", "Row"]


class DeadlinePassed(Exception):
    """The deadline came before all of a job's sentences were taken."""


class QueueClosed(Exception):
    """The queue takes no more, or ended before the job did."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: a row a sentence of the call.

    Attributes:
        logits: 0 where a sentence failed.
        failed: places of sentences that the engine could not take, or answered with no finite number.
    """

    logits: Logits
    failed: frozenset[int]


# A sentence's logits, of both heads, and what it is known by: its token ids, in a form that takes little memory.
Logit = tuple[FloatArray, FloatArray]
Key = bytes


@dataclass(slots=True, eq=False)
class Job:
    """The sentences of one call.

    Attributes:
        distinct: the sentences that differ and are not known; equal ones are computed once.
        keys: of `distinct`.
        places: for each sentence of the call its place in `distinct`, or behind them among the known ones.
        n_known: of those.
        deadline: on the clock of `time.monotonic`.
        submitted: on the same clock.
        future: the outcome. Cancel it to give the job up.
        taken: how many of `distinct` have left the queue.
    """

    distinct: Sequence[Encoded]
    keys: Sequence[Key]
    places: Sequence[int]
    n_known: int
    deadline: float
    submitted: float
    future: Future[Outcome] = field(default_factory=Future)
    taken: int = 0
    _answered: dict[int, Logit | None] = field(default_factory=dict)

    @classmethod
    def of(cls, encoded: Sequence[Encoded], known: Recent[Key, Logit], *, deadline: float) -> "Job":
        """The job of a call's sentences, at least one. It has ended where all of them are known."""
        keys = [array("i", sentence.ids).tobytes() for sentence in encoded]
        found = known.get(dict.fromkeys(keys))
        distinct = {key: sentence for key, sentence in zip(keys, encoded, strict=True) if key not in found}
        place_of = {key: place for place, key in enumerate([*distinct, *found])}
        places = [place_of[key] for key in keys]
        job = cls(list(distinct.values()), list(distinct), places, len(found), deadline, time.monotonic())
        for key, logit in found.items():
            job.put(place_of[key], logit)
        return job

    @property
    def began(self) -> bool:
        return self.taken > 0

    def put(self, place: int, logit: Logit | None) -> None:
        """Note the logits of a distinct sentence; None where it failed. The last one ends the job."""
        self._answered[place] = logit
        if len(self._answered) < len(self.distinct) + self.n_known or self.future.done():
            return
        if all(answered is None for answered in self._answered.values()):
            zeros = np.zeros((len(self.places), 0), dtype=np.float32)
            self.finish(Outcome(Logits(zeros, zeros), frozenset(range(len(self.places)))))
            return
        stances, claims = next(answered for answered in self._answered.values() if answered is not None)
        blank = np.zeros_like(stances), np.zeros_like(claims)
        rows = [self._answered[place] or blank for place in self.places]
        failed = frozenset(row for row, place in enumerate(self.places) if self._answered[place] is None)
        self.finish(Outcome(Logits(np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])), failed))

    def finish(self, outcome: Outcome | Exception) -> None:
        """End the job, unless it was given up meanwhile."""
        try:
            if isinstance(outcome, Exception):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
        except InvalidStateError:
            pass


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence on its way to the engine: ``job.distinct[place]``."""

    job: Job
    place: int

    @property
    def encoded(self) -> Encoded:
        return self.job.distinct[self.place]

    @property
    def key(self) -> Key:
        return self.job.keys[self.place]


class Queue:
    """See the module. Any thread may submit; one takes.

    Args:
        max_length: of the release, for counting padded tokens.
        round_tokens: padded tokens taken at once.
        turn_sentences: of a job in one turn.
        cache_sentences: seen last, whose logits are known.

    Attributes:
        known: logits of the sentences seen last.
    """

    def __init__(
        self, *, max_length: int, round_tokens: int, turn_sentences: int, cache_sentences: int, metrics: Metrics
    ) -> None:
        self.known: Recent[Key, Logit] = Recent(cache_sentences)
        self._max_length = max_length
        self._round_tokens = round_tokens
        self._turn_sentences = turn_sentences
        self._metrics = metrics
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def submit(self, encoded: Sequence[Encoded], *, deadline: float) -> Job:
        """Queue the sentences of a call, at least one.

        Raises:
            QueueClosed: it takes no more.
        """
        job = Job.of(encoded, self.known, deadline=deadline)
        self._metrics.known.inc(job.n_known)
        with self._changed:
            if self._closed:
                raise QueueClosed
            if job.distinct:
                self._jobs.append(job)
                self._changed.notify()
        return job

    def close(self) -> None:
        """Take no more, and end what waits with `QueueClosed`."""
        with self._changed:
            self._closed = True
            waiting = list(self._jobs)
            self._jobs.clear()
            self._changed.notify()
        for job in waiting:
            job.finish(QueueClosed())

    @property
    def closed(self) -> bool:
        return self._closed

    def wait(self) -> bool:
        """Wait for work; False when the queue is closed."""
        with self._changed:
            while not self._jobs and not self._closed:
                self._changed.wait()
            return not self._closed

    def take(self) -> list[Row]:
        """The next sentences, of as many jobs as `round_tokens` have room for; empty when nothing waits."""
        rows: list[Row] = []
        left = self._round_tokens
        with self._changed:
            while self._jobs and left > 0:
                job = self._jobs.popleft()
                if not self._is_awaited(job):
                    continue
                turn = range(job.taken, min(job.taken + self._turn_sentences, len(job.distinct)))
                for place in turn:
                    left -= padded_length(len(job.distinct[place].ids), max_length=self._max_length)
                    rows.append(Row(job, place))
                    job.taken += 1
                    if left <= 0:
                        break
                if job.taken < len(job.distinct):
                    self._jobs.append(job)
        return rows

    def _is_awaited(self, job: Job) -> bool:
        now = time.monotonic()
        if now >= job.deadline:
            job.finish(DeadlinePassed())
        if job.future.done():
            self._metrics.dropped.inc(len(job.distinct) - job.taken)
            return False
        if not job.began:
            self._metrics.wait_seconds.observe(now - job.submitted)
        return True
