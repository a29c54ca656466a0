"""Sources to rows: formats, packings, and the traps of tables that people make."""

import csv
import datetime
import decimal
import gzip
import io
import json
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.batch.columns import as_begun, fit, plain
from serving.batch.options import load_options
from serving.batch.reader import RowReader
from serving.batch.row import MAX_DEPTH, CsvForm
from serving.batch.rows import read_rows
from serving.batch.sources import Source, find_sources
from serving.batch.survey import survey
from tasrih.errors import ConfigError, InputError
from tests.serving.batch.texts import ARTICLES, row, write_jsonl

FORM = CsvForm()


def rows_of(path, form=FORM, skip=0):
    (source,) = find_sources([str(path)])
    return list(read_rows(source, form=form, skip=skip))


def seen(*paths, **flags):
    options = load_options({"inputs": [str(path) for path in paths], "output": "unused", **flags})
    return survey(find_sources(options.inputs), options)


def write_csv(path, rows, encoding="utf-8", **form):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), **form)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("format", [".jsonl", ".csv"])
def test_the_same_rows_of_every_packing(tmp_path, format, packing):
    rows = [row(n) for n in range(5)]
    plain = tmp_path / f"plain{format}"
    write_jsonl(plain, rows) if format == ".jsonl" else write_csv(plain, rows)
    data = plain.read_bytes()
    # Of two frames each, as tools that append make them.
    pack = {"": lambda b: b, ".gz": gzip.compress, ".zst": lambda b: pa.compress(b, "zstd", asbytes=True)}[packing]
    packed = tmp_path / f"x{format}{packing}"
    packed.write_bytes(pack(data[:100]) + pack(data[100:]))
    assert [one.fields["text"] for one in rows_of(packed)] == [one["text"] for one in rows]
    found = seen(packed)
    assert (found.n_rows, found.n_bytes) == (5, packed.stat().st_size)
    assert found.columns.names == list(rows[0])


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_file_cut_short_stops_the_job_by_name(tmp_path, packing):
    data = "".join(json.dumps(row(n)) + "\n" for n in range(200)).encode()
    pack = {".gz": gzip.compress, ".zst": lambda b: pa.compress(b, "zstd", asbytes=True)}[packing]
    cut = tmp_path / f"cut.jsonl{packing}"
    cut.write_bytes(pack(data)[:-40])
    with pytest.raises(InputError, match=r"cut\.jsonl.*whole"):
        seen(cut)


def test_lines_that_are_no_json_spoil_no_other(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [row(0), "", "{broken", "[1]", '{"id": NaN}', row(1)])
    found = rows_of(path)
    assert [one.fault is None for one in found] == [True, False, False, False, True]
    assert found[1].place.endswith("a.jsonl, line 3") and "not JSON" in found[1].fault
    assert "list" in found[2].fault
    assert [one.fields["id"] for one in rows_of(path, skip=4)] == ["a1"]
    assert seen(path).n_rows == 5


def test_values_nested_too_deep_are_one_bad_row(tmp_path):
    deep = [{"text": "أ", "x": json.loads("[" * n + "]" * n)} for n in (MAX_DEPTH - 1, MAX_DEPTH, 600)]
    found = rows_of(write_jsonl(tmp_path / "a.jsonl", [*deep, row(0)]))
    assert [one.fault is None for one in found] == [True, False, False, True] and "nested" in (found[2].fault or "")
    assert plain(found[0].fields) == found[0].fields


def test_csv_traps(tmp_path):
    rows = [{"id": "1", "text": 'قال: "نعم"\nثم انصرف، وعاد'}, {"id": "2", "text": ARTICLES[0]}]
    path = write_csv(tmp_path / "a.csv", rows, encoding="utf-8-sig")
    assert [dict(one.fields) for one in rows_of(path)] == rows
    data = path.read_bytes()
    path.write_bytes(data + b"3\r\n" + b"\r\n" + b"4,ab,c\r\n5," + b"\xff\xfe\r\n6,ok\r\n")
    found = rows_of(path)
    assert [one.fault is None for one in found] == [True, True, False, False, False, True]
    assert "1 cells under a header of 2" in found[2].fault and "line" in found[2].fault
    assert "encoding" in found[4].fault
    assert [one.fields["id"] for one in rows_of(path, skip=5)] == ["6"]


