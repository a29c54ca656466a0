"""A job from its command: what it writes, what it refuses, what it does with bad rows."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasrih import Document, cli
from tasrih.report import sentence_to_json
from tests.serving.batch.texts import ARTICLES, row, tree, write_jsonl


def batch(*words: object) -> int:
    return cli.main(["batch", *map(str, words)])


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_jsonl(tmp_path_factory.mktemp("in") / "a.jsonl", [row(n) for n in range(7)])


@pytest.fixture(scope="module")
def done(archive, tmp_path_factory):
    """The archive, labelled in three shards."""
    out = tmp_path_factory.mktemp("done") / "out"
    assert batch(archive, "--output", out, "--shard-articles", 3) == 0
    return out


def read(folder, kind, format="parquet"):
    parts = sorted((folder / kind).iterdir())
    if format == "parquet":
        return [one for part in parts for one in pq.read_table(part).to_pylist()]
    if format == "jsonl":
        return [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").splitlines()]
    return [
        one for part in parts for one in csv.DictReader(io.StringIO(part.read_bytes().decode("utf-8-sig"), newline=""))
    ]


def test_rows_equal_those_of_labelling(done, labeller):
    documents = [Document(text=row(n)["text"], id=f"a{n}") for n in range(7)]
    reports = labeller.label_articles(documents)
    expected = [(report.id, sentence_to_json(one)) for report in reports for one in report.sentences]
    rows = read(done, "sentences")
    assert len(rows) == len(expected)
    for got, (id, want) in zip(rows, expected, strict=True):
        assert got["article_id"] == id
        for name in ("text", "start", "end", "kind", "stance", "claim_types", "needs_review", "n_tokens", "truncated"):
            assert got[name] == want[name], name
        for name, probability in {**want["stance_probabilities"], **want["claim_probabilities"]}.items():
            assert got[f"p_{name}"] == probability


def test_columns_and_order_of_the_caller_are_kept(done):
    rows = read(done, "articles")
    assert [one["article_row"] for one in rows] == list(range(7))
    for n, one in enumerate(rows):
        given = row(n)
        assert {name: one[name] for name in given} == given
        assert one["article_id"] == f"a{n}" and one["n_sentences"] > 0
        assert sum(one[name] for name in one if name.startswith("share_")) == pytest.approx(1, abs=1e-5)


def test_parquet_tells_what_made_it(done, labeller):
    schema = pq.read_schema(done / "sentences" / "part-00000.parquet")
    assert schema.metadata[b"tasrih.release_digest"].decode() == labeller.release.digest
    manifest = json.loads((done / "manifest.json").read_text(encoding="utf-8"))
    assert schema.metadata[b"tasrih.input_sha256"].decode() == manifest["job"]["input"]["sha256"]
    assert str(schema.field("claim_types").type) == "list<element: string>"
    assert [str(schema.field(name).type) for name in ("article_row", "place", "needs_review")] == [
        "int64",
        "int32",
        "bool",
    ]


def test_the_folder_holds_just_what_it_should(done):
    parts = {f"{kind}/part-0000{n}.parquet" for kind in ("sentences", "articles") for n in range(3)}
    tables = {f"summary/{name}.csv" for name in ("sources", "time", "claims", "errors")}
    assert set(tree(done)) == parts | tables | {"manifest.json", "errors.jsonl", "summary.html"}
    assert not [path for path in done.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_every_format_holds_the_same(archive, done, tmp_path, format):
    out = tmp_path / "out"
    assert batch(archive, "--output", out, "--shard-articles", 3, "--format", format) == 0
    for kind in ("sentences", "articles"):
        for got, want in zip(read(out, kind, format), read(done, kind), strict=True):
            assert list(got) == list(want)
            if format == "jsonl":
                assert got == want
                continue
            assert got["article_id"] == want["article_id"] and got["text"].lstrip("'") == want["text"]
    assert batch("verify", out) == 0
    for name in ("sources", "time", "claims"):
        assert (out / "summary" / f"{name}.csv").read_bytes() == (done / "summary" / f"{name}.csv").read_bytes()


def test_csv_runs_nothing(tmp_path):
    evil = {"=cmd": "=1+1", "b": "@x", "c": "＝1+1", "n": -3, "t": "\t=1"}
    path = write_jsonl(tmp_path / "a.jsonl", [row(0, **evil, id="+1", source="-x;=1+1")])
    out = tmp_path / "out"
    assert batch(path, "--output", out, "--format", "csv") == 0
    for part in out.rglob("*.csv"):
        data = part.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf"), part
        for cells in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
            for cell in cells:
                assert not cell.startswith(("=", "+", "@", "\t", "＝")), cell
                assert not cell.startswith("-") or cell == "-3"
    # A spreadsheet that parts cells at semicolons leaves quoted ones whole.
    assert b'"\'-x;=1+1"' in (out / "articles" / "part-00000.csv").read_bytes()


def test_bad_rows_are_told_with_place_and_reason(tmp_path, capsys):
    bad = [
        "{broken",
        {"id": "none"},
        {"id": "number", "text": 17},
        {"id": "latin", "text": "No Arabic here."},
        {"id": ["x"], "text": ARTICLES[0]},
        {"id": "both", "text": ARTICLES[0], "html": "<p>نص</p>"},
    ]
    path = write_jsonl(tmp_path / "a.jsonl", [row(0), *bad, row(1), row(1)])
    out = tmp_path / "out"
    assert batch(path, "--output", out, "--shard-articles", 4) == 3
    assert "--max-error-rate" in capsys.readouterr().err
    errors = [json.loads(line) for line in (out / "errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["article_row"] for one in errors] == [1, 2, 3, 4, 5, 6]
    assert [one["article_id"] for one in errors][1:4] == ["none", "number", "latin"]
    for one, word in zip(errors, ("not JSON", "missing", "int", "Arabic", "'id'", "both"), strict=True):
        assert word in one["error"]["message"] and one["place"] in one["error"]["message"], one
    # Ids may stand twice: a row's number tells them apart.
    assert [(one["article_id"], one["article_row"]) for one in read(out, "articles")] == [
        ("a0", 0),
        ("a1", 7),
        ("a1", 8),
    ]
    assert batch("verify", out) == 0
    assert batch(path, "--output", tmp_path / "lenient", "--max-error-rate", 0.7) == 0


def test_columns_by_other_names_and_names_that_are_ours(tmp_path):
    given = {
        "url": 7.0,
        "body": ARTICLES[1],
        "outlet": "وكالة",
        "date": "2024-01-02",
        "n_review": "mine",
        "source": "x",
    }
    path = write_jsonl(tmp_path / "a.jsonl", [given, {**given, "url": None}])
    config = tmp_path / "batch.yaml"
    config.write_text("text_column: body\nid_column: url\npublished_column: date\n", encoding="utf-8")
    out = tmp_path / "out"
    assert batch(path, "--output", out, "--config", config, "--source-column", "outlet") == 0
    first, second = read(out, "articles")
    assert first["article_id"] == "7" and second["article_id"] == f"{path}, line 2"
    assert (first["source"], first["published"]) == ("وكالة", "2024-01-02")
    assert (first["input_n_review"], first["input_source"], first["outlet"]) == ("mine", "x", "وكالة")
    assert batch(path, "--output", tmp_path / "few", "--config", config, "--keep-columns", "outlet") == 0
    assert "body" not in read(tmp_path / "few", "articles")[0]


def test_pages_and_markup(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.html").write_text(
        f"<html><body><article><p>{ARTICLES[1]}</p></article></body></html>", encoding="utf-8"
    )
    (pages / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n")
    out = tmp_path / "out"
    assert batch(pages, "--output", out, "--max-error-rate", 0.5) == 0
    (article,) = read(out, "articles")
    assert article["article_id"] == str(pages / "a.html") and article["offsets_of"] == "extracted"
    for sentence in read(out, "sentences"):
        assert article["extracted_text"][sentence["start"] : sentence["end"]] == sentence["text"]
    assert json.loads((out / "errors.jsonl").read_text(encoding="utf-8"))["error"]["code"] == "binary_input"


def test_a_folder_in_use_is_refused(archive, done, tmp_path, capsys):
    before = tree(done)
    assert batch(archive, "--output", done) == 2
    assert "not empty" in capsys.readouterr().err
    assert batch(archive, "--output", archive.parent) == 2
    assert "lies in it" in capsys.readouterr().err
    assert tree(done) == before
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x", encoding="utf-8")
    assert batch(archive, "--output", other, "--resume", "--shard-articles", 3) == 0
    assert {**tree(done), "mine.txt": b"x"} == tree(other)


def test_a_finished_job_is_left_as_it_is(archive, done):
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*")}
    assert batch(archive, "--output", done, "--shard-articles", 3, "--resume") == 0
    assert {path: path.stat().st_mtime_ns for path in done.rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--format", "csv"], "options.format"),
        (["--shard-articles", 4], "options.shard_articles"),
        # Not by --precision: where the processor multiplies no bf16, f32 is what was taken.
        (["--encoder-engine", "torch"], "encoder.engine"),
        (["--keep-columns", "id"], "options.keep_columns"),
    ],
)
def test_another_job_is_not_resumed(archive, done, capsys, words, field):
    before = tree(done)
    assert batch(archive, "--output", done, "--shard-articles", 3, "--resume", *words) == 2
    assert f"{field}: " in capsys.readouterr().err
    assert tree(done) == before


def test_another_input_is_told_by_name(archive, done, capsys):
    text = archive.read_text(encoding="utf-8")
    archive.write_text(text.replace("صباح", "مساءً"), encoding="utf-8")
    try:
        assert batch(archive, "--output", done, "--shard-articles", 3, "--resume") == 2
    finally:
        archive.write_text(text, encoding="utf-8")
    assert "input." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("group", "name", "then"),
    [("release", "version", "0.0.9"), ("release", "digest", "0" * 64), ("thresholds", "review_below", 0.123)],
)
def test_another_release_is_told_by_name(archive, done, capsys, group, name, then):
    manifest = done / "manifest.json"
    data = manifest.read_bytes()
    facts = json.loads(data)
    facts["job"][group][name] = then
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    try:
        assert batch(archive, "--output", done, "--shard-articles", 3, "--resume") == 2
    finally:
        manifest.write_bytes(data)
    assert f"{group}.{name}: {json.dumps(then)[:59]}" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_tables_are_labelled_as_lines_are(done, tmp_path, format):
    rows = [row(n) for n in range(7)]
    path = tmp_path / f"a.{format}"
    if format == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    out = tmp_path / "out"
    assert batch(path, "--output", out, "--shard-articles", 3) == 0
    assert read(out, "sentences") == read(done, "sentences")
    as_text = {"desk": str} if format == "csv" else {}
    wanted = [
        {name: as_text.get(name, lambda x: x)(value) for name, value in one.items()} for one in read(done, "articles")
    ]
    assert read(out, "articles") == wanted


def test_resume_and_overwrite_exclude_each_other(archive, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        batch(archive, "--output", tmp_path / "o", "--resume", "--overwrite")
    assert ended.value.code == 2 and "not allowed with argument --resume" in capsys.readouterr().err


def test_retry_takes_only_what_failed(tmp_path, capsys):
    rows = [row(n) for n in range(6)]
    path = write_jsonl(tmp_path / "a.jsonl", [*rows[:2], "{broken", rows[3], {**rows[4], "text": "Latin"}, rows[5]])
    out = tmp_path / "out"
    assert batch(path, "--output", out, "--shard-articles", 2) == 3
    first = {name: data for name, data in tree(out).items() if name.startswith(("sentences", "articles"))}
    write_jsonl(path, [*rows[:4], {**rows[4], "text": "Latin"}, rows[5]])
    assert batch(path, "--output", out, "--shard-articles", 2, "--resume") == 2
    assert "input." in capsys.readouterr().err
    part = out / "articles" / "part-00000.parquet"
    part.rename(tmp_path / "away")
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 2
    assert "part-00000.parquet is missing, or not of its size; first run --resume" in capsys.readouterr().err
    (tmp_path / "away").rename(part)
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 3
    assert first.items() <= tree(out).items()
    assert sorted(one["article_row"] for one in read(out, "articles")) == [0, 1, 2, 3, 5]
    assert [one["article_row"] for one in read(out, "articles")][-1] == 2
    (error,) = map(json.loads, (out / "errors.jsonl").read_text(encoding="utf-8").splitlines())
    assert error["article_row"] == 4
    assert batch("verify", out) == 0
    write_jsonl(path, rows)
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 0
    assert (out / "errors.jsonl").read_bytes() == b""
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 0
    # Nothing failed, but a part is lost: rows that were edited since must not make it again.
    part = next((out / "sentences").iterdir())
    part.rename(tmp_path / "away")
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 2
    assert f"{part.name}" in capsys.readouterr().err
    (tmp_path / "away").rename(part)
    write_jsonl(path, rows[:5])
    assert batch(path, "--output", out, "--shard-articles", 2, "--retry-failed") == 2
    assert "input.rows: 6 when the job began, 5 now" in capsys.readouterr().err
    write_jsonl(path, rows)
    # Parts of this round are made again, those of an earlier one are not: their rows may have been mended since.
    whole = tree(out)
    (out / "sentences" / "part-00004.parquet").unlink()
    assert batch("verify", out) == 1 and "part-00004.parquet: missing; run the job's own" in capsys.readouterr().out
    assert batch(path, "--output", out, "--shard-articles", 2, "--resume") == 0 and tree(out) == whole
    (out / "sentences" / "part-00001.parquet").unlink()
    assert batch("verify", out) == 1
    assert "part-00001.parquet: missing; it is of the rounds before --retry-failed" in capsys.readouterr().out
    for how in ("--resume", "--retry-failed"):
        assert batch(path, "--output", out, "--shard-articles", 2, how) == 2
        assert (
            "sentences/part-00001.parquet: missing, or not of its size; it is of the rounds" in capsys.readouterr().err
        )


def test_a_retry_keeps_the_columns_with_which_the_job_began(tmp_path, capsys):
    good = {"id": 0, "text": ARTICLES[0], "desk": 7}
    bad = [{**good, "html": "<p>نص</p>"}, {**good, "id": ["x"]}, {**good, "text": "Latin"}]
    path = write_jsonl(tmp_path / "a.jsonl", [good, *bad])
    out = tmp_path / "out"
    words = (path, "--output", out, "--max-error-rate", 0.8)
    assert batch(*words) == 0
    mended = [{**good, "id": 1}, {**good, "id": 2}, {**good, "desk": "new"}]
    write_jsonl(path, [good, *({**one, "more": 1} for one in mended)])
    assert batch(*words, "--retry-failed") == 2
    assert 'columns.more: null when the job began, "int64" now' in capsys.readouterr().err
    write_jsonl(path, [good, *mended])
    assert batch(*words, "--retry-failed") == 0
    assert [(one["article_id"], one["html"], one["desk"]) for one in read(out, "articles")] == [
        (id, None, 7) for id in ("0", "1", "2")
    ]
    (error,) = map(json.loads, (out / "errors.jsonl").read_text(encoding="utf-8").splitlines())
    assert "'desk' holds 'new'" in error["error"]["message"]
    before = tree(out)
    assert batch(*words, "--resume") == 0 and tree(out) == before


def test_verify_finds_damage_and_resume_mends_it(archive, tmp_path, capsys):
    out = tmp_path / "out"
    assert batch(archive, "--output", out, "--shard-articles", 3, "--format", "jsonl") == 0
    whole = tree(out)
    assert batch("verify", out) == 0 and batch("status", out) == 0
    assert "complete" in capsys.readouterr().out
    part = out / "sentences" / "part-00001.jsonl"
    part.write_bytes(part.read_bytes().replace(b'"place": 0', b'"place": 1', 1))
    (out / "articles" / "part-00099.jsonl").write_bytes(b"")
    assert batch("verify", out) == 1
    said = capsys.readouterr().out
    assert "sentences/part-00001.jsonl: sha256" in said and "part-00099" in said and "2 faults" in said
    part.unlink()
    (out / "articles" / "part-00099.jsonl").unlink()
    assert batch(archive, "--output", out, "--shard-articles", 3, "--format", "jsonl", "--resume") == 0
    assert tree(out) == whole


def test_overwrite_takes_away_only_what_is_ours(archive, done, tmp_path):
    out = tmp_path / "out"
    assert batch(archive, "--output", out, "--format", "csv") == 0
    (out / "mine.txt").write_text("x", encoding="utf-8")
    assert batch(archive, "--output", out, "--shard-articles", 3, "--overwrite") == 0
    assert tree(out) == {**tree(done), "mine.txt": b"x"}


def test_dry_run_writes_nothing(archive, tmp_path, capsys):
    assert batch(archive, "--output", tmp_path / "out", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "7 articles" in said and "sentences/s" in said and "c7a.4xlarge" in said and "$" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no input"),
        (["x.jsonl"], "no --output"),
        (["x.jsonl", "--output", "o"], "no such file"),
        (["status", "nowhere"], "no manifest.json"),
        (["x", "--output", "o", "--max-error-rate", "2"], "--max-error-rate"),
        (["x", "--output", "o", "--encoding", "klingon"], "--encoding"),
        (["x", "--output", "o", "--text-column", "id"], "five columns"),
        (["x", "--output", "gopher://o"], "gopher"),
    ],
)
def test_wrong_calls_exit_2_with_the_way_out(capsys, words, message):
    assert batch(*words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err


def test_a_config_with_an_unknown_option_is_refused(tmp_path, archive, capsys):
    config = tmp_path / "c.yaml"
    config.write_text("shard_size: 3\n", encoding="utf-8")
    assert batch(archive, "--output", tmp_path / "o", "--config", config) == 2
    assert "shard_size: unknown option; known are" in capsys.readouterr().err
