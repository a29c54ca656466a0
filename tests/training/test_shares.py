"""Steps are of the same sentences however many processes and batches they are divided over."""

import numpy as np
import pytest

from training.dataset import BucketSampler
from training.processes import Processes
from training.shares import Shares

LENGTHS = np.random.default_rng(0).integers(5, 60, size=203).tolist()


def batches(n: int, batches_a_step: int, place: int, step: int = 24) -> list[list[int]]:
    order = BucketSampler(LENGTHS, batch_size=step, seed=3)
    shares = Shares(order, batches_a_step=batches_a_step, processes=Processes(n=n, place=place))
    shares.set_epoch(2)
    found = list(shares)
    assert len(found) == len(shares)
    return found


def test_one_process_takes_the_batches_of_the_order():
    order = BucketSampler(LENGTHS, batch_size=24, seed=3)
    order.set_epoch(2)
    rows = list(order)
    assert batches(1, 1, 0) == [rows[i : i + 24] for i in range(0, len(rows), 24)]


@pytest.mark.parametrize(("n", "batches_a_step"), [(2, 1), (3, 1), (1, 3), (2, 3), (4, 2)])
def test_a_step_is_of_the_same_sentences(n, batches_a_step):
    whole = batches(1, 1, 0)
    shares = [batches(n, batches_a_step, place) for place in range(n)]
    assert len({len(share) for share in shares}) == 1
    for number, step in enumerate(whole):
        places = range(number * batches_a_step, min((number + 1) * batches_a_step, len(shares[0])))
        taken = [share[place] for share in shares for place in places]
        assert set().union(*taken) == set(step)
        # Only where a small last step cannot be divided, some count twice.
        assert sum(map(len, taken)) == -(-len(step) // n) * n
        assert len({len(share[place]) for share in shares for place in places}) <= 2
        for place in places:
            assert len({len(share[place]) for share in shares}) == 1


def test_a_last_step_of_fewer_sentences_than_processes():
    order = BucketSampler([5] * 9, batch_size=8, seed=0)
    last = [list(Shares(order, batches_a_step=1, processes=Processes(n=4, place=place)))[-1] for place in range(4)]
    assert [len(batch) for batch in last] == [1, 1, 1, 1]
    assert len({row for batch in last for row in batch}) == 1
