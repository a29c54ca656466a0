"""HTML to text: the lines of a page's markup, without those that the markup itself says are not the article's.

Two readers look at a page. trafilatura finds the main text, and now and then loses paragraphs of it. A walk through the tree has
every line, in order, and knows which stand in a menu, a footer or a form. A line stays where either reader has it for the
article's; what furniture is left, `tasrih.pages.layout` tells from the text.
"""

import re
from collections.abc import Iterator
from html import unescape

import lxml.html  # type: ignore[import-untyped]
import trafilatura
from lxml import etree

from tasrih.pages.lines import fold
from tasrih.pages.passages import Passage, passages
from tasrih.types import Kind

__all__ = ["extract"]

_PARAGRAPH_WORDS = 6
_SHORT_CHARACTERS = 25
_SITE_NAME = re.compile(r"\s+[|\-–—:•»]\s+[^|–—»]{2,40}$")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_BLOCK_TAG = re.compile(r"<(?:p|div|br|li|h[1-6]|td|article|section|main|body|html|pre|title)\b", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z!/][^>]*>")


def extract(html: str) -> tuple[str, dict[int, Kind]]:
    """The text of a page, one block a line, and by the offset of its line what markup says is headline or caption.

    Never raises on malformed markup: the worst page gives its text without tags.
    """
    if not _BLOCK_TAG.search(html):  # text with a stray tag or none: its own line breaks are all there is
        return unescape(_ANY_TAG.sub("", html)), {}
    tree = _tree(html)
    if tree is None:
        return unescape(_ANY_TAG.sub("\n", html)), {}
    found = list(passages(tree))
    headline = _headline(found, tree)
    kept = list(_kept(found, _Main(html)))
    if headline is not None and headline not in kept:
        # Where the headline stands in a block that fell, or only in the page's head, it opens the text.
        kept = _with_headline(found, kept, headline)
    return _joined(kept, headline)


class _Main:
    """The main text as trafilatura finds it, to ask whether a line is in it."""

    def __init__(self, html: str) -> None:
        try:
            main = trafilatura.extract(html, favor_recall=True, include_comments=False, deduplicate=False) or ""
        except (ValueError, TypeError, AttributeError, IndexError, etree.LxmlError, RecursionError):
            main = ""  # pages broken enough to break it are read by the walk alone
        self._lines = {_squeezed(line) for line in main.splitlines()}
        self._whole = _squeezed(main)

    def __contains__(self, text: str) -> bool:
        squeezed = _squeezed(text)
        if len(squeezed) < _SHORT_CHARACTERS:
            return squeezed in self._lines
        return squeezed in self._whole


def _squeezed(text: str) -> str:
    # trafilatura marks lists with hyphens and moves spaces; neither may hide a line.
    return re.sub(r"[\W_]+", "", fold(text))


def _tree(html: str) -> lxml.html.HtmlElement | None:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    data = _XML_DECLARATION.sub("", html).encode("utf-8", errors="replace")
    try:
        return lxml.html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _kept(found: list[Passage], main: _Main) -> Iterator[Passage]:
    plain = [passage for passage in found if not passage.in_furniture]
    if not any(len(passage.text.split()) >= _PARAGRAPH_WORDS for passage in plain):
        plain = found  # a page that puts all it has into menus or forms
    chosen = set(map(id, plain))
    for passage in found:
        if (id(passage) in chosen and not passage.is_link) or passage.text in main:
            yield passage


def _headline(found: list[Passage], tree: lxml.html.HtmlElement) -> Passage | None:
    titles = [_title(tree, path) for path in ("//meta[@property='og:title']/@content", "//head/title//text()")]
    wanted = [_squeezed(title) for title in titles if title]
    headings = [passage for passage in found if passage.level == 1]
    in_title = [passage for passage in headings if any(_squeezed(passage.text) in title for title in wanted)]
    long_enough = [passage for passage in in_title or headings if len(passage.text.split()) >= 3]
    if long_enough or in_title:
        return (long_enough or in_title)[0]
    for passage in found:
        if len(passage.text) > _SHORT_CHARACTERS and any(_squeezed(passage.text) in title for title in wanted):
            return passage
    title = next((title for title in titles if title), None)
    if title and len(title.split()) >= 3 and not headings:
        return Passage(_SITE_NAME.sub("", title))
    return headings[0] if headings else None


def _title(tree: lxml.html.HtmlElement, path: str) -> str:
    values = tree.xpath(path)
    return " ".join("".join(str(value) for value in values[:1]).split()) if isinstance(values, list) else ""


def _with_headline(found: list[Passage], kept: list[Passage], headline: Passage) -> list[Passage]:
    if headline not in found:
        return [headline, *kept]
    place = found.index(headline)
    above = set(map(id, found[:place]))
    split = sum(id(passage) in above for passage in kept)
    return [*kept[:split], headline, *kept[split:]]


def _joined(kept: list[Passage], headline: Passage | None) -> tuple[str, dict[int, Kind]]:
    parts: list[str] = []
    hints: dict[int, Kind] = {}
    at = 0
    for passage in kept:
        if passage is headline:
            hints[at] = Kind.HEADLINE
        elif passage.is_caption:
            hints[at] = Kind.CAPTION
        parts.append(passage.text)
        at += len(passage.text) + 2
    return "\n\n".join(parts), hints
