"""The subcommands `tasrih train` and `tasrih corpus`, run as `tasrih` runs them."""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasrih.cli import Command
from tasrih.errors import ConfigError, CorpusError, TasrihError
from training import commands
from training.commands import CORPUS, TRAIN

ROOT = Path(__file__).resolve().parents[2]
# All but those of the service, the batch job and the gates.
CONFIGS = [
    path
    for path in sorted((ROOT / "configs").rglob("*.y*ml"))
    if path.name not in ("serving.yaml", "batch.yaml", "gates.yaml")
]


def run(command: Command, *words: object) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_config_runs_dry(path, capsys):
    assert run(TRAIN, path, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "release" in shown
    assert "corpus fault" not in shown


def test_a_dry_run_lists_what_is_missing_with_what_supplies_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(TRAIN, ROOT / "configs/default.yaml", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "missing: base.model: models/base: not built; python -m training.base_encoder" in shown
    assert "missing: corpus.real_texts: data/real/built/real.jsonl: not built; tasrih corpus build-real" in shown
    assert "missing: corpus.composed: data/composed/*.jsonl: no such file" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_lists_teachers_and_notes_that_are_missing(tmp_path, capsys):
    settings = ("distillation.teachers=[{}/a]", "output.card_notes={}/notes.md", "output.card_subject={}/subject.md")
    words = [word for setting in settings for word in ("--set", setting.format(tmp_path))]
    assert run(TRAIN, "configs/smoke.yaml", "--dry-run", *words) == 0
    shown = capsys.readouterr().out
    assert f"missing: distillation.teachers: {tmp_path}/a: no release there" in shown
    assert f"missing: output.card_notes: {tmp_path}/notes.md: no such file" in shown
    assert f"missing: output.card_subject: {tmp_path}/subject.md: no such file" in shown


def test_a_dry_run_of_a_hub_base_says_how_to_fetch_it(capsys):
    words = ("--set", "base.random=null", "--set", "base.model=aubmindlab/bert-base-arabertv02")
    assert run(TRAIN, "configs/smoke.yaml", "--dry-run", *words) == 0
    assert "hf download aubmindlab/bert-base-arabertv02" in capsys.readouterr().out


def test_a_dry_run_lists_the_corpus_faults_and_a_release_in_the_way(tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"id": "a", "text": "نص", "stance": "no", "claim_types": [], "split": "train"}\n', encoding="utf-8"
    )
    (tmp_path / "tasrih-smoke-0.0.1").mkdir()
    words = ("--output", tmp_path, "--set", f"corpus.composed=[{rows}]")
    assert run(TRAIN, "configs/smoke.yaml", "--dry-run", *words) == 0
    shown = capsys.readouterr().out
    assert "corpus fault: " in shown
    assert "stance: 'no' found" in shown
    assert "in the way: " in shown


def test_a_real_run_stops_for_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match="no such file"):
        run(TRAIN, ROOT / "configs/smoke.yaml")


def test_what_stops_a_run_is_told_once_before_there_are_several_processes(tmp_path, monkeypatch):
    monkeypatch.setattr("training.launch.launch", lambda *_: pytest.fail("started"))
    two = ("configs/smoke.yaml", "--output", tmp_path, "--set", "training.processes=2")
    (tmp_path / "tasrih-smoke-0.0.1").mkdir()
    with pytest.raises(ConfigError, match="exists; raise output"):
        run(TRAIN, *two)
    again = (*two, "--set", "output.overwrite=true")
    with pytest.raises(ConfigError, match=r"tracking\.flips: nowhere: no such file"):
        run(TRAIN, *again, "--flips", "nowhere")
    with pytest.raises(CorpusError, match="no such file"):
        run(TRAIN, *again, "--set", "corpus.composed=[nowhere.jsonl]")
    monkeypatch.setattr("training.launch.n_wanted", lambda _config: 3)  # as many GPUs
    with pytest.raises(ConfigError, match="8 sentences given for 3 processes"):
        run(TRAIN, "configs/smoke.yaml", "--output", tmp_path / "other")


