"""The queue and its owner, with an engine of our own in this process: turns, deadlines, repeats, poison."""

import time
from concurrent.futures import CancelledError
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from serving.metrics import Metrics
from serving.owner import Owner
from serving.queue import DeadlinePassed, Queue, QueueClosed
from tasrih.types import Encoded, Logits

LENGTH = 16
RELEASE: Any = SimpleNamespace(pad_id=1, max_length=512)


def sentence(first, length=LENGTH):
    return Encoded((first, *range(2, length + 1)), length)


class Engine:
    """Answers with a sentence's first token. Raises for the poison, answers nan where told."""

    def __init__(self, poison=(), nan=(), seconds=0.0):
        self.poison, self.nan, self.seconds = set(poison), set(nan), seconds
        self.batches: list[list[int]] = []

    def run(self, batches):
        for batch in batches:
            first = batch.ids_BL[:, 0]
            self.batches.append(first.tolist())
            time.sleep(self.seconds)
            if self.poison & set(first.tolist()):
                raise RuntimeError("poison")
            values = np.where(np.isin(first, list(self.nan)), np.nan, first).astype(np.float32)
            yield Logits(np.stack([values, -values], axis=1), np.zeros((len(first), 0), np.float32))


def start(engine, **options):
    metrics = Metrics()
    settings = {"max_length": 512, "round_tokens": 64, "turn_sentences": 2, "cache_sentences": 0, **options}
    queue = Queue(**settings, metrics=metrics)
    return queue, Owner(queue, RELEASE, engine, metrics), metrics


def later(seconds=10.0):
    return time.monotonic() + seconds


def stances(job):
    return job.future.result(5).logits.stance_BS[:, 0].tolist()


def test_answers_come_in_the_order_of_the_call():
    queue, owner, _ = start(Engine())
    lengths = (8, 40, 16, 200, 8, 24)
    job = queue.submit([sentence(100 + n, length) for n, length in enumerate(lengths)], deadline=later())
    owner.start()
    assert stances(job) == [100, 101, 102, 103, 104, 105]
    assert job.future.result().failed == frozenset()
    queue.close()


def test_the_pace_is_that_of_late():
    queue, owner, _ = start(Engine(seconds=0.02))
    job = queue.submit([sentence(100 + n) for n in range(400)], deadline=later())
    owner.start()
    assert len(stances(job)) == 400
    # Four a batch of 20 ms.
    assert 0.0045 < owner.seconds_a_sentence < 0.05
    queue.close()


def test_calls_take_turns():
    queue, owner, _ = start(engine := Engine())
    big = queue.submit([sentence(100 + n) for n in range(10)], deadline=later())
    small = queue.submit([sentence(7)], deadline=later())
    owner.start()
    assert stances(small) == [7] and stances(big) == list(range(100, 110))
    # A round has room for four: two of the big call's, then the small one's, then the big call again.
    assert engine.batches[0] == [100, 101, 7, 102]
    queue.close()


def test_batches_are_of_one_padded_length_and_shared_by_callers():
    queue, owner, metrics = start(engine := Engine())
    jobs = [queue.submit([sentence(10 + n, 8 if n % 2 else 16)], deadline=later()) for n in range(4)]
    owner.start()
    assert [stances(job) for job in jobs] == [[10], [11], [12], [13]]
    assert engine.batches == [[10, 12], [11, 13]]
    assert "tasrih_batch_tokens_sum 48.0" in metrics.text().decode()
    queue.close()


def test_equal_sentences_of_a_call_are_computed_once():
    queue, owner, _ = start(engine := Engine())
    job = queue.submit([sentence(5), sentence(6), sentence(5), sentence(5)], deadline=later())
    owner.start()
    assert stances(job) == [5, 6, 5, 5] and [one for batch in engine.batches for one in batch] == [5, 6]
    queue.close()


