"""A cold start: the command line labels the example page in a process that has done nothing yet. Prints one line of JSON."""

import time

began_s = time.perf_counter()

import json  # noqa: E402  the clock runs from here on
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.measure import peak_mib  # noqa: E402
from tasrih.cli import main  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        code = main(["label", str(ROOT / "examples" / "article.txt"), "--output", str(Path(folder) / "report.txt")])
        seconds = time.perf_counter() - began_s
    if code:
        raise SystemExit(code)
    sys.stdout.write("\n" + json.dumps({"seconds": seconds, "peak_mib": peak_mib()}) + "\n")
