"""The load test: `python -m benchmarks.load`, all on loopback, all bounded in count and time.

Servers run side by side, idle but for the one that is called. A round labels the mix in one process without HTTP, then lets
callers at each server, 1, 8, 32 and 128 of them; rounds repeat, and ratios are taken within a round, so that a slow minute of the
machine hits all alike. Then ours alone is asked three times what it can do. A server that cannot be installed or started is
reported, not fatal. Figures go to ``build/bench/load.json``; ``--write`` puts the tables into ``docs/serving.md``.
"""

import argparse
import json
import signal
import statistics
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.documents import write_between
from benchmarks.environments import ROOT, WORK, BenchError, measure, run
from benchmarks.load.results import everything, growth_mib, summarise
from benchmarks.load.servers import KINDS, MemoryWatch, Server
from benchmarks.prepare import Prepared
from tasrih.release import Release, find_release

RESULTS = WORK / "load.json"
DOCUMENT = ROOT / "docs" / "serving.md"
BEGIN, END = "<!-- load: written by benchmarks.load -->\n", "<!-- end of load -->\n"
CALLS = "benchmarks.peers.locust_callers"
CALLERS = "1,8,32,128"
WARM_UP_SECONDS = 3.0
CHECKED_REQUESTS = 8
# Statuses that an overloaded server answers with.
ANSWERS = ("200", "429", "503")


