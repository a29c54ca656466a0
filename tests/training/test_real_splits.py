"""The splits of the real half: documents that print one story stand in one, and a hash of the smallest name decides."""

import hashlib
import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from tasrih.errors import CorpusError
from training.real_splits import clusters, hash_split, split_real
from training.row_schema import SPLITS

ROOT = Path(__file__).resolve().parents[2]
STORY = "قال ناطق باسم الميناء إن السفينة رست عند الفجر بعد رحلة دامت تسعة أيام"


def test_clusters_do_not_depend_on_the_order_of_ties():
    ties = [("d", "c"), ("b", "c"), ("a", "b"), ("x", "y"), ("z", "z")]
    for order in permutations(ties):
        assert clusters(order) == (("a", "b", "c", "d"), ("x", "y"))
        assert clusters((b, a) for a, b in order) == clusters(order)
    assert clusters([]) == ()


def test_the_hash_gives_a_tenth_to_test_and_to_validation():
    keys = [f"owner/repo\nfolder/{number}.txt" for number in range(5000)]
    shares = {split: n / 5000 for split, n in Counter(map(hash_split, keys)).items()}
    assert abs(shares["test"] - 0.1) < 0.02 and abs(shares["validation"] - 0.1) < 0.02
    tenth = int(hashlib.sha256(b"o/r\np.txt").hexdigest()[:8], 16) % 10
    assert hash_split("o/r\np.txt") == {0: "test", 1: "validation"}.get(tenth, "train")


@pytest.fixture
def half(tmp_path: Path) -> tuple[Path, Path]:
    """Four documents; b and d print one story, and each stands in a split that the hash would not give it."""
    texts = {
        "a.txt": "جملة أولى لا تشبه سواها في شيء من كلامها",
        "b.txt": STORY,
        "c.txt": "نص آخر عن طقس الغد وعن أمطار متفرقة في الشمال",
        "d.txt": "«" + STORY + "» كما ذُكر",
    }
    labels, built = tmp_path / "labels.jsonl", tmp_path / "real.jsonl"
    rows = [
        {"id": f"T{place}", "repo": "o/r", "path": path, "start": 0, "length": len(text),
         "sha1": hashlib.sha1(text.encode()).hexdigest(), "stance": "مع", "claim_types": [], "sure": True,
         "drawn": "random", "split": next(split for split in SPLITS if split != hash_split(f"o/r\n{path}"))}
        for place, (path, text) in enumerate(texts.items())
    ]  # fmt: skip
    labels.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    built.write_text(
        "".join(json.dumps({"id": f"T{n}", "text": text}) + "\n" for n, text in enumerate(texts.values())), "utf-8"
    )
    return labels, built


def splits_of(labels: Path) -> list[str]:
    return [json.loads(line)["split"] for line in labels.read_text(encoding="utf-8").splitlines()]


def test_a_story_goes_to_the_split_of_its_smallest_document_and_nothing_else_moves(half):
    labels, built = half
    before = labels.read_text(encoding="utf-8")
    old = splits_of(labels)
    done = split_real(labels, built)
    new = splits_of(labels)
    assert done.clusters == (("o/r\nb.txt", "o/r\nd.txt"),)
    assert new == [old[0], hash_split("o/r\nb.txt"), old[2], hash_split("o/r\nb.txt")]
    assert done.before == {split: old.count(split) for split in SPLITS}
    assert done.after == {split: new.count(split) for split in SPLITS}
    assert sum(done.moved.values()) == sum(a != b for a, b in zip(old, new, strict=True)) > 0
    for line, was in zip(labels.read_text(encoding="utf-8").splitlines(), before.splitlines(), strict=True):
        assert {**json.loads(line), "split": 0} == {**json.loads(was), "split": 0}


def test_a_second_run_leaves_the_file_alone(half):
    labels, built = half
    split_real(labels, built)
    text, written = labels.read_text(encoding="utf-8"), labels.stat().st_mtime_ns
    done = split_real(labels, built)
    assert done.moved == {} and done.before == done.after
    assert labels.read_text(encoding="utf-8") == text and labels.stat().st_mtime_ns == written
    assert sorted(path.name for path in labels.parent.iterdir()) == ["labels.jsonl", "real.jsonl"]


def test_a_text_that_is_missing_stops_it(half):
    labels, built = half
    before = labels.read_text(encoding="utf-8")
    built.write_text("".join(built.read_text(encoding="utf-8").splitlines(keepends=True)[:3]), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"1 sentences of .* are missing there"):
        split_real(labels, built)
    assert labels.read_text(encoding="utf-8") == before


@pytest.mark.skipif(not (ROOT / "data/real/built/real.jsonl").is_file(), reason="the real half is not built")
def test_the_committed_splits_are_those_the_command_writes(tmp_path):
    labels = tmp_path / "labels.jsonl"
    labels.write_bytes((ROOT / "data/real/labels.jsonl").read_bytes())
    assert split_real(labels, ROOT / "data/real/built/real.jsonl").moved == {}
