"""Small charts as SVG, made by hand, so that a summary needs no plotting library and no network."""

from collections.abc import Sequence
from html import escape

__all__ = ["lines", "stacked_bar", "stacked_columns"]

WIDTH, HEIGHT = 860, 240
LEFT, BOTTOM, TOP = 52, 46, 12
MAX_TICKS = 12


def stacked_bar(parts: Sequence[int], classes: Sequence[str]) -> str:
    """One row of a table: parts of a whole, side by side."""
    total = sum(parts) or 1
    left = 0.0
    shapes = []
    for part, name in zip(parts, classes, strict=True):
        width = 100 * part / total
        shapes.append(
            f'<rect class="{name}" x="{left:.2f}" width="{width:.2f}" height="10"><title>{part:,}</title></rect>'
        )
        left += width
    return f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">{"".join(shapes)}</svg>'


def stacked_columns(names: Sequence[str], columns: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Shares over time: a column a period, 100 % high.

    Args:
        names: of the periods, in order.
        columns: of each period its counts.
        classes: of the counts, CSS.
    """
    shapes = [_axis("100 %", "50 %", "0")]
    step = (WIDTH - LEFT) / max(1, len(names))
    for place, counts in enumerate(columns):
        total = sum(counts) or 1
        top = float(HEIGHT - BOTTOM)
        for count, name in zip(counts, classes, strict=True):
            height = (HEIGHT - BOTTOM - TOP) * count / total
            top -= height
            shapes.append(
                f'<rect class="{name}" x="{LEFT + place * step + 0.1 * step:.1f}" y="{top:.1f}" width="{0.8 * step:.1f}" '
                f'height="{height:.1f}"><title>{escape(names[place])}: {count:,} / {total:,}</title></rect>'
            )
    return _svg(shapes + _ticks(names, step))


def lines(names: Sequence[str], series: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Counts over time, a line each.

    Args:
        names: of the periods, in order.
        series: of each line its counts, one a period.
        classes: of the lines, CSS.
    """
    highest = _round_up(max((count for one in series for count in one), default=0))
    shapes = [_axis(f"{highest:,}", f"{highest / 2:,.10g}", "0")]
    step = (WIDTH - LEFT) / max(1, len(names))
    for counts, name in zip(series, classes, strict=True):
        points = [
            (LEFT + (place + 0.5) * step, HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * count / highest)
            for place, count in enumerate(counts)
        ]
        shapes.append(f'<polyline class="line {name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        for (x, y), period, count in zip(points, names, counts, strict=True):
            shapes.append(
                f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(period)}: {count:,}</title></circle>'
            )
    return _svg(shapes + _ticks(names, step))


def _round_up(value: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, ...: halves of them are whole."""
    power = 1
    while True:
        for factor in (2, 4, 10):
            if factor * power >= value:
                return factor * power
        power *= 10


def _axis(top: str, middle: str, bottom: str) -> str:
    floor = HEIGHT - BOTTOM
    marks = []
    for text, y in ((top, TOP), (middle, (TOP + floor) / 2), (bottom, floor)):
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(marks)


def _ticks(names: Sequence[str], step: float) -> list[str]:
    every = -(-len(names) // MAX_TICKS) or 1
    return [
        f'<text x="{LEFT + (place + 0.5) * step:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(name)}</text>'
        for place, name in enumerate(names)
        if place % every == 0
    ]


def _svg(shapes: Sequence[str]) -> str:
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" direction="ltr">{"".join(shapes)}</svg>'
