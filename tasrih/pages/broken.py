"""Paragraphs that a scraper broke at every link in them: a name stands on a line of its own and looks like a tag."""

import re
from collections.abc import Sequence

from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign

__all__ = ["broken_paragraphs"]

_GOES_ON = ("،", "؛", ",", ".", ":", ")", "»")
_LEFT_OPEN = re.compile(
    r"(?:^|\s)(?:في|من|الي|علي|عن|ان|بان|بين|لدي|مع|عبر|ضد|بعد|قبل|خلال|لان|منذ|حول|نحو|عند|التي|الذي|حيث|او|ثم)$|(?<=\w)،$"
)
_FRAGMENT_WORDS = 4
_NEVER = (Sign.META, Sign.FURNITURE, Sign.FOREIGN, Sign.FORM, Sign.END, Sign.RELATED, Sign.LINK)


def broken_paragraphs(rows: Sequence[Row]) -> set[int]:
    """Numbers of the rows that are pieces of one paragraph: lines that follow at once and cannot stand apart."""
    found: set[int] = set()
    for number in range(1, len(rows)):
        above, row = rows[number - 1], rows[number]
        if row.gap or above.sign in _NEVER or row.sign in _NEVER or not _are_one(above, row):
            continue
        found.add(number)
        # Up to where the sentence began: short lines that close nothing.
        at = number - 1
        while at >= 0 and at not in found and rows[at].sign not in _NEVER:
            found.add(at)
            if rows[at].gap or rows[at].words > _FRAGMENT_WORDS or (at and rows[at - 1].is_stopped):
                break
            at -= 1
    return found


def _are_one(above: Row, row: Row) -> bool:
    if row.text.startswith(_GOES_ON) and len(row.text) > 1:
        return True
    if above.is_stopped or row.text.startswith(above.core):
        return False
    open_quotes = above.text.count('"') % 2 == 1 or above.text.count("«") > above.text.count("»")
    return open_quotes or _LEFT_OPEN.search(above.text[-20:]) is not None