@pytest.mark.parametrize(
    ("encoding", "form"), [("utf-16", CsvForm()), ("cp1256", CsvForm(encoding="windows-1256")), ("utf-8", CsvForm())]
)
def test_csv_encodings(tmp_path, encoding, form):
    rows = [{"id": "1", "text": ARTICLES[0]}]
    assert dict(rows_of(write_csv(tmp_path / "a.csv", rows, encoding), form)[0].fields) == rows[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf8", "UTF_8", "ascii", "iso-8859-6", "utf-16-le", "gbk"])
def test_bytes_that_are_no_text_are_told_in_every_encoding(tmp_path, encoding):
    path = tmp_path / "a.csv"
    bad = b"\x00\xd8" if encoding == "utf-16-le" else b"\xff"
    path.write_bytes("id,text\r\n1,a\r\n2,".encode(encoding) + bad + "\r\n3,c\r\n".encode(encoding))
    first, second, third = rows_of(path, CsvForm(encoding=encoding))
    assert (first.fields["text"], third.fields["text"]) == ("a", "c")
    assert "encoding" in (second.fault or "") and first.fault is third.fault is None


def test_a_sign_for_what_was_lost_is_text(tmp_path):
    path = write_csv(tmp_path / "a.csv", [{"id": "1", "text": "قال \ufffd"}])
    assert rows_of(path)[0].fields["text"] == "قال \ufffd"


@pytest.mark.parametrize("end", ["", "\r\n", "\n\n"])
def test_a_quote_that_is_never_closed_is_told(tmp_path, end):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,a\n2,"b never closed\n3,c\n4,d' + end, encoding="utf-8", newline="")
    first, second = rows_of(path)
    assert first.fault is None and "never closed" in (second.fault or "") and "lines 3 to" in (second.fault or "")
    # Quotes inside cells, as many tools leave them, are text.
    path.write_text('id,text\n1,"a"b\n2,c"d"\n3,e' + end, encoding="utf-8", newline="")
    assert [one.fields.get("text") for one in rows_of(path)] == ["ab", 'c"d"', "e"]


def test_csv_delimiters(tmp_path):
    rows = [{"id": "1", "text": "أ,ب"}]
    assert dict(rows_of(write_csv(tmp_path / "a.tsv", rows, delimiter="\t"))[0].fields) == rows[0]
    found = rows_of(write_csv(tmp_path / "b.csv", rows, delimiter=";"), CsvForm(delimiter=";"))
    assert dict(found[0].fields) == rows[0]


def test_csv_headers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",text\n0,أ\n", encoding="utf-8")
    assert list(rows_of(path)[0].fields) == ["unnamed_0", "text"]
    path.write_text("text,text\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'text' stands twice"):
        seen(path)
    path.write_text("body;id\n1;2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--text-column: no column 'text'.*body;id"):
        seen(path)
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match="no row in it"):
        seen(path)


def test_parquet_keeps_types_and_skips_by_groups(tmp_path):
    path = tmp_path / "a.parquet"
    day = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456)
    table = pa.table({
        "text": pa.array([f"نص {n}" for n in range(10)]).dictionary_encode(),
        "at": pa.array([day] * 10, pa.timestamp("ns")),
        "tags": [["أ"], None] * 5,
        "share": [0.5, float("nan")] * 5,
    })  # fmt: skip
    pq.write_table(table, path, row_group_size=3)
    found = seen(path)
    assert found.n_rows == 10
    assert {one.name: str(one.type) for one in found.columns}["text"] == "string"
    rows = rows_of(path, skip=4)
    assert [one.fields["text"] for one in rows] == [f"نص {n}" for n in range(4, 10)]
    assert rows[0].place.endswith("row 5") and rows[0].fields["at"] == day and rows[0].fields["tags"] == ["أ"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"a\.parquet"):
        seen(path)


def test_cells_that_python_cannot_hold_are_bad_rows(tmp_path):
    texts = pa.StringArray.from_buffers(3, pa.array([0, 1, 3, 4], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff\xfeb"))
    days = pa.array([0, 0, 10**12], pa.timestamp("s"))
    for kind in (pa.string(), pa.large_string()):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"id": ["1", "2", "3"], "text": texts.cast(kind, safe=False), "at": days}), path)
        assert seen(path).n_rows == 3
        first, second, third = rows_of(path)
        assert first.fault is None and first.fields["text"] == "a"
        assert "'text' holds no string" in (second.fault or "") and "'at' holds no timestamp" in (third.fault or "")
        assert third.place.endswith("row 3") and rows_of(path, skip=2)[0].place == third.place


