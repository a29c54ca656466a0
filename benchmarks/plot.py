"""Results to pictures and documents: `python -m benchmarks.plot`, after `make bench`.

Draws ``docs/images/performance.png`` and writes the tables into ``docs/performance.md``, between its two marks, from
``build/bench/results.json``.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.documents import write_between
from benchmarks.environments import ROOT, WORK
from benchmarks.tables import everything

DOCUMENT = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "images" / "performance.png"
BEGIN, END = "<!-- figures: written by benchmarks.plot -->\n", "<!-- end of figures -->\n"
OURS, PEERS, CEILING, SECOND = "#1f5f8b", "#b8c4cc", "#c0392b", "#e08e45"


def write_document(results: dict[str, Any]) -> None:
    """Replace what stands between the marks of the document."""
    write_between(
        DOCUMENT, BEGIN, END, f"![Sentences a second; growth](images/{PICTURE.name})\n\n{everything(results)}"
    )


def draw(results: dict[str, Any]) -> None:
    """Bars of sentences a second beside the ceilings; time and memory over the number of sentences."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (bars, growth) = pyplot.subplots(1, 2, figsize=(13, 5.5), width_ratios=(3, 2), layout="constrained")
    _bars(bars, results)
    _growth(growth, results)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def _bars(axes: Any, results: dict[str, Any]) -> None:
    shown = sorted(results["contestants"], key=lambda one: one["per_second"]["median"])
    names = [one["title"].replace("*", "").replace("`", "") for one in shown]
    medians = [one["per_second"]["median"] for one in shown]
    spreads = [
        [median - one["per_second"]["low"] for median, one in zip(medians, shown, strict=True)],
        [one["per_second"]["high"] - median for median, one in zip(medians, shown, strict=True)],
    ]
    colours = [PEERS if one["kind"] == "peer" else OURS for one in shown]
    axes.barh(names, medians, xerr=spreads, color=colours, error_kw={"elinewidth": 1})
    for place, one in enumerate(shown):
        spread = one["per_second"]
        axes.text(spread["high"], place, f" {spread['median']:,.0f}", va="center", fontsize=8)
    for ceiling, style in zip(results["ceilings"], ("-", "--"), strict=False):
        rate = ceiling["gflops"]["median"] / results["gflop_per_sentence"]
        axes.axvline(rate, color=CEILING, linestyle=style, label=f"{ceiling['title']}: {rate:,.0f}")
    if results["ceilings"]:
        axes.legend(loc="lower right", fontsize=8)
    axes.set_xlabel(
        f"sentences a second, {results['settings']['sentences']:,} distinct sentences, tokenised and labelled"
    )
    axes.spines[["top", "right"]].set_visible(False)


def _growth(axes: Any, results: dict[str, Any]) -> None:
    points = results["growth"]
    sizes = [one["sentences"] for one in points]
    memory = axes.twinx()
    handles = []
    for place, key, colour, label in ((axes, "seconds", OURS, "seconds"), (memory, "peak_mib", SECOND, "peak MiB")):
        handles += place.plot(sizes, [one[key] for one in points], "o", color=colour, label=label)
        handles += place.plot(sizes, [one[f"{key}_line"] for one in points], "-", color=colour, label="a straight line")
        place.set_ylabel(label, color=colour)
        place.set_ylim(bottom=0)
    axes.set_xlabel("sentences")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(handles=handles, loc="upper left", fontsize=8)


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=WORK / "results.json")
    results = json.loads(parser.parse_args().results.read_text(encoding="utf-8"))
    draw(results)
    write_document(results)


if __name__ == "__main__":
    main()
