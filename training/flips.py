"""Which sentences get another label from one release than from the other: how many, from what to what, and which.

Labels of both releases have to be the same names; their order may differ (`aligned`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tasrih.types import BoolArray, Decisions, FloatArray64, IntArray
from training.shown import Shown

__all__ = ["Change", "Flip", "Flips", "aligned", "check_labels", "find_flips"]

# Of each kind of change so many sentences are shown: the surest.
EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Flip:
    """One sentence that changed.

    Attributes:
        sentence: which.
        before: probability of the new answer, of the first release.
        after: probability of the new answer, of the second.
        verdict: `right` or `wrong` where the new answer is known to be, else an empty string.
    """

    sentence: Shown
    before: float
    after: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Change:
    """All sentences that changed in one way.

    Attributes:
        head: `stance`, or the claim type's name.
        before: what the first release says: a stance, or `given` or `not given`.
        after: what the second says.
        n: sentences.
        n_right: of them, those whose new answer is right; None where labels are not known.
        n_wrong: those whose old answer was right; of stances, some may be neither.
        examples: the surest of them.
    """

    head: str
    before: str
    after: str
    n: int
    n_right: int | None
    n_wrong: int | None
    examples: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class Flips:
    """All changes.

    Attributes:
        n: sentences compared.
        n_any: of them, those whose stance or any claim type changed.
        n_stance: those whose stance changed.
        changes: the commonest first, stances before claim types.
        stances: from (row) and to (column) counts of all sentences, in the order of the labels.
    """

    n: int
    n_any: int
    n_stance: int
    changes: tuple[Change, ...]
    stances: tuple[tuple[int, ...], ...]


def check_labels(own: LabelSet, wanted: LabelSet) -> None:
    """Raise `ConfigError` where two releases do not have labels of the same names."""
    for head, mine, theirs in (
        ("stances", own.stance_names, wanted.stance_names),
        ("claim types", own.claim_names, wanted.claim_names),
    ):
        if set(mine) != set(theirs):
            raise ConfigError(
                f"{head}: one release has {', '.join(mine) or 'none'}, the other {', '.join(theirs) or 'none'}; "
                "expected equal names: compare releases of one set of labels"
            )


def aligned(decisions: Decisions, own: LabelSet, wanted: LabelSet) -> Decisions:
    """The decisions of a release with labels `own`, in the order of `wanted`; the names must be the same."""
    stances = [own.stance_names.index(name) for name in wanted.stance_names]
    claims = [own.claim_names.index(name) for name in wanted.claim_names]
    return Decisions(
        stance_BS=decisions.stance_BS[:, stances],
        claims_BC=decisions.claims_BC[:, claims],
        stance_B=np.argsort(stances)[decisions.stance_B],
        given_BC=decisions.given_BC[:, claims],
        review_B=decisions.review_B,
    )


def find_flips(
    before: Decisions,
    after: Decisions,
    labels: LabelSet,
    sentences: Sequence[Shown],
    gold: tuple[IntArray, BoolArray] | None = None,
) -> Flips:
    """Compare two releases' answers.

    Args:
        before: of the first release.
        after: of the second, of the same sentences and in the same order of labels.
        labels: names of both heads.
        sentences: as the page may show them.
        gold: stance indexes and claim types carried, where they are known.
    """
    n_stances = len(labels.stances)
    stances_SS = np.zeros((n_stances, n_stances), dtype=np.int64)
    np.add.at(stances_SS, (before.stance_B, after.stance_B), 1)
    changes: list[Change] = []
    for old, new in np.argwhere((stances_SS > 0) & ~np.eye(n_stances, dtype=np.bool_)):
        places = np.flatnonzero((before.stance_B == old) & (after.stance_B == new))
        right_B = None if gold is None else gold[0] == new
        wrong_B = None if gold is None else gold[0] == old
        sure = before.stance_BS[:, new], after.stance_BS[:, new]
        names = labels.stance_names[old], labels.stance_names[new]
        changes.append(_change("stance", names, places, sure, (right_B, wrong_B), sentences))
    claims: list[Change] = []
    for c, name in enumerate(labels.claim_names):
        for new in (True, False):
            places = np.flatnonzero((before.given_BC[:, c] != after.given_BC[:, c]) & (after.given_BC[:, c] == new))
            if len(places):
                right_B = None if gold is None else gold[1][:, c] == new
                given = before.claims_BC[:, c], after.claims_BC[:, c]
                sure = given if new else (1 - given[0], 1 - given[1])
                told = ("not given", "given") if new else ("given", "not given")
                wrong_B = None if right_B is None else ~right_B
                claims.append(_change(name, told, places, sure, (right_B, wrong_B), sentences))
    stance_B = before.stance_B != after.stance_B
    any_B = stance_B | (before.given_BC != after.given_BC).any(axis=1)
    return Flips(
        n=len(sentences),
        n_any=int(any_B.sum()),
        n_stance=int(stance_B.sum()),
        changes=(*sorted(changes, key=lambda one: -one.n), *sorted(claims, key=lambda one: -one.n)),
        stances=tuple(tuple(int(n) for n in row) for row in stances_SS),
    )


def _change(
    head: str,
    names: tuple[str, str],
    places: IntArray,
    sure: tuple[FloatArray64, FloatArray64],
    verdicts: tuple[BoolArray | None, BoolArray | None],
    sentences: Sequence[Shown],
) -> Change:
    before_B, after_B = sure
    right_B, wrong_B = verdicts
    surest = sorted(places, key=lambda place: -after_B[place])[:EXAMPLES]
    examples = tuple(
        Flip(
            sentences[place],
            float(before_B[place]),
            float(after_B[place]),
            "" if right_B is None else "right" if right_B[place] else "wrong",
        )
        for place in surest
    )
    return Change(
        head,
        *names,
        n=len(places),
        n_right=None if right_B is None else int(right_B[places].sum()),
        n_wrong=None if wrong_B is None else int(wrong_B[places].sum()),
        examples=examples,
    )
