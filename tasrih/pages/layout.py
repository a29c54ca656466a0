"""Where a line stands on a page, and what follows from that.

A page is a head (menu, headline, byline, pictures), a body of paragraphs, and what comes after. The same line, a section's
name say, is furniture in the head and a sub-heading between paragraphs. Signs come from `tasrih.pages.boilerplate`; here
they are weighed. No paragraph goes here: of those, `tasrih.pages.ending` judges.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from tasrih.pages.broken import broken_paragraphs
from tasrih.pages.ending import drop_after_end
from tasrih.pages.head import drop_labels, drop_links_in_head, drop_ticker, keep_a_headline
from tasrih.pages.menus import is_tags
from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign
from tasrih.pages.timeline import timeline_stamps

__all__ = ["drop_furniture"]

_WEAK = (Sign.LABEL, Sign.NAME)
_AMID_LINKS = (Sign.META, Sign.CREDIT, Sign.FURNITURE, Sign.FOREIGN, *_WEAK)
_LONGEST_LISTED_WORDS = 14
_LISTED_WORDS = 6  # a headline has, on average, at least
_ALSO = re.compile("ايضا|اقرا|كذلك|صله|متعلق")
_MOST_STANDFIRSTS = 2


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the running text begins and ends, as row numbers, and whether its paragraphs end in full stops.

    Attributes:
        first: the first paragraph.
        running: the paragraph after which no byline, date or picture interrupts; a standfirst may stand above it.
        last: the last paragraph.
    """

    first: int
    running: int
    last: int
    punctuated: bool


def drop_furniture(rows: Sequence[Row]) -> None:
    """Set `row.dropped` of each row that is not the article's own."""
    body = _body(rows)
    if body is None:
        for row in rows:
            row.dropped = row.sign is not None and row.sign not in _WEAK
        return
    broken = broken_paragraphs(rows) | timeline_stamps(rows, first=body.first, last=body.last)
    for number in broken:
        rows[number].sign = None  # before links, cards and menus are looked for around it
    for number, row in enumerate(rows):
        # Below a standfirst the head goes on; only what stands right above a paragraph may be its sub-heading there.
        heads_paragraph = number + 1 < len(rows) and rows[number + 1].is_prose
        between = body.first < number < body.last and (number > body.running or heads_paragraph)
        row.dropped = row.sign is not None and not (between and row.sign in _WEAK)
        if row.sign is Sign.LINK and number < body.first and not _ALSO.search(row.text):
            row.dropped, row.sign = False, None  # "Watch: ..." opens the headlines of films, too
    _drop_menu_runs(rows, body)
    drop_labels(rows, first=body.first, running=body.running)
    _drop_links(rows, body)
    _drop_cards(rows, body)
    for number in broken:
        rows[number].dropped = False
    drop_after_end(rows, last_paragraph=body.last)
    _drop_tail(rows, body)
    _drop_repeated_names(rows)
    keep_a_headline(rows[: body.first])
    drop_ticker(rows, first=body.first)


def _body(rows: Sequence[Row]) -> _Body | None:
    prose = [number for number, row in enumerate(rows) if row.is_prose]
    if not prose:
        return None
    stopped = sum(rows[number].is_stopped for number in prose)
    last = max((number for number in prose if not rows[number].is_cut_off), default=prose[-1])
    return _Body(first=prose[0], running=_running(rows, prose), last=last, punctuated=stopped * 10 >= len(prose) * 7)


def _running(rows: Sequence[Row], prose: Sequence[int]) -> int:
    for this, following in islice(pairwise(prose), _MOST_STANDFIRSTS):
        between = rows[this + 1 : following]
        if not any(row.sign is Sign.META or row.is_caption or row.is_heading for row in between):
            return this
    return prose[min(_MOST_STANDFIRSTS, len(prose) - 1)]


