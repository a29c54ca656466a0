"""How fast one release is beside another, on this machine, now.

The two take turns, so that whatever else the machine does slows both; the median of the rounds' ratios then shrugs off the
rounds in which it did not. Times are of `Labeller.decide`: normalising, tokenising, the engine at its shipped precision.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tasrih.pipeline import Labeller

__all__ = ["ROUNDS", "Speed", "measure_speed"]

ROUNDS = 7
# Sentences a turn: enough to fill batches, few enough that rounds are soon over.
SENTENCES = 256
# A turn shorter than this is repeated: a clock and a scheduler tell little about a millisecond.
TURN_S = 0.2


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured.

    Attributes:
        ratio: time of the second release over that of the first, median of the rounds: above 1 is slower.
        low: the smallest ratio of a round.
        high: the largest.
        before_per_s: sentences a second of the first release, median.
        after_per_s: of the second.
        rounds: how many.
    """

    ratio: float
    low: float
    high: float
    before_per_s: float
    after_per_s: float
    rounds: int


def measure_speed(before: Labeller, after: Labeller, texts: Sequence[str], *, rounds: int = ROUNDS) -> Speed:
    """Let two releases label the same texts in turns.

    Args:
        before: the first release.
        after: the second.
        texts: one at least; of many, `SENTENCES` are taken, evenly spread, so that they are as long as all are.
        rounds: turns of each. More: steadier.
    """
    step = max(1, len(texts) // SENTENCES)
    # Equal texts of a call are computed once, which would flatter both.
    chosen = list(dict.fromkeys(texts))[::step][:SENTENCES]
    # The first call of a shape prepares it; then one turn to know how often a turn must be repeated.
    slowest_s = 0.0
    for labeller in (before, after):
        labeller.decide(chosen)
        slowest_s = max(slowest_s, _turn_s(labeller, chosen, 1))
    repeats = max(1, round(TURN_S / max(slowest_s, 1e-6)))
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        # Who goes first changes, so that neither always runs on the other's warm caches.
        turns = [before, after] if number % 2 == 0 else [after, before]
        taken = {id(labeller): _turn_s(labeller, chosen, repeats) for labeller in turns}
        pairs.append((taken[id(before)], taken[id(after)]))
    ratios = [after_s / before_s for before_s, after_s in pairs]
    n = len(chosen) * repeats
    return Speed(
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        before_per_s=n / statistics.median(before_s for before_s, _ in pairs),
        after_per_s=n / statistics.median(after_s for _, after_s in pairs),
        rounds=rounds,
    )


def _turn_s(labeller: Labeller, texts: Sequence[str], repeats: int) -> float:
    began_s = time.perf_counter()
    for _ in range(repeats):
        labeller.decide(texts)
    return time.perf_counter() - began_s
