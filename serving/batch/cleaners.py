"""Processes that clean: an executor whose threads each own a process of their own.

The standard pool's processes outlive a parent that is killed; these end, because only the parent holds the other end of
their pipe.
"""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from tasrih.errors import TasrihError

__all__ = ["cleaner_pool"]


@contextmanager
def cleaner_pool(workers: int) -> Iterator[Executor]:
    """An executor of so many processes; of none: a thread of this process."""
    if not workers:
        with ThreadPoolExecutor(1) as pool:
            yield pool
        return
    with _Processes(workers) as processes:
        yield processes


class _Processes(ThreadPoolExecutor):
    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._own = threading.local()
        self._pipes: list[Connection] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return super().submit(self._elsewhere, work, *args, **kwargs)

    def _elsewhere(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        pipe = getattr(self._own, "pipe", None)
        if pipe is None:
            pipe = self._own.pipe = self._start()
        try:
            pipe.send((work, args, kwargs))
            result, error = pipe.recv()
        except (EOFError, OSError) as broken:
            raise TasrihError(
                "a cleaning process ended before its time (out of memory?); run the same command with --resume, "
                "and fewer --workers"
            ) from broken
        if error is not None:
            raise error
        return result

    def _start(self) -> Connection:
        # Spawned, not forked: the encoder's threads would not survive a fork.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        context.Process(target=_serve, args=(theirs,), daemon=True).start()
        theirs.close()
        self._pipes.append(ours)
        return ours

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait, cancel_futures=cancel_futures)
        for pipe in self._pipes:
            pipe.close()


def _serve(pipe: Connection) -> None:
    while True:
        try:
            work, args, kwargs = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[Any, Exception | None] = (work(*args, **kwargs), None)
        except Exception as error:  # told to whoever asked
            answer = (None, error)
        pipe.send(answer)