def test_what_was_answered_of_late_is_known_and_what_failed_is_not():
    queue, owner, metrics = start(engine := Engine(poison={13}), cache_sentences=3)
    first = queue.submit([sentence(5), sentence(13), sentence(6)], deadline=later())
    owner.start()
    assert first.future.result(5).failed == {1}
    computed = [one for batch in engine.batches for one in batch]
    mixed = queue.submit([sentence(6), sentence(13), sentence(7), sentence(5)], deadline=later())
    assert mixed.future.result(5).failed == {1} and stances(mixed) == [6, 0, 7, 5]
    # A job whose sentences are all known has ended before anything is taken.
    known = queue.submit([sentence(7), sentence(5), sentence(7)], deadline=later())
    assert known.future.done() and stances(known) == [7, 5, 7]
    again = [one for batch in engine.batches for one in batch][len(computed) :]
    assert set(again) == {7, 13} and "tasrih_cached_sentences_total 4.0" in metrics.text().decode()
    # Three are kept: 6 was seen longest ago.
    queue.submit([sentence(8)], deadline=later()).future.result(5)
    queue.submit([sentence(6)], deadline=later()).future.result(5)
    assert engine.batches[-2:] == [[8], [6]]
    queue.close()


def test_what_was_given_up_or_is_late_never_reaches_the_engine():
    queue, owner, metrics = start(engine := Engine())
    left = queue.submit([sentence(1)], deadline=later())
    late = queue.submit([sentence(2)], deadline=time.monotonic() - 1)
    stays = queue.submit([sentence(3)], deadline=later())
    left.future.cancel()
    owner.start()
    assert stances(stays) == [3] and engine.batches == [[3]]
    with pytest.raises(DeadlinePassed):
        late.future.result(5)
    assert not late.began
    with pytest.raises(CancelledError):
        left.future.result(5)
    assert "tasrih_dropped_sentences_total 2.0" in metrics.text().decode()
    queue.close()


def test_a_call_given_up_on_its_way_is_dropped_where_it_is():
    queue, owner, _ = start(engine := Engine(seconds=0.1))
    job = queue.submit([sentence(n) for n in range(2, 42)], deadline=later())
    owner.start()
    time.sleep(0.15)
    job.future.cancel()
    assert stances(queue.submit([sentence(99)], deadline=later())) == [99]
    assert len(engine.batches) <= 4
    queue.close()


@pytest.mark.parametrize("poison", [{103}, {100, 107}, {100, 101, 102, 103, 104, 105, 106, 107}])
def test_poison_fails_alone(poison):
    queue, owner, metrics = start(Engine(poison=poison), round_tokens=128, turn_sentences=8)
    job = queue.submit([sentence(100 + n) for n in range(8)], deadline=later())
    other = queue.submit([sentence(7, 24)], deadline=later())
    owner.start()
    outcome = job.future.result(5)
    assert outcome.failed == {n - 100 for n in poison}
    if len(poison) < 8:
        expected = [0.0 if n in poison else float(n) for n in range(100, 108)]
        assert outcome.logits.stance_BS[:, 0].tolist() == expected
    assert stances(other) == [7]
    assert f"tasrih_poisoned_sentences_total {len(poison)}.0" in metrics.text().decode()
    queue.close()


def test_what_was_cut_before_the_engine_failed_needs_no_new_caller():
    # Three batches of a round; the engine fails on the first, and nobody else comes.
    queue, owner, _ = start(Engine(poison={100}), round_tokens=512, turn_sentences=8)
    job = queue.submit([sentence(100, 48), sentence(101, 32), sentence(102, 8)], deadline=later())
    owner.start()
    assert job.future.result(5).failed == {0}
    assert stances(job) == [0, 101, 102]
    queue.close()


def test_an_answer_that_is_no_number_fails_its_sentence():
    queue, owner, _ = start(Engine(nan={6}))
    job = queue.submit([sentence(5), sentence(6), sentence(6)], deadline=later())
    owner.start()
    assert job.future.result(5).failed == {1, 2} and stances(job) == [5, 0, 0]
    queue.close()


def test_closing_ends_what_waits_and_what_is_half_done():
    queue, owner, _ = start(Engine(seconds=0.2))
    half = queue.submit([sentence(n) for n in range(2, 42)], deadline=later())
    owner.start()
    time.sleep(0.1)
    behind = queue.submit([sentence(1)], deadline=later())
    queue.close()
    for job in (half, behind):
        with pytest.raises(QueueClosed):
            job.future.result(5)
    with pytest.raises(QueueClosed):
        queue.submit([sentence(1)], deadline=later())
    owner.join(5)
    assert not owner.alive


def test_a_sentence_longer_than_a_round_goes_alone():
    queue, owner, _ = start(engine := Engine())
    job = queue.submit([sentence(5, 300), sentence(6, 300)], deadline=later())
    owner.start()
    assert stances(job) == [5, 6] and engine.batches == [[5], [6]]
    queue.close()
