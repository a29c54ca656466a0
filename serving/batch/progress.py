"""How far a job is, on standard error: a bar for a person, a line now and then for a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["JobProgress", "told"]

LOG_EVERY_S = 30.0


class JobProgress(Protocol):
    """Told of a job's progress."""

    def surveyed(self, n_bytes: int) -> None:
        """So many bytes more of the input have been seen."""

    def begin(self, n_rows: int) -> None:
        """So many rows are to be done by this run."""

    def seen(self, n_rows: int, n_sentences: int, n_errors: int) -> None:
        """So many more are done."""


@contextmanager
def told(*, shown: bool) -> Iterator[JobProgress]:
    """Progress for as long as the context lasts.

    Args:
        shown: whether a person watches: a bar; else lines, of jobs that take longer than half a minute.
    """
    if not shown:
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.1f} %"),
        # Rich's own knows half a minute, and a shard on Ray takes longer.
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


class _Counts:
    """What both kinds count."""

    def __init__(self) -> None:
        self.n_total = self.n_rows = self.n_sentences = self.n_errors = 0
        self.begun_s = time.monotonic()

    def surveyed(self, n_bytes: int) -> None:
        pass

    def begin(self, n_rows: int) -> None:
        self.n_total = n_rows
        self.begun_s = time.monotonic()

    def seen(self, n_rows: int, n_sentences: int, n_errors: int) -> None:
        self.n_rows += n_rows
        self.n_sentences += n_sentences
        self.n_errors += n_errors

    def text(self) -> str:
        """Counts and rates."""
        passed_s = max(time.monotonic() - self.begun_s, 1e-6)
        return (
            f"{self.n_rows:,} of {self.n_total:,} articles, {self.n_rows / passed_s:,.1f} articles/s, "
            f"{self.n_sentences / passed_s:,.0f} sentences/s, {self.n_errors:,} failed"
        )

    def left(self) -> str:
        """Time left at the rate since the beginning."""
        passed_s = time.monotonic() - self.begun_s
        minutes = passed_s / max(self.n_rows, 1) * (self.n_total - self.n_rows) / 60
        return f"{minutes:,.0f} min left" if minutes < 120 else f"{minutes / 60:,.1f} h left"


class _Lines(_Counts):
    def __init__(self) -> None:
        super().__init__()
        self._next_s = time.monotonic() + LOG_EVERY_S

    def seen(self, n_rows: int, n_sentences: int, n_errors: int) -> None:
        super().seen(n_rows, n_sentences, n_errors)
        if time.monotonic() >= self._next_s:
            sys.stderr.write(f"tasrih: batch: {self.text()}, {self.left()}\n")
            sys.stderr.flush()
            self._next_s = time.monotonic() + LOG_EVERY_S


class _Bar(_Counts):
    def __init__(self, bar: "Progress") -> None:
        super().__init__()
        self._bar = bar
        self._task = bar.add_task("reading the input", total=None, left="")
        self._n_bytes = 0

    def surveyed(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        self._bar.update(self._task, description=f"reading the input, {self._n_bytes / 1e6:,.0f} MB")

    def begin(self, n_rows: int) -> None:
        super().begin(n_rows)
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task("", total=n_rows, left="")

    def seen(self, n_rows: int, n_sentences: int, n_errors: int) -> None:
        super().seen(n_rows, n_sentences, n_errors)
        self._bar.update(self._task, completed=self.n_rows, description=self.text(), left=self.left())
