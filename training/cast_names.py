"""Where a text names an actor of the table of casts, with the prefixes and the article that Arabic writes in one word with it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

__all__ = ["LETTER", "NISBA", "Forms", "Mention", "Names", "begins_word", "loose", "with_article"]

# Slots that are written with and without the article.
NISBA = ("m", "f", "ma", "p", "po")
# Slots in which one sentence may spell one thing in several ways.
_LOOSE = {"state", "capital", *NISBA}
# What a word is made of: letters, digits, the stroke that stretches a word, and vowel signs.
LETTER = r"[\w\u0640\u064B-\u0652\u0670]"
_BEFORE_OBLIQUE = {
    "في",
    "من",
    "إلى",
    "على",
    "عن",
    "ضد",
    "بين",
    "نحو",
    "تجاه",
    "داخل",
    "خارج",
    "وفي",
    "ومن",
    "وإلى",
    "وعلى",
}


class Forms(Protocol):
    """An actor's spellings by slot: those that are written, and those that are read alone."""

    @property
    def forms(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def also(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names an actor.

    Attributes:
        start: index of the first letter, prefixes included.
        end: index after the last letter.
        actor: its name in the table.
        slot: which of its forms.
        lead: prefixes but the article: any of و ف ب ك ل.
        article: whether a nisba has the article.
        surface: the words without prefixes.
    """

    start: int
    end: int
    actor: str
    slot: str
    lead: str
    article: bool
    surface: str


class Names:
    """Finds the actors that a text names."""

    def __init__(self, actors: Mapping[str, Forms]) -> None:
        self._actors = actors

    def find(self, text: str) -> list[Mention]:
        """Every known form of every actor in the text, in order, the longest where several fit."""
        found = []
        for match in self._pattern.finditer(text):
            lead, surface = match.groups()
            actor, slot, article = self._surfaces[surface]
            if surface.startswith("لل"):
                lead += "ل"
            elif surface.startswith("ال") and lead.endswith("ل"):
                continue  # a slip of the pen, which no rule of spelling tells how to go on with
            mention = Mention(match.start(), match.end(), actor, slot, lead, article, surface)
            if self._is_sound(mention, text):
                found.append(mention)
        return found

    def _is_sound(self, mention: Mention, text: str) -> bool:
        before, after = text[: mention.start].split(), text[mention.end :]
        previous = before[-1] if before else ""
        if mention.slot == "oblique":
            governed = mention.lead[-1:] in ("ب", "ل") or (not mention.lead and previous in _BEFORE_OBLIQUE)
            return governed and not after.startswith(" ال")
        if mention.slot == "state" and mention.surface in self._actors[mention.actor].forms.get("ma", ()):
            # "وفدا روسيا" is a Russian delegation, not Russia: after such a word one cannot tell.
            return bool(mention.lead) or not previous.endswith(("ا", "اً", "ًا"))
        return True

    @cached_property
    def _surfaces(self) -> dict[str, tuple[str, str, bool]]:
        """What each spelling means, without prefixes: actor, slot, whether it has the article."""
        found: dict[str, tuple[str, str, bool]] = {}
        unclear: set[str] = set()
        for name, actor in self._actors.items():
            for word, slot, article in _spellings(actor):
                known = found.setdefault(word, (name, slot, article))
                # "الروس" may be in any case, and so stand for several forms of another nisba.
                if known[0] == name and known[1] != slot and known[1] != "state":
                    unclear.add(word)
        return {word: meaning for word, meaning in found.items() if word not in unclear}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._surfaces, key=lambda word: (-len(word), word))
        words = "|".join(re.escape(word).replace(r"\ ", r"\s+").replace(" ", " ") for word in longest_first)
        return re.compile(rf"(?<!{LETTER})([وف]?[بكل]?)({words})(?!{LETTER})")


def loose(slot: str) -> bool:
    """Whether two different forms of this slot in one sentence still name one thing."""
    return slot in _LOOSE


def _spellings(actor: Forms) -> Iterable[tuple[str, str, bool]]:
    for part in (actor.forms, actor.also):
        for slot, words in part.items():
            for word in words:
                definite = with_article(word) if slot in NISBA else word
                if definite.startswith("ال"):
                    yield "لل" + definite[2:], slot, slot in NISBA
                    yield definite, slot, slot in NISBA
                if slot in NISBA or not definite.startswith("ال"):
                    yield word, slot, False


def with_article(nisba: str) -> str:
    """A nisba made definite, each of its words: كوري شمالي, الكوري الشمالي."""
    return " ".join("ال" + word for word in nisba.split())


def begins_word(stems: Iterable[str], text: str) -> str | None:
    """The first word of the text that begins with one of the stems, prefixes and article aside; None where none does."""
    found = _beginnings(tuple(stems)).search(text)
    return found.group() if found else None


@cache
def _beginnings(stems: tuple[str, ...]) -> re.Pattern[str]:
    # Of no stem: a pattern that fits nothing.
    wanted = "|".join(map(re.escape, stems)) or r"\Z\A."
    return re.compile(rf"(?<!{LETTER})[وفبكل]{{0,2}}(?:ال|ل)?(?:{wanted})")
