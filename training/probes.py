"""What only a change of cast does to a release's answers: `python -m training.probes RELEASE_FOLDER`.

A probe group (`data/probes/cast.jsonl`) is one sentence in two to four versions in which the actors alone change, and no
label does. A release that reads what is said answers all versions alike; one that goes by names does not. Groups are
composed and read once, and training must never see them. With `corpus.cast_swap` a run trains on changes of cast of the same
kind, so these figures then tell how well that was learnt, and less how a cast that no table has would be read.

Intervals are percentile bootstrap intervals over groups, whose versions are not independent.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tasrih.errors import CorpusError, TasrihError
from tasrih.scores import Interval
from tasrih.types import FloatArray64

if TYPE_CHECKING:
    from tasrih.labels import LabelSet

__all__ = ["PROBES", "Answer", "Group", "main", "measure", "read_probes"]

PROBES = Path("data/probes/cast.jsonl")
# A stance, and the claim types given with it.
Answer = tuple[str, frozenset[str]]
_PARTS = ("stance and claims", "stance", "claims")


@dataclass(frozen=True, slots=True)
class Group:
    """Versions of one sentence, and the labels that all of them have."""

    id: str
    texts: tuple[str, ...]
    gold: Answer


def read_probes(path: Path, labels: "LabelSet") -> list[Group]:
    """Read a file of groups.

    Raises:
        CorpusError: it cannot be read, holds no group, or a line is no group; every fault is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); name a file of probe groups, such as {PROBES}") from error
    groups, faults = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                groups.append(_group(json.loads(line), labels))
            except (ValueError, KeyError, TypeError) as error:
                reason = f"{error} missing" if isinstance(error, KeyError) else error
                faults.append(f"{path}:{number}: {reason}; expected id, stance, claim_types and two texts or more")
    if faults or not groups:
        raise CorpusError("\n".join(faults) or f"{path}: no group; name a file of probe groups, such as {PROBES}")
    return groups


def _group(item: dict[str, object], labels: "LabelSet") -> Group:
    name, stance, claims, texts = (item[key] for key in ("id", "stance", "claim_types", "texts"))
    if not isinstance(name, str) or not isinstance(stance, str) or stance not in labels.stance_names:
        raise ValueError(f"id {name!r}, stance {stance!r} found; stances are {', '.join(labels.stance_names)}")
    if not isinstance(claims, list) or not set(claims) <= set(labels.claim_names):
        raise ValueError(f"claim_types {claims!r} found; claim types are {', '.join(labels.claim_names) or 'none'}")
    if (
        not isinstance(texts, list)
        or len(texts) < 2
        or not all(isinstance(text, str) and text.strip() for text in texts)
    ):
        raise ValueError(f"texts {texts!r} found")
    return Group(name, tuple(texts), (stance, frozenset(claims)))


def measure(
    groups: Sequence[Group], answers: Sequence[Sequence[Answer]], *, draws: int = 1000, seed: int = 0
) -> dict[str, dict[str, Interval]]:
    """Of each part of an answer (both, stance, claims): the share of groups and of pairs alike, and of versions right.

    Args:
        groups: at least one.
        answers: to each version of each group, in order.
        draws: bootstrap draws; 0 gives intervals of no width.
        seed: of the draws.

    Raises:
        ValueError: the answers are not as many as the versions.
    """
    if not groups or [len(found) for found in answers] != [len(group.texts) for group in groups]:
        raise ValueError(f"{len(answers)} lists of answers to {len(groups)} groups: expected an answer to each version")
    drawn_RG = np.random.default_rng(seed).integers(len(groups), size=(draws, len(groups)))
    order_RG = np.concatenate([np.arange(len(groups))[None], drawn_RG])
    return {
        part: {
            measured: _interval(np.array(counts, dtype=np.float64), order_RG)
            for measured, counts in _counts(groups, answers, place).items()
        }
        for place, part in enumerate(_PARTS)
    }


def _counts(
    groups: Sequence[Group], answers: Sequence[Sequence[Answer]], part: int
) -> dict[str, list[tuple[int, int]]]:
    """For each group: of how many, how many hold. Parts: 0 the whole answer, 1 the stance, 2 the claim types."""

    def seen(answer: Answer) -> object:
        return answer if part == 0 else answer[part - 1]

    alike, pairs, right = [], [], []
    for group, given in zip(groups, answers, strict=True):
        found = [seen(answer) for answer in given]
        same = [one == two for one, two in combinations(found, 2)]
        alike.append((int(all(same)), 1))
        pairs.append((sum(same), len(same)))
        right.append((sum(one == seen(group.gold) for one in found), len(found)))
    return {"groups alike": alike, "pairs alike": pairs, "versions right": right}


def _interval(counts_G2: FloatArray64, order_RG: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Interval:
    sums_R2 = counts_G2[order_RG].sum(axis=1)
    shares_R = sums_R2[:, 0] / sums_R2[:, 1]
    low, high = np.quantile(shares_R[1:] if len(shares_R) > 1 else shares_R, [0.025, 0.975])
    return Interval(float(shares_R[0]), float(low), float(high))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of one release; the exit code is 1 where something stood in the way."""
    parser = argparse.ArgumentParser(prog="python -m training.probes", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("release", type=Path, help="a release folder, such as models/tasrih-base-0.1.0")
    parser.add_argument("--probes", type=Path, default=PROBES, help=f"probe groups; default: {PROBES}")
    given = parser.parse_args(arguments)
    from tasrih.pipeline import Labeller

    try:
        labeller = Labeller.open(given.release)
        labels = labeller.release.labels
        groups = read_probes(given.probes, labels)
        decisions = labeller.decide([text for group in groups for text in group.texts])
    except TasrihError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    flat = iter(zip(decisions.stance_B.tolist(), decisions.given_BC.tolist(), strict=True))
    names = labels.claim_names
    answers = [
        [
            (labels.stance_names[stance], frozenset(name for name, has in zip(names, claims, strict=True) if has))
            for _, (stance, claims) in zip(group.texts, flat, strict=False)
        ]
        for group in groups
    ]
    n = sum(len(group.texts) for group in groups)
    release = labeller.release
    sys.stdout.write(
        f"{release.name} {release.version}: {len(groups)} groups, {n} versions; 95 % bootstrap intervals\n\n"
    )
    for part, measured in measure(groups, answers).items():
        for name, interval in measured.items():
            sys.stdout.write(f"{part:18} {name:15} {interval}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
