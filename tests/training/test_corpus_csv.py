"""Labelled sentences in CSV and TSV: what is read, how they are dealt out, what is told of what is wrong."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tasrih.errors import CorpusError
from tasrih.pipeline import Labeller
from tests.training.tiny_bases import ROOT
from training.config import Config, load_config
from training.config_inputs import CorpusConfig, TableConfig
from training.corpus import Row, read_corpus
from training.corpus_checks import check_corpus, corpus_faults
from training.corpus_csv import split_by_hash
from training.run import run_training


def table(path: Path, content: str | bytes, **settings: object) -> TableConfig:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TableConfig.model_validate({"path": path, **settings})


def rows_of(*tables: TableConfig, drop_repeats: bool = False) -> list[Row]:
    return list(read_corpus(CorpusConfig(tables=tables, drop_repeats=drop_repeats)).rows)


def told(*tables: TableConfig) -> list[str]:
    with pytest.raises(CorpusError) as caught:
        rows_of(*tables)
    return str(caught.value).splitlines()


def test_a_table_with_all_columns(tmp_path):
    content = (
        "id,article_id,text,stance,claim_types,split,note\n"
        'r1,a1,"قال: ""لا"", ثم صمت",against,promise; rumour ,train,x\n'
        "\n"
        'r2,a2,"سطر\nثان",for,promise؛promise,test,\n'
    )
    first, second = rows_of(table(tmp_path / "t.csv", content))
    assert (first.id, first.text, first.stance, first.claim_types) == (
        "r1",
        'قال: "لا", ثم صمت',
        "against",
        ("promise", "rumour"),
    )
    assert (first.split, first.document, first.source) == ("train", "a1", "table")
    assert (second.text, second.claim_types, second.split) == ("سطر\nثان", ("promise",), "test")
    assert (first.place, second.place) == (f"{tmp_path}/t.csv:2", f"{tmp_path}/t.csv:4")


@pytest.mark.parametrize(
    "content",
    [
        "text;stance\nأولى، ثم ثانية;for\n".encode(),
        "text\tstance\nأولى، ثم ثانية\tfor\n".encode(),
        '\ufefftext,stance\r\n"أولى، ثم ثانية", for \r\n'.encode(),
    ],
    ids=["semicolons", "tabs", "a spreadsheet's"],
)
def test_separators_and_the_byte_order_mark_are_found_out(tmp_path, content):
    (row,) = rows_of(table(tmp_path / "t.csv", content))
    assert (row.text, row.stance, row.claim_types) == ("أولى، ثم ثانية", "for", ())


def test_columns_and_cells_of_another_name(tmp_path):
    content = 'رقم\tالجملة\tالوسم\n7\tجملة "أولى\t1\n'
    columns = {"id": "رقم", "text": "الجملة", "stance": "الوسم"}
    (row,) = rows_of(
        table(tmp_path / "t.tsv", content, columns=columns, stances={"1": "for"}, split="test", quotes=False)
    )
    assert (row.id, row.text, row.stance, row.split) == ("7", 'جملة "أولى', "for", "test")


def test_articles_are_dealt_out_whole_and_always_alike(tmp_path):
    lines = [f"a{number // 3},جملة رقم {number},for" for number in range(900)]
    rows = rows_of(table(tmp_path / "t.csv", "\n".join(["article_id,text,stance", *lines])))
    assert all(row.split == split_by_hash(str(row.document)) for row in rows)
    counts = Counter(row.split for row in rows)
    assert 90 <= counts["validation"] <= 180 and 90 <= counts["test"] <= 180
    # Rows in another order, and one more at the head: all stay where they were.
    again = rows_of(table(tmp_path / "t.csv", "\n".join(["article_id,text,stance", "b,جديدة,for", *reversed(lines)])))
    assert {row.id: row.split for row in rows}.items() <= {row.id: row.split for row in again}.items()


def test_a_resolved_config_reads_the_table_that_its_file_read():
    config = load_config(
        ROOT / "configs/own-labels.yaml", [f"corpus.tables=[{{path: {ROOT}/examples/own-labels.csv}}]"]
    )
    resolved = Config.model_validate(config.to_json())
    assert read_corpus(resolved.corpus).sha256 == read_corpus(config.corpus).sha256


def test_a_sentence_without_id_is_its_own(tmp_path):
    rows = rows_of(table(tmp_path / "t.csv", "text,stance\nجملة,for\nجُملة,for\nأخرى,for\n"))
    assert len({row.id for row in rows}) == 3
    assert len({row.split for row in rows if row.text != "أخرى"}) == 1  # equal ones are not torn apart


@pytest.mark.parametrize(
    ("content", "settings", "faults"),
    [
        ("", {}, ["t.csv:1: column text: missing, found nothing; name the column", "t.csv:1: column stance: missing"]),
        (
            "text,label\nنص,for\n",
            {},
            ["t.csv:1: column stance: missing, found text, label; name the column of the stance"],
        ),
        ("text,stance,text\n", {}, ["t.csv:1: column text: stands 2 times; keep one"]),
        ("text,stance,artcle_id\n", {}, ["t.csv:1: column artcle_id: unknown, and like article_id, which is missing"]),
        ("text,stance\n", {"columns": {"id": "nr"}}, ["t.csv:1: column nr: missing, found text, stance"]),
        ("text,stance,split\nنص,for,test\n", {"split": "train"}, ["t.csv:1: column split: the config gives the whole"]),
        (
            "text,stance,split\n ,for,train\nنص,,dev\nنص\n",
            {},
            [
                "t.csv:2: column text: empty, expected a sentence",
                "t.csv:3: column stance: empty, expected a stance",
                "t.csv:3: column split: 'dev' found, expected one of train, validation, test; or leave out the whole",
                "t.csv:4: 1 cells found, expected 3 as in line 1 (text, stance, split); mend the row",
            ],
        ),
        (
            'text,stance\nنص,for\n"نص,for\nنص,for\n',
            {},
            ["t.csv:3: unexpected end of data, in the row that begins there; set quotes"],
        ),
        ("text,stance\nنص,for\nنص,for\n".encode("cp1256"), {}, ["t.csv:2: not UTF-8"]),
    ],
)
def test_faults_name_line_and_column(tmp_path, content, settings, faults):
    found = told(table(tmp_path / "t.csv", content, **settings))
    assert len(found) == len(faults), found
    assert all(line.startswith(f"{tmp_path}/{fault}") for line, fault in zip(found, faults, strict=True)), found


def test_ids_that_start_anew_in_each_file_may_be_left_aside(tmp_path):
    labels = load_config(ROOT / "configs/own-labels.yaml").model.label_set()

    def faults(columns: dict[str, None]) -> list[str]:
        tables = []
        for n_file, split in enumerate(("train", "validation", "test")):
            # As pandas writes it, with the index in a column without a name.
            content = f",id,article_id,text,stance\n0,0,0,جملة {n_file},neutral\n1,1,1,أخرى {n_file},neutral\n"
            tables.append(table(tmp_path / f"{split}.csv", content, split=split, columns=columns))
        found = corpus_faults(read_corpus(CorpusConfig(tables=tuple(tables))), labels)
        return [fault for fault in found if "no sentence of" not in fault]

    told = faults({})
    assert (
        len([fault for fault in told if fault.endswith("; or columns.id: null, if those of each file are its own")])
        == 4
    )
    assert len([fault for fault in told if "one split; or columns.article_id: null, if those" in fault]) == 2
    assert len(told) == 6
    assert faults({"id": None, "article_id": None}) == []
    columns = TableConfig.model_validate({"path": "x", "columns": {"id": None}}).columns
    assert columns.model_validate(columns.model_dump(mode="json")) == columns


def test_a_label_that_the_config_does_not_know_is_told_with_its_line(tmp_path):
    corpus = read_corpus(CorpusConfig(tables=(table(tmp_path / "t.csv", "text,stance\nنص,forr\n"),)))
    labels = load_config(ROOT / "configs" / "smoke.yaml").model.label_set()
    assert f"{tmp_path}/t.csv:2: stance: 'forr' found, expected one of pro_russia" in corpus_faults(corpus, labels)[0]


def test_faults_are_told_by_line_though_rows_go_by_their_hash(tmp_path):
    content = "text,stance\n" + "".join(f"نص {place},forr\n" for place in range(12))
    corpus = read_corpus(CorpusConfig(tables=(table(tmp_path / "t.csv", content),)))
    labels = load_config(ROOT / "configs" / "smoke.yaml").model.label_set()
    told = [fault for fault in corpus_faults(corpus, labels) if "forr" in fault]
    assert [int(fault.split(":")[1]) for fault in told] == list(range(2, 14))
    assert [row.place for row in corpus.rows] != sorted(row.place for row in corpus.rows)


def test_repeats_are_dropped_where_told_and_the_test_split_keeps_its_own(tmp_path):
    columns = "text,stance\n"
    train = table(tmp_path / "train.csv", f"{columns}أولى,for\nثانية,for\nثانية,against\n", split="train")
    test = table(tmp_path / "test.csv", f"{columns}أُولى,against\n", split="test")
    assert len(rows_of(train, test)) == 4
    kept = rows_of(train, test, drop_repeats=True)
    assert sorted((row.split, row.text, row.stance) for row in kept) == [
        ("test", "أُولى", "against"),
        ("train", "ثانية", "for"),
    ]


def test_the_example_is_whole(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config(ROOT / "configs" / "own-labels.yaml")
    corpus = read_corpus(config.corpus)
    check_corpus(corpus, config.model.label_set())
    assert len(corpus.rows) == 42


RANDOM = (
    "base.model=null",
    "base.random={layers: 1, width: 16, heads: 2, feed_forward: 16}",
    "training.epochs=1",
    "training.device=cpu",
    "training.precision=fp32",
    "training.threads=1",
    "tracking.bootstrap_draws=100",
)


def places(folder: Path) -> list[str]:
    return [f"output.folder={folder}/models", f"tracking.runs={folder}/runs"]


def test_a_newsroom_s_own_table_makes_a_release_with_its_own_labels(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    release = run_training(load_config(ROOT / "configs" / "own-labels.yaml", [*RANDOM, *places(tmp_path)]))
    (labelled,) = Labeller.open(release).label_texts(["شكر الأهالي الوزارة."])
    assert labelled.stance_probabilities is not None and labelled.claim_probabilities is not None
    assert set(labelled.stance_probabilities) == {"backs_ministry", "blames_ministry", "neutral"}
    assert set(labelled.claim_probabilities) == {"promise", "corruption_allegation"}


@pytest.mark.parametrize(
    ("name", "header", "cells"),
    [
        ("checkthat-subjectivity-ar", "sentence_id\tsentence\tlabel", ("OBJ", "SUBJ")),
        ("ans-claims", "claim_s,fake_flag", ("0", "1")),
    ],
)
def test_the_external_configs_train_on_files_like_those_of_the_set(tmp_path, monkeypatch, name, header, cells):
    """On sentences of ours under the same headings: the sets themselves are not here."""
    config = load_config(ROOT / "configs" / "external" / f"{name}.yaml", [*RANDOM, *places(tmp_path)])
    tables = []
    for n_file, one in enumerate(config.corpus.tables):
        path = tmp_path / one.path.name
        separator = "\t" if "\t" in header else ","
        lines = [header]
        for number in range(12):
            text = f"جملة قصيرة رقم {number} من الملف {n_file}" if number else "جملة في كل الملفات"
            lines.append(
                separator.join([*([f"{n_file}-{number}"] if separator == "\t" else []), text, cells[number % 2]])
            )
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        tables.append(one.model_copy(update={"path": path}))
    config = config.model_copy(update={"corpus": config.corpus.model_copy(update={"tables": tuple(tables)})})
    release = run_training(config)
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    assert {split: found["rows"] for split, found in facts["corpus"]["counts"].items()} == {
        "train": 11,
        "validation": 11,
        "test": 12,
    }
    (labelled,) = Labeller.open(release).label_texts(["جملة أخرى"])
    assert labelled.stance_probabilities is not None and labelled.claim_probabilities == {}
    assert len(labelled.stance_probabilities) == 2
    assert set(labelled.stance_probabilities) == {label["name"] for label in facts["labels"]["stances"]}