def test_a_missing_base_names_the_command(tmp_path):
    words = ("--set", "base.random=null", "--output", tmp_path, "--set", f"tracking.runs={tmp_path}/runs")
    with pytest.raises(ConfigError, match="no model folder there"):
        run(TRAIN, "configs/smoke.yaml", *words, "--set", "base.model=./nowhere/at/all")
    assert list(tmp_path.iterdir()) == [], "a false start leaves no run folder"


def test_a_missing_extra_is_named_with_its_command(monkeypatch, capsys):
    monkeypatch.setattr(commands, "_HEAVY", ("torch", "no_such_package"))
    with pytest.raises(TasrihError, match=r"no_such_package, .* pip install 'tasrih\[train\]'"):
        run(TRAIN, "configs/smoke.yaml")
    assert run(TRAIN, "configs/smoke.yaml", "--dry-run") == 0
    assert "missing: packages no_such_package: pip install 'tasrih[train]'" in capsys.readouterr().out
    monkeypatch.setattr(commands, "_LIGHT", ("no_such_package",))
    with pytest.raises(TasrihError, match="training needs no_such_package"):
        run(CORPUS, "check")


def test_neither_commands_nor_config_import_torch():
    code = (
        "import sys; import training.commands; assert 'pydantic' not in sys.modules; "
        "import training.plan; assert not {'torch', 'transformers', 'datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_corpus_check(tmp_path, capsys):
    assert run(CORPUS, "check", "configs/smoke.yaml") == 0
    shown = capsys.readouterr().out
    assert "train: rows 26" in shown
    assert "warning" not in shown
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"id": "a", "text": "نص", "stance": "no", "claim_types": [], "split": "train"}\n', encoding="utf-8"
    )
    with pytest.raises(CorpusError, match="stance: 'no' found"):
        run(CORPUS, "check", "configs/smoke.yaml", "--set", f"corpus.composed=[{rows}]")


def with_near_duplicates(path: Path) -> Path:
    """The smoke corpus, and a sentence of training that stands in test with one word more."""
    lines = Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8").splitlines()
    story = "أعلنت وزارة الدفاع الروسية أن قواتها سيطرت على بلدة جديدة"
    for name, split, text in (("n1", "train", story), ("n2", "test", story + " اليوم")):
        row = {"id": name, "text": text, "stance": "neutral_report", "claim_types": [], "split": split}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_corpus_check_warns_of_near_duplicates_by_id(tmp_path, capsys):
    rows = with_near_duplicates(tmp_path / "rows.jsonl")
    assert run(CORPUS, "check", "configs/smoke.yaml", "--set", f"corpus.composed=[{rows}]") == 0
    shown = capsys.readouterr().out
    assert "warning: 1 pairs of sentences in two splits are near-duplicates:\n  n1 (train), n2 (test)\n" in shown
    assert "warning: 1 of 9 test sentences (11.1 %) share 8 words in a row with a training sentence:\n  n2\n" in shown
    assert "الدفاع" not in shown and "note" not in shown
    words = ("configs/smoke.yaml", "--set", f"corpus.composed=[{rows}]")
    with pytest.raises(CorpusError, match="1 pairs across splits and 1 sentences shared with training, expected none"):
        run(CORPUS, "check", *words, "--strict")
    capsys.readouterr()
    assert run(CORPUS, "check", *words, "--ngram", 11) == 0
    assert "words in a row" not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run(CORPUS, "check", *words, "--ngram", "1")
    assert "'1' given, expected a whole number, 2 or more" in capsys.readouterr().err


def test_near_duplicates_across_splits_are_told_before_training_and_in_a_dry_run(tmp_path, capsys):
    rows = with_near_duplicates(tmp_path / "rows.jsonl")
    settings = (f"corpus.composed=[{rows}]", "training.epochs=1", f"output.run={tmp_path}/run")
    words = [word for setting in settings for word in ("--set", setting)]
    told = "warning: near-duplicates in two splits, so scores may flatter: n1 (train), n2 (test)\n"
    assert run(TRAIN, "configs/smoke.yaml", "--output", tmp_path, *words, "--dry-run") == 0
    assert capsys.readouterr().out.count(told) == 1
    assert run(TRAIN, "configs/smoke.yaml", "--output", tmp_path, *words) == 0
    assert capsys.readouterr().err.count(told) == 1
    search = ("--set", "search.trials=2", "--set", "search.space.training.seed={choice: [0]}")
    assert run(TRAIN, "configs/smoke.yaml", *words, *search, "--set", f"output.run={tmp_path}/search") == 0
    assert capsys.readouterr().err.count(told) == 1


