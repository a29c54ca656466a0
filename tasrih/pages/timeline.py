"""Dates and times that belong to an article: those of a timeline, or of a live report, above each of its entries."""

import re
from collections.abc import Sequence

from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign

__all__ = ["timeline_stamps"]

_TIME = re.compile(r"\d{1,2}[:.]\d{2}\W{0,3}(?:\S+ ){0,2}(?:gmt|\S+)?")
_YEAR = re.compile(r"(?:عام |سنه )?(?:1[5-9]|20)\d\d(?: م)?:?")
_READING = re.compile("قراءه|تحديث|نشر|published|updated")
_LEAST_STAMPS = 2


def timeline_stamps(rows: Sequence[Row], *, first: int, last: int) -> set[int]:
    """Numbers of the rows that stamp the entries of a timeline.

    A date alone is furniture. Where different ones stand each right above a paragraph and below another, or times right above
    a paragraph, they tell when what follows happened. Below a comment form they are the comments'.
    """
    dates: list[int] = []
    times: list[int] = []
    for number in range(1, min(last, len(rows) - 1)):
        row, above = rows[number], rows[number - 1]
        if number > first and row.sign is Sign.FORM:
            break
        is_year = _YEAR.fullmatch(row.text) is not None
        if not (row.sign is Sign.META or is_year) or not rows[number + 1].is_prose or _READING.search(row.text):
            continue
        if not any(character.isdigit() for character in row.text):
            continue
        if _TIME.fullmatch(row.core) and number > first:
            times.append(number)
        elif above.is_prose:
            dates.append(number)
    runs = (run for run in (dates, times) if len({rows[number].core for number in run}) >= _LEAST_STAMPS)
    return {number for run in runs for number in run}
