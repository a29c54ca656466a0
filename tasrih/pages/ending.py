"""What stands below an article on its page: lists, readers' comments, another article.

The only module by whose word a paragraph goes. It wants structure for it: a comment form, comments with their dates and
replies, or the signs of another article; a list of tags or links that turns out to stand amid the article closes nothing.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from tasrih.pages.other_article import begins_other_article, first_uses
from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign

__all__ = ["drop_after_end"]

# Enough prose for the article to be under way, so that what looks like its end may be one.
_ENOUGH_ROWS = 2
_ENOUGH_CHARACTERS = 150
_CLOSING = (None, Sign.LINK, Sign.RELATED, Sign.END, Sign.FORM)  # the surer the later
_LOOKAHEAD = 300
_LEAST_MARKS = 2
_MARKED_SHARE = 0.7
_WRITER = ("عن الكاتب", "نبذه عن الكاتب", "عن المولف", "about the author", "نبذه")
_WRITER_WORDS = re.compile("كاتب|صحفي|صحافي|باحث|محرر|مدون|خريج|يعمل|تعمل|مراسل|حاصل")
_OPENING_CHARACTERS = 100


def drop_after_end(rows: Sequence[Row], *, last_paragraph: int) -> None:
    """Set `row.dropped` of the rows that follow the article.

    Args:
        rows: the page, its furniture dropped.
        last_paragraph: number of the last row that is a paragraph, whosesoever.
    """
    walk = _Walk(rows, last_paragraph)
    for number, row in enumerate(rows):
        if walk.is_over(number):
            for other in rows[number:]:
                other.dropped = True
            return
        if not row.dropped and row.sign is None:
            walk.judge(number)


class _Walk:
    """The walk down a page: how much prose it has met, and the surest sign so far that the article has ended."""

    def __init__(self, rows: Sequence[Row], last_paragraph: int) -> None:
        self._rows = rows
        self._last_paragraph = last_paragraph
        self._closed_by: Sign | None = None
        self._prose_rows = self._prose_characters = 0
        self._prose_left = sum(row.is_prose for row in rows)
        self._used: dict[str, int] | None = None

    def is_over(self, number: int) -> bool:
        """Whether from this row on nothing is the article's."""
        row = self._rows[number]
        self._prose_left -= row.is_prose
        enough = self._prose_rows >= _ENOUGH_ROWS and self._prose_characters >= _ENOUGH_CHARACTERS
        if enough and row.sign is Sign.FORM:
            below = number > self._last_paragraph or row.is_form_notice
            # Nothing of an article stands below its comment form, unless the form came far too early.
            if below and self._prose_left <= 2 * self._prose_rows:
                return True
            if _are_comments(self._rows[number + 1 : number + 1 + _LOOKAHEAD]):
                return True
        if enough and row.sign in _CLOSING[1:]:
            self._close(row.sign)
        elif number > self._last_paragraph and row.sign is Sign.FURNITURE:
            self._close(Sign.RELATED)
        if not self._closed_by or not row.is_headline_like:
            return False
        if self._used is None:
            self._used = first_uses(self._rows)
        return begins_other_article(self._rows, number, self._closed_by, self._used)

    def judge(self, number: int) -> None:
        """Drop one row, or take it for the article's."""
        row = self._rows[number]
        closed = self._closed_by
        is_teaser = closed is not None and row.is_cut_off and not row.core.startswith("و")
        if number and self._rows[number - 1].core in _WRITER and _WRITER_WORDS.search(row.text[:_OPENING_CHARACTERS]):
            row.dropped = True
        elif row.is_prose and not is_teaser:
            self._closed_by = None if closed in (Sign.LINK, Sign.RELATED) else closed
            self._prose_rows += 1
            self._prose_characters += len(row.text)
        elif closed in (None, Sign.LINK) or (row.goes_on and not row.is_cut_off):
            return
        elif row.is_full_stopped and closed is not Sign.FORM:
            return
        else:
            row.dropped = row.is_cut_off or number > self._last_paragraph

    def _close(self, sign: Sign | None) -> None:
        self._closed_by = max(self._closed_by, sign, key=_CLOSING.index)


def _are_comments(rows: Sequence[Row]) -> bool:
    """Whether what follows is readers talking: nearly every paragraph has its own date, reply or like."""
    gaps = [0]
    for row in rows:
        if row.is_prose:
            gaps.append(0)
        else:
            gaps[-1] += row.is_comment_mark or row.sign is Sign.META
    paragraphs = len(gaps) - 1
    marked = sum(before > 0 or after > 0 for before, after in pairwise(gaps))
    return paragraphs > 0 and sum(gaps) >= _LEAST_MARKS and marked >= paragraphs * _MARKED_SHARE
