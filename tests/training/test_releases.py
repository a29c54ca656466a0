"""Two tiny releases: the report of a run, comparison, gates, promotion and rollback, by the commands that people type."""

import argparse
import json
import re
import shutil
from pathlib import Path

import pytest

from tasrih.cli import Command
from tasrih.errors import (
    ConfigError,
    CorpusError,
    EngineError,
    ReleaseDamagedError,
    ReleaseError,
    ReleaseNotFoundError,
)
from tasrih.pipeline import Labeller
from training import compare, run_report
from training.commands import COMPARE, MODELS, PROMOTE, ROLLBACK
from training.config import load_config
from training.gates_config import GatesConfig, read_gates
from training.registry import Registry
from training.run import run_training
from training.speed import Speed, measure_speed

ROOT = Path(__file__).resolve().parents[2]
# What a page must not do with a sentence that looks like markup.
MARKUP = "قالت موسكو <script>alert(1)</script> إنها لا علم لها"
LAX = {"stance_macro_f1": 0, "claim_f1": 0, "max_drop_points": 100, "max_slower": 1000, "rounds": 1}


@pytest.fixture(scope="module", autouse=True)
def in_checkout():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a good release, that of one trained too little, and the folder of the latter's run."""
    folder = tmp_path_factory.mktemp("releases")
    lines = Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8").splitlines()
    row = {"id": "markup", "text": MARKUP, "stance": "pro_russia", "claim_types": ["denial"], "split": "test"}
    (folder / "rows.jsonl").write_text("\n".join([*lines, json.dumps(row)]) + "\n", encoding="utf-8")

    def train(version: str, *more: str) -> Path:
        where = [f"output.folder={folder}/models", f"output.run={folder}/runs/{version}", f"output.version='{version}'"]
        corpus = f"corpus.composed=[{folder}/rows.jsonl]"
        return run_training(load_config(Path("configs/smoke.yaml"), [*where, corpus, *more]))

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TASRIH_MODEL", raising=False)
        patch.setattr(run_report, "find_release", lambda: None)
        good = train("1", "output.set_current=true")
        poor = train("2", "training.epochs=1")
    return good, poor, folder / "runs" / "2"


@pytest.fixture
def models(made, tmp_path):
    """A registry with both releases, of which none is current yet."""
    folder = tmp_path / "models"
    for release in made[:2]:
        shutil.copytree(release, folder / release.name)
    return folder


@pytest.fixture
def gates(tmp_path):
    """A function that writes a gates file."""

    def write(**limits):
        path = tmp_path / "gates.yaml"
        path.write_text(json.dumps({**LAX, **limits}), encoding="utf-8")
        return path

    return write


def run(command: Command, *words: object) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


def make_current(models: Path, gates, version: str = "1") -> None:
    words = ("--models", models, "--gates", gates())
    assert run(PROMOTE, models / f"tasrih-smoke-{version}", *words) == 0


def test_the_report_holds_all_that_was_promised(made):
    page = (made[2] / "report.html").read_text(encoding="utf-8")
    for heading in (
        "Scores of each label", "Confusion", "Review", "Trust in probabilities", "Where it is weak",
        "Against the current release", "Surest mistakes", "Training", "Data", "Config and versions",
    ):  # fmt: skip
        assert re.search(f"<h2[^>]*>{heading}</h2>", page), heading
    facts = json.loads((made[1] / "release.json").read_text(encoding="utf-8"))
    f1 = facts["metrics"]["test"]["all"]["stances"]["pro_russia"]["f1"]
    assert f'{f1["value"]:.2f} <span class="faint">[{f1["low"]:.2f}, {f1["high"]:.2f}]' in page
    assert (
        page.count('<svg class="chart"') == 3 + 2
    )  # reliability of the stance and two claim types; two learning curves
    assert "tasrih-smoke 1" in page and "change their stance" in page
    assert "learning_rate: 0.003" in page and facts["versions"]["packages"]["torch"] in page


