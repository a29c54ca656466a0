"""Document to article: the lines of a page, told apart.

`read_article` keeps every line of the article and marks the page's furniture as boilerplate. It rewrites nothing: offsets
count in the text that came in, or, of HTML, in the text extracted from it. A line that may be the article's stays.
"""

from collections.abc import Sequence

from tasrih.pages.layout import drop_furniture
from tasrih.pages.lines import physical_lines, pieces
from tasrih.pages.rows import Row
from tasrih.types import Article, Document, Kind, Line

__all__ = ["read_article"]

_HEAD_ROWS = 400


def read_article(document: Document) -> Article:
    """The article of a document: all its lines, each headline, body, caption or boilerplate.

    Lines come in order, do not overlap, cover all that is not white space, and have no white space at their ends.
    """
    if document.is_html:
        # HTML alone needs the extractor, which takes a second to load.
        from tasrih.pages.markup import extract

        text, hints = extract(document.text)
        offsets_of = "extracted"
    else:
        text, hints, offsets_of = document.text, {}, "input"
    rows = [
        Row.of(text[left:right], start=left, gap=gap and left == start, hint=hints.get(start))
        for start, end, gap in physical_lines(text)
        for left, right in pieces(text, start, end)
    ]
    if len(rows) > 1:
        drop_furniture(rows)
    headline = _headline(rows)
    lines = tuple(Line(_kind(rows, number, headline), row.start, row.end) for number, row in enumerate(rows))
    return Article(text=text, lines=lines, offsets_of="extracted" if offsets_of == "extracted" else "input")


def _headline(rows: Sequence[Row]) -> int | None:
    """The row that is the headline: markup's, or the first likely one above the first paragraph."""
    for number, row in enumerate(rows):
        if row.is_heading and not row.dropped:
            return number
    longest = max((row.words for row in rows if not row.dropped), default=0)
    head: list[int] = []
    standfirsts = 0
    for number, row in enumerate(rows[:_HEAD_ROWS]):
        # A standfirst, or a summary, may stand above the headline.
        standfirsts += row.is_prose
        if row.is_prose and (head or standfirsts > 1):
            break
        if not row.dropped and not row.is_caption and row.is_headline_like and row.words < longest:
            head.append(number)
    told = frozenset().union(*(row.stems for row in rows[:_HEAD_ROWS] if row.is_prose and not row.dropped))
    likely = [number for number in head if rows[number].words >= 4]
    own = [number for number in likely if len(rows[number].stems & told) * 5 >= 2 * len(rows[number].stems)]
    return next(iter(own or likely or head), None)


def _kind(rows: Sequence[Row], number: int, headline: int | None) -> Kind:
    row = rows[number]
    if number == headline:
        return Kind.HEADLINE
    if row.dropped:
        return Kind.BOILERPLATE
    if headline is not None and row.core == rows[headline].core:
        return Kind.BOILERPLATE
    return Kind.CAPTION if row.is_caption else Kind.BODY
