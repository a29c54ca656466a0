"""Labels that flip are counted by kind, and shown with the surest first."""

import numpy as np
import pytest

from tasrih.errors import ConfigError
from tasrih.labels import Label, LabelSet
from tasrih.types import Decisions
from training.flips import EXAMPLES, aligned, check_labels, find_flips
from training.shown import Shown


def labels(stances: str, claims: str = "x") -> LabelSet:
    return LabelSet(tuple(Label(n, n, n) for n in stances), tuple(Label(n, n, n) for n in claims))


def said(stances: list[int], claims: list[float], sure: float = 0.8) -> Decisions:
    stance_B = np.array(stances)
    stance_BS = np.full((len(stances), 2), 1 - sure)
    stance_BS[np.arange(len(stances)), stance_B] = sure
    claims_BC = np.array(claims)[:, None]
    return Decisions(stance_BS, claims_BC, stance_B, claims_BC >= 0.5, np.zeros(len(stances), dtype=bool))


SENTENCES = [Shown(str(n), f"جملة {n}", "composed") for n in range(4)]


def test_changes_by_kind():
    before, after = said([0, 0, 1, 1], [0.1, 0.9, 0.2, 0.1]), said([1, 0, 1, 0], [0.1, 0.3, 0.7, 0.6])
    gold = np.array([1, 0, 1, 1]), np.array([[False], [False], [False], [True]])
    flips = find_flips(before, after, labels("ab"), SENTENCES, gold)
    assert (flips.n, flips.n_any, flips.n_stance) == (4, 4, 2)
    assert flips.stances == ((1, 1), (1, 1))
    told = {(one.head, one.before, one.after): (one.n, one.n_right, one.n_wrong) for one in flips.changes}
    assert told == {
        ("stance", "a", "b"): (1, 1, 0),
        ("stance", "b", "a"): (1, 0, 1),
        ("x", "not given", "given"): (2, 1, 1),
        ("x", "given", "not given"): (1, 1, 0),
    }
    given = next(one for one in flips.changes if one.after == "given")
    assert [(one.sentence.id, one.after, one.verdict) for one in given.examples] == [
        ("2", 0.7, "wrong"),
        ("3", 0.6, "right"),
    ]
    lost = next(one for one in flips.changes if one.after == "not given")
    assert lost.examples[0].before == pytest.approx(0.1) and lost.examples[0].after == pytest.approx(0.7)


def test_without_labels_no_verdict():
    flips = find_flips(said([0] * 4, [0.1] * 4), said([1] * 4, [0.1] * 4), labels("ab"), SENTENCES)
    assert [(one.n_right, one.n_wrong) for one in flips.changes] == [(None, None)]
    assert {one.verdict for one in flips.changes[0].examples} == {""}


def test_only_so_many_examples_are_shown():
    n = EXAMPLES + 3
    many = [Shown(str(number), "نص", "composed") for number in range(n)]
    change = find_flips(said([0] * n, [0.1] * n), said([1] * n, [0.1] * n), labels("ab"), many).changes[0]
    assert (change.n, len(change.examples)) == (n, EXAMPLES)


def test_another_order_of_labels_is_no_change():
    own, wanted = labels("ab", "xy"), labels("ba", "yx")
    one = said([0, 1], [0.9, 0.1])
    two = Decisions(
        one.stance_BS, np.array([[0.9, 0.2], [0.1, 0.6]]), one.stance_B, np.array([[1, 0], [0, 1]]) > 0, one.review_B
    )
    turned = aligned(two, own, wanted)
    assert turned.stance_B.tolist() == [1, 0]
    assert turned.stance_BS[0].tolist() == two.stance_BS[0, ::-1].tolist()
    assert turned.given_BC.tolist() == [[False, True], [True, False]]
    assert aligned(turned, wanted, own).stance_B.tolist() == two.stance_B.tolist()


@pytest.mark.parametrize(("other", "told"), [(labels("ac"), "stances"), (labels("ab", "y"), "claim types")])
def test_other_labels_are_told(other, told):
    with pytest.raises(ConfigError, match=f"{told}: one release has .*, the other .*; expected equal names"):
        check_labels(labels("ab"), other)
