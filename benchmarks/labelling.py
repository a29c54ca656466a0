"""How fast the current release labels, and what it costs to start: `make bench`, or `python -m benchmarks.labelling`.

Each figure is of a process of its own: a cold start that labels the example page, then, at each precision this processor
has, all composed sentences. It does not compare with other tools yet.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5

THROUGHPUT = """
import json, resource, sys, time
from pathlib import Path
from tasrih import Labeller
texts = [json.loads(line)["text"] for path in sorted(Path("data/composed").glob("*.jsonl"))
         for line in path.read_text(encoding="utf-8").splitlines()]
labeller = Labeller.open(precision=sys.argv[1])
labeller.label_texts(texts[:64])
began_s = time.perf_counter()
for start in range(0, len(texts), 512):
    labeller.label_texts(texts[start:start + 512])
seconds = time.perf_counter() - began_s
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"sentences": len(texts), "per_second": len(texts) / seconds, "peak_mib": peak / 1024}))
"""

COLD = """
import resource, sys, time
began_s = time.perf_counter()
from tasrih.cli import main
code = main(["label", "examples/article.txt", "--output", sys.argv[1]])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import json
print(json.dumps({"code": code, "seconds": time.perf_counter() - began_s, "peak_mib": peak / 1024}))
"""


def measure(code: str, *words: str) -> dict[str, float]:
    """Run `code` in a process of its own and read the JSON it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, check=True, env=os.environ
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the figures: median of five, lowest and highest beside it."""
    out = ROOT / "build" / "bench.txt"
    out.parent.mkdir(exist_ok=True)
    cold = [measure(COLD, str(out)) for _ in range(RUNS)]
    print(f"cold start, example page: {_spread([run['seconds'] for run in cold])} s; "
          f"peak memory {_spread([run['peak_mib'] for run in cold])} MiB")  # fmt: skip
    # Interleaved, so that a slow moment of the machine hits both.
    rounds = [(measure(THROUGHPUT, "f32"), measure(THROUGHPUT, "auto")) for _ in range(3)]
    for name, runs in zip(("f32", "auto"), zip(*rounds, strict=True), strict=True):
        print(f"{name:5} {_spread([run['per_second'] for run in runs])} sentences/s of {runs[0]['sentences']:.0f}; "
              f"peak memory {_spread([run['peak_mib'] for run in runs])} MiB")  # fmt: skip
    ratios = [b["per_second"] / a["per_second"] for a, b in rounds]
    print(f"auto is {statistics.median(ratios):.2f} times as fast as f32 (pair by pair)")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


if __name__ == "__main__":
    main()
