"""The gates that a release passes before it becomes the current one.

Floors say what is good enough at all; the others hold it against the current release, both run on the same rows and in
turns on the same machine. A gate that cannot be measured is not passed: whoever knows better forces it, with a reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import ConfigError, TasrihError
from tasrih.pipeline import Labeller
from tasrih.release import Release, sha256_of
from tasrih.scores import score
from training.compare import Comparison, HeldOut, compare
from training.gates_config import GatesConfig
from training.predict import gold_of

__all__ = ["Gate", "judge"]


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's answer.

    Attributes:
        name: one of `training.gates_config.GATES`.
        passed: whether.
        wanted: the limit, in words.
        found: the figures, in words.
    """

    name: str
    passed: bool
    wanted: str
    found: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judge(release: Release, current: Path | None, held_out: HeldOut, wanted: GatesConfig) -> tuple[Gate, ...]:
    """Measure every gate of a loaded release; `hashes` over every file that it vouches for.

    Args:
        release: which one.
        current: folder of the release that it would follow; None where there is none.
        held_out: the rows.
        wanted: the limits.

    Returns:
        In the order of `GATES`.

    Raises:
        TasrihError: the release cannot be measured.
    """
    unknown = set(wanted.claim_f1) - set(release.labels.claim_names) if isinstance(wanted.claim_f1, dict) else set()
    if unknown:
        raise ConfigError(
            f"claim_f1: {', '.join(sorted(unknown))}: no claim type of {release.name} {release.version}, which has "
            f"{', '.join(release.labels.claim_names) or 'none'}; mend the gates file"
        )
    after = Labeller.open(release.layout.folder)
    comparison, why = None, "there is no current release"
    if current is not None:
        try:
            comparison = compare(
                Labeller.open(current), after, held_out.rows, told=held_out.told, draws=0, rounds=wanted.rounds
            )
        except TasrihError as error:
            why = f"cannot be compared: {error}"
    if comparison is not None and comparison.scores is not None:
        scores = comparison.scores[1]
    else:
        decisions = after.decide([row.text for row in held_out.rows])
        scores = score(*gold_of(held_out.rows, release.labels), decisions, release.labels, draws=0).to_json()
    gates = [_hashes(release), *_floors(scores, wanted)]
    if comparison is None:
        # Nothing to fall behind, or nothing that could be measured.
        gates += [Gate(name, current is None, limit, why) for name, limit in _limits(wanted).items()]
    else:
        gates += _against(comparison, wanted)
    return tuple(gates)


def _hashes(release: Release) -> Gate:
    files = release.facts["files"]
    folder = release.layout.folder
    wrong = [n for n, entry in files.items() if (folder / n).is_file() and sha256_of(folder / n) != entry["sha256"]]
    missing = [n for n in files if not (folder / n).is_file() and n != release.layout.weights.name]
    told = [f"{name} differs" for name in wrong] + [f"{name} is missing" for name in missing]
    return Gate("hashes", not told, "every file as recorded", ", ".join(told) or f"{len(files)} files as recorded")


def _floors(scores: Mapping[str, Any], wanted: GatesConfig) -> Iterator[Gate]:
    found = scores["stance_macro_f1"]["value"]
    limit = f"macro-F1 of the stances {wanted.stance_macro_f1:.3f} or more"
    yield Gate("stance_floor", found >= wanted.stance_macro_f1, limit, f"{found:.3f}")
    claims = {name: item["f1"]["value"] for name, item in scores["claims"].items()}
    low = {name: f1 for name, f1 in claims.items() if f1 < wanted.floor(name)}
    shown = ", ".join(f"{name} {f1:.3f}" for name, f1 in (low or claims).items()) or "no claim types"
    floors = ", ".join(f"{name} {wanted.floor(name):.3f}" for name in claims)
    yield Gate("claim_floor", not low, f"F1 of {floors} or more" if claims else "no claim types", shown)


def _limits(wanted: GatesConfig) -> dict[str, str]:
    return {
        "no_class_down": f"no F1 down by more than {wanted.max_drop_points:g} points",
        "speed": f"at most {wanted.max_slower:.0%} slower",
    }


def _against(comparison: Comparison, wanted: GatesConfig) -> Iterator[Gate]:
    limits = _limits(wanted)
    assert comparison.differences is not None and comparison.speed is not None
    names = (*comparison.labels.stance_names, *comparison.labels.claim_names)
    f1 = {name: comparison.differences[f"{name}.f1"] for name in names}
    # Rounded as they are shown: 2.0 points by a rounding error are not more than 2.
    down = {name: one for name, one in f1.items() if round(-100 * one.value, 6) > wanted.max_drop_points}
    worst = min(f1, key=lambda name: f1[name].value)
    told = down or {worst: f1[worst]}
    shown = ", ".join(
        f"{name} {one.before:.3f} to {one.after:.3f} ({100 * one.value:+.1f})" for name, one in told.items()
    )
    before = f"{comparison.before.name} {comparison.before.version}"
    yield Gate("no_class_down", not down, limits["no_class_down"], f"{'' if down else 'worst: '}{shown}, {before}")
    speed = comparison.speed
    passed = round(speed.ratio, 6) <= 1 + wanted.max_slower
    yield Gate(
        "speed", passed, limits["speed"],
        f"{speed.ratio - 1:+.1%} ({speed.low - 1:+.0%} to {speed.high - 1:+.0%} in {speed.rounds} rounds), "
        f"{speed.after_per_s:,.0f} sentences a second, before {speed.before_per_s:,.0f}",
    )  # fmt: skip
