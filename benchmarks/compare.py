"""Ours and what a user would pick instead, in one run: `make bench`, or `python -m benchmarks.compare`.

Each contestant is a process of its own, a peer in an environment of its own. A round runs all of them, one by one; rounds
repeat, so that a slow hour of the machine hits all alike, and ratios are taken within a round. Every figure is appended to
``build/bench/rounds.jsonl`` as it comes: ``--resume`` goes on where a run was broken off. One that fails is reported, not fatal.
"""

import argparse
import hashlib
import json
import os
import sys
from contextlib import suppress
from typing import Any

from benchmarks import machine
from benchmarks.ceiling import flops_per_sentence
from benchmarks.contestants import GROWTH_SENTENCES, LATENCY_SENTENCES, Contestant, contestants
from benchmarks.environments import ROOT, WORK, BenchError, measure
from benchmarks.prepare import Prepared
from benchmarks.results import summarise
from benchmarks.tables import everything
from tasrih.release import Release, find_release

ROWS = WORK / "rounds.jsonl"
RESULTS = WORK / "results.json"
# Measured while nothing is measured: what the first process of a kind leaves behind (files in memory, compiled graphs).
FIRST = ("cold",)
# What is shown of a row as it comes.
TOLD = ("per_second", "gflops", "seconds", "peak_mib")


def main() -> None:
    """Prepare, run the rounds, print the tables and write the results."""
    arguments = _arguments()
    release = Release.load(find_release())
    prepared = Prepared(release)
    settings = {
        "release": f"{release.name} {release.version}",
        "prepared": prepared.key,
        "sentences": arguments.sentences,
        "singles": arguments.singles,
        "growth": list(arguments.growth),
        "code": _code(),
        "command": " ".join(["python -m benchmarks.compare", *sys.argv[1:]]).replace(" --resume", ""),
    }
    known = contestants(arguments.sentences, arguments.growth, arguments.singles)
    chosen = [one for one in known if not arguments.only or one.name.startswith(arguments.only)]
    if not chosen:
        raise SystemExit(f"--only: {','.join(arguments.only)} names none of the contestants")
    WORK.mkdir(parents=True, exist_ok=True)
    done = _open_rows(settings, resume=arguments.resume)
    try:
        texts = json.loads(prepared.path(f"texts-{arguments.sentences}").read_text(encoding="utf-8"))
    except BenchError as fault:
        raise SystemExit(f"--sentences {arguments.sentences}: {fault}") from fault
    config = json.loads(release.layout.config.read_text(encoding="utf-8"))
    flops = flops_per_sentence(config, texts["n_tokens"])
    _run_rounds(chosen, arguments.rounds, done, prepared)
    results = summarise(_rows(), known, flops)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(everything(results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=4000, help="distinct ones that each contestant labels")
    parser.add_argument("--only", type=_words, default=(), metavar="NAME,...", help="contestants whose names begin so")
    parser.add_argument(
        "--growth", type=_numbers, default=GROWTH_SENTENCES, metavar="N,...", help="sizes of the growth"
    )
    parser.add_argument(
        "--singles", type=int, default=LATENCY_SENTENCES, help="single sentences of which each is timed alone"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run that was broken off")
    return parser.parse_args()


def _words(given: str) -> tuple[str, ...]:
    return tuple(given.split(","))


def _numbers(given: str) -> tuple[int, ...]:
    return tuple(int(word) for word in given.split(","))


def _code() -> str:
    """A hash of what runs: rows of other code, or other releases, are not of one comparison."""
    hashed = hashlib.sha256()
    for pattern in ("tasrih/**/*.py", "benchmarks/**/*.py", "models/*/release.json"):
        for path in sorted(ROOT.glob(pattern)):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:8]


def _open_rows(settings: dict[str, Any], *, resume: bool) -> set[tuple[int, str]]:
    """Start the file of rows anew, or tell which round and name it holds."""
    if resume and ROWS.is_file():
        header, *rows = _rows()
        if header["machine"] != machine.facts():
            raise SystemExit("--resume: that run was on another machine; run it anew")
        for name in ("prepared", "sentences", "singles", "growth", "code"):
            was = header["settings"].get(name)
            if was != settings[name]:
                raise SystemExit(f"--resume: {name} was {was}, is {settings[name]}; run it anew")
        # What failed is tried again.
        return {(row["round"], row["name"]) for row in rows if "error" not in row}
    if ROWS.is_file():
        ROWS.replace(ROWS.with_suffix(".before.jsonl"))
    _append({"settings": settings, "machine": machine.facts()})
    return set()


def _rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


def _append(row: dict[str, Any]) -> None:
    with ROWS.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _run_rounds(chosen: list[Contestant], n_rounds: int, done: set[tuple[int, str]], prepared: Prepared) -> None:
    for contestant in chosen:
        # All is written before the first figure; a fault is reported where its contestant runs.
        with suppress(BenchError):
            prepared.fill(contestant.command)
        if contestant.name in FIRST:
            _measure(contestant, prepared)
    for number in range(1, n_rounds + 1):
        for contestant in chosen:
            if (number, contestant.name) in done or 0 < contestant.max_rounds < number:
                continue
            row = {"round": number, "name": contestant.name, **_measure(contestant, prepared)}
            _append(row)
            told = row.get("error") or ", ".join(f"{name} {row[name]:.5g}" for name in TOLD if name in row)
            print(f"round {number} of {n_rounds}: {contestant.name}: {told}", file=sys.stderr, flush=True)


def _measure(contestant: Contestant, prepared: Prepared) -> dict[str, Any]:
    try:
        return measure(contestant.environment, prepared.fill(contestant.command))
    except BenchError as fault:
        return {"error": str(fault)}


if __name__ == "__main__":
    main()
