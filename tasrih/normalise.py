"""One function that makes text what the encoder was pretrained on, for training and inference alike.

A scheme goes with a base model, is written into the release, and is applied to every sentence just before it is tokenised.
Offsets, reports and rules that look at text use the raw sentence; nothing but the tokenizer sees this function's result.

- `arabertv02`: AraBERT v0.2 and AraELECTRA. What `ArabertPreprocessor("bert-base-arabertv02")` of the package `arabert` 1.0.1
  does (Antoun, Baly, Hajj 2020, arXiv:2003.00104), rewritten in linear time; a test holds the two equal.
- `arabertv02-twitter`: the same, but emoji are kept, as the two models trained on tweets expect.
- `light`: SentencePiece models (multilingual E5, XLM-R) and encoders that were pretrained on text as it is written. They learnt
  punctuation attached to its word and pieces that begin at a space, so spacing it out, as AraBERT needs, would give them text
  they never saw (and 2 % more tokens), and what AraBERT's list drops (Persian letters of names) they know. What they saw little
  of is tashkeel and tatweel, which break words into letters (a vowelled sentence of 34 tokens has 10 without), and Arabic-Indic
  digits (٢٠٢٣ is four tokens, 2023 one). Bidi controls and zero-width characters are tokens of their own or become spaces.
- `none`: the text as it is.

AraBERT v0.1, v1 and v2 are refused: v1 and v2 want words segmented by Farasa, a Java program.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from tasrih.errors import ConfigError

__all__ = ["SCHEMES", "normalise", "scheme_for"]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Python refuses to read an integer of thousands of digits; no character has such a number.
_ENDLESS_REFERENCE = re.compile("&#[0-9]{640,};?")

_TASHKEEL_AND_TATWEEL = re.compile("[\u064b-\u0652\u0640]")
_ARABIC_LETTERS: Final = "\u0621-\u063a\u0641-\u064a"
_WESTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_ALL_WESTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)

_LINK, _EMAIL, _USER = " [رابط] ", " [بريد] ", " [مستخدم] "
_DOMAIN_END = re.compile(r"\.[a-z]{2,6}\b")
_ADDRESS = re.compile(
    r"""(?:https?://.)?                     # the character after the slashes may be any, a space too
        (?:www\.)?
        [a-zA-Z0-9@:%._+~\#=-]{2,256}       # a host, by the widest reading
        \.[a-z]{2,6}\b
        [a-zA-Z0-9@:%_+.~\#?&/=-]*""",
    re.VERBOSE,
)
# What the address pattern left over. The order matters: each sees what those before it replaced.
_LINK_LEFTOVERS = (
    re.compile(r"https?://[a-zA-Z0-9_./~?=%&-]+"),
    re.compile(r"www[a-zA-Z0-9_?=%&/.~-]+"),
    re.compile(r"(?:(?<![a-zA-Z])|(?<=\.com))[a-zA-Z]++\.com"),
    re.compile(r"http\S*"),
    re.compile(r"www\S*"),
    re.compile(r"://"),
)
# The look-behinds and possessive repeats below find what the plain patterns find, but try each word once, not once a letter.
_EMAIL_ADDRESS = re.compile(r"(?<![\w-])[\w-]++@(?:[\w-]+\.)+[\w-]+")
_WORD_WITH_AT = re.compile(r"(?<!\S)\S[^\s@]*+@\S+")
_MENTION = re.compile(r"@\w+")
_TAG = re.compile(r"<[^>]++>")
_REPEATED = re.compile(r"(\D)\1{2,}", re.DOTALL)
_TO_SPACE_OUT = re.compile(rf"([^0-9{_ARABIC_LETTERS}\u0660-\u0669a-zA-Z\[\]])")
_DIGITS_THEN_LETTERS = re.compile(rf"(?<!\d)(\d++)([{_ARABIC_LETTERS}]++)")
_LETTERS_THEN_DIGITS = re.compile(rf"(?<![{_ARABIC_LETTERS}])([{_ARABIC_LETTERS}]++)(\d+)")
# AraBERT's vocabulary: Western and Arabic letters and marks, digits, and the punctuation of its pretraining text.
_KNOWN: Final = r"\s!-%'-.0-~«·»،؛؟\u0621-\u063a\u0640-\u066c\u0671-\u0674\u06da\u0b4d–—‘’“”…"
_UNKNOWN = re.compile(f"[^{_KNOWN}]")
# The code points of the emoji of Unicode Emoji 13.1, sequences taken apart.
_EMOJI: Final = (
    "a9 ae 200d 203c 2049 20e3 2122 2139 2194-2199 21a9-21aa 231a-231b 2328 23cf 23e9-23f3 23f8-23fa 24c2 "
    "25aa-25ab 25b6 25c0 25fb-25fe 2600-2604 260e 2611 2614-2615 2618 261d 2620 2622-2623 2626 262a 262e-262f "
    "2638-263a 2640 2642 2648-2653 265f-2660 2663 2665-2666 2668 267b 267e-267f 2692-2697 2699 269b-269c "
    "26a0-26a1 26a7 26aa-26ab 26b0-26b1 26bd-26be 26c4-26c5 26c8 26ce-26cf 26d1 26d3-26d4 26e9-26ea 26f0-26f5 "
    "26f7-26fa 26fd 2702 2705 2708-270d 270f 2712 2714 2716 271d 2721 2728 2733-2734 2744 2747 274c 274e "
    "2753-2755 2757 2763-2764 2795-2797 27a1 27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d 3297 "
    "3299 fe0f 1f004 1f0cf 1f170-1f171 1f17e-1f17f 1f18e 1f191-1f19a 1f1e6-1f1ff 1f201-1f202 1f21a 1f22f "
    "1f232-1f23a 1f250-1f251 1f300-1f321 1f324-1f393 1f396-1f397 1f399-1f39b 1f39e-1f3f0 1f3f3-1f3f5 "
    "1f3f7-1f4fd 1f4ff-1f53d 1f549-1f54e 1f550-1f567 1f56f-1f570 1f573-1f57a 1f587 1f58a-1f58d 1f590 "
    "1f595-1f596 1f5a4-1f5a5 1f5a8 1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 1f5d1-1f5d3 1f5dc-1f5de 1f5e1 1f5e3 1f5e8 "
    "1f5ef 1f5f3 1f5fa-1f64f 1f680-1f6c5 1f6cb-1f6d2 1f6d5-1f6d7 1f6e0-1f6e5 1f6e9 1f6eb-1f6ec 1f6f0 "
    "1f6f3-1f6fc 1f7e0-1f7eb 1f90c-1f93a 1f93c-1f945 1f947-1f978 1f97a-1f9cb 1f9cd-1f9ff 1fa70-1fa74 "
    "1fa78-1fa7a 1fa80-1fa86 1fa90-1faa8 1fab0-1fab6 1fac0-1fac2 1fad0-1fad6 e0062-e0063 e0065 e0067 e006c "
    "e006e e0073-e0074 e0077 e007f "
)


def _emoji_class() -> str:
    return "".join("-".join(f"\\U{int(end, 16):08x}" for end in span.split("-")) for span in _EMOJI.split())


_UNKNOWN_TO_TWITTER = re.compile(f"[^{_KNOWN}{_emoji_class()}]")

# Tashkeel, Quranic marks, tatweel; controls; soft hyphen; zero-width characters, bidi controls, variation selectors.
# Madda and hamza above and below (0653 to 0655) stay: they make letters.
_LIGHT_STRIPPED = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
# Combining marks are neither letters nor digits to `re`, nor white space.
_MANY_MARKS = re.compile(r"[^\w\s]{31,}")


def normalise(text: str, *, scheme: str) -> str:
    """Makes a sentence what the base model of `scheme` was pretrained on.

    Args:
        text: any text; what is not a character (a lone surrogate, which no tokenizer reads) becomes U+FFFD first.
        scheme: a name in `SCHEMES`, as `scheme_for` gives it or `release.json` records it.

    Returns:
        The normalised sentence, which may be empty. To normalise it again changes nothing, except that `arabertv02`
        takes "<>" for punctuation the first time and for a tag the second, as its original does.

    Raises:
        ConfigError: there is no such scheme.
    """
    function = SCHEMES.get(scheme)
    if function is None:
        raise ConfigError(
            f"normalisation: {scheme!r} is not a scheme; expected one of {', '.join(SCHEMES)}. "
            "Use the one that the release records, or the one that scheme_for(base model) gives."
        )
    return function(_LONE_SURROGATE.sub("\ufffd", text))


def scheme_for(base_name: str) -> str:
    """The scheme for a base model.

    Args:
        base_name: a model hub id (`aubmindlab/bert-base-arabertv02`) or a folder, also one inside a hub cache.

    Returns:
        A name in `SCHEMES`; `light` for every model that is not of the AraBERT family.

    Raises:
        ConfigError: the model is an AraBERT that wants other preprocessing than v0.2's.
    """
    path = PurePath(base_name.replace("\\", "/"))
    # In a hub cache the model's name stands above its revision: models--OWNER--NAME/snapshots/REVISION.
    named = next((part for part in path.parts if part.startswith("models--")), path.name)
    name = re.sub("[-_. ]", "", named.casefold())
    if "arabertv02" in name:
        return "arabertv02-twitter" if "twitter" in name else "arabertv02"
    if "araelectra" in name or "aragpt2" in name:
        return "arabertv02"
    if "arabert" in name:
        size = "large" if "large" in name else "base"
        raise ConfigError(
            f"base model {base_name!r}: AraBERT v0.1, v1 and v2 are not supported (v1 and v2 need Farasa segmentation); "
            f"expected AraBERT v0.2. Use aubmindlab/bert-{size}-arabertv02, which reads words whole."
        )
    return "light"


def _arabertv02(text: str, unknown: re.Pattern[str] = _UNKNOWN) -> str:
    text = _TASHKEEL_AND_TATWEEL.sub("", _unescape(text))
    text = _without_tags(_without_addresses(text)).translate(_WESTERN_DIGITS)
    text = _REPEATED.sub(r"\1\1", text)
    text = _TO_SPACE_OUT.sub(r" \1 ", text)
    text = _DIGITS_THEN_LETTERS.sub(r" \1 \2 ", text)
    text = _LETTERS_THEN_DIGITS.sub(r" \1 \2 ", text)
    text = unknown.sub(" ", text.replace("/", "-"))
    return " ".join(text.replace("\ufe0f", "").split())


def _without_addresses(text: str) -> str:
    if _DOMAIN_END.search(text):  # the address pattern is slow on long Latin words, and cannot match without one
        text = _ADDRESS.sub(_LINK, text)
    for pattern in _LINK_LEFTOVERS:
        text = pattern.sub(_LINK, text)
    text = _EMAIL_ADDRESS.sub(_EMAIL, text)
    text = _WORD_WITH_AT.sub(_EMAIL, text)
    return _MENTION.sub(_USER, text)


def _without_tags(text: str) -> str:
    text = text.replace("<br />", " ")
    # After the last ">" no "<" opens a tag; to look there costs the square of the length.
    end = text.rfind(">") + 1
    return _TAG.sub(" ", text[:end]) + text[end:]


def _light(text: str) -> str:
    # Scraped text carries references ("&quot;") that extraction, which must keep offsets, left in.
    text = _unescape(text)
    for _ in range(2):  # the second time for what the first brings together: a letter, a tatweel, its hamza
        before = text
        text = _LIGHT_STRIPPED.sub("", text)
        text = unicodedata.normalize("NFKC", _MANY_MARKS.sub(_stream_safe, text))
        if text == before:
            break
    text = " ".join(text.translate(_ALL_WESTERN_DIGITS).split())
    if _unescape(text) != text:  # "&amp;lt;" was "&lt;" on the page: text, not a reference
        text = re.sub(r"&(?=\S)", "& ", text)
    return text


def _stream_safe(match: re.Match[str]) -> str:
    """At most 30 combining marks in a row, as UAX #15 has it: to sort them takes the square of their number."""
    kept: list[str] = []
    n_marks = 0
    for character in match[0]:
        n_marks = n_marks + 1 if unicodedata.combining(character) else 0
        if n_marks <= 30:
            kept.append(character)
    return "".join(kept)


def _unescape(text: str) -> str:
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


SCHEMES: Final = MappingProxyType[str, Callable[[str], str]](
    {
        "none": lambda text: text,
        "light": _light,
        "arabertv02": _arabertv02,
        "arabertv02-twitter": lambda text: _arabertv02(text, _UNKNOWN_TO_TWITTER),
    }
)
