"""From the rows of a comparison to its results: medians, and ratios taken within a round.

A spread is ``median``, ``low`` and ``high`` of the rounds; a ratio's is of the rounds in which both were measured.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.contestants import PIPELINE, Contestant

Row = Mapping[str, Any]
Spread = dict[str, float]


def summarise(rows: Sequence[Row], contestants: Sequence[Contestant], flops_per_sentence: float) -> dict[str, Any]:
    """All that the tables and the plot show, ready for JSON.

    Args:
        rows: of ``rounds.jsonl``, the header first.
        contestants: all that may be among them, in the order they are shown in.
        flops_per_sentence: see `benchmarks.ceiling`.
    """
    header, *measured = rows
    rounds: dict[str, dict[int, Row]] = {}
    for row in measured:
        if "error" not in row:
            rounds.setdefault(row["name"], {})[row["round"]] = row
    # A run that was resumed may have what failed at first.
    faults = {
        row["name"]: row["error"]
        for row in measured
        if "error" in row and row["round"] not in rounds.get(row["name"], {})
    }
    kinds = {
        kind: [one for one in contestants if one.kind == kind and one.name in rounds]
        for kind in ("ours", "sibling", "peer", "ceiling", "cold", "growth", "profile")
    }
    labelling = [*kinds["ours"], *kinds["sibling"], *kinds["peer"]]
    speed = {one.name: _median(rounds[one.name], "per_second") for one in labelling}
    # What `auto` comes to on a CPU: the first of ours that ran.
    ours = next((one.name for one in kinds["ours"]), "")
    best_peer = _fastest([one.name for one in kinds["peer"] if one.name != PIPELINE], speed)
    return {
        **header,
        "rounds": max((row["round"] for row in measured), default=0),
        "gflop_per_sentence": flops_per_sentence / 1e9,
        "ours": ours,
        "best_peer": best_peer,
        "ceilings": [_ceiling(one, rounds[one.name]) for one in kinds["ceiling"]],
        "contestants": [_contestant(one, rounds, best_peer, flops_per_sentence) for one in labelling],
        "failed": [
            {"name": one.name, "title": one.title, "reason": faults[one.name]}
            for one in contestants
            if one.name in faults
        ],
        "single_to_pipeline": _ratio(rounds.get(ours, {}), rounds.get(PIPELINE, {}), _single),
        "cold": [_spreads(rounds[one.name], ("seconds", "wall_s", "peak_mib")) for one in kinds["cold"]],
        "growth": _growth([rounds[one.name] for one in kinds["growth"]]),
        "profile": [_profile(rounds[one.name]) for one in kinds["profile"]],
    }


def _contestant(
    one: Contestant, rounds: Mapping[str, Mapping[int, Row]], best_peer: str, flops: float
) -> dict[str, Any]:
    mine = rounds[one.name]
    last = mine[max(mine)]
    ceiling = rounds.get(f"ceiling-{last['precision']}", {})
    if one.kind == "sibling":
        ceiling = {}  # it needs fewer operations a sentence
    shares = [mine[n]["per_second"] * flops / 1e9 / ceiling[n]["gflops"] for n in mine if n in ceiling]
    found = {
        "name": one.name,
        "title": one.title.replace("default", f"its choice: {last['precision']}"),
        "kind": one.kind,
        "precision": last["precision"],
        "versions": last["versions"],
        "rounds": len(mine),
        **_spreads(mine, ("per_second", "peak_mib")),
        "to_pipeline": _ratio(mine, rounds.get(PIPELINE, {}), _per_second),
        "to_best_peer": _ratio(mine, rounds.get(best_peer, {}), _per_second),
        "of_ceiling": _spread(shares),
    }
    for key in ("single_ms", "article_ms"):
        if key in last:
            found[key] = {p: statistics.median(row[key][p] for row in mine.values()) for p in ("p50", "p99")}
    return found


def _ceiling(one: Contestant, mine: Mapping[int, Row]) -> dict[str, Any]:
    ways = {name for row in mine.values() for name in row["all"]}
    return {
        "name": one.name,
        "title": one.title,
        "precision": mine[max(mine)]["precision"],
        **_spreads(mine, ("gflops",)),
        "all": {way: statistics.median(row["all"][way] for row in mine.values() if way in row["all"]) for way in ways},
    }


def _profile(mine: Mapping[int, Row]) -> dict[str, Any]:
    last = mine[max(mine)]
    return {
        **{name: last[name] for name in ("sentences", "precision", "engine")},
        "stages_ms": {
            stage: statistics.median(row["stages_ms"][stage] for row in mine.values()) for stage in last["stages_ms"]
        },
        "cores_busy": _median(mine, "cores_busy"),
    }


def _growth(sizes: Sequence[Mapping[int, Row]]) -> list[dict[str, float]]:
    """Time and memory of each size, and what a straight line through all of them says."""
    found = [
        {
            "sentences": rows[max(rows)]["sentences"],
            "seconds": _median(rows, "seconds"),
            "peak_mib": _median(rows, "peak_mib"),
        }
        for rows in sizes
    ]
    for key in ("seconds", "peak_mib"):
        start, slope = _line([(point["sentences"], point[key]) for point in found])
        for point in found:
            point[f"{key}_line"] = start + slope * point["sentences"]
    return found


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Start and slope of the line with the smallest relative errors: least squares, weighed by 1 / y²."""
    if len(points) < 2:
        return 0.0, points[0][1] / points[0][0] if points else 0.0
    weights = [1 / y**2 for _, y in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True)) / sum(
        w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True)
    )
    return mean_y - slope * mean_x, slope


def _per_second(row: Row) -> float:
    return float(row["per_second"])


def _single(row: Row) -> float:
    return float(row["single_ms"]["p50"])


def _ratio(mine: Mapping[int, Row], other: Mapping[int, Row], of: Callable[[Row], float]) -> Spread | None:
    return _spread([of(mine[n]) / of(other[n]) for n in mine if n in other])


def _spreads(mine: Mapping[int, Row], names: Sequence[str]) -> dict[str, Any]:
    return {name: _spread([row[name] for row in mine.values()]) for name in names}


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def _median(mine: Mapping[int, Row], name: str) -> float:
    return float(statistics.median(row[name] for row in mine.values()))


def _fastest(names: Sequence[str], speed: Mapping[str, float]) -> str:
    return max(names, key=lambda name: speed[name], default="")
