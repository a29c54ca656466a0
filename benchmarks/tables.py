"""The results as Markdown: for the terminal and for ``docs/performance.md``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Results = Mapping[str, Any]


def everything(results: Results) -> str:
    """All tables, each under its title."""
    parts: tuple[tuple[str, Callable[[Results], str]], ...] = (
        ("What it comes to", _headline),
        ("Throughput and latency", _contestants),
        ("The ceiling", _ceilings),
        ("Cold start", _cold),
        ("Growth", _growth),
        ("Where the time goes", _profile),
        ("What did not run", _failed),
        ("Machine and versions", _machine),
    )
    texts = [(title, make(results)) for title, make in parts]
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in texts if text)


def profile(found: Mapping[str, Any]) -> str:
    """What `benchmarks.profile` found."""
    whole_ms = sum(found["stages_ms"].values())
    rows = [(stage, f"{ms:,.1f}", f"{ms / whole_ms:.1%}") for stage, ms in found["stages_ms"].items()]
    last = (f"all, of {found['sentences']:,} sentences", f"{whole_ms:,.1f}", f"cores {found['cores_busy']:.0%} busy")
    return table(("stage", "ms", "share"), [*rows, last])


def _headline(results: Results) -> str:
    by_name = {one["name"]: one for one in results["contestants"]}
    ours, peer = by_name.get(results["ours"]), by_name.get(results["best_peer"])
    if not ours:
        return ""
    said = [f"{ours['title']}: {spread(ours['per_second'], '{:,.0f}')} sentences/s"]
    if ours["to_pipeline"]:
        said.append(f"{spread(ours['to_pipeline'], '{:.2f}')} times transformers `pipeline` at batch 32")
    if peer and ours["to_best_peer"]:
        said.append(f"{spread(ours['to_best_peer'], '{:.2f}')} times the best other peer ({peer['title']})")
    if ours["of_ceiling"]:
        said.append(f"{spread(ours['of_ceiling'], '{:.0%}')} of the ceiling")
    if results["single_to_pipeline"]:
        said.append(f"one sentence takes {spread(results['single_to_pipeline'], '{:.2f}')} of the pipeline's time")
    return "\n".join(f"- {line}" for line in said)


def _contestants(results: Results) -> str:
    rows = [
        (
            one["title"],
            spread(one["per_second"], "{:,.0f}"),
            spread(one["to_pipeline"], "{:.2f}"),
            spread(one["of_ceiling"], "{:.0%}"),
            _two(one.get("single_ms")),
            _two(one.get("article_ms")),
            f"{one['peak_mib']['median']:,.0f}",
        )
        for one in sorted(results["contestants"], key=lambda one: -one["per_second"]["median"])
    ]
    if not rows:
        return ""
    head = ("", "sentences/s", "times pipeline 32", "of the ceiling", "1 sentence, ms", "30 sentences, ms", "peak MiB")
    return table(head, rows)


def _ceilings(results: Results) -> str:
    rows = [
        (
            one["title"],
            spread(one["gflops"], "{:,.0f}"),
            f"{one['gflops']['median'] / results['gflop_per_sentence']:,.0f}",
            ", ".join(f"{way} {gflops:,.0f}" for way, gflops in sorted(one["all"].items())),
        )
        for one in results["ceilings"]
    ]
    if not rows:
        return ""
    drawn = table(("", "GFLOP/s", "sentences/s at that rate", "by way"), rows)
    return f"{drawn}\n\nA sentence takes {results['gflop_per_sentence']:.3f} GFLOP on average, without padding."


def _cold(results: Results) -> str:
    return "\n".join(
        f"Example page labelled from the command line: {spread(one['wall_s'], '{:.2f}')} s "
        f"({spread(one['seconds'], '{:.2f}')} s without the start of Python); "
        f"peak memory {spread(one['peak_mib'], '{:.0f}')} MiB."
        for one in results["cold"]
    )


def _growth(results: Results) -> str:
    rows = [
        (
            f"{one['sentences']:,}",
            f"{one['seconds']:,.2f}",
            f"{one['seconds'] / one['seconds_line'] - 1:+.1%}",
            f"{one['peak_mib']:,.0f}",
            f"{one['peak_mib'] / one['peak_mib_line'] - 1:+.1%}",
        )
        for one in results["growth"]
    ]
    return table(("sentences", "s", "off a straight line", "peak MiB", "off a straight line"), rows) if rows else ""


def _profile(results: Results) -> str:
    return "\n\n".join(f"{one['engine']}, {one['precision']}:\n\n{profile(one)}" for one in results["profile"])


def _failed(results: Results) -> str:
    rows = [(one["title"], one["reason"].replace("|", "/")) for one in results["failed"]]
    return table(("", "reason"), rows) if rows else ""


def _machine(results: Results) -> str:
    versions: dict[str, set[str]] = {}
    for one in results["contestants"]:
        for name, version in one["versions"].items():
            versions.setdefault(name, set()).add(version)
    settings = results["settings"]
    said = {
        **results["machine"],
        "release": settings["release"],
        "versions": ", ".join(f"{name} {' and '.join(sorted(found))}" for name, found in sorted(versions.items())),
        "rounds": str(results["rounds"]),
        "command": f"`{settings['command']}`",
    }
    return table(("", ""), list(said.items()))


def spread(found: Mapping[str, float] | None, form: str) -> str:
    """``median [low, high]``."""
    if found is None:
        return ""
    median, low, high = (form.format(found[name]) for name in ("median", "low", "high"))
    return f"{median} [{low}, {high}]" if low != high else median


def _two(found: Mapping[str, float] | None) -> str:
    """``p50 / p99``."""
    return "" if found is None else f"{found['p50']:,.1f} / {found['p99']:,.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; numbers stand right where there are more than two columns."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1) if len(head) > 2 else ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
