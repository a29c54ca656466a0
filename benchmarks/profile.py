"""Where each millisecond goes when we label: `python -m benchmarks.profile [TEXTS_JSON]`.

A stage's time is the main thread's, without that of the stages it calls, so the stages add up to the whole. `forward` is the time
the main thread waits for the engine or hands it batches; what the engine does meanwhile shows in how busy the cores are.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import tasrih.pipeline
import tasrih.runner
from benchmarks import machine, tables
from benchmarks.measure import WARM_UP_SENTENCES
from benchmarks.texts import write_texts
from tasrih import Labeller
from tasrih.calibration import Calibration
from tasrih.encoding import Encoder

STAGES = ("normalise", "tokenise", "cut and pad batches", "forward (hand over, wait)", "decide", "build objects")
REST = "collect answers, the rest"


class Clock:
    """Seconds of each stage; a stage that calls another stops counting meanwhile. One thread alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since_s = time.perf_counter()

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return timed

    def around_each(self, stage: str, function: Callable[..., Iterable[Any]]) -> Callable[..., Iterator[Any]]:
        """`function`, which gives an iterator; each item's making is timed."""

        def timed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            step = self.around(stage, iter(function(*args, **kwargs)).__next__)
            while True:
                try:
                    item = step()
                except StopIteration:
                    return
                yield item

        return timed

    def _enter(self, stage: str) -> None:
        self._count()
        self._open.append(stage)

    def _leave(self) -> None:
        self._count()
        self._open.pop()

    def _count(self) -> None:
        now_s = time.perf_counter()
        self.seconds[self._open[-1] if self._open else ""] += now_s - self._since_s
        self._since_s = now_s


def profile(texts: list[str], *, engine: str, precision: str) -> dict[str, Any]:
    """Label `texts` once warm, and tell milliseconds by stage, and how busy the cores were (1: all of them, all the time)."""
    labeller = Labeller.open(engine=engine, precision=precision)
    labeller.label_texts(texts[:WARM_UP_SENTENCES])
    clock = Clock()
    normalise, tokenise, cut, forward, decide, build = STAGES
    wanted = (
        (labeller._runner, "_normalise", normalise, clock.around),  # bound when the release was opened
        (Encoder, "encode", tokenise, clock.around),
        (tasrih.runner, "batches", cut, clock.around_each),
        (type(labeller.engine), "run", forward, clock.around_each),
        (Calibration, "decide", decide, clock.around),
        (tasrih.pipeline, "label_sentences", build, clock.around),
    )
    for place, name, stage, around in wanted:
        setattr(place, name, around(stage, getattr(place, name)))
    began_cpu_s = time.process_time()
    clock.around(REST, labeller.label_texts)(texts)
    cpu_s = time.process_time() - began_cpu_s
    stages_ms = {stage: 1000 * clock.seconds[stage] for stage in (*STAGES, REST)}
    return {
        "sentences": len(texts),
        "precision": labeller.engine.precision,
        "engine": labeller.engine.name,
        "stages_ms": stages_ms,
        "cores_busy": 1000 * cpu_s / sum(stages_ms.values()) / machine.n_cores(),
    }


def main() -> None:
    """Profile the texts given, or 4,000 composed now."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path, nargs="?", help="what `benchmarks.texts` wrote; left out: 4,000 sentences")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.texts or Path(folder) / "texts.json"
        if arguments.texts is None:
            write_texts(path, 4000)
        texts = json.loads(path.read_text(encoding="utf-8"))["sentences"]
    found = profile(texts, engine=arguments.engine, precision=arguments.precision)
    print(json.dumps(found) if arguments.json else tables.profile(found))


if __name__ == "__main__":
    main()
