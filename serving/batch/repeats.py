"""Groups sentences that say the same in nearly the same words, in bounded memory.

MinHash over a sentence's words (Broder, 1997) finds groups worth comparing; a sentence joins the most similar one whose first
sentence shares enough words with it. Beyond a number of groups the rarest, longest unseen, are forgotten (as in lossy counting,
Manku and Motwani, 2002), so counts of rare groups may come out low on very large archives.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Group", "Groups", "Repeats", "folded"]

# Words two sentences share, of all they have together. Wire copies with changed names of places stay apart.
SIMILAR = 0.6
BANDS, ROWS = 8, 4
MAX_GROUPS = 20_000

_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_WORDS = re.compile(r"\w+")
_ALIKE = str.maketrans("أإآٱىة", "اااايه")
_RANDOM = np.random.default_rng(20240)
_FACTORS = _RANDOM.integers(1, 2**63, size=(BANDS * ROWS, 1), dtype=np.uint64) | np.uint64(1)
_SHIFTS = _RANDOM.integers(0, 2**63, size=(BANDS * ROWS, 1), dtype=np.uint64)


@dataclass(slots=True)
class Group:
    """Sentences that say the same.

    Attributes:
        text: of the first.
        words: of the first, hashed.
        count: of the sentences.
        last: which of all sentences was the last to join, for forgetting.
        sources: outlets, at most so many as are told.
        first_day: earliest day, ISO 8601; empty where none is known.
        last_day: latest day.
        articles: ids of the first articles.
        claims: claim types of the first.
    """

    text: str
    words: frozenset[int]
    claims: tuple[str, ...]
    count: int = 0
    last: int = 0
    sources: set[str] = field(default_factory=set)
    first_day: str = ""
    last_day: str = ""
    articles: list[str] = field(default_factory=list)


class Groups:
    """Groups sentences as they come; the same sentences in the same order give the same groups."""

    def __init__(self, max_groups: int = MAX_GROUPS) -> None:
        self._max = max_groups
        self._groups: list[Group] = []
        self._buckets: dict[bytes, list[Group]] = {}
        self._seen = 0

    def add(self, text: str, claims: tuple[str, ...], *, source: str, day: str, article: str) -> None:
        """Take a sentence in."""
        words = frozenset(zlib.crc32(word.encode()) for word in _words(text))
        if not words:
            return
        self._seen += 1
        keys = list(_keys(words))
        near = [group for key in keys for group in self._buckets.get(key, ())]
        best = max(near, key=lambda group: _shared(group.words, words), default=None)
        if best is None or _shared(best.words, words) < SIMILAR:
            best = Group(text, words, claims)
            self._groups.append(best)
            for key in keys:
                self._buckets.setdefault(key, []).append(best)
        _join(best, source, day, article)
        best.last = self._seen
        if len(self._groups) > self._max:
            self._forget()

    def most(self, count: int) -> list[Group]:
        """The largest groups, largest first."""
        return sorted(self._groups, key=lambda group: (-group.count, group.text))[:count]

    def _forget(self) -> None:
        kept = sorted(self._groups, key=lambda group: (-group.count, -group.last))[: self._max // 2]
        self._groups = sorted(kept, key=lambda group: group.last)
        self._buckets = {}
        for group in self._groups:
            for key in _keys(group.words):
                self._buckets.setdefault(key, []).append(group)


def _join(group: Group, source: str, day: str, article: str) -> None:
    group.count += 1
    if source and len(group.sources) < 1000:
        group.sources.add(source)
    if day:
        group.first_day = min(group.first_day or day, day)
        group.last_day = max(group.last_day, day)
    if len(group.articles) < 5 and article not in group.articles:
        group.articles.append(article)


class Repeats:
    """Tells of sentences, as they come, whether one before said nearly the same. Holds them all: it is for thousands."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, list[frozenset[int]]] = {}

    def seen(self, text: str) -> bool:
        """Whether one like it came before; takes it in."""
        words = frozenset(zlib.crc32(word.encode()) for word in _words(text))
        if not words:
            return False
        keys = list(_keys(words))
        if any(_shared(one, words) >= SIMILAR for key in keys for one in self._buckets.get(key, ())):
            return True
        for key in keys:
            self._buckets.setdefault(key, []).append(words)
        return False


def folded(text: str) -> str:
    """A text without vowel marks, alike letters made one: what searches and comparisons are done on."""
    return _MARKS.sub("", text).translate(_ALIKE).lower()


def _words(text: str) -> list[str]:
    return _WORDS.findall(folded(text))


def _shared(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


def _keys(words: frozenset[int]) -> Iterator[bytes]:
    """One key a band; sentences of like words share one with a high probability."""
    hashes: npt.NDArray[np.uint64] = np.fromiter(sorted(words), dtype=np.uint64, count=len(words))
    # Multiplication modulo 2**64, its upper half: cheap, and as good as needed here.
    least = ((hashes * _FACTORS + _SHIFTS) >> np.uint64(32)).min(axis=1)
    for band in range(BANDS):
        yield bytes([band]) + least[band * ROWS : (band + 1) * ROWS].tobytes()