def test_types_of_tables_are_widened_before_they_become_text(tmp_path):
    one, two = tmp_path / "1.parquet", tmp_path / "2.parquet"
    day = datetime.datetime(2024, 5, 6)
    kinds = {
        "n": (pa.int32(), pa.int64(), "int64"), "at": (pa.timestamp("s"), pa.timestamp("us"), "timestamp[us]"),
        "x": (pa.float32(), pa.int64(), "double"), "mixed": (pa.timestamp("us"), pa.string(), "string"),
        "u": (pa.uint64(), pa.int64(), "string"), "raw": (pa.string(), pa.binary(), "string"),
        "large": (pa.string(), pa.large_binary(), "string"), "price": (pa.decimal128(5, 2), pa.float32(), "float"),
    }  # fmt: skip
    values = {
        "n": (1, 2),
        "at": (day, day),
        "x": (0.5, 3),
        "mixed": (day, "s"),
        "u": (2**64 - 1, -1),
        "raw": ("s", b"\xff"),
        "large": ("s", b"\xff"),
        "price": (decimal.Decimal("1.50"), 0.5),
    }
    for place, path in enumerate((one, two)):
        columns = {name: pa.array([values[name][place]], kinds[name][place]) for name in kinds}
        pq.write_table(pa.table({"text": ["نص"], **columns}), path)
    columns = seen(one, two).columns
    assert {name: str(columns.field(name).type) for name in kinds} == {name: kind[2] for name, kind in kinds.items()}
    fitted = [
        {name: fit(name, rows_of(path)[0].fields[name], columns.field(name).type) for name in kinds}
        for path in (one, two)
    ]
    assert [(one["mixed"], one["u"], one["raw"]) for one in fitted] == [
        ("2024-05-06T00:00:00", "18446744073709551615", "s"),
        ("s", "-1", "ff"),
    ]
    assert pa.Table.from_pylist(fitted, schema=columns).num_rows == 2


def test_a_uuid_is_written_as_people_write_it(tmp_path):
    id = uuid.UUID("42c7b3a0-0000-4000-8000-000000000001")
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": pa.array([id.bytes], pa.uuid()), "text": ["نص"]}), path)
    assert plain(rows_of(path)[0].fields["id"]) == str(id) == fit("id", id, pa.string())


@pytest.mark.parametrize(
    ("value", "kind", "fitted"),
    [
        (decimal.Decimal("1.50"), pa.string(), "1.50"),
        (True, pa.string(), "true"),
        (float("nan"), pa.string(), None),
        ({"a": [1]}, pa.string(), '{"a": [1]}'),
        (decimal.Decimal("0.5"), pa.float64(), 0.5),
        (3.0, pa.int64(), 3.0),
    ],
)
def test_values_as_their_columns_hold_them(value, kind, fitted):
    assert fit("x", value, kind) == fitted


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", pa.int64()), (2**70, pa.int64()), (1.5, pa.int64()), (True, pa.int64()), (10**400, pa.float64())],
)
def test_values_that_their_columns_cannot_hold(value, kind):
    with pytest.raises(InputError, match=r"'x' holds .*; mend the cell"):
        fit("x", value, kind)


def test_columns_as_a_job_began_with_them():
    now = pa.schema([("text", pa.string()), ("n", pa.string()), ("new", pa.int64()), ("l", pa.list_(pa.int64()))])
    then = {"n": "int64", "text": "string", "html": "string", "l": str(now.field("l").type)}
    assert {one.name: str(one.type) for one in as_begun(then, now)} == {**then, "new": "int64"}
    # What cannot be told from its text is left for whoever compares the two.
    assert "s" not in as_begun({"s": "struct<a: int64>"}, now).names


def test_columns_that_differ_become_text(tmp_path):
    one = write_jsonl(tmp_path / "1.jsonl", [{"text": "أ", "n": 1, "x": 1, "o": {"a": 1}, "b": True, "z": None}])
    two = write_jsonl(tmp_path / "2.jsonl", [{"text": "ب", "n": 1.5, "x": "s", "late": 2**70, "b": False}])
    kinds = {field.name: str(field.type) for field in seen(one, two).columns}
    assert kinds == {
        "text": "string", "n": "double", "x": "string", "o": "string", "b": "bool", "z": "string", "late": "string",
    }  # fmt: skip


