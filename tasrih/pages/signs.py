"""What a line of a page can look like on its own, and the phrases that are a line by themselves."""

from enum import StrEnum

from tasrih.pages import phrases
from tasrih.pages.lines import core, fold

__all__ = ["EXACT", "Sign", "folded"]


class Sign(StrEnum):
    """What a line looks like on its own."""

    FURNITURE = "furniture"  # buttons, notices, counters, teasers: goes wherever it stands
    FOREIGN = "foreign"  # no Arabic letter: a player's or an embed's leftovers
    META = "meta"  # a byline, date or reading time
    CREDIT = "credit"  # who took the picture, or which agency
    LINK = "link"  # read-also with its headline on the same line
    RELATED = "related"  # heading of links whose headlines stand on the next lines
    FORM = "form"  # the comment form
    END = "end"  # tags, the source: the article is over, as a rule
    LABEL = "label"  # a section, a widget: goes unless it stands between paragraphs
    NAME = "name"  # a person's name or role: goes unless it stands between paragraphs


def folded(written: tuple[str, ...]) -> frozenset[str]:
    """Phrases as lines are compared."""
    return frozenset(core(fold(phrase)) for phrase in written)


# Of a phrase in two lists the later one counts.
EXACT: dict[str, Sign] = {
    phrase: sign
    for sign, written in (
        (Sign.CREDIT, phrases.AGENCIES),
        (Sign.LABEL, phrases.SECTIONS),
        (Sign.FURNITURE, phrases.CHROME),
        (Sign.FURNITURE, phrases.BUTTONS),
        (Sign.END, phrases.TAIL_LABELS),
        (Sign.RELATED, phrases.RELATED),
        (Sign.FORM, phrases.FORMS),
    )
    for phrase in folded(written)
}
