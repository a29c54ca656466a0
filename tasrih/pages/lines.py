"""Lines of a text with their offsets, and the folding under which lines are compared.

A line break is whatever ends a line anywhere (line feed, carriage return, form feed, U+2028 ...). Furniture scraped onto the
end of a paragraph is cut off it here, so that the rest of the module can judge whole lines. Nothing is rewritten.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from tasrih.pages.notices import NOTICES

__all__ = ["ARABIC_LETTER", "core", "flat", "fold", "physical_lines", "pieces", "trie"]

ARABIC_LETTER = re.compile("[\u0620-\u064a\u066e-\u06d3\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")

_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_LINE = re.compile(f"[^{_BREAKS}]+")

# One character for one character, so that offsets hold: spellings that scrapers and writers mix freely become one.
_FLAT = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ؤ": "و", "ئ": "ي",
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("\u00a0\u2000\u2002\u2003\u2007\u2009\u202f\t", " "),
    }
)  # fmt: skip
# Marks that are not seen, or only decorate: tatweel, vowel signs, zero width, direction, soft hyphen.
_UNSEEN = re.compile("[\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# Letters in the shapes of old fonts.
_PRESENTATION_FORM = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_FIRST = re.compile(r"[\w#@]")

# Beyond this a line is prose whatever it holds; the limit also keeps every rule linear in the text.
_LONGEST_JUDGED = 1200


def flat(text: str) -> str:
    """`text` with its spellings evened out, character for character."""
    return text.translate(_FLAT)


def fold(text: str) -> str:
    """`text` as lines are compared: spellings evened out, unseen marks gone, single spaces, lower case."""
    if _PRESENTATION_FORM.search(text):
        text = unicodedata.normalize("NFKC", text)
    return " ".join(_UNSEEN.sub("", flat(text)).split()).lower()


def core(folded: str) -> str:
    """A folded line without the punctuation, bullets and emoji around it."""
    first = _FIRST.search(folded)
    if not first:
        return ""
    end = len(folded)
    while not (folded[end - 1].isalnum() or folded[end - 1] == "_" or end == first.end()):
        end -= 1
    return folded[first.start() : end]


def trie(phrases: Iterable[str]) -> str:
    """A regular expression that matches the longest of `phrases`, in time that does not grow with their number."""
    root: dict[str, dict] = {}  # type: ignore[type-arg]  # a tree of itself has no finite type
    for phrase in phrases:
        node = root
        for character in phrase:
            node = node.setdefault(character, {})
        node[""] = {}

    def pattern(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
        ends = "" in node
        branches = [re.escape(character) + pattern(below) for character, below in sorted(node.items()) if character]
        if not branches:
            return ""
        inside = branches[0] if len(branches) == 1 else "|".join(branches)
        return f"(?:{inside})?" if ends else f"(?:{inside})" if len(branches) > 1 else inside

    return pattern(root)


def physical_lines(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end and whether an empty line precedes, of each line that is not white space, trimmed of white space."""
    previous_end = 0
    for match in _LINE.finditer(text):
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        end = match.end() - (len(line) - len(line.rstrip()))
        if start >= end:
            continue
        breaks = text[previous_end:start].replace("\r\n", "\n")
        yield start, end, sum(character in _BREAKS for character in breaks) > 1
        previous_end = end


_NOTICE = re.compile(trie(flat(phrase).lower() for phrase in NOTICES))
_INLINE_LINK = re.compile(
    r"(?:^|(?<=[.!؟?»”\"…]))\s*(?:[|/*•-]\s*)?(?:ا?قرا(?: ?/ ?ي|وا|ي)?|اقريي?|شاهد|طالع|انظر)\s*ايض\S{1,3}\s*[:؛|.]|"
    r"(?:^|(?<=[.!؟?»”\"…]))\s*(?:مواضيع|موضوعات|اخبار|مقالات)\s+(?:ذات صله|متعلقه)\s*:|"
    r"(?<=[.!؟?»”\"])\s*(?:اضافه )?اعلان\s*$|"
    r"(?<=[.!؟?»”\"])\s*\**\s*المصدر\s*:(?=(?:\s*\S+){1,8}\s*$)"
)
_LONGEST_LINK_WORDS = 25
_LONGEST_STOPPED_LINK_WORDS = 14
_STOP = re.compile(r"[.!؟?][\"”»)]*\s")
# Words of a notice to the reader: a sentence after a notice that holds one of them is still the notice.
_TO_READER = re.compile(
    "بريدك|حسابك|يمكنك|تجربتك|توافق|الموقع|تصفح|نستخدم|اشترك|تابع|انضم|الحقول|التطبيق|زوروا|قناتنا|المتصفح"
)
_OWN_SENTENCE_WORDS = 12


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The line itself, or the paragraph and the furniture stuck to it, each trimmed, in order."""
    if end - start > _LONGEST_JUDGED or end - start < 60:
        yield start, end
        return
    line = flat(text[start:end]).lower()
    cuts = sorted({0, *(_link_cuts(line) or _notice_cuts(line)), len(line)})
    for left, right in pairwise(cuts):
        part = text[start + left : start + right]
        lead = len(part) - len(part.lstrip())
        if part.strip():
            yield start + left + lead, start + left + len(part.rstrip())


def _link_cuts(line: str) -> list[int]:
    """Where the links to other pages begin and end that a scraper left in a paragraph."""
    cuts: list[int] = []
    link = _INLINE_LINK.search(line)
    while link:
        stop = _STOP.search(line, link.end())
        end = stop.end() if stop else len(line)
        words = len(line[link.end() : end].split())
        # A long title that ends as a sentence does may hold the paragraph's next sentence: then nothing is cut.
        runs_on = stop is None and line.rstrip().endswith(".") and words > _LONGEST_STOPPED_LINK_WORDS
        if words <= _LONGEST_LINK_WORDS and not runs_on:
            cuts += [link.start(), end]
        link = _INLINE_LINK.search(line, max(end - 1, link.end())) if end < len(line) else None
    return cuts


def _notice_cuts(line: str) -> list[int]:
    """Where a notice to the reader begins and ends that stands at the end, or amid, a paragraph."""
    notice = _NOTICE.search(line)
    if not notice:
        return []
    cuts: list[int] = []
    before = [stop.end() for stop in _STOP.finditer(line, 0, notice.start())]
    after = _STOP.search(line, notice.end())
    if before and len(line[: before[-1]].split()) >= 4:
        cuts.append(before[-1])
    if after and not _TO_READER.search(line, after.end()):
        if len(line[after.end() :].split()) >= _OWN_SENTENCE_WORDS:
            cuts.append(after.end())
    return cuts