def test_folders_globs_and_what_is_not_there(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "sub/a.html", ".hidden.txt", "note.pdf"):
        (tmp_path / name).write_text(ARTICLES[0], encoding="utf-8")
    (source,) = find_sources([str(tmp_path)])
    assert source == Source(str(tmp_path), "pages")
    assert [one.place.removeprefix(str(tmp_path)) for one in rows_of(tmp_path)] == ["/b.txt", "/sub/a.html"]
    assert [one.place for one in rows_of(tmp_path, skip=1)] == [str(tmp_path / "sub/a.html")]
    write_jsonl(tmp_path / "2.jsonl", [row(0)])
    write_jsonl(tmp_path / "1.jsonl", [row(0)])
    names = [str(tmp_path / "1.jsonl"), str(tmp_path / "2.jsonl")]
    # Files of rows, where a folder has any, and not the note beside them.
    assert [one.name for one in find_sources([str(tmp_path)])] == names
    assert [one.name for one in find_sources([str(tmp_path / "*.jsonl")])] == names
    for name, message in (("none*.csv", "no such file"), ("missing.csv", "no such file"), ("note.pdf", "do not read")):
        with pytest.raises(InputError, match=message):
            find_sources([str(tmp_path / name)])


def test_the_hash_sees_names_order_and_bytes(tmp_path):
    one = write_jsonl(tmp_path / "1.jsonl", [row(0)])
    two = write_jsonl(tmp_path / "2.jsonl", [row(1)])
    whole = seen(one, two).sha256
    assert seen(one, two).sha256 == whole
    assert seen(two, one).sha256 != whole
    text = two.read_text(encoding="utf-8")
    two.write_text(text.replace("مسقط", "صحار").replace("الكرملين", "الكرملبن"), encoding="utf-8")
    assert seen(one, two).sha256 != whole


def test_rows_by_number_over_all_sources(tmp_path):
    paths = [
        write_jsonl(tmp_path / f"{n}.jsonl", [row(10 * n + m) for m in range(count)])
        for n, count in enumerate((3, 1, 4))
    ]
    found = seen(*paths)
    everything = [one.fields["id"] for path in paths for one in rows_of(path)]
    reader = RowReader(found, FORM)
    for numbers in ([0, 1], [2, 3, 4], [6], [7], [1, 5, 7], range(8)):
        assert [one.fields["id"] for one in reader.read(numbers)] == [everything[n] for n in numbers]


def test_gaps_are_read_over_where_the_format_cannot_skip(tmp_path, monkeypatch):
    numbers = [0, 1500, 2600, 4999]
    opened: list[int] = []

    def counted(source, *, form, skip=0):
        opened.append(skip)
        return read_rows(source, form=form, skip=skip)

    monkeypatch.setattr("serving.batch.reader.read_rows", counted)
    texts = [f"نص {n}" for n in range(5000)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", row_group_size=1000)
    write_jsonl(tmp_path / "a.jsonl", [{"text": text} for text in texts])
    write_csv(tmp_path / "a.csv", [{"text": text} for text in texts])
    for name, skips in (("a.jsonl", [0]), ("a.csv", [0]), ("a.parquet", numbers)):
        found = RowReader(seen(tmp_path / name), FORM).read(numbers)
        assert [one.fields["text"] for one in found] == [texts[n] for n in numbers]
        assert opened == skips, name
        opened.clear()


def test_an_input_that_became_shorter_is_told(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [row(0), row(1)])
    found = seen(path)
    write_jsonl(path, [row(0)])
    rows = list(RowReader(found, FORM).read([0, 1]))
    assert rows[0].fault is None and "shorter" in (rows[1].fault or "")


def test_a_line_too_long_to_hold_is_one_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr("serving.batch.rows.MAX_LINE_BYTES", 1000)
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "أ"}, {"text": "ب" * 3000}, {"text": "ج"}])
    found = rows_of(path)
    assert [one.fault is None for one in found] == [True, False, True] and "1,000 bytes" in (found[1].fault or "")
