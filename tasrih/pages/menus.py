"""Menus, paths and lists of names: lines made of what sites call their parts, often scraped without the spaces between."""

import re

from tasrih.pages import phrases
from tasrih.pages.bylines import is_captioned
from tasrih.pages.lines import core, trie
from tasrih.pages.signs import EXACT, Sign, folded

__all__ = ["is_name", "is_tags", "menu_sign"]

_WORD = re.compile(r"[^\W_]+")
_CRUMB = re.compile(r"\s*[/»>›|\\←→‹«•·]+\s*|\s+[-–—il]\s+")
_ROOTS = ("الرييسيه", "الصفحه الرييسيه", "home")
_ITEMS = {
    phrase.replace(" ", ""): phrase.count(" ") + 1
    for phrase in folded(
        phrases.SECTIONS + phrases.CHROME + phrases.BUTTONS + phrases.PLACES + phrases.RELATED + phrases.FORMS
    )
    if len(phrase) > 2
}
_ITEM = re.compile(trie(sorted(_ITEMS)))
_PLACES = frozenset(place.replace(" ", "") for place in folded(phrases.PLACES))
_PARTICLE = re.compile(
    "(?:في|من|الي|علي|عن|ان|لا|لم|لن|بين|ضد|مع|هل|ما|لماذا|كيف|بعد|قبل|حول)$|[يت](?!شوي)[ء-ي]{3,}|[بل]ال|لل"
)
# Arabic words average five letters; longer averages are items run together.
_RUN_TOGETHER = 11
# Share of its letters that are known names in a list of names; a particle or a verb makes a sentence likelier.
_LIST_SHARE = 0.5
_LONGEST_NAMES_WORDS = 10
_LIST_SHARE_WITH_PARTICLES = 0.8
_SURELY_RUN_TOGETHER = 14


def menu_sign(text: str, folded_line: str, words: list[str]) -> Sign | None:
    """Whether a line is a menu or a path: made of the names of a site's parts."""
    if folded_line.endswith((".", "؟", "!")) or is_captioned(folded_line):
        return None
    crumbs = [core(crumb) for crumb in _CRUMB.split(text) if core(crumb)]
    known = sum(crumb in EXACT or crumb.replace(" ", "") in _PLACES for crumb in crumbs)
    if len(crumbs) > 1 and crumbs[0] in _ROOTS:
        return Sign.FURNITURE
    if len(crumbs) > 1 and known * 2 > len(crumbs) and any(crumb in EXACT for crumb in crumbs):
        return Sign.FURNITURE if len(crumbs) > 2 else Sign.LABEL
    squeezed = "".join(_WORD.findall(text))
    found = _ITEM.findall(squeezed)
    telling = sum(item not in _PLACES for item in found)
    covered = sum(map(len, found)) / max(1, len(squeezed))
    word_length = len(squeezed) / len(words)
    # Two items without the space between them; a sentence is never written so.
    stuck = len(words) < sum(_ITEMS[item] for item in found)
    if len(found) >= 2 and telling and stuck and covered == 1:
        return Sign.LABEL
    if telling >= 2 and telling * 3 >= len(found) and covered >= 0.8:
        return Sign.FURNITURE if len(found) >= 4 or word_length > _RUN_TOGETHER else Sign.LABEL
    if telling >= 3 and covered >= 0.4 and word_length > _SURELY_RUN_TOGETHER:
        return Sign.FURNITURE
    return None


def is_name(folded_line: str) -> bool:
    """Whether a line between headline and article only names who is in the picture."""
    words = folded_line.split()
    plain = not re.search(r"[:؟?!]|\.\.", folded_line) and not folded_line.endswith(".")
    if not plain or len(words) > _LONGEST_NAMES_WORDS or any(map(_PARTICLE.match, words)):
        return False
    return _named_share(folded_line) >= (_LIST_SHARE if len(words) <= 6 else _LIST_SHARE_WITH_PARTICLES)


def is_tags(folded_line: str) -> bool:
    """Whether a line below an article lists its topics: names, one after another, that fill most of it."""
    words = folded_line.split()
    share = _LIST_SHARE_WITH_PARTICLES if any(map(_PARTICLE.match, words)) else _LIST_SHARE
    return len(words) <= 15 and _named_share(folded_line) >= share


def _named_share(folded_line: str) -> float:
    squeezed = "".join(_WORD.findall(folded_line))
    return sum(len(item) for item in _ITEM.findall(squeezed) if item in _PLACES) / max(1, len(squeezed))
