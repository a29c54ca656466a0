"""The command as a person calls it: a process of its own, or `main` in this one."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasrih import cli
from tasrih.commands.label import ARTICLES_AT_ONCE
from tasrih.encoding import batches
from tasrih.errors import TasrihError

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "examples" / "article.txt"
PROSE = "قالت وزارة الخارجية إن الوفد وصل صباح الخميس إلى العاصمة لإجراء محادثات تستمر يومين.\n"


def tasrih(*words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tasrih.cli", *words],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        cwd=ROOT,
        timeout=120,
    )


def test_help_lists_the_commands_and_loads_nothing_heavy():
    code = (
        "import sys; from tasrih.cli import main; main(['--help']); "
        "print(sorted(m for m in ('openvino','torch','numpy','transformers','trafilatura') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in ("label", "evaluate", "info", "train", "corpus"):
        assert f"\n  {name} " in done.stdout
    assert done.stdout.endswith("[]\n")


def test_no_command_and_a_wrong_one(capsys):
    assert cli.main([]) == 2
    assert cli.main(["lable"]) == 2
    assert "no command 'lable'; choose one of: batch, compare, corpus, evaluate, info, label" in capsys.readouterr().err


def test_the_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tasrih 0.")


def test_table_of_the_example(capsys):
    assert cli.main(["label", str(PAGE), "--no-color"]) == 0
    out = capsys.readouterr().out
    assert "western_accusation 0." in out or "western_accusation 1." in out
    assert "+ arms_transfer_allegation" in out and "+ denial" in out
    assert "يحمل موقف الجانب الروسي" in out and "voices the Russian side" in out
    assert "\x1b" not in out


def test_jsonl_is_the_contracts_shape(capsys):
    assert cli.main(["label", str(PAGE), "--format", "jsonl"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    report = json.loads(line)
    assert {"id", "source", "published", "sentences", "summary", "release"} <= report.keys()
    assert set(report["summary"]) == {"stance_shares", "claims", "n_sentences", "n_review", "n_boilerplate_lines"}
    page = PAGE.read_text(encoding="utf-8")
    for sentence in report["sentences"]:
        assert list(sentence) == [
            "text", "start", "end", "kind", "stance", "stance_probabilities", "claim_types",
            "claim_probabilities", "needs_review", "n_tokens", "truncated",
        ]  # fmt: skip
        assert page[sentence["start"] : sentence["end"]] == sentence["text"]


def test_html_input_and_output(capsys, tmp_path):
    page = tmp_path / "p.html"
    page.write_text(
        f"<html><body><article><h1>وصول الوفد إلى العاصمة</h1><p>{PROSE}<b>x</b>&lt;script&gt;</p></article></body></html>",
        "utf-8",
    )
    out = tmp_path / "out.html"
    assert cli.main(["label", str(page), "--format", "html", "--output", str(out)]) == 0
    html = out.read_text(encoding="utf-8")
    assert 'dir="rtl"' in html and "خبر محايد" in html
    assert "<script" not in html and "http" not in html
    assert cli.main(["label", str(page), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)["articles"][0]
    assert report["offsets_of"] == "extracted"
    assert all(report["text"][s["start"] : s["end"]] == s["text"] for s in report["sentences"])


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(tmp_path):
    page = tmp_path / "=cmd.txt"
    page.write_text(f"=HYPERLINK قالت الوزارة ذلك في بيان لها\n\n{PROSE}", encoding="utf-8")
    done = tasrih("label", str(page), "--format", "csv")
    assert done.stdout.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"))))
    assert rows and not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert rows[0]["text"].startswith("'=HYPERLINK")


def test_sentences_pass_their_fields_through(tmp_path):
    lines = [
        {"id": "a", "text": PROSE.strip(), "desk": 7},
        {"id": 2, "text": "نفت طهران ذلك.", "stance": "mine"},
    ]
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join([json.dumps(lines[0]), "", "{broken", json.dumps(lines[1]), '{"id": 3}']), "utf-8")
    done = tasrih("label", "--sentences", str(path), "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert rows[0]["id"] == "a" and rows[0]["desk"] == 7 and rows[0]["kind"] == "sentence"
    assert rows[1]["error"]["code"] == "bad_input" and "line 3" in rows[1]["error"]["message"]
    assert rows[2]["id"] == 2 and rows[2]["stance"] != "mine"
    assert 'no "text"' in rows[3]["error"]["message"]
    assert done.stdout == tasrih("label", "--sentences", "-", stdin=path.read_bytes()).stdout.replace(
        b"-, line", str(path).encode() + b", line"
    )


BAD = {
    "empty.txt": (b"", "no text"),
    "spaces.txt": (b" \n\t\n", "no text"),
    "latin.txt": (b"No Arabic letter stands in here.\n" * 3, "Arabic"),
    "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "text"),
    "huge.txt": (PROSE.encode() * 120_000, "2,000,000"),
}
READABLE = {
    "utf16.txt": PROSE.encode("utf-16"),
    "nul.txt": PROSE.encode().replace(" إن ".encode(), " إن\x00 ".encode()),
    "broken.txt": PROSE.encode() + b"\xff\xfe \xd9 " + PROSE.encode(),
    "windows.txt": (PROSE * 3).encode("cp1256"),
    "line.txt": (PROSE.strip() * 1200).encode(),
}


def test_bad_files_are_told_and_the_others_labelled(tmp_path):
    for name, data in ({name: data for name, (data, _) in BAD.items()} | READABLE).items():
        (tmp_path / name).write_bytes(data)
    done = tasrih("label", str(tmp_path), str(tmp_path / "missing.txt"), "--format", "jsonl")
    items = {Path(item["id"]).name: item for item in map(json.loads, done.stdout.splitlines())}
    errors = done.stderr.decode()
    assert done.returncode == 1 and "Traceback" not in errors
    assert set(items) == set(BAD) | set(READABLE) | {"missing.txt"}
    for name, (_, word) in BAD.items():
        assert word in items[name]["error"]["message"], items[name]
        assert name in items[name]["error"]["message"] and name in errors
    for name in READABLE:
        assert items[name]["sentences"], name
    assert len(items["line.txt"]["sentences"]) == 1200


def test_a_sentence_of_an_earlier_article_is_not_computed_again(tmp_path, capsys, monkeypatch):
    computed: list[int] = []

    def counting(encoded, **more):
        computed.append(len(encoded))
        return batches(encoded, **more)

    monkeypatch.setattr("tasrih.runner.batches", counting)
    # More articles than are labelled at once.
    for number in range(ARTICLES_AT_ONCE + 2):
        (tmp_path / f"{number:02}.txt").write_text("وصل الوفد إلى مسقط صباح الخميس لإجراء محادثات.", encoding="utf-8")
    assert cli.main(["label", str(tmp_path), "--engine", "openvino", "--format", "jsonl"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == ARTICLES_AT_ONCE + 2
    assert sum(computed) == 1


def test_a_folder_without_pages_is_told(tmp_path, capsys):
    (tmp_path / "notes.csv").write_text("x", encoding="utf-8")
    assert cli.main(["label", str(tmp_path), "--format", "jsonl"]) == 1
    assert "the folder holds no file of .txt" in capsys.readouterr().err


def test_the_output_may_not_be_an_input(tmp_path, capsys):
    page = tmp_path / "p.txt"
    page.write_text(PROSE, encoding="utf-8")
    assert cli.main(["label", str(page), "--output", str(page)]) == 2
    assert "is one of the inputs" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == PROSE


def test_a_failed_run_leaves_the_earlier_output(tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    out.write_text("before", encoding="utf-8")
    assert cli.main(["label", "--sentences", str(tmp_path / "none"), "--output", str(out)]) == 2
    assert out.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "K", "text": ""}',
        b'{"id": "K", "text": "x", "error": {"code": 1}, "score": NaN}',
        b'{"id": "K", "text": "x", "score": 1e999}',
        b'{"id": "K", "text": "\\ud800"}',
        b"[1]",
        b"\xff",
    ],
)
def test_a_bad_line_spoils_no_other(tmp_path, line):
    good = json.dumps({"id": "good", "text": PROSE, "error": "mine"}).encode()
    done = tasrih("label", "--sentences", "-", stdin=line + b"\n" + good)
    bad, labelled = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert bad["error"]["code"] == "bad_input" and bad["id"] in ("K", None)
    assert labelled["id"] == "good" and labelled["stance"] and labelled["error"] == "mine"


def test_names_that_steer_a_terminal_or_are_no_text(tmp_path):
    names = [b"\x1b[31mred.txt", b"bad\xff.txt"]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as stream:
            stream.write(PROSE.encode())
    for format in ("table", "json", "jsonl", "csv", "html"):
        done = tasrih("label", str(tmp_path), "--format", format)
        assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
        assert format != "table" or b"\x1b" not in done.stdout


def test_no_color_is_obeyed():
    import io

    from tasrih.formats.table import TableWriter
    from tasrih.pipeline import Labeller
    from tasrih.types import Document

    labeller = Labeller.open()
    (report,) = labeller.label_articles([Document(text=PROSE)])

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    def shown(color: bool | None) -> str:
        screen = Screen()
        TableWriter(screen, labeller.release, color=color).report(report)
        return screen.getvalue()

    assert "\x1b[3" not in shown(False) and "\x1b" in shown(True)


def test_evaluate_prints_and_writes_scores(tmp_path, capsys):
    rows = [
        {"text": PROSE, "stance": "neutral_report", "claim_types": [], "split": "test"},
        {"text": "نفى الكرملين هذه الاتهامات ووصفها بأنها محض افتراء غربي.", "stance": "pro_russia",
         "claim_types": ["denial"], "split": "test"},
        {"text": "لا يُقرأ", "stance": "whatever", "claim_types": None, "split": "train"},
    ]  # fmt: skip
    data, out = tmp_path / "d.jsonl", tmp_path / "scores.json"
    data.write_text("\ufeff" + "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert cli.main(["evaluate", str(data), "--split", "test", "--output", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "on 2 sentences" in printed and "stance macro-F1" in printed
    scores = json.loads(out.read_text(encoding="utf-8"))
    assert scores["n"] == 2 and scores["stances"]["neutral_report"]["support"] == 1
    assert scores["claims"]["denial"]["f1"]["value"] == 1.0
    assert cli.main(["evaluate", str(data)]) == 2
    assert "line 3: stance 'whatever'; expected one of pro_russia" in capsys.readouterr().err


@pytest.mark.parametrize("claims", ["denial", [["denial"]], ["untrue"], None])
def test_evaluate_refuses_other_claim_types(tmp_path, capsys, claims):
    data = tmp_path / "d.jsonl"
    data.write_text(json.dumps({"text": PROSE, "stance": "neutral_report", "claim_types": claims}), encoding="utf-8")
    assert cli.main(["evaluate", str(data)]) == 2
    assert "claim_types" in capsys.readouterr().err


def test_standard_input(tmp_path):
    done = tasrih("label", "-", "--format", "jsonl", stdin=PROSE.encode())
    report = json.loads(done.stdout)
    assert report["id"] == "-" and report["sentences"][0]["text"] == PROSE.strip()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["label"], "give files, folders or -"),
        (["label", "-", "-"], "given twice"),
        (["label", str(PAGE), "--model", "nowhere"], "nowhere: no release there"),
        (["label", "--sentences", "none.jsonl"], "none.jsonl: cannot be read"),
        (["label", str(PAGE), "--output", "no/such/folder/x"], "cannot be written"),
        (["label", "--sentences", "x", "--format", "csv"], "--sentences prints jsonl"),
    ],
)
def test_wrong_calls_exit_2_with_the_way_out(capsys, words, message):
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err


def test_a_damaged_release_is_named(tmp_path, capsys, labeller):
    folder = tmp_path / "copy"
    shutil.copytree(labeller.release.layout.folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    path = folder / "openvino_model.bin"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    assert cli.main(["label", str(PAGE), "--model", str(folder)]) == 2
    assert "openvino_model.bin: sha256 is" in capsys.readouterr().err


def test_nothing_reports_home():
    code = "import sys, tasrih.engines.openvino; print(sys.modules.get('openvino_telemetry'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout == "None\n", done.stderr


def test_info_tells_release_and_engine(capsys):
    assert cli.main(["info", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["engine"].startswith("openvino") and "CPU" in facts["engine"]
    assert facts["precision"].split()[0] in ("bf16", "f32") and "multipl" in facts["precision"]
    assert facts["stances"] and facts["libraries"]["openvino"]


def test_info_for_people_has_a_short_line_a_fact(capsys):
    assert cli.main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    base = next(line for line in lines if line.startswith("base model"))
    assert "e5-small" in base and "licence MIT" in base
    assert max(map(len, lines)) < 240 and not any("{" in line or "None" in line for line in lines)


def test_info_tells_what_was_asked_for(capsys):
    assert cli.main(["info", "--engine", "openvino", "--precision", "f32", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["engine"].endswith("(asked for)") and facts["precision"] == "f32 (asked for)"


def test_a_reader_that_leaves_is_no_failure():
    command = f"{sys.executable} -m tasrih.cli label examples/article.txt --format json | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, cwd=ROOT, timeout=60)
    assert done.returncode in (0, 141) and b"Traceback" not in done.stderr


def test_errors_are_one_tree():
    from tasrih import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, TasrihError) and kind.code and name in (errors.__doc__ or "")


def test_a_long_archive_shows_progress_only_to_a_person(tmp_path):
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text(PROSE, encoding="utf-8")
    started = time.monotonic()
    done = tasrih("label", str(tmp_path), "--format", "jsonl")
    assert done.stderr == b"" and time.monotonic() - started < 60
    ids = [Path(json.loads(line)["id"]).name for line in done.stdout.splitlines()]
    assert ids == sorted(ids) and len(ids) == 20
