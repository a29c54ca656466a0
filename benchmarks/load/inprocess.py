"""The same requests without HTTP: what the service is held against. Prints one line of JSON, its last."""

import argparse
import json
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.measure import peak_mib
from tasrih import Document, Labeller

# Requests given to the labeller at once: about a thousand sentences, more than batches need to be full.
CHUNK_REQUESTS = 128


def main() -> None:
    """Label the requests, over and over, until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mix", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    mix = json.loads(arguments.mix.read_text(encoding="utf-8"))
    chunks = cycle([mix[start : start + CHUNK_REQUESTS] for start in range(0, len(mix), CHUNK_REQUESTS)])
    labeller = Labeller.open()
    _label(labeller, mix[:CHUNK_REQUESTS])
    n_sentences, begun_s = 0, time.perf_counter()
    while (taken_s := time.perf_counter() - begun_s) < arguments.seconds:
        n_sentences += _label(labeller, next(chunks))
    found = {
        "per_second": n_sentences / taken_s,
        "engine": f"{labeller.engine.name} {labeller.engine.precision}",
        "peak_mib": peak_mib(),
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def _label(labeller: Labeller, requests: list[dict[str, Any]]) -> int:
    articles = [Document(text=one["text"]) for one in requests if one["kind"] == "article"]
    reports = labeller.label_articles(articles)
    labelled = labeller.label_texts([one["text"] for one in requests if one["kind"] == "single"])
    n_sentences = len(labelled) + sum(report.summary.n_sentences for report in reports)
    # Theirs and ours are counted alike.
    assert n_sentences == sum(len(one["sentences"]) for one in requests), n_sentences
    return n_sentences


if __name__ == "__main__":
    main()
