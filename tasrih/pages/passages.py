"""The passages of an HTML tree: its text block by block, with where each stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import lxml.html  # type: ignore[import-untyped]
from lxml import etree

__all__ = ["Passage", "passages"]

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table tbody td tfoot "
    "th thead tr ul".split()
)
_UNREAD = frozenset(
    "script style template svg iframe object embed button select input textarea head audio video canvas math map".split()
)
_FURNITURE = frozenset("nav footer aside form dialog menu header noscript".split())
_ROLES = frozenset("navigation contentinfo complementary search banner dialog alertdialog menu menubar".split())
_NAMES = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|menu|breadcrumbs?|share|sharing|sharedaddy|social|socials|related|comments?|respond|"
    r"newsletter|subscribe|subscription|cookies?|sidebar|widgets?|footer|tags?|tagcloud|popular|trending|recommended|"
    r"recommendations|ads?|advert\w*|promo|pagination|pager|authorbox|bio|player|ticker|readalso|readmore|mostread|toolbar|"
    r"jp-relatedposts|outbrain|taboola|modal|popup|login|weather|currency|countdown)(?:$|[-_\s])",
    re.IGNORECASE,
)
_CAPTION_NAMES = re.compile(
    r"(?:^|[-_\s])(?:caption|wp-caption-text|figcaption|image-desc\w*|photo-desc\w*)(?:$|[-_\s])", re.I
)
# An element that holds more than this share of a page's paragraphs is its article, whatever it is called.
_MOST_SHARE = {"nav": 0.6, "footer": 0.6, "aside": 0.6}
_MOST_SHARE_BY_NAME = 0.3
_PARAGRAPH_CHARACTERS = 60
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


@dataclass(eq=False, slots=True)
class Passage:
    """A block of text.

    Attributes:
        level: of a heading its level, else 0.
        in_furniture: whether it stands in a menu, a footer, a form or the like.
        is_link: whether all of it is links.
    """

    text: str
    level: int = 0
    is_caption: bool = False
    in_furniture: bool = False
    is_link: bool = False


@dataclass(slots=True)
class _Walk:
    """Where the walk is: the text collected since the last block, and what stands open around it."""

    parts: list[str] = field(default_factory=list)
    linked: int = 0
    unread: int = 0
    furniture: int = 0
    links: int = 0
    captions: int = 0
    level: int = 0
    preformatted: int = 0
    after_inline: bool = False

    def add(self, text: str | None) -> None:
        if text and not self.unread:
            self.parts.append(text)
            self.linked += len("".join(text.split())) if self.links else 0
            self.after_inline = False

    def flush(self) -> Iterator[Passage]:
        whole = "".join(self.parts)
        for line in whole.splitlines() if self.preformatted else [whole]:
            text = " ".join(line.split())
            if not text:
                continue
            is_link = self.linked >= len(text.replace(" ", "")) and not self.level
            yield Passage(text, self.level, self.captions > 0, self.furniture > 0, is_link)
        self.parts.clear()
        self.linked = 0


def passages(tree: lxml.html.HtmlElement) -> Iterator[Passage]:
    """The passages of a tree in order, scripts and buttons left out."""
    walk = _Walk()
    furniture = _furniture(tree)
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            walk.add(element.tail)
            continue
        tag = element.tag if isinstance(element.tag, str) else ""
        step = 1 if event == "start" else -1
        if tag in _BLOCKS:
            yield from walk.flush()
            walk.preformatted += step * (tag == "pre")
        elif step > 0 and walk.after_inline:
            walk.parts.append(" ")  # words of two elements that only the layout keeps apart
        if tag in _UNREAD or (tag not in _BLOCKS and _is_hidden(element) and _is_short(element)):
            walk.unread += step
        walk.furniture += step * (element in furniture)
        walk.links += step * (tag == "a")
        walk.captions += step * (tag == "figcaption" or bool(_CAPTION_NAMES.search(_names(element))))
        if re.fullmatch("h[1-6]", tag):
            walk.level = int(tag[1]) if step > 0 else 0
        if step > 0:
            walk.add(element.text)
        else:
            walk.after_inline = tag in ("a", "li", "time", "label") or (tag == "span" and not walk.level)
            walk.after_inline = walk.after_inline and not element.tail and not _in_sentence(element)
            walk.add(element.tail if element is not tree else None)
    yield from walk.flush()


def _names(element: etree._Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _in_sentence(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in ("p", "blockquote")


def _furniture(tree: lxml.html.HtmlElement) -> set[etree._Element]:
    """The elements that hold page furniture, outermost only."""
    prose = _prose_characters(tree)
    whole = max(1, prose.get(tree, 0))
    found: set[etree._Element] = set()
    for element in tree.iter(etree.Element):
        tag = element.tag
        if tag in ("html", "body", "main", "article", "h1", "p") or element.getparent() in found:
            if element.getparent() in found:
                found.add(element)
            continue
        called = tag in _FURNITURE or (element.get("role") or "") in _ROLES
        named = _NAMES.search(_names(element)) is not None
        if not called and not named:
            # Hidden are windows and forms, but also the rest of an article behind "read more".
            if _is_hidden(element) and not _goes_on_hidden(element, prose):
                found.add(element)
            continue
        if tag == "noscript" and _goes_on_hidden(element, prose):
            continue
        if tag == "header" and (_within(element, ("article", "main")) or element.find(".//h1") is not None):
            continue
        share = prose.get(element, 0) / whole
        if share <= (_MOST_SHARE.get(str(tag), _MOST_SHARE_BY_NAME) if called else _MOST_SHARE_BY_NAME):
            found.add(element)
    return found


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "") is not None


def _is_short(element: etree._Element) -> bool:
    """Whether it holds a few words: what is said to screen readers alone, amid a paragraph."""
    length = 0
    for text in element.itertext():
        length += len(text)
        if length >= _PARAGRAPH_CHARACTERS:
            return False
    return True


def _goes_on_hidden(element: etree._Element, prose: dict[etree._Element, int]) -> bool:
    """Whether a hidden element, or one that only scripts replace, holds paragraphs below paragraphs that are seen."""
    parent = element.getparent()
    at_top = parent is None or parent.tag in (
        "body",
        "html",
    )  # windows hang there, so only paragraphs count beside them
    seen = (above for above in element.itersiblings(preceding=True) if not _is_hidden(above))
    before = sum(prose.get(above, 0) for above in seen if above.tag == "p" or not at_top)
    return prose.get(element, 0) > 0 and before >= _PARAGRAPH_CHARACTERS


def _within(element: etree._Element, tags: tuple[str, ...]) -> bool:
    return any(above.tag in tags for above in element.iterancestors())


def _prose_characters(tree: lxml.html.HtmlElement) -> dict[etree._Element, int]:
    """How many characters of paragraphs each element holds."""
    held: dict[etree._Element, int] = {}
    for _, element in etree.iterwalk(tree, events=("end",)):
        own = sum(len(text) for text in (element.text, *(child.tail for child in element)) if text and len(text) > 1)
        total = own if own >= _PARAGRAPH_CHARACTERS else 0
        held[element] = total + sum(held.get(child, 0) for child in element)
    return held
