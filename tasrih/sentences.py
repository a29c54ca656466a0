"""Lines into sentences, by rules of our own.

Why our own: pysbd 0.3.4, the kept splitter that has Arabic rules, ends sentences at commas, at colons, after "د." and between
the marks of "؟!". Of 50 sentences that people split by hand on two real pages it gives 29, this module 50; and its time grows
with the square of a line's length (180,000 characters: 19 s, here 0.03 s). Splitters that learn (stanza, wtpsplit) come with
weights larger than our encoder.

How it decides. A run of final marks is one candidate. Each candidate is looked at once, on a view of the line without tashkeel,
tatweel, bidi controls and zero-width characters, so that those never hide a neighbour; cuts are mapped back to the raw line.

- Inside a quotation or bracket that closes near by, nothing splits; closing marks after the final mark go with its sentence.
- A full stop ends a sentence unless its word is an initial, an abbreviation, or a number that counts items or days.
- Three dots, "…" and ".." end one if three words follow; of a headline they are a pause and never do.
- Question and exclamation marks end one, except in a headline, which asks and answers as one thought.
- "؛" and ":" join clauses in news Arabic; they end a sentence only where the line ends.
- A piece without a letter ("1.", a stray quotation mark) goes with its neighbour.

What it does not do: split a line that has no final mark, join sentences across lines, or guess at verbs.
"""

import re
from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import Final

from tasrih.quotations import kept_whole
from tasrih.types import Article, Kind, Sentence

__all__ = ["split_article", "split_text"]

