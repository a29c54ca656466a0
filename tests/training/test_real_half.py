"""The real half is built from clones or from a file, and every slice is held against its sha1."""

import hashlib
import json
from pathlib import Path

import pytest

from tasrih.errors import CorpusError
from training.real_half import build_real, flatten, texts_from_clones, texts_from_file

# Entities twice over, a byte that is not UTF-8, marks without width, NBSP, line ends.
PAGE = "أ\u200fقال&amp;quot;نعم&amp;quot;\u00a0اليوم\r\n\r\n  ثم\ufeff غادر.\n".encode() + b"\xff"
FLAT = 'أقال"نعم" اليوم ثم غادر. \ufffd'


def test_flatten_does_the_steps_in_order():
    assert flatten(PAGE) == FLAT


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    rows = [
        {"id": "T1", "repo": "a/one", "path": "x/1.txt", "start": 0, "length": 10},
        {"id": "T2", "repo": "b/two", "path": "x/1.txt", "start": 2, "length": 4},
        {"id": "T3", "repo": "b/two", "path": "gone.txt", "start": 0, "length": 2},
        {"id": "T4", "repo": "a/one", "path": "x/2.txt", "start": 0, "length": 3},
    ]
    texts = [FLAT[:10], "cdef", "zz", "old"]
    with path.open("w", encoding="utf-8") as stream:
        for row, text in zip(rows, texts, strict=True):
            stream.write(json.dumps({**row, "sha1": hashlib.sha1(text.encode()).hexdigest()}) + "\n")
    return path


def test_clones_are_read_in_any_order_and_checked(tmp_path, labels):
    for folder, files in {"one": {"x/1.txt": PAGE, "x/2.txt": b"new"}, "two": {"x/1.txt": b"abcdefgh"}}.items():
        for name, data in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    output = tmp_path / "built" / "real.jsonl"
    for order in (["one", "two"], ["two", "one"]):
        built = build_real(texts_from_clones([tmp_path / name for name in order], labels), output)
        assert (built.n_built, built.missing, built.differing) == (2, ("T3",), ("T4",))
    assert [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()] == [
        {"id": "T1", "text": FLAT[:10]},
        {"id": "T2", "text": "cdef"},
    ]


def test_a_file_of_slices_is_matched_by_place_and_checked(tmp_path, labels):
    source = tmp_path / "given.jsonl"
    rows = [
        {"id": "other", "repo": "b/two", "path": "x/1.txt", "start": 2, "length": 4, "sha1": "", "text": "cdef"},
        {"id": "T4", "repo": "a/one", "path": "x/2.txt", "start": 0, "length": 3, "sha1": "", "text": "new"},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    built = build_real(texts_from_file(source, labels), tmp_path / "real.jsonl")
    assert (built.n_built, built.missing, built.differing) == (1, ("T1", "T3"), ("T4",))
    source.write_text('{"id": "T1", "text": "x"}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"given.jsonl:1: 'repo' is missing; expected repo, path, start"):
        build_real(texts_from_file(source, labels), tmp_path / "real.jsonl")


def test_a_folder_or_labels_file_that_is_not_there(tmp_path, labels):
    with pytest.raises(CorpusError, match="no such folder"):
        list(texts_from_clones([tmp_path / "no"], labels))
    with pytest.raises(CorpusError, match="root of the checkout"):
        list(texts_from_clones([tmp_path], tmp_path / "no.jsonl"))
