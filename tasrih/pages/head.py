"""What stands above an article: names, pictures' texts, repetitions and the headlines of other articles around our own."""

import re
from collections import Counter
from collections.abc import Sequence

from tasrih.pages.lines import ARABIC_LETTER
from tasrih.pages.menus import is_name
from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign

__all__ = ["drop_labels", "drop_links_in_head", "drop_ticker", "keep_a_headline"]

_HEAD_ROWS = 50
_JOINT = re.compile(r"\s*[|»>/\\›«•]|\s[-–—]\s")
_LONGEST_JOINED = 60
# Shares of a headline's words that the article's paragraphs use: of its own, of another's.
_TOLD = 0.5
_UNTOLD = 0.3
_STRANGE = 0.15
_LEAST_STRANGERS = 4


def drop_labels(rows: Sequence[Row], *, first: int, running: int) -> None:
    """In the head: names of sites and writers, and lines that repeat the headline between other things."""
    head = [row for row in rows[:first] if row.sign is None]
    for number in range(first + 1, running):
        if rows[number].sign is None and not rows[number].is_prose and not rows[number + 1].is_prose:
            head.append(rows[number])
    headlines = [row for row in head if row.words >= 4 and not row.is_caption][-_HEAD_ROWS:]
    counts = Counter(row.core for row in head if row.words <= 3)
    above: list[Row] = []
    for row in head:
        if row.is_heading or (row.is_item and row.words > 3):
            continue
        # Names of the people in the picture, and what a picture's alternative text repeats.
        if (is_name(row.text) and not row.is_caption and (above or (headlines and row.words <= 3))) or (
            counts[row.core] > 1 and headlines
        ):
            row.dropped = True
        elif row.words >= 4:
            above.append(row)
        if headlines and row.words <= 2 and row.core[-1:] != "؟" and not row.is_stopped:
            row.dropped = True
        others = (other for other in headlines if other is not row and len(other.core) < len(row.core))
        if any(_repeats(row.core, other.core) for other in others):
            row.dropped = True


def _repeats(longer: str, headline: str) -> bool:
    """Whether a line is the headline with the site's name or a path joined to it."""
    if longer.startswith(headline):
        after = longer.removeprefix(headline)
        # Joined by a separator, or stuck to it: the alternative text of the picture.
        if not ARABIC_LETTER.search(after):
            return True
        return len(after) < _LONGEST_JOINED and (
            _JOINT.match(after) is not None or ARABIC_LETTER.match(after) is not None
        )
    before = longer.removesuffix(headline)
    return before != longer and _JOINT.search(before[-4:]) is not None


def drop_links_in_head(rows: Sequence[Row], heading: int, *, first: int) -> None:
    """Headlines under a heading of links, where the article's own may stand among them: what it tells of stays."""
    run = []
    for row in rows[heading + 1 : min(first, heading + 1 + _HEAD_ROWS)]:
        if row.sign is None and not row.is_headline_like:
            break
        if row.sign is None:
            run.append(row)
    shares = _shares_told(run, rows[first : first + _HEAD_ROWS])
    for row, share in zip(run[: shares.index(max(shares))] if shares else (), shares, strict=False):
        row.dropped = share < _UNTOLD and max(shares) >= _TOLD and row.words >= 4


def drop_ticker(rows: Sequence[Row], *, first: int) -> None:
    """A run of headlines above the article of which it says nothing; one stays where no other line could be ours."""
    head = [row for row in rows[max(0, first - _HEAD_ROWS) : first] if not row.dropped and row.is_headline_like]
    headlines = [row for row in head if row.words >= 4 and not row.is_caption and not row.is_heading]
    shares = _shares_told(headlines, rows[first : first + _HEAD_ROWS])
    strangers = [row for row, share in zip(headlines, shares, strict=True) if share <= _STRANGE]
    if len(strangers) < _LEAST_STRANGERS:
        return
    spared = 0 if len(strangers) < len(headlines) else 1
    for row in strangers[: len(strangers) - spared]:
        row.dropped = True


def keep_a_headline(head: Sequence[Row]) -> None:
    """Where rules left nothing above the first paragraph, the longest line that only might be furniture stays."""
    if any(not row.dropped and row.words >= 3 for row in head):
        return
    doubtful = [row for row in head if row.sign in (Sign.LABEL, Sign.NAME, Sign.LINK, None) and row.words >= 3]
    for row in sorted(doubtful, key=lambda row: row.words)[-1:]:
        row.dropped = False


def _shares_told(headlines: Sequence[Row], article: Sequence[Row]) -> list[float]:
    told = frozenset().union(*(row.stems for row in article if row.is_prose))
    return [len(row.stems & told) / max(1, len(row.stems)) for row in headlines]
