"""The rule by which a release's labels at its shipped precision are held against float32."""

import numpy as np
import pytest

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.types import Decisions, Logits
from training.export import label_faults

LABELS = LabelSet.from_json({"stances": ["a", "b"], "claims": ["x"]})
CALIBRATION = Calibration(claim_temperatures=(1.0,), claim_thresholds=(0.7,))


def decided(stance: float, claim: float) -> Decisions:
    """Of one sentence: probabilities of stance a and claim type x."""
    logits = [np.log(p / (1 - p)) for p in (stance, claim)]
    return CALIBRATION.decide(Logits(np.array([[logits[0], 0.0]], np.float32), np.array([[logits[1]]], np.float32)))


@pytest.mark.parametrize(
    ("exact", "shipped", "faults"),
    [
        ((0.9, 0.9), (0.8, 0.8), []),
        ((0.52, 0.9), (0.49, 0.9), []),  # 0.04 above the other stance
        ((0.53, 0.9), (0.49, 0.9), ["test sentence 0: stance b, in float32 a"]),  # 0.06
        ((0.9, 0.74), (0.9, 0.69), []),
        ((0.9, 0.76), (0.9, 0.69), ["test sentence 0: claim type x given by one of them alone"]),
        ((0.9, 0.6), (0.1, 0.8), ["stance b", "claim type x"]),
    ],
)
def test_labels_may_differ_only_where_float32_was_close(exact, shipped, faults):
    found = label_faults(decided(*exact), decided(*shipped), LABELS, CALIBRATION)
    assert len(found) == len(faults)
    assert all(told in fault for told, fault in zip(faults, found, strict=True))
