"""Line charts as inline SVG: no picture files, sharp at any size, in the page's own colours, light or dark.

Colours and fonts come from the page's style sheet by class (`s0`, `s1`, …); the numbers are read out by `<title>` on hover.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Series", "line_chart"]

WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 42
TICKS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """A line.

    Attributes:
        name: in the legend.
        points: x and y, in order.
        colour: number of the colour class.
        sizes: radius of each point's dot, in pixels; empty: no dots.
        dashed: whether the line is.
    """

    name: str
    points: Sequence[tuple[float, float]]
    colour: int
    sizes: Sequence[float] = ()
    dashed: bool = False


def line_chart(
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    diagonal: bool = False,
) -> Markup:
    """An SVG element, its legend above.

    Args:
        series: the lines.
        x_label: what x is.
        y_label: what y is.
        x_range: from where to where; a range of no width is widened.
        y_range: likewise.
        diagonal: whether the line of equals is drawn, too.
    """
    frame = _Frame(_widened(x_range), _widened(y_range))
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(y_label)}">']
    parts += frame.axes(x_label, y_label)
    if diagonal:
        parts.append(f'<path class="diagonal" d="{frame.path([(0, 0), (1, 1)])}"/>')
    for one in series:
        kind = f"s{one.colour}" + (" dashed" if one.dashed else "")
        parts.append(f'<path class="line {kind}" d="{frame.path(one.points)}"/>')
        for (x, y), radius in zip(one.points, one.sizes, strict=False):
            parts.append(
                f'<circle class="dot s{one.colour}" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{radius:.1f}">'
                f"<title>{escape(one.name)}: {x:.4g}, {y:.3f}</title></circle>"
            )
    parts.append("</svg>")
    legend = "".join(f'<span class="key s{one.colour}">{escape(one.name)}</span>' for one in series)
    # All that came from outside went through `escape`.
    return Markup(f'<div class="legend">{legend}</div>{"".join(parts)}')  # noqa: S704


def _widened(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    return (low, high) if high > low else (low, low + 1)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie in the picture."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{'M' if n == 0 else 'L'}{self.x(x):.1f},{self.y(y):.1f}" for n, (x, y) in enumerate(points))

    def axes(self, x_label: str, y_label: str) -> Iterator[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for value in _ticks(*self.y_range):
            y = self.y(value)
            yield f'<path class="grid" d="M{LEFT},{y:.1f} H{right}"/>'
            yield f'<text class="tick" x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{value:g}</text>'
        for value in _ticks(*self.x_range):
            yield f'<text class="tick" x="{self.x(value):.1f}" y="{bottom + 15}" text-anchor="middle">{value:g}</text>'
        middle = (LEFT + right) / 2
        yield f'<text class="axis" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'
        turned = f"translate(11 {(TOP + bottom) / 2}) rotate(-90)"
        yield f'<text class="axis" transform="{turned}" text-anchor="middle">{escape(y_label)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Round values, about `TICKS` of them."""
    raw = (high - low) / TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]
