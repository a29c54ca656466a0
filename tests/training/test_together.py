"""One model from several processes or batches a step is that from one: same steps, same loss, nearly the same weights.

So are the trials of a search.

The base has no dropout, which alone may differ: every process draws its own.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file

from tasrih.errors import ConfigError
from tests.training.tiny_bases import arabert, write
from training import prepare as prepare_module
from training.config import load_config
from training.prepare import prepare
from training.processes import Processes
from training.run import run_training
from training.search import run_search

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    folder = write(arabert(safetensors=True), tmp_path_factory.mktemp("base") / "arabert")
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}))
    return folder


def overrides(base: Path, folder: Path, *more: str) -> list[str]:
    return [
        "base.random=null",
        f"base.model={base}",
        "base.normalisation=arabertv02",
        "training.epochs=2",
        "training.learning_rate=1e-3",
        "tracking.log_every_steps=1",
        f"output.folder={folder}/models",
        f"output.run={folder}/run",
        *more,
    ]


def differences(one: Path, other: Path) -> float:
    weights, others = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    assert weights.keys() == others.keys()
    return max(float((weights[name].float() - others[name].float()).abs().max()) for name in weights)


def losses(run: Path) -> list[float]:
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return [entry["loss"] for entry in log if "loss" in entry]


def test_two_processes_train_the_model_of_one(base, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    alone = run_training(load_config(SMOKE, overrides(base, tmp_path / "alone")))
    words = [word for one in overrides(base, tmp_path / "two") for word in ("--set", one)]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, "-m", "tasrih.cli", "train", str(SMOKE), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    together = tmp_path / "two/models/tasrih-smoke-0.0.1"
    assert done.stdout.splitlines() == [str(together)], "the first process alone prints"
    assert done.stderr.count("sentences, cpu, fp32, 2 processes") == 1

    # One log, of as many steps, with the loss of both processes' sentences.
    assert losses(tmp_path / "two/run") == pytest.approx(losses(tmp_path / "alone/run"), abs=2e-4)
    assert len(losses(tmp_path / "two/run")) == 8
    assert differences(alone, together) < 2e-3
    facts = json.loads((together / "release.json").read_text(encoding="utf-8"))["training"]
    expected = json.loads((alone / "release.json").read_text(encoding="utf-8"))["training"]
    assert facts["loss"] == pytest.approx(expected["loss"], abs=1e-4)
    assert (facts["processes"], expected["processes"]) == (2, 1)
    environment = json.loads((tmp_path / "two/run/environment.json").read_text(encoding="utf-8"))
    assert environment["processes"] == 2
    assert (tmp_path / "two/run/report.html").is_file()


def test_batches_a_step_train_the_model_of_one_batch(base, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = []
    for name, knobs in (
        ("one", ()),
        ("four", ("training.batch_size=2", "training.gradient_accumulation=4")),
        (
            "saving",
            ("training.batch_size=4", "training.gradient_accumulation=2", "training.gradient_checkpointing=true"),
        ),
    ):
        prepared = prepare(load_config(SMOKE, overrides(base, tmp_path / name, *knobs)))
        fitted = prepared.fit()
        found.append(({k: v.detach().clone() for k, v in prepared.model.state_dict().items()}, fitted, name))
    weights, fitted, _ = found[0]
    for others, other, name in found[1:]:
        assert other.train_loss == pytest.approx(fitted.train_loss, abs=1e-4)
        assert losses(tmp_path / name / "run") == pytest.approx(losses(tmp_path / "one/run"), abs=2e-4)
        assert max(float((weights[key] - others[key]).abs().max()) for key in weights) < 2e-3


def test_two_processes_killed_and_resumed_search_as_one(base, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    space = (
        f"base.model={{choice: [{base}, {tmp_path}/none]}}",  # a trial that no process can make
        "training.learning_rate={choice: [5.0e-3, 1.0e-9]}",  # scores far apart, one of which is given up
        "training.batch_size={int: [4, 8], step: 4}",
    )
    search = [f"search.space.{one}" for one in space]
    search += ["search.trials=6", "search.startup_trials=1", "search.warmup_epochs=5", "search.seed=8"]

    def knobs(name: str) -> list[str]:
        return [*overrides(base, tmp_path / name), "training.epochs=8", *search]

    words = [word for one in [*knobs("two"), "training.processes=2"] for word in ("--set", one)]
    command = [sys.executable, "-m", "tasrih.cli", "train", str(SMOKE), *words]
    launcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    third = tmp_path / "two/run/trials/trial-003"
    while launcher.poll() is None:
        if third.exists():
            launcher.kill()
        time.sleep(0.005)
    assert launcher.wait() == -9, "the search was over before it was killed"
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "two/run/best.yaml")], "the first process alone prints"

    alone = run_search(load_config(SMOKE, knobs("alone"))).parent
    trials, expected = (json.loads((run / "trials.json").read_text()) for run in (tmp_path / "two/run", alone))
    told = ("number", "state", "knobs", "epochs", "best_epoch", "reason")
    assert [[one[key] for key in told] for one in trials] == [[one[key] for key in told] for one in expected]
    assert {one["state"] for one in trials} == {"complete", "given up", "failed"}
    scores = [one["score"] or 0 for one in expected]
    assert [one["score"] or 0 for one in trials] == pytest.approx(scores, abs=0.05)
    best, same = (yaml.safe_load((run / "best.yaml").read_text()) for run in (tmp_path / "two/run", alone))
    assert (best["training"].pop("processes"), same["training"].pop("processes")) == (2, None)
    assert best["training"] == same["training"]


def test_processes_that_cannot_share_a_batch_are_told_before_there_is_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(prepare_module, "join", lambda _device: Processes(n=3))
    with pytest.raises(ConfigError, match=r"batch_size: 8 sentences given for 3 processes, expected a multiple"):
        prepare(load_config(SMOKE, [f"output.run={tmp_path}/run"]))
    line = next(n for n, text in enumerate(SMOKE.read_text(encoding="utf-8").splitlines(), 1) if "batch_size" in text)
    with pytest.raises(ConfigError, match=rf"smoke\.yaml:{line}: training\.batch_size: 8 .* 3 processes, .* take 9"):
        load_config(SMOKE, ["training.processes=3"])
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_gone_on_with_by_another_number_of_processes(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config(SMOKE, ["training.epochs=1", f"output.run={tmp_path}/run"])
    prepare(config).fit()
    path = tmp_path / "run/environment.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "processes": 2}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"another processes \(2, now 1\)"):
        prepare(config, resume=True)
    resolved = yaml.safe_load((tmp_path / "run/config.yaml").read_text(encoding="utf-8"))
    assert resolved["training"]["processes"] is None
