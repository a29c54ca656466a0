"""Comparisons, gates, releases and their history as plain tables for a terminal."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from training.compare import Comparison
from training.gates import Gate
from training.paired import OVERALL, Difference
from training.registry import Change, Registry, Standing

__all__ = ["SCORE_NAMES", "comparison_table", "gates_table", "history_table", "megabytes", "releases_table"]

# What people call the scores of the whole.
SCORE_NAMES = {
    "stance_macro_f1": "stance macro-F1",
    "stance_accuracy": "stance accuracy",
    "exact_match": "stance and claims exact",
    "review_share": "sent to review",
    "exact_match_without_review": "exact where not sent",
}


def comparison_table(found: Comparison) -> str:
    """Scores with paired intervals of the difference, flips, speed, size."""
    before, after = (f"{release.name} {release.version}" for release in (found.before, found.after))
    lines = [f"A {before}", f"B {after}", f"{found.n} sentences: {found.texts}", ""]
    if found.differences is not None:
        rows = [("", ["A", "B", "B - A, 95 % paired bootstrap"])]
        names = (*found.labels.stance_names, *found.labels.claim_names)
        rows += [(f"{name} F1", _cells(found.differences[f"{name}.f1"])) for name in names]
        rows += [(SCORE_NAMES[name], _cells(found.differences[name])) for name in OVERALL]
        lines += [*_table(rows), "* the interval leaves 0 out", ""]
    flips = found.flips
    lines.append(f"{flips.n_any} of {flips.n} sentences change a label ({flips.n_any / flips.n:.1%})")
    if flips.changes:
        lines += _table(_flips(found))
    if found.speed is not None:
        speed = found.speed
        lines += [
            "",
            f"time of B over A: {speed.ratio:.2f} [{speed.low:.2f}, {speed.high:.2f}], median and range of "
            f"{speed.rounds} rounds; {speed.before_per_s:,.0f} and {speed.after_per_s:,.0f} sentences a second",
        ]
    lines.append(f"size: {' and '.join(megabytes(n) for n in found.bytes)}")
    return "\n".join(lines) + "\n"


def _cells(one: Difference) -> list[str]:
    star = " *" if one.is_clear else "  "
    return [f"{one.before:.3f}", f"{one.after:.3f}", f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]{star}"]


def _flips(found: Comparison) -> Iterator[tuple[str, list[str]]]:
    known = found.scores is not None
    yield "", ["from", "to", "sentences", *(["now right", "were right"] if known else [])]
    for change in found.flips.changes:
        verdict = [str(change.n_right), str(change.n_wrong)] if known else []
        yield change.head, [change.before, change.after, str(change.n), *verdict]


def gates_table(gates: Sequence[Gate], forced: Collection[str]) -> str:
    """A line a gate: passed, FAILED or forced, what was found, what was wanted."""
    rows = [("gate", ["", "wanted", "found"])]
    for gate in gates:
        result = "passed" if gate.passed else "forced" if gate.name in forced else "FAILED"
        rows.append((gate.name, [result, gate.wanted, gate.found]))
    return "\n".join(_table(rows)) + "\n"


def releases_table(registry: Registry) -> str:
    """A line a release; scores are each release's own, of its own test split."""
    standings = registry.releases()
    rows = [
        ("", ["name", "version", "created", "test sentences", "macro-F1", "lowest claim F1", "exact", "corpus", "size"])
    ]
    rows += [("*" if one.is_current else "", _release(one)) for one in standings]
    if not standings:
        return f"{registry.folder}: no release; train one with `tasrih train configs/default.yaml`\n"
    lines = _table(rows)
    lines += [
        "",
        "* current. Scores compare only where corpus is the same; `tasrih compare A B` runs both on the same rows.",
    ]
    if not any(one.is_current for one in standings):
        lines.append(f"current.json names {registry.current() or 'none'}, which is not among them")
    return "\n".join(lines) + "\n"


def _release(one: Standing) -> list[str]:
    try:
        facts = one.facts or {}
        test = facts["metrics"]["test"]["all"]
        claims = [item["f1"]["value"] for item in test["claims"].values()]
        return [
            facts["name"], facts["version"], facts["created"][:10], str(test["n"]),
            f"{test['stance_macro_f1']['value']:.3f}", f"{min(claims):.3f}" if claims else "-",
            f"{test['exact_match']['value']:.3f}", facts["corpus"]["sha256"][:8],
            megabytes(sum(entry["bytes"] for entry in facts["files"].values())),
        ]  # fmt: skip
    except (KeyError, TypeError, AttributeError, ValueError):
        return [one.name, "release.json cannot be read: fetch the release again", *[""] * 7]


def history_table(changes: Sequence[Change]) -> str:
    """A line a change, the oldest first."""
    rows = [("time", ["", "from", "to", "forced", "reason"])]
    for change in changes:
        told = [change["action"], change["before"] or "none", change["after"] or "none"]
        rows.append((change["time"], [*told, ", ".join(change.get("forced") or ()), change.get("reason") or ""]))
    return "\n".join(_table(rows)) + "\n" if changes else "no promotion yet\n"


def megabytes(n_bytes: int) -> str:
    """A size as people read it."""
    return f"{n_bytes / 1e6:,.1f} MB"


def _table(rows: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    lines = [[first, *cells] for first, cells in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
