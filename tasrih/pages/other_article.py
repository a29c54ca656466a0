"""Whether another article begins at a line.

Scrapers append the next article to a page, and insert links to other articles between the paragraphs of this one. Both begin
with a headline that is not ours. Evidence that the headline opens an article: how surely ours has ended, a date or byline beside
the headline or a dateline below it (without one of these it opens none), and a first paragraph that takes up the headline's
words which our article had not used.
"""

import re
from collections.abc import Mapping, Sequence

from tasrih.pages import phrases
from tasrih.pages.lines import core
from tasrih.pages.rows import Row
from tasrih.pages.signs import Sign, folded

__all__ = ["begins_other_article", "first_uses"]

_ENDED = {Sign.FORM: 3, Sign.END: 2, Sign.RELATED: 1, Sign.LINK: 1}
# A link between our own paragraphs is the commoner, so a "read also" needs one proof more.
_ENOUGH = {Sign.FORM: 5, Sign.END: 5, Sign.RELATED: 6, Sign.LINK: 6}
_LOOKAHEAD = 12
_LEAST_WORDS = 4
_DATELINE = re.compile(r"[ء-ي]+(?: [ء-ي]+)?\s*(?:\([^)]{2,30}\)\s*[-–—:]?|[-–—/]\s*[^:]{2,25}[:-]|:)\s")
_NAME_PART = re.compile(r"[^()\-–—/:]+")
_PLACES_OR_AGENCIES = folded(phrases.CITIES + phrases.AGENCIES)
_OWN_SHARE = 0.18  # of another article's stems few are ours, even on one subject
_TODAY = re.compile(r"(?:السبت|الاحد|الاثنين|الثلاثاء|الاربعاء|الخميس|الجمعه|اليوم)(?:\W|$)")


def first_uses(rows: Sequence[Row]) -> dict[str, int]:
    """For each stem of the paragraphs the number of the first row that uses it."""
    uses: dict[str, int] = {}
    for number, row in enumerate(rows):
        if row.is_prose:
            for stem in row.stems:
                uses.setdefault(stem, number)
    return uses


def begins_other_article(rows: Sequence[Row], number: int, closed_by: Sign, used: Mapping[str, int]) -> bool:
    """Whether the line opens another article.

    Args:
        rows: the page.
        number: the line's.
        closed_by: the surest sign so far that ours has ended.
        used: the page's `first_uses`.
    """
    headline = rows[number]
    # A link under "read also" has been dropped by now; it may be the headline of what follows all the same.
    if not headline.is_headline_like or headline.words < _LEAST_WORDS:
        return False
    ahead = rows[number + 1 : number + 1 + _LOOKAHEAD]
    lead_at = next((at for at, row in enumerate(ahead) if row.is_prose), None)
    if lead_at is None or ahead[lead_at].goes_on:
        return False
    lead = ahead[lead_at]
    beside = [*ahead[:lead_at], *rows[max(0, number - 2) : number]]
    signed = any(row.sign in (Sign.META, Sign.NAME) for row in beside)
    # A good sub-heading, too, has fresh words that its paragraph takes up: only what opens an article proves one.
    if not signed and not _has_dateline(lead):
        return False
    later = [row for row in ahead[lead_at + 1 :] if row.is_prose]
    if _goes_on_with_ours([lead, *later], number, used):
        return False
    fresh = {stem for stem in headline.stems if used.get(stem, number) >= number}  # which our article has not used
    score = _ENDED[closed_by] + 1
    score += 2 * (signed or any(row.sign is Sign.CREDIT or row.is_caption for row in beside))
    score += _DATELINE.match(lead.text) is not None or _TODAY.search(lead.text[:200]) is not None
    score += 2 * (len(fresh) >= 3 and len(fresh & lead.stems) * 5 >= 3 * len(fresh))
    score += sum(bool(fresh & row.stems) for row in later) * 2 > len(later) > 0
    return score >= _ENOUGH[closed_by]


def _has_dateline(lead: Row) -> bool:
    """Whether a paragraph opens with a place, or an agency, before its first words."""
    match = _DATELINE.match(lead.text)
    opening = lead.text[: match.end()] if match else ""
    names = (opening, *_NAME_PART.findall(opening))
    return any(core(name) in _PLACES_OR_AGENCIES for name in names)


def _goes_on_with_ours(paragraphs: Sequence[Row], number: int, used: Mapping[str, int]) -> bool:
    """Whether paragraphs speak of what our article has spoken of above row `number`."""
    stems = frozenset().union(*(row.stems for row in paragraphs))
    ours = sum(used.get(stem, number) < number for stem in stems)
    return ours > len(stems) * _OWN_SHARE