def main() -> None:
    """Prepare, start, call, stop, and tell."""
    arguments = _arguments()
    # As after Ctrl-C: the servers are stopped.
    signal.signal(signal.SIGTERM, lambda *ignored: sys.exit(1))
    release = Release.load(find_release())
    prepared = Prepared(release)
    WORK.mkdir(parents=True, exist_ok=True)
    mix = prepared.path("mix")
    requests = json.loads(mix.read_text(encoding="utf-8"))
    for environment, package in (("locust", "locust"), ("infinity", "infinity_emb")):
        try:
            run(environment, ("pip", "show", "--quiet", package))
        except BenchError as fault:
            if environment == "locust":
                raise SystemExit(f"the callers' environment: {fault}") from fault
    failed: dict[str, str] = {}
    servers: dict[str, Server] = {}
    try:
        _start(servers, arguments.only, prepared, requests, failed)
        rows = _rounds(servers, arguments, mix, failed)
        overload = _overload(servers, arguments, rows, requests) if arguments.overload else None
    finally:
        codes = {name: server.stop() for name, server in servers.items()}
    if overload is not None:
        overload["exit_code"] = codes["service"]
    results = summarise(_header(arguments, release, servers), rows, failed, overload)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = everything(results)
    print(text)
    if arguments.write:
        write_between(DOCUMENT, BEGIN, END, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each step")
    parser.add_argument("--callers", default=CALLERS, metavar="N,...")
    parser.add_argument("--overload", type=float, default=120.0, metavar="SECONDS", help="0 leaves it out")
    parser.add_argument("--times", type=float, default=3.0, help="capacity, in the overload")
    parser.add_argument("--only", type=lambda given: given.split(","), metavar="NAME,...", help="servers; default: all")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/serving.md")
    return parser.parse_args()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _shots(name: str) -> Path:
    return WORK / f"load-shots-{name}.json"


def _start(
    servers: dict[str, Server],
    only: list[str] | None,
    prepared: Prepared,
    requests: list[dict[str, Any]],
    failed: dict[str, str],
) -> None:
    """One after the other, each warmed up, into `servers`; what does not start goes to `failed`."""
    for kind in KINDS:
        if only and kind.name not in only:
            continue
        shots = []
        for request in requests:
            path, body = kind.shoot(request)
            n_sentences = len(request["sentences"])
            shots.append({"kind": request["kind"], "path": path, "body": json.dumps(body), "n_sentences": n_sentences})
        _shots(kind.name).write_text(json.dumps(shots), encoding="utf-8")
        try:
            server = servers[kind.name] = Server(kind, prepared)
            server.check(requests[:CHECKED_REQUESTS])
            _call(server, "--callers", "8", "--seconds", str(WARM_UP_SECONDS))
        except BenchError as fault:
            failed[kind.title] = str(fault)
            _tell(f"{kind.name}: {fault}")
            if kind.name in servers:
                servers.pop(kind.name).stop()
        else:
            _tell(f"{kind.name}: ready after {server.ready_s:.1f} s")


def _call(server: Server, *options: str) -> dict[str, Any]:
    return measure("locust", (CALLS, str(_shots(server.kind.name)), server.url, *options))


def _rounds(
    servers: dict[str, Server], arguments: argparse.Namespace, mix: Path, failed: dict[str, str]
) -> list[dict[str, Any]]:
    seconds = str(arguments.seconds)
    rows = []
    for number in range(1, arguments.rounds + 1):
        inside = measure(None, ("benchmarks.load.inprocess", str(mix), "--seconds", seconds))
        rows.append({"round": number, "name": "inprocess", **inside})
        _tell(f"round {number} of {arguments.rounds}: in process: {inside['per_second']:,.0f} sentences/s")
        for name, server in servers.items():
            for one in servers.values():
                one.settle()
            try:
                steps = _call(server, "--callers", arguments.callers, "--seconds", seconds)["steps"]
            except BenchError as fault:
                failed[server.kind.title] = f"in round {number}: {fault}"
                continue
            for step in steps:
                rows.append({"round": number, "name": name, **step})
                told = ", ".join(f"{count} times {status}" for status, count in step["statuses"].items())
                _tell(f"  {name}, {step['callers']} callers: {step['per_second']:,.0f} sentences/s ({told})")
    return rows


def _overload(
    servers: dict[str, Server],
    arguments: argparse.Namespace,
    rows: list[dict[str, Any]],
    requests: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """Ours at so many times the best that it did in the rounds."""
    server = servers.get("service")
    ours = [row for row in rows if row["name"] == "service"]
    if server is None or not ours:
        return None
    by_callers: dict[int, list[float]] = {}
    for row in ours:
        by_callers.setdefault(row["callers"], []).append(row["per_second"])
    capacity = max(statistics.median(some) for some in by_callers.values())
    a_request = statistics.mean(len(request["sentences"]) for request in requests)
    asked = arguments.times * capacity / a_request
    _tell(f"overload: {asked:,.0f} requests/s for {arguments.overload:g} s")
    before_mib = server.rss_mib()
    with MemoryWatch(server) as watch:
        found = _call(server, "--overload", f"{asked:.2f}", "--seconds", str(arguments.overload))
    statuses = found["statuses"]
    memory = {
        "before_mib": before_mib,
        "peak_mib": max(mib for _, mib in watch.samples),
        "growth_mib": growth_mib(watch.samples, arguments.overload),
        "samples": watch.samples,
    }
    answered = sum(statuses.get(status, 0) for status in ANSWERS) / max(1, found["sent"])
    return {**found, "times": arguments.times, "capacity": capacity, "answered_share": answered, "memory": memory}


def _header(arguments: argparse.Namespace, release: Release, servers: dict[str, Server]) -> dict[str, Any]:
    versions = {name: metadata.version(name) for name in ("tasrih", "openvino", "bentoml", "uvicorn", "numpy")}
    for environment, packages in (("locust", ("locust",)), ("infinity", ("infinity_emb", "torch", "transformers"))):
        for package in packages:
            try:
                told, _ = run(environment, ("pip", "show", package))
            except BenchError:
                continue
            versions[package] = next(line.split()[1] for line in told.splitlines() if line.startswith("Version:"))
    return {
        "settings": {
            "release": f"{release.name} {release.version}",
            "rounds": arguments.rounds,
            "seconds": arguments.seconds,
            "command": " ".join(["python -m benchmarks.load", *sys.argv[1:]]),
        },
        "machine": machine.facts(),
        "versions": versions,
        "servers": {name: {"title": server.kind.title, "ready_s": server.ready_s} for name, server in servers.items()},
    }


if __name__ == "__main__":
    main()
