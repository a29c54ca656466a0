"""How far probabilities can be taken at their word, before and after calibration: bins, expected calibration error, a plot.

Bins are equally wide, as those of `tasrih.scores` (Guo et al., 2017). The stance's curve is of the likeliest stance; a claim
type's curve is of its yes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.scores import CALIBRATION_BINS
from tasrih.types import BoolArray, FloatArray64, IntArray, Logits

__all__ = ["plot_reliability", "reliability"]

STANCE = "stance"
# Bins of fewer sentences jump about and are left out of the plot, not of the error.
SHOWN_FROM = 8


def reliability(
    logits: Logits, gold_stance_B: IntArray, gold_claims_BC: BoolArray, calibration: Calibration, labels: LabelSet
) -> dict[str, Any]:
    """For `before` and `after`: of `stance` and each claim type the bins and the expected calibration error.

    Args:
        logits: of one split.
        gold_stance_B: stance indexes, int64.
        gold_claims_BC: claim types carried.
        calibration: the release's; `before` has temperatures of 1.
        labels: names of both heads, in order.

    Returns:
        ``{"before": {"stance": {"error": …, "bins": [{"n", "probability", "right"}]}, …}, "after": …}``; empty bins are left out.
    """
    found: dict[str, Any] = {}
    for when, used in (("before", Calibration.neutral(labels)), ("after", calibration)):
        stance_BS, claims_BC = used.probabilities(logits)
        curves = {STANCE: _curve(stance_BS.max(axis=1), stance_BS.argmax(axis=1) == gold_stance_B)}
        for c, name in enumerate(labels.claim_names):
            curves[name] = _curve(claims_BC[:, c], gold_claims_BC[:, c])
        found[when] = curves
    return found


def _curve(probability_B: FloatArray64, right_B: BoolArray) -> dict[str, Any]:
    bin_B = np.minimum((probability_B * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    bins = []
    for place in range(CALIBRATION_BINS):
        inside = bin_B == place
        if inside.any():
            n, sure, right = int(inside.sum()), float(probability_B[inside].mean()), float(right_B[inside].mean())
            bins.append({"n": n, "probability": round(sure, 6), "right": round(right, 6)})
    error = sum(one["n"] * abs(one["probability"] - one["right"]) for one in bins) / len(probability_B)
    return {"error": round(error, 6), "bins": bins}


def plot_reliability(splits: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """A PNG with a row a split and a column a head: how right against how sure, before and after.

    Args:
        splits: for each split what `reliability` gave.
        path: of the picture.
    """
    from matplotlib.figure import Figure

    names: Sequence[str] = list(next(iter(splits.values()))["after"])
    figure = Figure(figsize=(3.6 * len(names), 3.4 * len(splits)), layout="constrained")
    axes = figure.subplots(len(splits), len(names), squeeze=False, sharex=True, sharey=True)
    for row, (split, curves) in enumerate(splits.items()):
        for column, name in enumerate(names):
            axis = axes[row][column]
            axis.plot([0, 1], [0, 1], color="0.75", linewidth=1)
            for when, colour, marker in (("before", "#b35806", "o"), ("after", "#2166ac", "s")):
                curve = curves[when][name]
                shown = [one for one in curve["bins"] if one["n"] >= SHOWN_FROM]
                sure, right = ([one[key] for one in shown] for key in ("probability", "right"))
                axis.plot(sure, right, color=colour, marker=marker, markersize=4, linewidth=1.2,
                          label=f"{when}: error {curve['error']:.3f}")  # fmt: skip
            axis.set_title(f"{name}, {split}", fontsize=9)
            axis.legend(fontsize=8, loc="upper left", frameon=False)
            axis.set(xlim=(0, 1), ylim=(0, 1))
    figure.supxlabel("probability given", fontsize=9)
    figure.supylabel("share right", fontsize=9)
    figure.savefig(path, dpi=110)
