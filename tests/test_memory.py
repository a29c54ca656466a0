"""However much is given, labelling holds little of it at a time; each case is a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# For everything, OpenVINO and the release included. Resident memory: what is only mapped or reserved costs nobody anything.
LIMIT_MIB = 600

# Twenty distinct sentences that fill the model's length make the dearest batches; the rest repeat them. Distinct ones would
# hold their texts on top, which are the caller's, and take twenty minutes.
LONG_SENTENCES = """
texts = [f"{number} " + "كلمة " * 700 for number in range(20)]
labeller.label_texts([texts[number % 20] for number in range(20_000)])
"""
LONG_LINES = """
texts = [f"{number} " + "كلمة " * 20_000 for number in range(12)]
labeller.label_texts(texts)
"""
LONG_ARTICLE = """
text = " ".join(f"قال الوزير رقم {number % 50} إن المحادثات انتهت." for number in range(2_700))
assert len(text) > 100_000
from tasrih import Document
labeller.label_articles([Document(text=text)])
"""


@pytest.mark.parametrize("precision", ["auto", "f32"])
@pytest.mark.parametrize("case", [LONG_SENTENCES, LONG_LINES], ids=["20,000 sentences", "lines of 100,000 characters"])
def test_peak_memory(case, precision):
    assert peak_mib(case, precision) < LIMIT_MIB


def test_peak_memory_of_a_long_article():
    assert peak_mib(LONG_ARTICLE, "auto") < LIMIT_MIB


def peak_mib(case: str, precision: str) -> float:
    code = (
        "from tasrih import Labeller\n"
        f"labeller = Labeller.open(precision={precision!r})\n{case}\n"
        "from benchmarks.measure import peak_mib\nprint(peak_mib())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
