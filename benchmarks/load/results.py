"""From the rows of a load test to its results, and those as Markdown."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.tables import spread, table

Row = Mapping[str, Any]
TARGET = 0.85
# Of the overload: memory of its second quarter is held against that of its last.
GROWTH_MIB = 50.0


def summarise(header: Row, rows: Sequence[Row], failed: Mapping[str, str], overload: Row | None) -> dict[str, Any]:
    """All that is shown, ready for JSON.

    Args:
        header: settings, machine, versions, and of each server its title and seconds to ready.
        rows: ``{"round", "name", …}`` of the in-process labelling, and of each server one for each number of callers.
        failed: servers that did not run, and why.
        overload: what came of it.
    """
    inside = {row["round"]: row for row in rows if row["name"] == "inprocess"}
    steps: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row["name"] != "inprocess":
            steps.setdefault((row["name"], row["callers"]), []).append(row)
    found = [_step(name, callers, some, inside) for (name, callers), some in steps.items()]
    ours = [one for one in found if one["name"] == "service"]
    return {
        **header,
        "inprocess": _spread([row["per_second"] for row in inside.values()]),
        "engine": next((row["engine"] for row in inside.values()), ""),
        "steps": found,
        "best": max(ours, key=lambda one: one["per_second"]["median"], default=None),
        "failed": dict(failed),
        "overload": overload,
    }


def _step(name: str, callers: int, rows: Sequence[Row], inside: Mapping[int, Row]) -> dict[str, Any]:
    statuses: dict[str, int] = {}
    for row in rows:
        for status, number in row["statuses"].items():
            statuses[status] = statuses.get(status, 0) + number
    ratios = [row["per_second"] / inside[row["round"]]["per_second"] for row in rows if row["round"] in inside]
    return {
        "name": name,
        "callers": callers,
        "per_second": _spread([row["per_second"] for row in rows]),
        "of_inprocess": _spread(ratios),
        "statuses": statuses,
        "callers_cpu": statistics.median(row["callers_cpu"] for row in rows),
        # Of all rounds together: a percentile of three percentiles means little.
        **{
            f"{kind}_ms": percentiles([ms for row in rows for ms in row[f"{kind}_ms"]])
            for kind in ("single", "article")
        },
    }


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """By nearest rank; None of nothing."""
    ascending = sorted(values)
    if not ascending:
        return None
    return {f"p{share}": ascending[-(-share * len(ascending) // 100) - 1] for share in (50, 95, 99)}


def growth_mib(samples: Sequence[tuple[float, float]], seconds: float) -> float:
    """By how much memory grew from the second quarter of so many seconds to the last, medians of each.

    The first quarter is left out: pools and caches fill then, once.
    """
    quarters: list[list[float]] = [[], [], [], []]
    for at_s, mib in samples:
        if at_s < seconds:
            quarters[int(4 * at_s / seconds)].append(mib)
    return statistics.median(quarters[3] or [0.0]) - statistics.median(quarters[1] or [0.0])


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def everything(results: Row) -> str:
    """All of it, in Markdown."""
    parts = (
        ("", _headline(results)),
        ("", _steps(results)),
        ("Overload", _overload(results)),
        ("What did not run", table(("", "reason"), list(results["failed"].items())) if results["failed"] else ""),
        ("Machine and versions", _machine(results)),
    )
    return "\n\n".join(f"### {title}\n\n{text}" if title else text for title, text in parts if text)


def _headline(results: Row) -> str:
    best, inside = results["best"], results["inprocess"]
    if best is None or best["of_inprocess"] is None:
        return ""
    verdict = "reached" if best["of_inprocess"]["median"] >= TARGET else "missed"
    return (
        f"At {best['callers']} callers the service labels {spread(best['per_second'], '{:,.0f}')} sentences/s, "
        f"{spread(best['of_inprocess'], '{:.0%}')} of labelling the same texts in one process "
        f"({spread(inside, '{:,.0f}')}, {results['engine']}); the target of {TARGET:.0%} is {verdict}. "
        f"The callers themselves took {best['callers_cpu']:.0%} of a core."
    )


def _steps(results: Row) -> str:
    rows = [
        (
            results["servers"][one["name"]]["title"],
            str(one["callers"]),
            spread(one["per_second"], "{:,.0f}"),
            spread(one["of_inprocess"], "{:.0%}"),
            three(one["single_ms"]),
            three(one["article_ms"]),
            others(one["statuses"]),
        )
        for one in results["steps"]
    ]
    head = ("", "callers", "sentences/s", "of in-process", "a sentence, ms", "an article, ms", "not 200")
    return table(head, rows) if rows else ""


def _overload(results: Row) -> str:
    found = results["overload"]
    if not found:
        return ""
    memory = found["memory"]
    normal_s = found["normal_after_s"]
    rows = [
        ("asked", f"{found['asked_per_second']:,.0f} requests/s for {found['seconds']:,.0f} s, x {found['times']:g}"),
        ("sent", f"{found['sent']:,}" + (f"; {found['unsent']:,} more could not be sent" if found["unsent"] else "")),
        ("answers", ", ".join(f"{number:,} times {status}" for status, number in found["statuses"].items())),
        ("answered by 200, 429 or 503", f"{found['answered_share']:.2%}"),
        ("labelled meanwhile", f"{found['per_second']:,.0f} sentences/s"),
        ("an accepted sentence, ms", three(found["single_ms"])),
        ("an accepted article, ms", three(found["article_ms"])),
        ("a refusal, ms", three(found["refused_ms"])),
        ("memory", f"{memory['before_mib']:,.0f} MiB before, {memory['peak_mib']:,.0f} at most; "
                   f"{memory['growth_mib']:+,.0f} from the second quarter to the last"),
        ("usual again", f"{normal_s:.1f} s after its end" if normal_s is not None else "not within a minute"),
        ("the server at its end", f"exit code {found['exit_code']} after SIGTERM" if "exit_code" in found else ""),
    ]  # fmt: skip
    return table(("", ""), rows)


def _machine(results: Row) -> str:
    said = {
        **results["machine"],
        "release": results["settings"]["release"],
        "versions": ", ".join(f"{name} {version}" for name, version in results["versions"].items()),
        "seconds to ready": ", ".join(f"{one['title']} {one['ready_s']:.1f}" for one in results["servers"].values()),
        "rounds": str(results["settings"]["rounds"]),
        "command": f"`{results['settings']['command']}`",
    }
    return table(("", ""), list(said.items()))


def three(found: Mapping[str, float] | None) -> str:
    """``p50 / p95 / p99``."""
    return "" if found is None else " / ".join(f"{found[name]:,.0f}" for name in ("p50", "p95", "p99"))


def others(statuses: Mapping[str, int]) -> str:
    """What was not a 200."""
    return ", ".join(f"{number:,} times {status}" for status, number in statuses.items() if status != "200")
