"""Which sentences each process takes of each step.

A step is of so many sentences whatever the number of processes and of batches that it is cut into, so that a config trains
the same model on one GPU and on four: nearly, since sums are taken in another order and dropout draws other numbers.
"""

from collections.abc import Iterator
from itertools import pairwise

from torch.utils.data import Sampler

from training.dataset import BucketSampler
from training.processes import Processes

__all__ = ["Shares"]


class Shares(Sampler[list[int]]):
    """Cuts the order of an epoch into the batches of one process.

    Every process gets equally many batches of equally many sentences. For that a last, smaller step is filled up to a
    multiple of the processes with its own first sentences, which count twice there.

    Args:
        order: whose batches are the steps.
        batches_a_step: which a step is cut into (gradient accumulation).
        processes: how many share it, and which this is.
    """

    def __init__(self, order: BucketSampler, *, batches_a_step: int, processes: Processes) -> None:
        self.order = order
        self.batches_a_step = batches_a_step
        self.processes = processes

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self.order.set_epoch(epoch)

    @property
    def batch_size(self) -> int:
        """Sentences of a whole batch of this process."""
        return self.order.batch_size // (self.batches_a_step * self.processes.n)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.order), self.order.batch_size)
        return whole * self.batches_a_step + self._n_batches(rest)

    def __iter__(self) -> Iterator[list[int]]:
        rows = list(self.order)
        for start in range(0, len(rows), self.order.batch_size):
            step = rows[start : start + self.order.batch_size]
            n_batches = self._n_batches(len(step))
            missing = -len(step) % self.processes.n
            step += (step * missing)[:missing]
            own = step[self.processes.place :: self.processes.n]
            # As even as can be: the mean of the batches' losses is then that of the step's sentences.
            edges = [round(len(own) * place / n_batches) for place in range(n_batches + 1)]
            yield from (own[begin:end] for begin, end in pairwise(edges))

    def _n_batches(self, n_sentences: int) -> int:
        """That a step of so many sentences is cut into."""
        return -(-n_sentences // (self.batch_size * self.processes.n))
