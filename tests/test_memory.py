"""However much is given, labelling holds little of it at a time; each case is a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasrih.types import Encoded
from tests.test_classifier import LAYOUTS, made
from training.graph import write_graph

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
    return printed(code)


def printed(code: str, *arguments: str) -> float:
    """The number that `code` prints in a process of its own."""
    words = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


MANY_SHAPES = """
import sys
from pathlib import Path
from tasrih.encoding import batches
from tasrih.engines.openvino import OpenVinoEngine
from tasrih.types import Encoded
from benchmarks.measure import peak_mib

engine = OpenVinoEngine(Path(sys.argv[1]), precision="f32")

def run(n_sentences, length):
    same = [Encoded(tuple(range(1, length + 1)), length)] * n_sentences
    for _ in engine.run(one.batch for one in batches(same, pad_id=0, max_length=32)):
        pass

run(512, 32)
before = peak_mib()
for length in range(4, 36, 4):
    for n_sentences in range(1, 128):
        run(n_sentences, length)
print(peak_mib() - before)
"""


def test_numbers_of_sentences_leave_nothing_behind(tmp_path):
    """OpenVINO keeps 0.4 MB for each shape it has seen, of a thousand here if every number of rows were one."""
    example = [Encoded(tuple(range(1, n + 1)), n) for n in (5, 9)]
    write_graph(made(LAYOUTS["bert"]), tmp_path / "openvino_model.xml", example=example, pad_id=0)
    assert printed(MANY_SHAPES, str(tmp_path)) < 100
