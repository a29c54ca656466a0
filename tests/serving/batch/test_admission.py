"""What is refused before a job writes, and what --overwrite deletes."""

import sys

import pytest

from serving.batch.admission import Mode, clear, meet, refuse_own_input
from serving.batch.job import run_job
from serving.batch.manifest import Manifest, manifest_bytes
from serving.batch.options import load_options
from serving.batch.progress import told
from serving.batch.store import LocalStore, open_store
from serving.batch.survey import survey
from tasrih.errors import ConfigError, ReleaseError, TasrihError
from tasrih.pipeline import Labeller
from tests.serving.batch.texts import row, tree, write_jsonl
from tests.serving.server import free_port

OURS = (
    "sentences/part-00000.parquet", "articles/part-123456.jsonl", "errors/part-00001.jsonl", "errors.jsonl", "summary.html",
    "summary/time.csv",
)  # fmt: skip
THEIRS = (
    "articles/2024.txt",
    "sentences/part-1.parquet",
    "errors/part-00001.txt",
    "summary/mine.csv",
    "notes/part-00000.csv",
)


def fill(store, names):
    for name in names:
        with store.write(name) as path:
            path.write_text("x", encoding="utf-8")


def test_overwrite_needs_a_job_and_deletes_its_files_alone(tmp_path):
    store = LocalStore(str(tmp_path))
    assert meet(store, Mode(overwrite=True)) is None
    fill(store, THEIRS)
    for text in (None, "{}", "no JSON", '{"format": 1, "name": "of a web page"}'):
        if text is not None:
            (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"--overwrite: .* not empty .* another folder"):
            meet(store, Mode(overwrite=True))
    fill(store, OURS)
    Manifest(job={}).write(store)
    assert meet(store, Mode(overwrite=True)) == (tmp_path / "manifest.json").read_bytes()
    clear(store)
    assert set(tree(tmp_path)) == set(THEIRS)


def test_a_folder_with_no_file_but_ours_is_empty_after_clearing(tmp_path):
    fill(LocalStore(str(tmp_path)), OURS)
    clear(LocalStore(str(tmp_path)))
    assert LocalStore(str(tmp_path)).names() == []
    there = open_store("memory://cleared")
    fill(there, OURS)
    clear(there)
    assert not there.names("articles") and there.size("errors.jsonl") is None


def test_clearing_that_is_stopped_leaves_the_job_its_manifest(tmp_path, monkeypatch):
    store = LocalStore(str(tmp_path))
    fill(store, OURS)
    Manifest(job={}).write(store)
    gone: list[str] = []
    monkeypatch.setattr(store, "delete", gone.append)
    clear(store)
    assert gone[-1] == "manifest.json" and set(OURS) < set(gone)


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ("in", "in/out"),
        ("in", "in/sub/out"),
        ("in/../in", "in/out"),
        ("linked", "in/out"),
        ("in/*", "in/sub"),
        ("i?", "in/out"),
        ("in/**/*.parquet", "in/out"),
        ("**/*.jsonl", "out"),
        ("in/*/*/*.parquet", "in/out"),
        ("out/sentences/*.parquet", "out"),
        ("in/a.jsonl", "in"),
        ("news [2024]", "news [2024]/out"),
        ("news [2024]/*.parquet", "news [2024]"),
        ("file://{}/in", "in/out"),
        ("in", "file://{}/in/out"),
        ("s3://b/in", "s3://b/in/out"),
        ("s3://b/in/", "s3://b/in/out/"),
        ("s3://b/**/*.parquet", "s3://b/out"),
        ("s3://b/in/a.jsonl", "s3://b/in"),
    ],
)
def test_input_and_output_in_each_other_are_refused(tmp_path, monkeypatch, given, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "news [2024]" / "out").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("in")
    with pytest.raises(ConfigError, match=r"--output .* lies in .*; name a folder apart"):
        refuse_own_input(load_options({"inputs": [given.format(tmp_path)], "output": output.format(tmp_path)}))


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ("in", "out"),
        ("in", "in2"),
        ("in/*.jsonl", "in/out"),
        ("in/*.parquet", "in/out"),
        ("in/*/a.jsonl", "in/out"),
        ("in/a[1].jsonl", "in/a1.jsonl"),
        ("s3://b/in", "s3://b/inner"),
        ("s3://b/*", "s3://b/out"),
        ("s3://b/in", "in/out"),
        ("in", "s3://b/in"),
    ],
)
def test_input_and_output_apart_are_taken(tmp_path, monkeypatch, given, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a[1].jsonl").touch()
    refuse_own_input(load_options({"inputs": [given], "output": output}))


@pytest.mark.parametrize("mode", [Mode(), Mode(resume=True), Mode(overwrite=True)])
def test_a_job_that_came_while_the_input_was_read_is_not_written_over(tmp_path, monkeypatch, labeller, mode):
    path = write_jsonl(tmp_path / "a.jsonl", [row(0)])
    store = LocalStore(str(tmp_path / "out"))
    if mode.overwrite:
        Manifest(job={}).write(store)

    def slow(*given, **more):
        Manifest(job={"other": 1}).write(store)
        return survey(*given, **more)

    monkeypatch.setattr("serving.batch.job.survey", slow)
    monkeypatch.setattr(Labeller, "open", lambda *given, **more: labeller)
    options = load_options({"inputs": [str(path)], "output": str(tmp_path / "out")})
    with (
        told(shown=False) as progress,
        pytest.raises(ConfigError, match=r"--output .* (another job wrote here|not empty)"),
    ):
        run_job(options, mode, progress)
    assert b'"other"' in (manifest_bytes(store) or b"")


@pytest.mark.parametrize("fault", ["ray is not there", "no cluster answers", "two columns of one name"])
def test_what_cannot_run_deletes_nothing(tmp_path, monkeypatch, labeller, fault):
    path = write_jsonl(tmp_path / "a.jsonl", [row(0)])
    store = LocalStore(str(tmp_path / "out"))
    fill(store, OURS)
    Manifest(job={}).write(store)
    before = tree(tmp_path / "out")
    given = {"inputs": [str(path)], "output": str(tmp_path / "out"), "engine": "ray"}
    if fault == "ray is not there":
        monkeypatch.setitem(sys.modules, "ray", None)
    elif fault == "no cluster answers":
        given["ray_address"] = f"127.0.0.1:{free_port()}"
    else:
        monkeypatch.setattr("serving.batch.job.make_local", _no_shape)
    monkeypatch.setattr(Labeller, "open", lambda *given, **more: labeller)
    with told(shown=False) as progress, pytest.raises(TasrihError):
        run_job(load_options(given), Mode(overwrite=True), progress)
    assert tree(tmp_path / "out") == before


def _no_shape(*given):
    raise ReleaseError("a claim type would be written as a column of ours")
