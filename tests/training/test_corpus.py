"""The corpus: schema, and the checks that stand before training, all told at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tasrih.errors import CorpusError
from tasrih.labels import LabelSet
from training.config_inputs import CorpusConfig
from training.corpus import Corpus, Row, missing_data, read_corpus
from training.corpus_checks import check_corpus, corpus_faults

ROOT = Path(__file__).resolve().parents[2]
LABELS = LabelSet.from_json({"stances": ["for", "against"], "claims": ["claim"]})


def row(number: int, split: str, stance: str, *claims: str, **more: Any) -> Row:
    more = {"text": f"جملة رقم {number}", "source": "composed", "place": f"f.jsonl:{number}", **more}
    return Row(id=f"r{number}", split=split, stance=stance, claim_types=claims, **more)


def sound() -> list[Row]:
    rows = []
    for place, split in enumerate(("train", "validation", "test")):
        rows += [row(2 * place, split, "for", "claim"), row(2 * place + 1, split, "against")]
    return rows


def lines(path: Path, *items: Any) -> Path:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
    return path


def test_a_sound_corpus_has_no_faults():
    check_corpus(Corpus(tuple(sound())), LABELS)


def test_every_fault_is_told_at_once():
    rows = [
        *sound(),
        row(11, "train", "neither", "rumour"),
        row(0, "train", "for"),
        row(13, "train", "for", document="d1"),
        row(14, "test", "for", document="d1"),
        row(15, "train", "for", group="g1"),
        row(16, "validation", "for", group="g1"),
        row(17, "train", "for", text="قال  إنَّ الأمر"),
        row(18, "test", "for", text="قال إن الأمر"),
        row(19, "train", "against", text="قال إن الأمر"),
    ]
    told = "\n".join(corpus_faults(Corpus(tuple(rows)), LABELS))
    for expected in (
        "f.jsonl:11: stance: 'neither' found, expected one of for, against",
        "f.jsonl:11: claim_types: ['rumour'] found, expected any of claim",
        "f.jsonl:0: id: 'r0' stands also at",
        "document d1: an article's sentences stand in train (f.jsonl:13), test (f.jsonl:14); expected one split",
        "group g1: a contrast group's sentences stand in train (f.jsonl:15), validation (f.jsonl:16)",
        "f.jsonl:18: the same sentence stands in train at f.jsonl:17, here in test",
        "f.jsonl:19: the same sentence has other labels at f.jsonl:17",
    ):
        assert expected in told
    with pytest.raises(CorpusError, match="neither"):
        check_corpus(Corpus(tuple(rows)), LABELS)


def test_every_label_is_wanted_in_every_split():
    rows = [entry for entry in sound() if not (entry.split == "test" and entry.stance == "for")]
    assert corpus_faults(Corpus(tuple(rows)), LABELS) == [
        "split test: no sentence of stance for; expected one at least: put test as the split of an article that has one",
        "split test: no sentence of claim type claim; expected one at least: put test as the split of an article that has one",
    ]
    assert "split test: no row" in corpus_faults(Corpus(tuple(sound()[:4])), LABELS)[0]


def test_many_faults_of_one_kind_are_counted():
    rows = [*sound(), *(row(100 + i, "train", "neither") for i in range(50))]
    faults = corpus_faults(Corpus(tuple(rows)), LABELS)
    assert len(faults) == 21
    assert faults[-1] == "… and 30 more like the last one"


def test_rows_that_break_the_schema_are_told_with_their_line(tmp_path):
    good = {"id": "a", "text": "نص", "stance": "for", "claim_types": [], "split": "train"}
    path = lines(
        tmp_path / "c.jsonl",
        good,
        {**good, "text": " "},
        {**good, "claim_types": "claim"},
        {"id": "d", "claim_types": [1]},
        [1],
        {**good, "group": 3},
        {**good, "phenomena": None},
        {**good, "phenomena": "quote"},
        {**good, "sure": "no"},
        {**good, "split": "dev"},
        {**good, "url": "x"},
    )
    with pytest.raises(CorpusError) as caught:
        read_corpus(CorpusConfig(composed=(str(path),)))
    told = str(caught.value)
    assert f"{path}:2: text: ' ' found, expected the sentence" in told
    assert f"{path}:3: claim_types: 'claim' found, expected a list" in told
    assert f"{path}:4: text: missing, expected the sentence" in told
    assert f"{path}:4: claim_types: [1] found, expected a list of claim types" in told
    assert f"{path}:5: list found, expected an object" in told
    assert f"{path}:6: group: 3 found" in told
    assert f"{path}:7: phenomena: None found, expected a list of names" in told
    assert f"{path}:8: phenomena: 'quote' found, expected a list of names" in told
    assert f"{path}:9: sure: 'no' found, expected true, or false" in told
    assert f"{path}:10: split: 'dev' found, expected one of train, validation, test" in told
    assert f"{path}:11: url: no such field" in told
    path.write_text('{"id": \n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"c\.jsonl:1: not JSON"):
        read_corpus(CorpusConfig(composed=(str(path),)))


def test_broken_rows_of_a_file_are_counted_past_twenty(tmp_path):
    good = {"id": "a", "text": "نص", "stance": "for", "claim_types": [], "split": "train"}
    path = lines(tmp_path / "c.jsonl", *({**good, "url": "x"} for _ in range(50)))
    with pytest.raises(CorpusError) as caught:
        read_corpus(CorpusConfig(composed=(str(path),)))
    told = str(caught.value).splitlines()
    assert len(told) == 21 and told[-1] == "… and 30 more like the last one"


def real_row(text: str, **more: Any) -> dict[str, Any]:
    sha1 = hashlib.sha1(text.encode()).hexdigest()
    return {
        "id": "T1",
        "repo": "o/r",
        "path": "p.txt",
        "start": 0,
        "length": len(text),
        "sha1": sha1,
        "stance": "for",
    } | {"claim_types": [], "sure": True, "drawn": "random", "split": "train", **more}


def test_real_rows_get_their_text_document_and_weight(tmp_path):
    labels = lines(tmp_path / "labels.jsonl", real_row("نص"), real_row("آخر", id="T2", sure=False))
    texts = lines(tmp_path / "real.jsonl", {"id": "T1", "text": "نص"}, {"id": "T2", "text": "آخر"})
    corpus = read_corpus(CorpusConfig(real_labels=labels, real_texts=texts, real_weight=2.0, unsure_weight=0.25))
    assert [(r.text, r.document, r.weight, r.source) for r in corpus.rows] == [
        ("نص", "o/r:p.txt", 2.0, "real"),
        ("آخر", "o/r:p.txt", 0.5, "real"),
    ]


def test_a_real_text_that_differs_stops_the_run_unless_told(tmp_path):
    labels = lines(tmp_path / "labels.jsonl", real_row("نص"), real_row("آخر", id="T2"))
    texts = lines(tmp_path / "real.jsonl", {"id": "T1", "text": "نص"}, {"id": "T2", "text": "غيره"})
    with pytest.raises(CorpusError, match=r"1 sentences of .* build it again \(tasrih corpus build-real"):
        read_corpus(CorpusConfig(real_labels=labels, real_texts=texts))
    corpus = read_corpus(CorpusConfig(real_labels=labels, real_texts=texts, allow_missing_texts=True))
    assert [r.id for r in corpus.rows] == ["T1"]


def test_built_texts_that_break_their_schema_are_told_with_their_line(tmp_path):
    labels = lines(tmp_path / "labels.jsonl", real_row("نص"))
    texts = lines(tmp_path / "real.jsonl", {"id": "T1", "text": "نص"}, ["T1"], {"id": "T2"}, {"text": "نص"})
    with pytest.raises(CorpusError) as caught:
        read_corpus(CorpusConfig(real_labels=labels, real_texts=texts))
    assert str(caught.value).splitlines() == [
        f"{texts}:2: list found, expected an object with id, text",
        f"{texts}:3: text: missing, expected the sentence, not empty",
        f"{texts}:4: id: missing, expected the id of a row of the labels",
        f"{texts}: is not as it was built; build it again (tasrih corpus build-real --from CLONE CLONE (or --from-file FILE))",
    ]


def test_rows_come_sorted_by_id_whatever_file_they_stand_in(tmp_path):
    rows = [{"id": i, "text": f"نص {i}", "stance": "for", "claim_types": [], "split": "train"} for i in "dbac"]
    one = lines(tmp_path / "one.jsonl", *rows)
    halves = [lines(tmp_path / "x.jsonl", *rows[:2]), lines(tmp_path / "y.jsonl", *rows[2:])]
    whole = read_corpus(CorpusConfig(composed=(str(one),)))
    split = read_corpus(CorpusConfig(composed=tuple(map(str, halves))))
    assert [row.id for row in whole.rows] == [row.id for row in split.rows] == ["a", "b", "c", "d"]
    assert whole.sha256 == split.sha256


def test_a_half_that_is_not_built_names_the_command(tmp_path):
    labels = lines(tmp_path / "labels.jsonl", real_row("نص"))
    config = CorpusConfig(composed=(str(tmp_path / "no*.jsonl"),), real_labels=labels, real_texts=tmp_path / "no")
    with pytest.raises(CorpusError, match="tasrih corpus build-real"):
        read_corpus(config)
    assert len(missing_data(config)) == 2


def test_the_hash_sees_labels_and_not_order():
    rows = sound()
    assert Corpus(tuple(rows)).sha256 == Corpus(tuple(reversed(rows))).sha256
    assert Corpus(tuple(rows)).sha256 != Corpus((row(0, "train", "against", "claim"), *rows[1:])).sha256


def test_the_committed_labels_hold_no_text_and_no_document_in_two_splits():
    splits: dict[tuple[str, str], set[str]] = {}
    with (ROOT / "data/real/labels.jsonl").open(encoding="utf-8") as stream:
        for line in stream:
            item = json.loads(line)
            assert "text" not in item
            splits.setdefault((item["repo"], item["path"]), set()).add(item["split"])
    assert len(splits) == 2066
    assert all(len(found) == 1 for found in splits.values())