def test_the_report_opens_with_no_network_and_runs_no_sentence(made):
    page = (made[2] / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import""", page)
    sentences = re.findall(r'<p class="sentence"[^>]*>', page)
    assert sentences and all('lang="ar" dir="rtl"' in one for one in sentences)


def test_confusion_counts_are_those_of_the_test_split(made):
    page = (made[2] / "report.html").read_text(encoding="utf-8")
    part = page[page.index('id="confusion"') : page.index('id="review"')]
    counts = [int(n) for n in re.findall(r'<td class="cell[^>]*>(\d+)<', part)]
    assert [sum(counts[:9]), sum(counts[9:13]), sum(counts[13:])] == [9, 9, 9]


def test_the_first_report_says_that_there_is_nothing_to_compare_with(made):
    page = (made[2].parent / "1" / "report.html").read_text(encoding="utf-8")
    assert "There is no current release yet" in page


def test_a_current_release_that_cannot_be_compared_is_no_reason_for_no_report(made, models, tmp_path):
    (models / "tasrih-smoke-1" / "tokenizer.json").write_text("{}", encoding="utf-8")
    found, why = run_report._against(made[1], models / "tasrih-smoke-1", (), tmp_path / "page.html")
    assert found is None and why is not None and "tokenizer.json" in why
    found, why = run_report._against(made[1], made[1], (), tmp_path / "page.html")
    assert found is None and why is not None and "replaced the current release under its own name" in why


def test_compare_on_the_test_split(made, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run(COMPARE, made[0], made[1], "--rounds", 1, "--output", page) == 0
    shown = capsys.readouterr().out
    assert "A tasrih-smoke 1\nB tasrih-smoke 2\n9 sentences: the corpus of tasrih-smoke 2, test split" in shown
    assert re.search(r"pro_russia F1 +\d\.\d{3} +\d\.\d{3} +[+-]\d\.\d{3} \[[+-]\d\.\d{3}, [+-]\d\.\d{3}\]", shown)
    assert re.search(r"time of B over A: \d+\.\d\d .* sentences a second\nsize: [\d.]+ MB and [\d.]+ MB", shown)
    assert "now right" in shown
    written = page.read_text(encoding="utf-8")
    assert "Labels that change" in written and 'dir="rtl"' in written and "<script" not in written


def test_compare_on_an_archive_without_labels(made, tmp_path, capsys):
    lines = Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    page = tmp_path / "page.html"
    words = ("--rounds", 0, "--texts", tmp_path, "--output", page)
    assert run(COMPARE, made[0], made[1], *words) == 0
    shown = capsys.readouterr().out
    n = int(re.search(r"(\d+) of \d+ sentences change a label", shown)[1])  # type: ignore[index]
    before, after = (Labeller.open(made[place]) for place in (0, 1))
    texts = [json.loads(line)["text"] for line in lines]
    pairs = zip(before.label_texts(texts), after.label_texts(texts), strict=True)
    assert n == sum((a.stance, a.claim_types) != (b.stance, b.claim_types) for a, b in pairs)
    assert n > 0
    assert "now right" not in shown and "time of B" not in shown and "F1" not in shown
    assert "<h2>Scores</h2>" not in page.read_text(encoding="utf-8")


def test_a_page_that_git_could_take_holds_no_text_of_an_archive(made, tmp_path, monkeypatch):
    monkeypatch.setattr("training.shown.could_be_committed", lambda path: True)
    monkeypatch.setattr("training.pages.could_be_committed", lambda path: True)
    (tmp_path / "texts.jsonl").write_text(
        Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8"), encoding="utf-8"
    )
    page = tmp_path / "page.html"
    words = ("--rounds", 0, "--texts", tmp_path / "texts.jsonl", "--output", page)
    assert run(COMPARE, made[0], made[1], *words) == 0
    written = page.read_text(encoding="utf-8")
    assert 'class="sentence"' not in written and "smoke-" in written and "Git could take this file" in written


def test_a_release_with_itself_does_not_differ(made):
    labeller = Labeller.open(made[0])
    rows = compare.held_out(None, labeller.release).rows
    found = compare.compare(labeller, labeller, rows, told="itself", draws=100)
    assert found.flips.n_any == 0 and found.flips.changes == ()
    assert found.differences is not None
    assert all((one.low, one.high) == (0, 0) for one in found.differences.values())


def test_speed_takes_turns(made):
    labeller = Labeller.open(made[0])
    texts = [f"قالت موسكو {number}" for number in range(600)]
    speed = measure_speed(labeller, labeller, texts, rounds=3)
    assert speed.rounds == 3 and speed.low <= speed.ratio <= speed.high
    assert 0 < speed.before_per_s and 0.2 < speed.ratio < 5


def test_promote_and_rollback(models, gates, capsys):
    make_current(models, gates)
    assert "no_class_down  passed" in capsys.readouterr().out
    words = (models / "tasrih-smoke-2", "--models", models)
    strict = gates(max_drop_points=2)
    assert run(PROMOTE, *words, "--gates", strict) == 3
    shown = capsys.readouterr().out
    assert re.search(r"hashes +passed .* files as recorded", shown)
    assert re.search(
        r"no_class_down +FAILED +no F1 down by more than 2 points +\w+ \d\.\d{3} to \d\.\d{3} \(-\d", shown
    )
    assert "not promoted: no_class_down." in shown
    assert Registry(models).current() == "tasrih-smoke-1"

    forced = ("--gates", strict, "--force-gate", "no_class_down")
    with pytest.raises(ConfigError, match="needs --reason"):
        run(PROMOTE, *words, *forced, "--reason", " ")
    assert run(PROMOTE, *words, *forced, "--reason", "a drill", "--dry-run") == 0
    assert Registry(models).current() == "tasrih-smoke-1"
    assert run(PROMOTE, *words, *forced, "--reason", "a drill") == 0
    assert re.search(r"no_class_down +forced", capsys.readouterr().out)
    last = Registry(models).history()[-1]
    assert (last["after"], last["forced"], last["reason"]) == ("tasrih-smoke-2", ["no_class_down"], "a drill")
    assert {gate["name"]: gate["passed"] for gate in last["gates"]}["no_class_down"] is False
    with pytest.raises(ReleaseError, match="is the current release already"):
        run(PROMOTE, *words)

    assert run(ROLLBACK, "--models", models, "--reason", "drill over") == 0
    assert "tasrih-smoke-1 is the current release again, after tasrih-smoke-2" in capsys.readouterr().out
    assert run(MODELS, "--models", models, "--history") == 0
    shown = capsys.readouterr().out
    assert re.search(r"^\*  tasrih-smoke  1 ", shown, re.M) and re.search(r"^ +tasrih-smoke  2 ", shown, re.M)
    assert re.search(r"rollback +tasrih-smoke-2 +tasrih-smoke-1 +drill over", shown)


@pytest.mark.parametrize(
    ("limits", "ratio", "failing"),
    [
        ({"stance_macro_f1": 1.0, "claim_f1": 1.0}, 1.0, ["stance_floor", "claim_floor"]),
        ({"claim_f1": {"arms_transfer_allegation": 1.0}}, 1.0, ["claim_floor"]),
        ({"max_slower": 0.10}, 1.11, ["speed"]),
        ({"max_slower": 0.10}, 1.10, []),
    ],
)
def test_each_gate_holds(models, gates, capsys, monkeypatch, limits, ratio, failing):
    make_current(models, gates)
    capsys.readouterr()
    measured = Speed(ratio=ratio, low=1.0, high=1.2, before_per_s=110, after_per_s=100, rounds=7)
    monkeypatch.setattr(compare, "measure_speed", lambda *_, rounds: measured)
    words = (models / "tasrih-smoke-2", "--models", models, "--gates", gates(**limits))
    assert run(PROMOTE, *words) == (3 if failing else 0)
    shown = capsys.readouterr().out
    assert re.findall(r"^(\w+) +FAILED", shown, re.M) == failing
    assert Registry(models).current() == f"tasrih-smoke-{1 if failing else 2}"


def test_a_wrong_hash_is_a_gate_that_cannot_be_forced(models, gates, capsys):
    make_current(models, gates)
    (models / "tasrih-smoke-2" / "README.md").write_text("changed", encoding="utf-8")
    assert run(PROMOTE, models / "tasrih-smoke-2", "--models", models, "--gates", gates()) == 3
    assert re.search(r"hashes +FAILED .*README\.md: sha256 is", capsys.readouterr().out)
    with pytest.raises(SystemExit):
        run(PROMOTE, models / "tasrih-smoke-2", "--force-gate", "hashes", "--reason", "no")


def test_a_damaged_current_release_is_replaced_with_a_reason_and_not_gone_back_to(models, gates, capsys):
    make_current(models, gates)
    (models / "tasrih-smoke-1" / "tokenizer.json").write_text("{}", encoding="utf-8")
    words = ("tasrih-smoke-2", "--models", models, "--gates", gates())
    capsys.readouterr()
    assert run(PROMOTE, *words) == 3
    assert re.search(r"speed +FAILED .*cannot be compared: .*tokenizer\.json", capsys.readouterr().out)
    force = ("--force-gate", "no_class_down", "--force-gate", "speed", "--reason", "the old one is damaged")
    assert run(PROMOTE, *words, *force) == 0
    with pytest.raises(ReleaseDamagedError):
        run(ROLLBACK, "--models", models)
    assert Registry(models).current() == "tasrih-smoke-2"


def test_a_current_release_that_cannot_be_run_fails_its_gates(models, gates, capsys, monkeypatch):
    make_current(models, gates)
    opened = Labeller.open

    def broken(folder, **more):
        if folder.name == "tasrih-smoke-1":
            raise EngineError("the graph cannot be read")
        return opened(folder, **more)

    monkeypatch.setattr(Labeller, "open", broken)
    capsys.readouterr()
    assert run(PROMOTE, "tasrih-smoke-2", "--models", models, "--gates", gates()) == 3
    assert re.search(r"speed +FAILED .*cannot be compared: the graph cannot be read", capsys.readouterr().out)


def test_a_rollback_that_cannot_be_is_told_and_makes_nothing(models, gates, tmp_path):
    with pytest.raises(ReleaseNotFoundError, match=r"--models .*modles: no such folder"):
        run(ROLLBACK, "--models", tmp_path / "modles")
    assert not (tmp_path / "modles").exists()
    make_current(models, gates)
    make_current(models, gates, "2")
    shutil.rmtree(models / "tasrih-smoke-1")
    with pytest.raises(
        ReleaseNotFoundError, match=r"the release before, tasrih-smoke-1, is no longer in .*; promote ano"
    ):
        run(ROLLBACK, "--models", models)
    assert Registry(models).current() == "tasrih-smoke-2"


def test_a_release_made_elsewhere_is_copied_in(made, gates, tmp_path, capsys):
    registry = tmp_path / "new"
    assert run(PROMOTE, made[0], "--models", registry, "--gates", gates()) == 0
    assert Labeller.open(registry / "tasrih-smoke-1").label_texts(["وصل الوفد."])
    assert run(MODELS, "--models", registry) == 0
    assert re.search(r"^\*  tasrih-smoke  1  +\d{4}-\d\d-\d\d  9 ", capsys.readouterr().out, re.M)


def test_another_corpus_is_measured_on_and_told(models, gates, tmp_path, capsys):
    other = tmp_path / "other.yaml"
    text = Path("configs/smoke.yaml").read_text(encoding="utf-8")
    other.write_text(text, encoding="utf-8")
    words = ("--models", models, "--gates", gates(), "--corpus", other, "--dry-run")
    assert run(PROMOTE, models / "tasrih-smoke-1", *words) == 0
    told = capsys.readouterr()
    assert f"8 sentences: {other}, test split" in told.out
    assert "is not the one that tasrih-smoke 1 was trained on" in told.err
    other.write_text(text.replace("name: denial", "name: refusal"), encoding="utf-8")
    assert run(PROMOTE, models / "tasrih-smoke-1", *words) == 0  # the rows are what counts
    row = {"id": "x", "text": "نص", "stance": "unknown", "claim_types": [], "split": "test"}
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    other.write_text(text.replace("tests/fixtures/smoke_corpus.jsonl", f"{tmp_path}/x.jsonl"), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"x\.jsonl:1: unknown: not among the labels of tasrih-smoke 1"):
        run(PROMOTE, models / "tasrih-smoke-1", *words)


def test_gates_files(models, gates, tmp_path):
    assert read_gates(Path("configs/gates.yaml")) == GatesConfig() == read_gates(None)
    path = tmp_path / "gates.yaml"
    path.write_text("stance_macro_f2: 0.5\nmax_slower: -1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="stance_macro_f2: unknown key; nearest known key: stance_macro_f1") as caught:
        read_gates(path)
    assert "gates.yaml:2: max_slower: -1 given" in str(caught.value)
    with pytest.raises(ConfigError, match="claim_f1: refusal: no claim type of tasrih-smoke 1"):
        run(PROMOTE, models / "tasrih-smoke-1", "--models", models, "--gates", gates(claim_f1={"refusal": 0.5}))


def test_models_tells_of_a_release_that_cannot_be_read(models, capsys):
    (models / "tasrih-smoke-1" / "release.json").write_text("{", encoding="utf-8")
    assert run(MODELS, "--models", models) == 0
    shown = capsys.readouterr().out
    assert "cannot be read: fetch the release again" in shown and "current.json names none" in shown
