"""Any rows of a survey's sources by their number, going forward: what is already open is read on, not begun again."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from serving.batch.row import CsvForm, Row
from serving.batch.rows import read_rows
from serving.batch.survey import Survey

__all__ = ["RowReader"]

FAR_ROWS = 1000
# What is skipped without being read: groups of rows by their sizes, pages by their names.
SKIPPING = ("parquet", "pages")


class RowReader:
    """Rows by their number over all sources, from 0.

    Reading goes forward without loss; going back opens the source again. Not for threads to share.
    """

    def __init__(self, survey: Survey, form: CsvForm) -> None:
        self._survey = survey
        self._form = form
        self._ends = list(accumulate(survey.rows))
        self._source = -1
        self._next = 0
        self._rows: Iterator[Row] = iter(())

    def read(self, numbers: Iterable[int]) -> Iterator[Row]:
        """The rows of these numbers, which must rise.

        Raises:
            InputError: a source cannot be read any more.
        """
        for number in numbers:
            self._seek(number)
            row = next(self._rows, None)
            self._next = number + 1
            yield row or Row(f"row {number}", fault="it is gone: the input became shorter while it was read")

    def _seek(self, number: int) -> None:
        source = bisect_right(self._ends, number)
        first = self._ends[source] - self._survey.rows[source]
        # Rows ahead are read and dropped, unless there are many and the format has a shorter way: anew from the first row
        # at each gap, a large file would take the square of its length.
        ahead = number - self._next
        is_far = ahead >= FAR_ROWS and self._survey.sources[source].format in SKIPPING
        if source != self._source or ahead < 0 or is_far:
            self._source, self._next = source, number
            self._rows = read_rows(self._survey.sources[source], form=self._form, skip=number - first)
        while self._next < number:
            next(self._rows, None)
            self._next += 1
