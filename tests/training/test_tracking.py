"""A run that is followed in TensorBoard and MLflow, and whose report looks into an archive: read back what was told."""

import argparse
import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tasrih.errors import ConfigError, TasrihError
from training import run_folder
from training.commands import TRAIN
from training.config import load_config
from training.corpus import Corpus
from training.device import Device
from training.tracking import MlflowTracker, open_trackers

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
TEXT = "نفت موسكو الاتهامات الأميركية بشأن السفينة."


def tasrih_train(*words: object) -> int:
    parser = argparse.ArgumentParser()
    TRAIN.configure(parser)
    return TRAIN.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two epochs, its MLflow store and an archive of two files."""
    folder = tmp_path_factory.mktemp("tracked")
    archive = folder / "archive"
    archive.mkdir()
    (archive / "a.txt").write_text(f"{TEXT}\n\nوصل الوفد إلى المدينة اليوم.\n", encoding="utf-8")
    (archive / "b.jsonl").write_text(json.dumps({"id": "b1", "text": TEXT}) + "\n", encoding="utf-8")
    settings = (
        "training.epochs=2",
        f"output.run={folder}/run",
        "tracking.tensorboard=true",
        f"tracking.mlflow=sqlite:///{folder}/mlflow.db",
    )
    words = [word for setting in settings for word in ("--set", setting)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert tasrih_train(SMOKE, *words, "--output", folder / "models", "--flips", archive, archive / "b.jsonl") == 0
    return folder


def only_run(client: MlflowClient) -> Run:
    experiment = client.get_experiment_by_name("tasrih-smoke")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    return run


def test_mlflow_has_knobs_curves_and_scores(made):
    record = json.loads((made / "run/mlflow.json").read_text(encoding="utf-8"))
    client = MlflowClient(tracking_uri=record["store"])
    run = only_run(client)
    assert (run.info.run_id, run.info.run_name, run.info.status) == (record["run_id"], "run", "FINISHED")
    assert run.data.params["training.learning_rate"] == "0.003"
    assert run.data.params["base.random.width"] == "32"
    told = client.get_metric_history(run.info.run_id, "loss")
    log = [json.loads(line) for line in (made / "run/log.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [one for one in log if "loss" in one]
    assert [one.step for one in told] == [one["step"] for one in losses]
    assert [one.value for one in told] == pytest.approx([one["loss"] for one in losses])
    metrics = json.loads((made / "run/metrics.json").read_text(encoding="utf-8"))["metrics"]["test"]["all"]
    assert run.data.metrics["test/exact_match"] == pytest.approx(metrics["exact_match"]["value"])
    assert run.data.metrics["test/f1/denial"] == pytest.approx(metrics["claims"]["denial"]["f1"]["value"])
    assert run.data.tags["release"].endswith("models/tasrih-smoke-0.0.1")
    assert TEXT not in repr(run.to_dictionary())


def test_a_resumed_run_goes_on_with_its_own_mlflow_run(made):
    record = json.loads((made / "run/mlflow.json").read_text(encoding="utf-8"))
    config = load_config(SMOKE, [f"tracking.mlflow={record['store']}"])
    (tracker,) = open_trackers(made / "run", config)
    assert isinstance(tracker, MlflowTracker)
    tracker.numbers(99, {"loss": 0.5})
    tracker.finish({}, None)
    client = MlflowClient(tracking_uri=record["store"])
    run = only_run(client)
    assert run.info.status == "FINISHED"
    assert client.get_metric_history(run.info.run_id, "loss")[-1].step == 99
    tracker.client.log_batch = lambda *_: (_ for _ in ()).throw(OSError("gone"))
    tracker.numbers(100, {"loss": 0.4})
    tracker.numbers(101, {"loss": 0.4})  # the run goes on


def test_tensorboard_has_curves_and_scores(made):
    events = EventAccumulator(str(made / "run/tensorboard"))
    events.Reload()
    log = [json.loads(line) for line in (made / "run/log.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = [(one.step, one.value) for one in events.Scalars("eval_score")]
    assert scores == [(one["step"], pytest.approx(one["eval_score"])) for one in log if "eval_score" in one]
    assert "test/stance_macro_f1" in events.Tags()["scalars"]


def test_the_report_tells_what_changes_in_the_archives(made):
    told = json.loads((made / "run/flips.json").read_text(encoding="utf-8"))
    assert [(one["archive"], one["sentences"]) for one in told] == [
        (str(made / "archive"), 3),
        (str(made / "archive/b.jsonl"), 1),
    ]
    assert told[0]["current"].startswith("tasrih-base-")
    assert told[0]["changed"] >= max((one["sentences"] for one in told[0]["changes"]), default=0)
    page = (made / "run/report.html").read_text(encoding="utf-8")
    assert f"What changes in the archive <bdi>{made}/archive</bdi>" in page


def test_an_archive_that_is_not_there_stops_before_training(tmp_path, capsys):
    words = ("--output", tmp_path, "--flips", tmp_path / "none")
    with pytest.raises(ConfigError, match=r"tracking\.flips: .*none: no such file or folder"):
        tasrih_train(SMOKE, *words)
    assert tasrih_train(SMOKE, "--dry-run", *words) == 0
    assert f"missing: tracking.flips: {tmp_path}/none" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "package", "extra"),
    [
        ("tracking.mlflow=sqlite:///x.db", "mlflow", "tracking"),
        ("tracking.tensorboard=true", "tensorboard", "tracking"),
        ("search.space.training.epochs={int: [1, 2]}", "optuna", "search"),
    ],
)
def test_a_missing_extra_is_told_with_its_command_before_training(setting, package, extra, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(TasrihError, match=rf"needs {package}, which is not installed; pip install 'tasrih\[{extra}\]'"):
        tasrih_train(SMOKE, "--set", setting)
    assert tasrih_train(SMOKE, "--dry-run", "--set", setting) == 0
    assert f"missing: packages {package}: pip install 'tasrih[{extra}]'" in capsys.readouterr().out


@pytest.mark.parametrize("store", ["http://127.0.0.1:9", "file:mlruns"])
def test_a_store_that_cannot_be_opened_is_told(store, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConfigError, match=r"tracking\.mlflow: .* cannot be opened (?s:.*)sqlite:///runs/mlflow\.db"):
        open_trackers(tmp_path, load_config(SMOKE, [f"tracking.mlflow={store}"]))


def test_a_password_in_the_store_s_uri_is_used_and_written_down_nowhere(tmp_path, monkeypatch):
    opened, told = [], {}

    class Client:
        def __init__(self, tracking_uri: str) -> None:
            opened.append(tracking_uri)
            self.create_run = lambda *_, **__: SimpleNamespace(info=SimpleNamespace(run_id="r1"))
            self.get_experiment_by_name = lambda name: SimpleNamespace(experiment_id=name)
            self.log_param = lambda run_id, key, value: told.update({key: value})
            self.update_run = lambda run_id, status: told.update(resumed=run_id)

    monkeypatch.setattr("mlflow.MlflowClient", Client)
    uri = "http://bob:secret@host:5000"
    config = load_config(SMOKE, [f"tracking.mlflow={uri}", "tracking.tensorboard=true", f"output.run={tmp_path}/run"])
    machine = {"device": "cpu", "precision": "fp32", "processes": 1}
    run = run_folder.new_run(config, Corpus(()), Device("cpu", "fp32"))
    assert run_folder._changes(run, config, Corpus(()), machine) == []
    for _ in range(2):
        open_trackers(run, config)[0].finish({}, None)
    assert opened == [uri, uri] and told["resumed"] == "r1", "tracked there, and gone on with"
    assert told["tracking.mlflow"] == "http://host:5000"
    for path in run.rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes(), path

    def refused(tracking_uri: str) -> None:
        raise OSError(f"no answer from {tracking_uri}")

    monkeypatch.setattr("mlflow.MlflowClient", refused)
    with pytest.raises(ConfigError, match=r"tracking\.mlflow: http://host:5000: cannot be opened") as caught:
        MlflowTracker(run, config)
    assert "secret" not in str(caught.value)
