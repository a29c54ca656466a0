"""Which quotations and brackets of a line are closed, and so are kept whole when the line is split into sentences.

Scraped Arabic news mixes «», “”, ”“ and straight marks, nests them, and forgets to close them. Marks are paired from the inside
out, each with its own kind; one that finds no partner close by is ignored, so that it never holds the rest of a page together.
"""

import re
from collections import Counter
from typing import Final

__all__ = ["kept_whole"]

# Quotations kept whole are at most this long: of 1,554 in real news sentences one in a thousand passes 387 characters. Longer
# ones are several sentences, more than an encoder reads at once; and a mark that was never closed, and so pairs with a
# stranger's, costs at most this much of the line.
_MAX_QUOTE_CHARS: Final = 600
_MAX_BRACKET_CHARS: Final = 200

_FAMILY: Final = (
    dict.fromkeys("«»", "guillemets")
    | dict.fromkeys("“”„", "curly")
    | dict.fromkeys('"', "straight")
    | dict.fromkeys("()", "round")
    | dict.fromkeys("[]", "square")
)
_MARK = re.compile(f"[{re.escape(''.join(_FAMILY))}]")


def kept_whole(line: str) -> list[tuple[int, int]]:
    """The outermost quotations and brackets that close within their bound.

    Returns:
        Index of the opening and of the closing mark of each, ascending; they do not overlap.
    """
    marks = _OpenMarks()
    spans: list[tuple[int, int]] = []
    for match in _MARK.finditer(line):
        at = match.start()
        family = _FAMILY[match[0]]
        is_open = marks.is_open(family)
        if not _closes(line, at, is_open=is_open):
            if is_open and family == "straight":
                marks.close(family)  # a second opening mark: the first was never closed
            marks.open(family, at)
        elif is_open:
            opening = marks.close(family)
            if at - opening <= (_MAX_BRACKET_CHARS if match[0] in ")]" else _MAX_QUOTE_CHARS):
                spans.append((opening, at))
    outermost: list[tuple[int, int]] = []
    for span in sorted(spans):
        if not outermost or span[0] > outermost[-1][1]:
            outermost.append(span)
    return outermost


class _OpenMarks:
    """Opening marks that wait for their closing one, the last on top."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, int]] = []
        self._n_open: Counter[str] = Counter()

    def is_open(self, family: str) -> bool:
        return self._n_open[family] > 0

    def open(self, family: str, at: int) -> None:
        self._stack.append((family, at))
        self._n_open[family] += 1

    def close(self, family: str) -> int:
        # Marks of other kinds opened since are dropped with it: inside a closed pair they never had a partner.
        while True:
            name, at = self._stack.pop()
            self._n_open[name] -= 1
            if name == family:
                return at


def _closes(line: str, at: int, *, is_open: bool) -> bool:
    """Whether the mark at `at` closes; marks typed the wrong way round (”نص“) are told by the white space beside them."""
    mark = line[at]
    if mark in "()[]":
        return mark in ")]"
    space_before = at == 0 or line[at - 1].isspace() or line[at - 1] in "([:،"
    space_after = at + 1 == len(line) or line[at + 1].isspace() or line[at + 1] in "،؛:.؟!…)]"
    looks_open, looks_closed = space_before and not space_after, space_after and not space_before
    if mark in "«“„":
        return is_open and looks_closed
    if mark in "»”":
        return is_open or not looks_open
    return looks_closed or (is_open and not looks_open)
