"""The numbers of a corpus as JSON and as plots, for a datasheet.

Figures are made without pyplot: no window system is asked for, and no state outlives a call.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tasrih.errors import ConfigError
from training.corpus_stats import ALL, CorpusStats
from training.row_schema import SPLITS

__all__ = ["write_stats"]

# Okabe and Ito's colours, which colour-blind readers tell apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
WIDTH = 8.0  # inches
DPI = 120
BIN = 5  # words in a bar of the histogram


def write_stats(stats: CorpusStats, folder: Path) -> list[Path]:
    """Write `stats.json` and a PNG a plot into a folder, which is made; files of those names are replaced.

    Returns:
        The files; a plot that would show nothing (a corpus without desks, say) is left out.

    Raises:
        ConfigError: the folder cannot be written.
    """
    figures = {
        "labels.png": _labels(stats),
        "desks.png": _desks(stats) if stats.desks else None,
        "lengths.png": _lengths(stats),
        "phenomena.png": _phenomena(stats) if stats.rows["phenomenon"] else None,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        facts = json.dumps(asdict(stats), ensure_ascii=False, indent=2) + "\n"
        (folder / "stats.json").write_text(facts, encoding="utf-8")
        drawn = {folder / name: figure for name, figure in figures.items() if figure is not None}
        for path, figure in drawn.items():
            figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise ConfigError(f"--output {folder}: cannot be written ({error.strerror}); name another folder") from error
    return [folder / "stats.json", *drawn]


def _labels(stats: CorpusStats) -> Figure:
    """A panel a half: of each label, the share of a split's sentences that have it, and how many those are."""
    n_labels = len(stats.together)
    figure, panels = _panels(len(stats.labels), 1.0 + 0.55 * n_labels * len(stats.labels))
    for axes, (half, counts) in zip(panels, stats.labels.items(), strict=True):
        for place, split in enumerate(SPLITS):
            total = stats.rows["half"][half][split]
            heights = [label + (place - 1) * 0.26 for label in range(n_labels)]
            shares = [100 * count[split] / max(total, 1) for count in counts.values()]
            bars = axes.barh(heights, shares, height=0.24, color=COLOURS[place], label=f"{split} ({total:,})")
            axes.bar_label(bars, [f"{count[split]:,}" for count in counts.values()], padding=3, fontsize=8)
        axes.set_yticks(range(n_labels), list(counts))
        axes.invert_yaxis()
        axes.set_title(f"{half} half", loc="left", fontsize=11)
        axes.margins(x=0.1, y=0.02)
        _legend(axes)
    panels[-1].set_xlabel("share of the split's sentences, %; at the bar: how many")
    return figure


def _desks(stats: CorpusStats) -> Figure:
    figure, (axes,) = _panels(1, 1.4 + 0.3 * len(stats.desks))
    names = list(stats.desks)
    left = [0] * len(names)
    for place, stance in enumerate(stats.rows["stance"]):
        counts = [stats.desks[name].get(stance, 0) for name in names]
        axes.barh(names, counts, left=left, color=COLOURS[place % len(COLOURS)], label=stance)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.set_ylabel("desk")
    axes.set_xlabel("sentences")
    _legend(axes)
    return figure


def _lengths(stats: CorpusStats) -> Figure:
    figure, (axes,) = _panels(1, 3.6)
    longest = max(length for lengths in stats.words.values() for length in lengths)
    edges = list(range(0, longest + BIN + 1, BIN))
    for place, (half, lengths) in enumerate(stats.words.items()):
        total = sum(lengths.values())
        weights = [100 * n / total for n in lengths.values()]
        axes.hist(
            list(lengths), bins=edges, weights=weights, histtype="step", linewidth=2, color=COLOURS[place],
            label=f"{half} ({total:,})",
        )  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_xlabel(f"words a sentence (between white space), {BIN} a step")
    axes.set_ylabel("share of the half's sentences, %")
    _legend(axes)
    return figure


def _phenomena(stats: CorpusStats) -> Figure:
    counts = {name: splits[ALL] for name, splits in stats.rows["phenomenon"].items()}
    figure, (axes,) = _panels(1, 1.2 + 0.24 * len(counts))
    axes.bar_label(axes.barh(list(counts), list(counts.values()), color=COLOURS[0]), padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.08, y=0.01)
    axes.set_ylabel("phenomenon")
    axes.set_xlabel("sentences written to show it (a sentence may show several)")
    return figure


def _panels(n: int, height: float) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = [figure.add_subplot(n, 1, 1)]
    panels += [figure.add_subplot(n, 1, place, sharex=panels[0]) for place in range(2, n + 1)]
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _legend(axes: Axes) -> None:
    """Above the axes, where no bar can run into it."""
    n_entries = len(axes.get_legend_handles_labels()[1])
    axes.legend(frameon=False, fontsize=9, ncols=min(n_entries, 3), loc="lower right", bbox_to_anchor=(1, 1))
