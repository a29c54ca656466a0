"""A line of a page with what the rules ask about it."""

import re
from dataclasses import dataclass
from functools import cached_property

from tasrih.pages.boilerplate import sign_of
from tasrih.pages.bylines import is_captioned
from tasrih.pages.lines import core, fold
from tasrih.pages.signs import Sign
from tasrih.types import Kind

__all__ = ["PROSE_WORDS", "Row"]

PROSE_WORDS = 12
_SHORT_PROSE_WORDS = 6
_LONGEST_HEADLINE_WORDS = 22
_LONGEST_CAPTION_WORDS = 35
_LONGEST_QUOTING_HEADLINE_WORDS = 14

_STOP = re.compile(r"(?<![.…])[.؟?!](?:[\"”“»')\]\s]|\[\d+\])*$|[^\s][\"”“»]$")
_FULL_STOP = re.compile(r"(?<![.…])\.[\"”“»')\]]*$")
_CUT_OFF = re.compile(r"(?:\.{2,}|…)\s*(?:اقرا المزيد|المزيد|اكمل القراءه)?[\"”»)\]]*$")
_COMMENT_MARKS = frozenset(("رد", "الرد", "اعجبني", "لا يعجبني", "ابلاغ", "reply", "like", "تبليغ", "اعجاب"))
_LONGER_WORD = re.compile("[ء-ي]{4,}")
_PREFIXES = re.compile("^(?:وال|بال|فال|كال|لل|ال|و|ب|ل|ف)(?=...)")
_ITEM = re.compile(r"^(?:[-•*▪●◾–—·]|\d{1,2}\s*[.)-])\s*\S")
# Sentences of a report that go on from the one before; no headline opens with these.
# Such a sentence opens with "and"; these open with the letter, and headlines open with them.
_WAW_NOUNS = tuple(
    "وزير وزار وزرا واشنطن وكال وكيل وفد وفاه وفيات وثي وثا وصول وسط وسيط وسايل وقف وقود وقايع وحد ولي ولاد ولاي والد "
    "والي وعد وعود وساط ورق ورش ورط وضع وجه وجود وجب وباء وداع وطن وهم وعي واقع واجب وارسو واردات وجبات وزن ودايع".split()
)
_GOES_ON = re.compile(
    r"(?:قال|قالت|اضاف|اضافت|اوضح|اوضحت|يذكر ان|يشار الي|كما |لكن |الا ان|غير ان|من جهته|من جهتها|من جانبه|من جانبها|"
    r"بدوره|بدورها|في المقابل|بينما |فيما |حيث |لذلك|هذا و|ف(?:قد|قال|في|هو|هي|من|علي|ان|لا|لم) )"
)


@dataclass
class Row:
    """A line of a page: its place in the text, what it looks like, and the verdict so far.

    Attributes:
        text: the line, folded.
        core: the same without the punctuation around it.
        words: how many.
        gap: whether an empty line precedes it.
        sign: what it looks like on its own, None where it may be a sentence.
        hint: what markup says it is, where it says so.
        dropped: whether it has been found not to be the article's.
    """

    start: int
    end: int
    text: str
    core: str
    words: int
    gap: bool
    sign: Sign | None
    hint: Kind | None = None
    dropped: bool = False

    @classmethod
    def of(cls, line: str, *, start: int, gap: bool, hint: Kind | None) -> "Row":
        """The row of a line that begins at `start`; a headline or caption known from markup gets no sign."""
        text = fold(line)
        sign = None if hint is Kind.HEADLINE else sign_of(text)
        return cls(start, start + len(line), text, core(text), len(text.split()), gap, sign, hint)

    @cached_property
    def _tail(self) -> str:
        # Patterns anchored at the end are tried at every character before it: on a line of dots, quadratic.
        return self.text[-60:]

    @cached_property
    def is_stopped(self) -> bool:
        """Whether it ends as a sentence does."""
        return _STOP.search(self._tail) is not None

    @cached_property
    def is_full_stopped(self) -> bool:
        """Whether it is a short sentence with its full stop."""
        return self.words >= 3 and _FULL_STOP.search(self._tail) is not None

    @cached_property
    def is_cut_off(self) -> bool:
        """Whether it ends in an ellipsis, as teasers do."""
        return _CUT_OFF.search(self._tail) is not None

    @cached_property
    def is_prose(self) -> bool:
        """Whether it is a paragraph: long, or a whole sentence."""
        if self.sign is not None or self.hint is Kind.HEADLINE or self.is_caption:
            return False
        if self.is_cut_off:
            return self.words > _LONGEST_HEADLINE_WORDS or (self.words >= _SHORT_PROSE_WORDS and self.goes_on)
        if _FULL_STOP.search(self._tail):
            return self.words >= _SHORT_PROSE_WORDS
        return self.words > _LONGEST_HEADLINE_WORDS or (self.words >= _SHORT_PROSE_WORDS and self.goes_on)

    @cached_property
    def goes_on(self) -> bool:
        """Whether it opens as a sentence that continues a report."""
        if self.core.startswith("و"):
            return not self.core.startswith(_WAW_NOUNS)
        return _GOES_ON.match(self.core) is not None

    @cached_property
    def is_headline_like(self) -> bool:
        """Whether it could be the headline of something: no full stop, not long, not the continuation of a report."""
        if self.sign is not None or self.words > _LONGEST_HEADLINE_WORDS or self.goes_on or self.is_item:
            return False
        if self.words > _LONGEST_QUOTING_HEADLINE_WORDS and self._tail.endswith(('"', "»", "”")):
            return False
        return not _FULL_STOP.search(self._tail) and not self.text.endswith((":", "»:", "”"))

    @cached_property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return _ITEM.match(self.text) is not None

    @cached_property
    def is_heading(self) -> bool:
        """Whether markup says that it is the headline."""
        return self.hint is Kind.HEADLINE

    @cached_property
    def is_caption(self) -> bool:
        """Whether markup, or a picture credit at its end, says that it is a caption."""
        if self.hint is Kind.CAPTION:
            return True
        one_sentence = self.words <= _LONGEST_CAPTION_WORDS and not self.goes_on and ". " not in self.text[:-15]
        return self.sign is None and one_sentence and is_captioned(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its longer words without prefixes, cut short: enough to tell whether two lines are about the same thing."""
        return frozenset(_PREFIXES.sub("", word)[:5] for word in _LONGER_WORD.findall(self.text))

    @cached_property
    def is_comment_mark(self) -> bool:
        """Whether readers' comments carry it: reply, like, so long ago."""
        return self.core in _COMMENT_MARKS or self.core.startswith("منذ ")

    @cached_property
    def is_form_notice(self) -> bool:
        """Whether only a comment form says this."""
        return "بريدك" in self.text or "الحقول" in self.text