def _drop_menu_runs(rows: Sequence[Row], body: _Body) -> None:
    """Unknown items of a menu, one a line: short lines amid section names before the first or after the last paragraph."""
    number = 0
    while number < len(rows):
        end = number
        while end < len(rows) and rows[end].words <= 3 and not rows[end].is_stopped and not rows[end].is_heading:
            end += 1
        run = rows[number:end]
        outside = end <= body.first or number > body.last
        telling = sum(row.sign in (Sign.LABEL, Sign.FURNITURE, Sign.FOREIGN, Sign.RELATED) for row in run)
        if outside and len(run) >= 4 and telling * 2 >= len(run):
            for row in run:
                row.dropped = True
        number = max(end, number + 1)


def _drop_cards(rows: Sequence[Row], body: _Body) -> None:
    """Between paragraphs: a headline with its own date, and the list of tags under its label."""
    for number in range(body.running + 1, len(rows) - 1):
        row, following = rows[number], rows[number + 1]
        if row.sign is not None or row.dropped or following.is_prose or row.is_caption:
            continue
        if following.sign is Sign.META and row.is_headline_like and row.words >= 4:
            row.dropped = True
        tagged = rows[number - 1].sign is Sign.END or (rows[number - 1].dropped and is_tags(rows[number - 1].text))
        if tagged and row.words <= 4 and not row.is_stopped:
            row.dropped = True


def _drop_links(rows: Sequence[Row], body: _Body) -> None:
    """Headlines of other pages under a heading such as "read also"."""
    for number, row in enumerate(rows):
        below = row.sign is Sign.RELATED or (
            row.sign is Sign.LINK and number + 1 < len(rows) and not rows[number + 1].gap
        )
        if below and number < body.first:
            drop_links_in_head(rows, number, first=body.first)
        elif below:
            _drop_links_under(rows, number, body, taken=row.sign is Sign.LINK)


def _drop_links_under(rows: Sequence[Row], heading: int, body: _Body, *, taken: int) -> None:
    for number in range(heading + 1, len(rows)):
        row = rows[number]
        if row.sign in _AMID_LINKS:
            row.dropped = row.dropped or not (number + 1 < len(rows) and rows[number + 1].is_prose)
            continue
        if row.sign is not None or row.is_heading or row.is_caption or not row.is_headline_like:
            return
        if taken and row.words > _LONGEST_LISTED_WORDS:
            return
        if number < body.last:
            before_prose = rows[number + 1].is_prose
            if before_prose and row.words <= (5 if taken else 3):
                return  # a sub-heading of the article's own
            if taken and (row.words < 6 or not body.punctuated or (row.gap and before_prose and taken > 1)):
                return
        row.dropped = True
        taken += 1


def _drop_tail(rows: Sequence[Row], body: _Body) -> None:
    """Unmarked tags and lists of headlines below the last paragraph."""
    left = [row for row in rows if not row.dropped]
    last = max((number for number, row in enumerate(left) if row.is_prose), default=-1)
    kept, tail = left[: last + 1], left[last + 1 :]
    if not tail or (kept and kept[-1].text.endswith(":")) or any(row.is_item for row in tail):
        return
    # Demands, or steps, that close an article stand right below its last paragraph and are short.
    short = sum(row.words for row in tail) < _LISTED_WORDS * len(tail)
    below = rows.index(kept[-1]) + 1 if kept else 0
    topics = [row for row in tail if not row.is_stopped and is_tags(row.text)]
    if rows[below] is tail[0] and len(tail) >= 3 and short and body.punctuated and len(topics) * 2 < len(tail):
        return
    for row in topics:
        row.dropped = True
    tail = [row for row in tail if not row.dropped]
    tags = len(tail) >= 2 and all(row.words <= 3 for row in tail)
    headlines = body.punctuated and len(tail) >= 3 and all(row.is_headline_like for row in tail)
    for row in tail if tags or headlines else ():
        row.dropped = True


def _drop_repeated_names(rows: Sequence[Row]) -> None:
    """A site's name, or a button we do not know, printed three times or more."""
    counts = Counter(row.text for row in rows if row.words <= 3)
    for row in rows:
        # "Question:" and the speaker's name before each answer are the article's.
        if counts.get(row.text, 0) >= 3 and not row.is_heading and not row.text.endswith(":"):
            row.dropped = True
