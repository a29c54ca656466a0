"""How every contestant is measured, in whatever environment it lives: nothing but the standard library.

A contestant is a function from texts to one answer each, in order. Its process prints one line of JSON, its last.
"""

import argparse
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Label = Callable[[list[str]], Sequence[object]]

# Labelled before the clock starts: what is prepared on first use, of each shape, is no part of an archive's cost.
WARM_UP_SENTENCES = 256
# The article is labelled once for so many single sentences: it takes about that many times as long.
SINGLES_AN_ARTICLE = 8


def parser() -> argparse.ArgumentParser:
    """The arguments that all contestants share."""
    made = argparse.ArgumentParser()
    made.add_argument("model", type=Path, help="folder of the model")
    made.add_argument("texts", type=Path, help="what `benchmarks.texts` wrote")
    made.add_argument(
        "--latency", type=int, default=0, metavar="N", help="time so many single sentences, and the article, too"
    )
    return made


def run(
    open_contestant: Callable[[argparse.Namespace], tuple[Label, dict[str, Any]]],
    arguments: argparse.Namespace,
    *,
    libraries: Sequence[str],
) -> None:
    """Open a contestant, measure it and print what came out.

    Args:
        open_contestant: gives the function that labels, and facts to report (its precision at least).
        arguments: of `parser`, and the contestant's own.
        libraries: whose versions are reported.
    """
    texts = json.loads(arguments.texts.read_text(encoding="utf-8"))
    sentences: list[str] = texts["sentences"]
    began_s = time.perf_counter()
    label, facts = open_contestant(arguments)
    open_s = time.perf_counter() - began_s
    label(sentences[:WARM_UP_SENTENCES])
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    answers = label(sentences)
    seconds = time.perf_counter() - began_s
    cpu_s = time.process_time() - began_cpu_s
    assert len(answers) == len(sentences), f"{len(answers)} answers to {len(sentences)} sentences"
    found: dict[str, Any] = {
        **facts,
        "sentences": len(sentences),
        "seconds": seconds,
        "per_second": len(sentences) / seconds,
        "cpu_seconds": cpu_s,
        "open_s": open_s,
        "peak_mib": peak_mib(),
        "versions": {name: metadata.version(name) for name in libraries},
    }
    if arguments.latency:
        # One in so many, so that they are as long as all are.
        step = max(1, len(sentences) // arguments.latency)
        singles = sentences[::step][: arguments.latency]
        found["single_ms"] = _latency_ms(label, [[text] for text in singles])
        found["article_ms"] = _latency_ms(label, [texts["article"]] * max(1, arguments.latency // SINGLES_AN_ARTICLE))
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def peak_mib() -> float:
    """The most memory this process has held, in MiB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Not `ru_maxrss`, which on Linux starts at what the parent held.
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def _latency_ms(label: Label, calls: Sequence[list[str]]) -> dict[str, float]:
    for texts in calls[:5]:
        label(texts)
    taken_ms = []
    for texts in calls:
        began_s = time.perf_counter()
        label(texts)
        taken_ms.append(1000 * (time.perf_counter() - began_s))
    taken_ms.sort()
    return {f"p{share}": taken_ms[math.ceil(share / 100 * len(taken_ms)) - 1] for share in (50, 99)}
