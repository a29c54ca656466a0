"""The parts of the local engine: order, back-pressure, memory, processes, and files that appear whole or not at all."""

import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from serving.batch.articles import clean
from serving.batch.cleaners import cleaner_pool
from serving.batch.local import in_order
from serving.batch.manifest import mismatch
from serving.batch.options import load_options
from serving.batch.progress import told
from serving.batch.row import Row
from serving.batch.shape import Shape
from serving.batch.shards import Chunk, label_chunk, plan
from serving.batch.sizing import MACHINES, Sample, cost_per_million, hours
from serving.batch.store import LocalStore
from tasrih.errors import EngineError, ReleaseError, TasrihError
from tasrih.labels import LabelSet
from tests.serving.batch.texts import ARTICLES

OPTIONS = load_options({"inputs": ["x"], "output": "y"})


def test_results_come_in_order_and_little_is_taken_ahead():
    taken: list[int] = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    def work(number):
        time.sleep(0.001 * (number % 3))
        return number

    with ThreadPoolExecutor(4) as pool:
        for number, result in enumerate(in_order(pool, work, items(), 3)):
            assert result == number
            assert len(taken) <= number + 5


def test_what_is_asked_for_no_more_is_not_begun():
    begun: list[int] = []
    gates = [threading.Event() for _ in range(10)]

    def work(number):
        begun.append(number)
        gates[number].wait(60)
        return number

    with ThreadPoolExecutor(1) as pool:
        results = in_order(pool, work, range(10), 5)
        gates[0].set()
        assert next(results) == 0
        results.close()
        for gate in gates:
            gate.set()
    assert len(begun) <= 2


def test_a_fault_of_a_worker_reaches_the_caller():
    def work(number):
        raise KeyError(number)

    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyError):
        list(in_order(pool, work, range(3), 1))


def test_cleaning_processes_do_what_threads_do():
    row = Row("a.txt", page="قال الوزير إن الوفد وصل إلى مسقط.".encode())
    with cleaner_pool(2) as processes, cleaner_pool(0) as thread:
        jobs = [pool.submit(clean, 3, row, OPTIONS) for pool in (processes, processes, processes, thread)]
        results = [job.result(timeout=120) for job in jobs]
    assert all(one == results[0] for one in results) and results[0].sentences


def test_a_cleaning_process_that_dies_ends_the_job_with_the_way_out():
    with cleaner_pool(1) as pool, pytest.raises(TasrihError, match="--resume"):
        pool.submit(os._exit, 9).result(timeout=120)


def test_a_fault_in_a_cleaning_process_reaches_the_caller():
    with cleaner_pool(1) as pool, pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "x").result(timeout=120)


def test_a_page_that_breaks_the_reader_is_one_bad_row(monkeypatch):
    monkeypatch.setattr("serving.batch.articles.read_article", lambda document: 1 / 0)
    bad = clean(0, Row("a.txt", page="نص".encode()), OPTIONS)
    assert bad.error and bad.error["code"] == "unreadable" and "ZeroDivisionError" in bad.error["message"]


class _Breaks:
    """A labeller whose engine raises at texts that hold a word."""

    def __init__(self, labeller, word):
        self._labeller = labeller
        self._word = word
        self.release = labeller.release

    def label_sentences(self, sentences):
        if any(self._word in one.text for one in sentences):
            raise EngineError("the engine broke")
        return self._labeller.label_sentences(sentences)

    def label_texts(self, texts):
        if any(self._word in one for one in texts):
            raise EngineError("the engine is gone")
        return self._labeller.label_texts(texts)


def labelled(labeller, fields, columns):
    rows = [clean(n, Row(f"a.jsonl, line {n + 1}", one), OPTIONS) for n, one in enumerate(fields)]
    (shard,) = plan(range(len(rows)), shard_articles=9, round=0, first_number=0)
    shape = Shape(labeller.release.labels, columns, OPTIONS)
    return label_chunk(Chunk(shard, rows, is_last=True), labeller, shape, keep_boilerplate=False)


TEXT = pa.schema([("text", pa.string())])