def test_corpus_check_counts_near_duplicates_inside_a_split_and_is_content_when_strict(tmp_path, capsys):
    lines = Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8").splitlines()
    story = "أعلنت وزارة الدفاع الروسية أن قواتها سيطرت على بلدة جديدة"
    for name, group, text in (("n1", "g", story), ("n2", "g", story + " اليوم"), ("n3", None, story + " أمس")):
        row = {"id": name, "text": text, "stance": "neutral_report", "claim_types": [], "split": "train"}
        lines.append(json.dumps({**row, "group": group}, ensure_ascii=False))
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(lines), encoding="utf-8")
    assert run(CORPUS, "check", "configs/smoke.yaml", "--set", f"corpus.composed=[{rows}]", "--strict") == 0
    shown = capsys.readouterr().out
    assert "note: 3 pairs of sentences in one split are near-duplicates, 1 of them contrasts\n" in shown
    assert "warning" not in shown and "no faults" in shown


def test_corpus_stats(tmp_path, monkeypatch, capsys):
    assert run(CORPUS, "stats", "configs/smoke.yaml") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("half      train  validation  test  all\ncomposed     26")
    assert run(CORPUS, "stats", "configs/smoke.yaml", "--output", tmp_path / "stats") == 0
    assert f"{tmp_path}/stats: stats.json, labels.png" in capsys.readouterr().out
    assert (
        json.loads((tmp_path / "stats/stats.json").read_text(encoding="utf-8"))["rows"]["half"]["composed"]["train"]
        == 26
    )
    monkeypatch.setattr(commands, "_PLOTS", ("no_such_package",))
    assert run(CORPUS, "stats", "configs/smoke.yaml") == 0
    with pytest.raises(TasrihError, match=r"no_such_package, .* pip install 'tasrih\[train\]'"):
        run(CORPUS, "stats", "configs/smoke.yaml", "--output", tmp_path)


def test_corpus_split_real(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("data/real/built").mkdir(parents=True)
    story = "قال ناطق باسم الميناء إن السفينة رست عند الفجر"
    labels, texts = [], []
    for number, split in enumerate(("train", "test"), start=1):
        labels.append(
            {
                "id": f"T{number}",
                "repo": "a/b",
                "path": f"{number}.txt",
                "start": 0,
                "length": len(story),
                "sha1": hashlib.sha1(story.encode()).hexdigest(),
                "stance": "x",
                "claim_types": [],
                "split": split,
            }
        )
        texts.append({"id": f"T{number}", "text": story})
    for name, rows in (("labels.jsonl", labels), ("built/real.jsonl", texts)):
        Path("data/real", name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run(CORPUS, "split-real") == 0
    shown = capsys.readouterr().out
    assert "2 documents stand in 1 clusters of two or more\n" in shown
    assert "test: 1 sentences, now 0\n" in shown and "moved from test to train: 1\n" in shown
    assert "labels.jsonl: written" in shown
    assert run(CORPUS, "split-real") == 0
    assert "labels.jsonl: as it was" in capsys.readouterr().out


def test_corpus_build_real(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("data/real").mkdir(parents=True)
    place = {"repo": "a/b", "path": "1.txt", "start": 0, "length": 3}
    sha1 = hashlib.sha1("قال".encode()).hexdigest()
    Path("data/real/labels.jsonl").write_text(json.dumps({"id": "T1", **place, "sha1": sha1}) + "\n", encoding="utf-8")
    Path("1.txt").write_text("قال\n", encoding="utf-8")
    assert run(CORPUS, "build-real", "--from", ".") == 0
    assert "1 sentences, each equal to the labelled one" in capsys.readouterr().out
    Path("1.txt").write_text("مال\n", encoding="utf-8")
    assert run(CORPUS, "build-real", "--from", ".") == 2
    told = capsys.readouterr().err
    assert "1 sentences different from the labelled text: T1" in told
    assert "data/real/README.md" in told
