"""Bins, errors and the plot of calibration; scores of slices."""

import numpy as np
import pytest

from tasrih.calibration import Calibration
from tasrih.labels import Label, LabelSet
from tasrih.scores import score
from tasrih.types import Logits
from training.corpus import Row
from training.reliability import plot_reliability, reliability
from training.slices import MIN_SENTENCES, slice_scores

LABELS = LabelSet((Label("a", "أ", "a"), Label("b", "ب", "b")), (Label("c", "ج", "c"),))


def sample(n: int = 4000) -> tuple[Logits, np.ndarray, np.ndarray]:
    """Logits twice as sure as they are right."""
    random = np.random.default_rng(5)
    true_logit = random.normal(size=n)
    gold_B = (random.random(n) < 1 / (1 + np.exp(-true_logit))).astype(np.int64)
    logits = Logits(
        np.stack([np.zeros(n), 2 * true_logit], axis=1).astype(np.float32), (2 * true_logit[:, None]).astype(np.float32)
    )
    return logits, gold_B, gold_B[:, None].astype(bool)


def test_calibration_lowers_the_error_and_scores_say_the_same():
    logits, gold_B, gold_BC = sample()
    calibration = Calibration(stance_temperature=2.0, claim_temperatures=(2.0,), claim_thresholds=(0.5,))
    curves = reliability(logits, gold_B, gold_BC, calibration, LABELS)
    for head in ("stance", "c"):
        assert curves["after"][head]["error"] < curves["before"][head]["error"] / 2
    scores = score(gold_B, gold_BC, calibration.decide(logits), LABELS, draws=0)
    assert curves["after"]["stance"]["error"] == pytest.approx(scores.stance_calibration_error.value, abs=1e-4)
    assert curves["after"]["c"]["error"] == pytest.approx(scores.claims[0].calibration_error.value, abs=1e-4)
    assert sum(one["n"] for one in curves["after"]["stance"]["bins"]) == 4000


def test_the_plot_is_a_png(tmp_path):
    logits, gold_B, gold_BC = sample()
    curves = reliability(logits, gold_B, gold_BC, Calibration.neutral(LABELS), LABELS)
    plot_reliability({"validation": curves, "test": curves}, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"


def test_slices_tell_weak_parts_apart():
    texts = ['قال الوزير "نعم" للصحفيين'] * MIN_SENTENCES + ["لم يصل الوفد إلى المدينة"] * MIN_SENTENCES
    texts += ["وصل الوفد"] * (MIN_SENTENCES - 1)
    rows = [
        Row(
            id=str(i),
            text=text,
            stance="a",
            claim_types=(),
            split="test",
            source="composed",
            place="x",
            phenomena=("p",),
        )
        for i, text in enumerate(texts)
    ]
    wrong = np.array(["لم" in text for text in texts])
    logits = Logits(np.stack([~wrong, wrong], axis=1).astype(np.float32) * 9, np.full((len(rows), 1), -9, np.float32))
    found = slice_scores(rows, Calibration.neutral(LABELS).decide(logits), LABELS, draws=10)
    assert found["with a quotation"]["exact_match"]["value"] == 1.0
    assert found["with a word of negation"]["exact_match"]["value"] == 0.0
    assert found["phenomenon p"]["n"] == len(rows)
    assert "neither quotation nor negation" not in found  # too few
