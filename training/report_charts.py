"""The charts of a run's report: how far probabilities can be trusted, and how training went."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tasrih.labels import LabelSet
from training.charts import Series, line_chart

__all__ = ["learning_charts", "reliability_charts"]

BEFORE, AFTER = 1, 0  # colours
# The scores of an epoch that are drawn, by their key in the log.
EPOCH_SCORES = {"eval_score": "what the best epoch is kept by", "eval_stance_macro_f1": "stance macro-F1",
                "eval_exact_match": "stance and claims exact"}  # fmt: skip


def reliability_charts(curves: Mapping[str, Any], labels: LabelSet) -> list[tuple[str, Markup]]:
    """For the test split a chart a head, with its title; dots grow with the sentences in a bin.

    Args:
        curves: what `training.reliability` gave, by split.
        labels: names of both heads.
    """
    english = {label.name: label.english for label in labels.claims}
    return [(english.get(head, head), _reliability(curves["test"], head)) for head in curves["test"]["after"]]


def _reliability(curves: Mapping[str, Any], head: str) -> Markup:
    series = []
    for when, colour in (("before", BEFORE), ("after", AFTER)):
        curve = curves[when][head]
        most = max((one["n"] for one in curve["bins"]), default=1)
        points = [(one["probability"], one["right"]) for one in curve["bins"]]
        sizes = [1.5 + 5.5 * (one["n"] / most) ** 0.5 for one in curve["bins"]]
        name = f"{when} calibration: error {curve['error']:.3f}"
        series.append(Series(name, points, colour, sizes, dashed=when == "before"))
    return line_chart(
        series, x_label="probability given", y_label="share right", x_range=(0, 1), y_range=(0, 1), diagonal=True
    )


def learning_charts(log: Path) -> list[tuple[str, Markup]]:
    """Loss by step, and the scores of validation by epoch; empty where the log holds neither."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    steps = [(float(one["step"]), float(one["loss"])) for one in entries if "loss" in one]
    epochs = [one for one in entries if "eval_score" in one]
    charts = []
    if steps:
        means = [(float(one["step"]), float(one["epoch_loss"])) for one in epochs if "epoch_loss" in one]
        series = [Series("training loss", steps, BEFORE), Series("mean of an epoch", means, AFTER, [3.0] * len(means))]
        highest = max(loss for _, loss in steps)
        last = max(step for step, _ in (*steps, *means))
        charts.append(
            ("Loss", line_chart(series, x_label="step", y_label="loss", x_range=(0, last), y_range=(0, highest)))
        )
    if epochs:
        rounds = [float(one["epoch"]) for one in epochs]
        series = [
            Series(
                name,
                [(at, float(one[key])) for at, one in zip(rounds, epochs, strict=True)],
                colour,
                [3.0] * len(epochs),
            )
            for colour, (key, name) in enumerate(EPOCH_SCORES.items())
            if key in epochs[0]
        ]
        chart = line_chart(
            series, x_label="epoch", y_label="on validation", x_range=(min(rounds), max(rounds)), y_range=(0, 1)
        )
        charts.append(("Scores", chart))
    return charts