def test_a_row_that_breaks_the_engine_is_told_alone(labeller):
    texts = [{"text": text} for text in ARTICLES]
    found = labelled(_Breaks(labeller, "الكرملين"), texts, TEXT)
    assert [one["article_row"] for one in found.articles] == [0, 2, 3]
    (error,) = found.errors
    assert error["article_row"] == 1 and error["error"]["code"] == "internal"
    assert "a.jsonl, line 2" in error["error"]["message"] and "the engine broke" in error["error"]["message"]
    assert {one["article_row"] for one in found.sentences} == {0, 2, 3}


def test_an_engine_that_is_gone_ends_the_job(labeller):
    with pytest.raises(EngineError, match="gone"):
        labelled(_Breaks(labeller, ""), [{"text": ARTICLES[0]}], TEXT)


def test_a_row_that_its_columns_cannot_hold_is_told_alone(labeller):
    columns = pa.schema([("text", pa.string()), ("n", pa.int64())])
    found = labelled(labeller, [{"text": ARTICLES[0], "n": "x"}, {"text": ARTICLES[0], "n": 1}], columns)
    assert [one["n"] for one in found.articles] == [1]
    assert (
        found.errors[0]["error"]["code"] == "bad_input"
        and "a.jsonl, line 1: 'n' holds 'x'" in found.errors[0]["error"]["message"]
    )


@pytest.mark.parametrize("name", ["review", "sentences", "boilerplate_lines"])
def test_a_label_whose_column_is_ours_is_refused(name):
    labels = LabelSet.from_json({"stances": [{"name": "a"}, {"name": "b"}], "claims": [{"name": name}]})
    with pytest.raises(ReleaseError, match=f"label '{name}': 'n_{name}' would stand twice"):
        Shape(labels, TEXT, OPTIONS)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    store = LocalStore(str(tmp_path))
    with store.write("sub/a") as path:
        path.write_bytes(b"1")
        assert store.size("sub/a") is None
    assert store.size("sub/a") == 1
    with pytest.raises(ZeroDivisionError), store.write("sub/a") as path:
        path.write_bytes(b"22")
        _ = 1 / 0
    assert store.size("sub/a") == 1
    with store.locked():
        pass
    assert store.names() == ["sub"] and store.names("none") == []
    store.delete("sub/a")
    store.delete("sub/a")
    assert store.names() == []


def test_shards_take_every_row_once():
    for rows in (range(10), [3, 5, 8], range(0)):
        shards = list(plan(rows, shard_articles=4, round=1, first_number=7))
        assert [row for shard in shards for row in shard.rows] == list(rows)
        assert [shard.number for shard in shards] == list(range(7, 7 + len(shards)))
        assert all(len(shard.rows) <= 4 for shard in shards)


def test_a_mismatch_names_the_field_by_its_whole_path():
    then = {"input": {"rows": 1}, "options": {"format": "csv", "old": 1}}
    assert mismatch(then, then) is None
    assert mismatch(then, {**then, "input": {"rows": 2}}) == "input.rows: 1 when the job began, 2 now"
    assert mismatch(then, {**then, "input": {"rows": 2}}, but=["input"]) is None
    assert mismatch(then, {**then, "options": {"format": "csv"}}) == "options.old: 1 when the job began, null now"
    assert mismatch({}, {"new": 1}) == "new: null when the job began, 1 now"


def test_progress_tells_counts_rate_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr("serving.batch.progress.LOG_EVERY_S", 0.0)
    # A terminal that is wide enough, as far as rich can tell.
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "250"}.items():
        monkeypatch.setenv(name, value)
    for shown in (False, True):
        with told(shown=shown) as progress:
            progress.surveyed(10)
            progress.begin(4)
            time.sleep(0.01)
            progress.seen(1, 30, 1)
        said = capsys.readouterr().err
        said = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said)
        for words in ("1 of 4 articles", "articles/s", "sentences/s", "1 failed", "0 min left"):
            assert words in said, (shown, said)


def test_sizing_is_proportional():
    sample = Sample(rows=1, failed=0, sentences=25, tokens=47, per_second=1)
    assert hours(2e6, 47, cores=8) == pytest.approx(hours(1e6, 47, cores=4))
    small, *larger = MACHINES
    # Cores cost the same in any number, so a larger machine is faster, and not dearer.
    assert all(cost_per_million(sample, one) == pytest.approx(cost_per_million(sample, small)) for one in larger)
