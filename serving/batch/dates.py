"""The day an article was published, of what its caller wrote, and the periods that days fall into."""

import datetime
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import lru_cache

__all__ = ["day_of", "period_of", "step_for"]

# \d takes Arabic digits, too, and so does int().
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_COMPACT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?!\d)")


@lru_cache(maxsize=4096)
def day_of(published: str | None) -> datetime.date | None:
    """The day; None where there is none to be read. ``03/04/2024`` is the third of April, as Arabic papers write."""
    text = published or ""
    for pattern, order in ((_YEAR_FIRST, (1, 2, 3)), (_DAY_FIRST, (3, 2, 1)), (_COMPACT, (1, 2, 3))):
        found = pattern.search(text) if pattern is not _COMPACT else pattern.match(text)
        if found:
            try:
                return datetime.date(*(int(found[place]) for place in order))
            except ValueError:
                continue
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def step_for(days: Iterable[datetime.date]) -> str:
    """``day``, ``month`` or ``year``: what gives a chart that can be read."""
    known = sorted(days)
    span = (known[-1] - known[0]).days if known else 0
    return "day" if span <= 45 else "month" if span <= 5 * 366 else "year"


def period_of(day: datetime.date, step: str) -> str:
    """The period a day falls into, such as ``2024-06``."""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[step]]
