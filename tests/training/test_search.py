"""A search: its space is checked like any key; what it draws does not depend on interruptions; the best config trains."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasrih.errors import ConfigError
from training import search as search_module
from training.commands import TRAIN
from training.config import load_config
from training.search import run_search
from training.search_config import SearchConfig
from training.study import Study

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
SPACE = """
search:
  trials: 4
  startup_trials: 2
  warmup_epochs: 1
  space:
    training.learning_rate: {float: [1.0e-5, 1.0e-2], log: true}
    training.batch_size: {int: [4, 8], step: 4}
    model.pooling: {choice: [mean, cls]}
"""


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "search.yaml"
    text = SMOKE.read_text(encoding="utf-8").replace("epochs: 15", "epochs: 3")
    path.write_text(text.replace("log_every_steps: 4", "log_every_steps: 1") + SPACE, encoding="utf-8")
    return path


def faults_of(config: Path, old: str, new: str) -> list[str]:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("training.learning_rate", "training.learning_rat", "unknown key; nearest known key: training.learning_rate"),
        ("model.pooling", "output.version", "output does not change a trial's score"),
        ("[mean, cls]", "[mean, max]", "'max' given, input should be 'mean' or 'cls'"),
        ("[4, 8]", "[0, 8]", "0 given, input should be greater than or equal to 1"),
        ("[4, 8]", "[8, 4]", "[8, 4] given, expected [low, high] with low below high"),
        ("[1.0e-5, 1.0e-2]", "[0, 1]", "log: true is for a float or int whose low is above 0"),
        ("{choice: [mean, cls]}", "{}", "expected exactly one of float"),
        (
            "model.pooling: {choice: [mean, cls]}",
            "training.processes: {choice: [1, 2]}",
            "is the same for all trials; set",
        ),
        (
            "model.pooling: {choice: [mean, cls]}",
            "corpus.tables.quotes: {choice: [true, false]}",
            "runs through the list corpus.tables; expected a key outside of lists",
        ),
        ("trials: 4", "trails: 4", "search.trails: unknown key; nearest known key: search.trials"),
    ],
)
def test_a_fault_of_the_space_is_told_with_its_line(config, old, new, told):
    (fault,) = faults_of(config, old, new)
    line = next(n for n, text in enumerate(config.read_text(encoding="utf-8").splitlines(), 1) if new in text)
    assert fault.startswith(f"{config}:{line}: search.") and told in fault


@pytest.mark.parametrize(
    "space", ["{int: [4, 8]}", "{int: [4, 8], log: true}", "{int: [5, 9], step: 2}", "{choice: [4, 7]}"]
)
def test_processes_that_cannot_share_a_batch_of_every_trial_are_told_at_once(config, tmp_path, space):
    text = config.read_text(encoding="utf-8").replace("{int: [4, 8], step: 4}", space)
    config.write_text(text, encoding="utf-8")
    load_config(config)
    load_config(config, ["training.processes=1"])
    expected = (
        r"search\.space\.training\.batch_size: (int|one) .* given for 2 processes, expected a multiple .*step: 2}"
    )
    for more in (["--dry-run"], [], ["--resume"]):
        parser = argparse.ArgumentParser()
        TRAIN.configure(parser)
        words = [str(config), "--set", "training.processes=2", "--set", f"output.run={tmp_path}/run", *more]
        with pytest.raises(ConfigError, match=expected) as caught:
            TRAIN.run(parser.parse_args(words))
        assert f"{config}:{text[: text.index(space)].count(chr(10)) + 1}: " in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_space_on_the_command_line(config):
    found = load_config(SMOKE, ["search.trials=2", "search.space.training.epochs={int: [1, 3]}"]).search
    assert found is not None and found.space["training.epochs"].ints == (1, 3)
    whole = load_config(config)
    assert type(whole).model_validate(whole.to_json()) == whole


def test_a_dry_run_prints_the_space(config, capsys):
    parser = argparse.ArgumentParser()
    TRAIN.configure(parser)
    assert TRAIN.run(parser.parse_args([str(config), "--dry-run"])) == 0
    shown = capsys.readouterr().out
    assert "search     4 trials, seed 0" in shown
    assert "  training.learning_rate: float from 1e-05 to 0.01, by order of magnitude\n" in shown
    assert "  training.batch_size: int by 4 from 4 to 8\n" in shown
    assert "  model.pooling: one of mean, cls\n" in shown
    assert "release    none; best.yaml" in shown


def play(path: Path, *, interrupted: bool, trials: int = 12) -> list[dict[str, Any]]:
    """A search for x near 3 and y = 2, whose trials score more with each of three epochs."""
    space = {"x": {"float": [0.0, 10.0]}, "y": {"int": [1, 4]}, "z": {"choice": ["a", "b"]}}
    config = SearchConfig.model_validate({"space": space, "trials": trials, "startup_trials": 4, "seed": 5})
    study = Study(path, config)
    while (trying := study.next()) is not None:
        if interrupted:
            if trying.number % 3 == 1:
                study.goes_on(1, score(trying.knobs, 1))
            study = Study(path, config)  # as another process finds it
            assert study.next() == trying
        for epoch in (1, 2, 3):
            if not study.goes_on(epoch, score(trying.knobs, epoch)):
                study.give_up()
                break
        else:
            study.complete(score(trying.knobs, 3))
    return [
        {"knobs": dict(one.knobs), "state": one.state, "score": one.score, "epochs": one.epochs}
        for one in study.results()
    ]


def score(knobs: dict[str, float], epoch: int) -> float:
    return (1 - abs(knobs["x"] - 3) / 10 - abs(knobs["y"] - 2) / 10) * epoch / 3


def test_an_interrupted_study_draws_what_an_undisturbed_one_draws(tmp_path):
    whole = play(tmp_path / "a.db", interrupted=False)
    assert play(tmp_path / "b.db", interrupted=True) == whole
    assert len(whole) == 12
    assert {"complete", "given up"} == {one["state"] for one in whole}
    assert len(play(tmp_path / "a.db", interrupted=False, trials=14)) == 14


def test_a_search_killed_and_resumed_is_that_of_an_undisturbed_one(config, tmp_path, monkeypatch, capsys):
    words = ["--set", f"output.run={tmp_path}/cut"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tasrih.cli", "train", str(config), *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # In the second epoch of the second trial, more or less.
    log = tmp_path / "cut/trials/trial-002/log.jsonl"
    while process.poll() is None:
        if log.exists() and '"eval_score"' in log.read_text(encoding="utf-8"):
            process.kill()
        time.sleep(0.005)
    assert process.wait() == -9
    assert not (tmp_path / "cut/best.yaml").exists()
    cut = run_search(load_config(config, [f"output.run={tmp_path}/cut"]), resume=True)
    whole = run_search(load_config(config, [f"output.run={tmp_path}/whole"]))
    trials = [trials_of(path.parent) for path in (cut, whole)]
    assert trials[0] == trials[1]
    assert len(trials[0]) == 4
    assert sorted(path.name for path in (tmp_path / "cut/trials").iterdir()) == [f"trial-00{n}" for n in range(1, 5)]
    assert not list(tmp_path.glob("*/trials/*/checkpoints"))

    # Finished: nothing is trained again.
    monkeypatch.setattr(search_module, "prepare", lambda *_, **__: pytest.fail("trained again"))
    assert run_search(load_config(config, [f"output.run={tmp_path}/cut"]), resume=True) == cut
    with pytest.raises(ConfigError, match=r"holds a run already; .* --resume"):
        run_search(load_config(config, [f"output.run={tmp_path}/cut"]))
    with pytest.raises(ConfigError, match="another search"):
        run_search(load_config(config, [f"output.run={tmp_path}/cut", "search.seed=1"]), resume=True)

    best = max((one for one in trials[1] if one["state"] == "complete"), key=lambda one: one["score"])
    found = load_config(whole)
    assert found.search is None
    assert found.training.learning_rate == best["knobs"]["training.learning_rate"]
    assert found.training.batch_size == best["knobs"]["training.batch_size"]
    assert whole.read_text(encoding="utf-8").startswith(f"# tasrih train {whole}\n")
    page = (whole.parent / "report.html").read_text(encoding="utf-8")
    assert page.count("<tr>") >= 3 + 4 and "training.learning_rate" in page
    resolved = yaml.safe_load((whole.parent / "trials/trial-001/config.yaml").read_text(encoding="utf-8"))
    assert resolved["search"] is None
    assert resolved["training"]["learning_rate"] == trials[1][0]["knobs"]["training.learning_rate"]


def trials_of(folder: Path) -> list[dict[str, Any]]:
    trials = json.loads((folder / "trials.json").read_text(encoding="utf-8"))
    return [{key: value for key, value in trial.items() if key != "seconds"} for trial in trials]


def test_a_trial_that_one_of_several_processes_could_not_train_is_noted_on_resume(config, tmp_path):
    words = [f"output.run={tmp_path}/run", "training.epochs=1"]
    run_search(load_config(config, [*words, "search.trials=1"]))
    # As one that is not the first leaves it: the first, which keeps the study, was waiting for it and is ended.
    fault = tmp_path / "run/trials/trial-002/fault.txt"
    fault.parent.mkdir()
    fault.write_text("out of memory", encoding="utf-8")
    path = run_search(load_config(config, [*words, "search.trials=3"]), resume=True)
    trials = trials_of(path.parent)
    assert [one["state"] for one in trials] == ["complete", "failed", "complete"]
    assert trials[1]["reason"] == "out of memory"


def test_a_trial_that_fails_is_told_and_a_search_of_such_is_an_error(tmp_path, capsys):
    space = "search.space.model.max_length={int: [40, 60]}"
    base = ["base.random=null", f"base.model={tmp_path}/none"]
    config = load_config(SMOKE, [*base, space, "search.trials=2", f"output.run={tmp_path}/run"])
    with pytest.raises(ConfigError, match=r"none of 2 trials was trained to its end \(base\.model: .*none"):
        run_search(config)
    assert "trial 2 failed: base.model:" in capsys.readouterr().err
