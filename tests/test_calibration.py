import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tasrih.calibration import Calibration
from tasrih.labels import LabelSet
from tasrih.types import Logits

LABELS = LabelSet.from_json({"stances": ["for", "against", "plain"], "claims": ["sent", "denied"]})
PLAIN = Calibration.neutral(LABELS)


def logits(stance, claims):
    return Logits(np.array(stance, dtype=np.float32), np.array(claims, dtype=np.float32))


def test_temperature_one_is_softmax_and_sigmoid():
    stance_BS, claims_BC = PLAIN.probabilities(logits([[0.0, np.log(2), np.log(5)]], [[0.0, np.log(3)]]))
    np.testing.assert_allclose(stance_BS, [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-6)
    np.testing.assert_allclose(claims_BC, [[0.5, 0.75]], rtol=1e-6)


def test_a_higher_temperature_softens_and_keeps_the_order():
    soft = Calibration(stance_temperature=4.0, claim_temperatures=(4.0, 1.0), claim_thresholds=(0.5, 0.5))
    one = logits([[3.0, 1.0, -2.0]], [[2.0, 2.0]])
    (hard_S,), (hard_C,) = PLAIN.probabilities(one)
    (soft_S,), (soft_C,) = soft.probabilities(one)
    assert soft_S.max() < hard_S.max() and (soft_S.argsort() == hard_S.argsort()).all()
    assert 0.5 < soft_C[0] < hard_C[0] and soft_C[1] == hard_C[1]


def test_a_claim_is_given_from_its_threshold_on():
    edge = Calibration(claim_temperatures=(1.0, 1.0), claim_thresholds=(0.5, 0.51))
    assert edge.decide(logits([[0, 0, 1]], [[0, 0]])).given_BC.tolist() == [[True, False]]


def test_review_asks_for_the_whole_answer():
    # Stance 0.9 sure; claims 0.8 and 0.95 sure: the answer as a whole is 0.684 sure.
    one = logits([[np.log(0.9), np.log(0.05), np.log(0.05)]], [[np.log(4), -np.log(19)]])
    for floor, review in ((0.68, False), (0.69, True)):
        calibration = Calibration(claim_temperatures=(1.0, 1.0), claim_thresholds=(0.5, 0.5), review_below=floor)
        assert calibration.decide(one).review_B.tolist() == [review]


@given(
    arrays(np.float32, (5, 3), elements=st.floats(-1e4, 1e4, width=32)),
    arrays(np.float32, (5, 2), elements=st.floats(-1e4, 1e4, width=32)),
)
def test_probabilities_are_probabilities_and_depend_on_their_row_alone(stance_BS, claims_BC):
    whole = PLAIN.decide(Logits(stance_BS, claims_BC))
    assert np.isfinite(whole.stance_BS).all() and np.isfinite(whole.claims_BC).all()
    np.testing.assert_allclose(whole.stance_BS.sum(axis=1), 1, atol=3e-6)
    assert ((whole.claims_BC >= 0) & (whole.claims_BC <= 1)).all()
    for row in range(5):
        alone = PLAIN.decide(Logits(stance_BS[row : row + 1], claims_BC[row : row + 1]))
        assert alone.stance_BS.tobytes() == whole.stance_BS[row : row + 1].tobytes()
        assert alone.claims_BC.tobytes() == whole.claims_BC[row : row + 1].tobytes()


def test_json_there_and_back():
    calibration = Calibration(
        stance_temperature=1.7, claim_temperatures=(0.9, 1.3), claim_thresholds=(0.42, 0.6), review_below=0.8
    )
    assert Calibration.from_json(calibration.to_json(LABELS), LABELS) == calibration


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"stance_temperature": 0.0}, "temperatures"),
        ({"stance_temperature": float("nan")}, "temperatures"),
        ({"claim_temperatures": (1.0,), "claim_thresholds": (1.0,)}, "claim_thresholds"),
        ({"claim_temperatures": (1.0,), "claim_thresholds": ()}, "1 claim temperatures but 0 thresholds"),
        ({"review_below": 1.5}, "review_below"),
    ],
)
def test_values_out_of_range_are_named(values, named):
    with pytest.raises(ValueError, match=named):
        Calibration(**values)


def test_a_release_may_have_no_claim_types():
    labels = LabelSet.from_json({"stances": ["yes", "no"]})
    decisions = Calibration.neutral(labels).decide(logits([[2.0, 0.0]], np.zeros((1, 0))))
    assert decisions.given_BC.shape == (1, 0) and decisions.stance_B.tolist() == [0]