# Tashkeel and Quranic marks, tatweel, soft hyphen, zero-width characters, bidi controls, variation selectors.
_UNSEEN = re.compile(
    "[\u00ad\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_FINAL_MARKS = re.compile("[.\u06d4؟?!…]+")
_WHITE_SPACE = re.compile(r"\s*")
_THREE_WORDS = re.compile(r"\s+\S+\s+\S+\s+\S")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_ITEM_NUMBER = re.compile(r"(?<!\S)(\d{1,2})\.(?=\s)")

_CLOSERS: Final = frozenset("»”“\"')]’")
_CONTINUES: Final = frozenset("،,؛;:)]»”")

# A lone letter before a stop is an initial or abbreviation (د. أ. م. ص. ب. ق.م. J. K.), but not after these words.
_LETTERED: Final = frozenset(
    "المجموعة مجموعة الفئة فئة فيتامين القسم الملحق الخيار البند الفقرة الدرجة المستوى".split()
)
_ABBREVIATIONS: Final = frozenset("أد بروف دبليو Mr Mrs Ms Dr Prof St Gen Col Lt Sen Rep Jr Sr No vs".split())
# Latin initials spelt out, as wires write them: "بي.بي.سي", "إم.إتش17".
_LETTER_NAMES: Final = frozenset(
    "إيه ايه إي اي بي سي دي إف اف جي إتش اتش آي جيه كيه كي إل ال إم ام إن ان أو او كيو آر ار إس اس تي يو في دبليو إكس اكس واي زد "
    "زي".split()
)
_SITE_ENDINGS: Final = frozenset("نت كوم أورغ".split())
_MONTHS: Final = frozenset(
    "يناير فبراير مارس أبريل إبريل ابريل مايو يونيو يونيه يوليو يوليه أغسطس اغسطس سبتمبر أكتوبر اكتوبر نوفمبر ديسمبر "
    "كانون شباط آذار اذار نيسان أيار ايار حزيران تموز آب أيلول ايلول تشرين جانفي فيفري أفريل ماي جوان جويلية أوت "
    "محرم صفر ربيع جمادى رجب شعبان رمضان شوال ذو ذي".split()
)


def split_article(article: Article) -> tuple[Sentence, ...]:
    """Splits every line that is not boilerplate.

    Returns:
        Sentences in order. They do not overlap, `article.text[s.start:s.end] == s.text`, each has the kind of its line,
        and together they hold every character of those lines that is not white space.
    """
    sentences: list[Sentence] = []
    for line in article.lines:
        if line.kind is Kind.BOILERPLATE:
            continue
        text = article.text[line.start : line.end]
        for start, end in split_text(text, headline=line.kind is Kind.HEADLINE):
            sentences.append(Sentence(text[start:end], line.start + start, line.start + end, line.kind))
    return tuple(sentences)


def split_text(text: str, *, headline: bool = False) -> list[tuple[int, int]]:
    """Splits text into sentences; a line break always ends one.

    Args:
        text: any text; white space alone, or nothing, gives no sentence.
        headline: whether dots, question and exclamation marks are part of a title, so that a single full stop alone splits.

    Returns:
        Half-open code point offsets, in order, without overlap, trimmed of white space, covering all the rest of `text`.
    """
    spans: list[tuple[int, int]] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        spans += [(offset + start, offset + end) for start, end in _split_line(line, headline=headline)]
        offset += len(line)
    return spans


def _split_line(line: str, *, headline: bool) -> list[tuple[int, int]]:
    if _UNSEEN.search(line):
        seen = [index for index, character in enumerate(line) if not _UNSEEN.match(character)]
        # What is not seen stays with the character before it: a cut falls just before the next one that is.
        cuts = [seen[cut] for cut in _cuts("".join([line[index] for index in seen]), headline=headline)]
    else:
        cuts = _cuts(line, headline=headline)
    pieces: list[tuple[int, int]] = []
    for start, end in zip([0, *cuts], [*cuts, len(line)], strict=True):
        piece = line[start:end]
        trimmed = piece.strip()
        if trimmed:
            start += len(piece) - len(piece.lstrip())
            pieces.append((start, start + len(trimmed)))
    return _joined(line, pieces)


def _joined(line: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces without a letter go with the sentence before; a number, or the first piece, with the one after."""
    spans: list[tuple[int, int]] = []
    pending: int | None = None
    for number, (start, end) in enumerate(pieces):
        is_last = number == len(pieces) - 1
        if any(map(str.isalpha, line[start:end])) or (is_last and not spans):
            spans.append((start if pending is None else pending, end))
            pending = None
        elif not is_last and (not spans or pending is not None or line[start].isdecimal()):
            pending = start if pending is None else pending
        else:
            spans[-1] = (spans[-1][0], end)
            pending = None
    return spans


def _cuts(line: str, *, headline: bool) -> list[int]:
    """Where sentences end inside a line, ascending: each cut is the index of the first character that is not theirs."""
    kept = kept_whole(line)
    openings = {start for start, _ in kept}
    closings = [end for _, end in kept]
    urls = [match.span() for match in _URL.finditer(line)]
    items = {int(match[1]) for match in _ITEM_NUMBER.finditer(line)}
    cuts: list[int] = []
    for match in _FINAL_MARKS.finditer(line):
        marks = match[0]
        is_stop = marks in {".", "\u06d4"}
        if headline and not is_stop:
            continue
        index = bisect_left(closings, match.start())
        around = kept[index] if index < len(kept) and kept[index][0] < match.start() else None
        after = _past_closers(line, match.end(), openings, around)
        if around and (after <= around[1] or around[0] + 1 == match.start()):
            continue  # inside a quotation or bracket, or all that it holds: "(...)", "(؟)"
        following = _past_space(line, after)
        if following == len(line) or line[following] in _CONTINUES:
            continue
        glued = following == after and following not in openings
        if glued and not _may_be_glued(line, match.start(), following, urls):
            continue
        if is_stop:
            ends = _stop_ends(line, match.start(), following, glued=glued, items=items)
        else:
            ends = not set(marks) <= set(".…") or _THREE_WORDS.match(line, after) is not None
            # "هتفوا «نعم!» في الساحة" goes on; "«... أليس كذلك؟» وأضاف الوزير" does not.
            ends = ends and (around is None or (line[following] == "و" and len(_word_at(line, following)) > 3))
        if ends:
            cuts.append(after)
    return cuts


def _past_closers(line: str, at: int, openings: set[int], around: tuple[int, int] | None) -> int:
    """The index after the closing marks that belong to the final marks before `at`."""
    if around and around[1] == at + 1 and line[at].isspace():
        at += 1  # loose typing: a space between the final mark and the closing quotation mark
    while at < len(line) and line[at] in _CLOSERS and at not in openings:
        at += 1
    return at


def _may_be_glued(line: str, start: int, following: int, urls: list[tuple[int, int]]) -> bool:
    """Whether a sentence can begin at `following` without a space before it."""
    index = bisect_right(urls, start, key=itemgetter(0)) - 1
    in_url = index >= 0 and start < urls[index][1]
    return _is_arabic_letter(line[following]) and not in_url


def _stop_ends(line: str, start: int, following: int, *, glued: bool, items: set[int]) -> bool:
    """Whether the single full stop at `start` ends its sentence; `following` is the next character after white space."""
    word = _word_before(line, start)
    if not word:
        return True
    following_word = _word_at(line, following)
    if word.isdecimal():
        if glued:
            return len(word) > 3  # a year, not the number of an item
        if len(word) > 2:
            return True
        number = int(word)
        is_item = number in items and bool(items & {number - 1, number + 1})
        return not (is_item or following_word in _MONTHS or line[following].isdecimal())
    if len(word) == 1 or word in {"ود", "وأ", "وم"}:
        before = line[start - 2 : start - 1]
        return before == "/" or (before.isspace() and _word_before(line, start - 2) in _LETTERED)
    if word.removeprefix("و") in _ABBREVIATIONS:
        return False
    if word in _LETTER_NAMES and (glued or following_word in _LETTER_NAMES):
        return False
    if glued:
        return _is_arabic_letter(word[-1]) and len(following_word) > 1 and following_word not in _SITE_ENDINGS
    return True


def _past_space(line: str, at: int) -> int:
    match = _WHITE_SPACE.match(line, at)
    assert match is not None
    return match.end()


def _word_before(line: str, end: int) -> str:
    """The letters and digits just before `end`; at most 12, which is enough to know any word that matters here."""
    start = end
    while start > 0 and end - start < 12 and line[start - 1].isalnum():
        start -= 1
    return line[start:end]


def _word_at(line: str, start: int) -> str:
    end = start
    while end < len(line) and end - start < 12 and line[end].isalnum():
        end += 1
    return line[start:end]


def _is_arabic_letter(character: str) -> bool:
    return character.isalpha() and ("\u0620" <= character <= "\u06ff" or "\ufb50" <= character <= "\ufefc")
