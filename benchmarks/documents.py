"""Figures in documents: what stands between two marks is ours to replace."""

from pathlib import Path


def write_between(document: Path, begin: str, end: str, text: str) -> None:
    """Replace what stands between two marks, each a line, with `text`."""
    whole = document.read_text(encoding="utf-8")
    before, _, rest = whole.partition(begin)
    _, mark, after = rest.partition(end)
    assert mark, f"{document}: the marks {begin!r} and {end!r} are missing"
    document.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
