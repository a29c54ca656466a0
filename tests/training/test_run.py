"""A whole run on the smoke config, ended by the release that `tasrih` loads."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from tasrih.encoding import Encoder, batches
from tasrih.engines.openvino import OpenVinoEngine
from tasrih.errors import ConfigError, EngineError
from tasrih.normalise import normalise
from tasrih.pipeline import Labeller
from tasrih.release import Release
from training import export, fit
from training.classifier import load_classifier
from training.config import load_config
from training.run import run_training

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
TEXTS = ["نفت موسكو الاتهامات الأميركية.", "وصل الوفد.", "اتهمت واشنطن بيونغ يانغ بإرسال صواريخ إلى روسيا في بيان."]

# Mean training loss of the smoke run: seed 0, fp32, one thread. Sums in another order, on another processor, move it by
# about 1e-6; a change in data order, loss, initialisation or schedule by more than 1e-2.
GOLDEN_LOSS = 1.0047
GOLDEN_TOLERANCE = 2e-3


def train(folder: Path, *overrides: str, resume: bool = False) -> Path:
    config = load_config(SMOKE, [f"output.folder={folder}/models", f"tracking.runs={folder}/runs", *overrides])
    return run_training(config, resume=resume)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of the release and of the run."""
    folder = tmp_path_factory.mktemp("smoke")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        release = train(folder, "output.set_current=true")
    (run,) = (folder / "runs").iterdir()
    return release, run


def test_golden_loss(made):
    release, _ = made
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    assert facts["training"]["loss"] == pytest.approx(GOLDEN_LOSS, abs=GOLDEN_TOLERANCE)


def test_the_release_loads_and_labels(made):
    release, _ = made
    loaded = Release.load(release)
    assert loaded.name == "tasrih-smoke"
    assert loaded.labels.claim_names == ("arms_transfer_allegation", "denial")
    assert json.loads((release.parent / "current.json").read_text(encoding="utf-8")) == {"release": release.name}
    assert [path.name for path in release.parent.iterdir() if path.name.startswith(".")] == []
    labelled = Labeller.open(release, precision="f32").label_texts(TEXTS)
    assert [sentence.stance for sentence in labelled] == ["pro_russia", "neutral_report", "western_accusation"]


def test_openvino_equals_torch(made):
    release, _ = made
    loaded = Release.load(release)
    encoder = Encoder(loaded.layout.tokenizer, max_length=loaded.max_length)
    encoded = encoder.encode([normalise(text, scheme=loaded.normalisation) for text in TEXTS])
    placed = list(batches(encoded, pad_id=loaded.pad_id, max_length=loaded.max_length))
    answers = OpenVinoEngine(release, precision="f32").run(one.batch for one in placed)
    model = load_classifier(release)
    for one, answer in zip(placed, answers, strict=True):
        with torch.inference_mode():
            expected = model(torch.from_numpy(one.batch.ids_BL), torch.from_numpy(one.batch.mask_BL))
        np.testing.assert_allclose(answer.stance_BS, expected.stance_BS.numpy(), atol=1e-4, rtol=0)
        np.testing.assert_allclose(answer.claims_BC, expected.claims_BC.numpy(), atol=1e-4, rtol=0)


def test_release_json_says_how_it_came_to_be(made):
    release, run = made
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    assert facts["training_config"] == yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    assert facts["training_config"]["training"]["weight_decay"] == 0.01
    assert facts["corpus"]["counts"]["train"]["rows"] == 26
    assert len(facts["corpus"]["sha256"]) == 64
    assert facts["versions"]["packages"]["torch"]
    interval = facts["metrics"]["test"]["all"]["exact_match"]
    assert interval["low"] <= interval["value"] <= interval["high"]
    assert facts["engines"]["openvino"]["largest_difference_from_torch"] < export.TOLERANCE
    for name, entry in facts["files"].items():
        assert (release / name).stat().st_size == entry["bytes"]


def test_the_card_says_what_it_is_and_is_not_for(made):
    release, _ = made
    card = (release / "README.md").read_text(encoding="utf-8")
    for expected in ("not AraBERT", "does not judge truth", "random weights, for tests", "## Scores on the test split"):
        assert expected in card


def test_the_run_folder_keeps_the_log_and_not_the_checkpoints(made):
    _, run = made
    assert {path.name for path in run.iterdir()} >= {"config.yaml", "log.jsonl", "metrics.json", "environment.json"}
    assert not (run / "checkpoints").exists()
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum("eval_score" in entry for entry in log) == 15


def test_an_existing_release_is_not_replaced_unless_told(made, monkeypatch):
    release, _ = made
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match=r"exists; raise output\.version"):
        train(release.parents[1])


def test_a_graph_that_differs_makes_no_release(made, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(EngineError, match="no release was made"):
        train(tmp_path, "training.epochs=1")
    assert list((tmp_path / "models").iterdir()) == []


def test_an_interrupted_run_goes_on_and_ends_with_the_same_weights(made, tmp_path, monkeypatch):
    release, _ = made
    monkeypatch.chdir(ROOT)

    saved = fit._Log.on_log

    def stop_in_epoch_seven(self, args, state, control, **more):
        saved(self, args, state, control, **more)
        if state.global_step == 27:
            raise KeyboardInterrupt

    monkeypatch.setattr(fit._Log, "on_log", stop_in_epoch_seven)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, "tracking.log_every_steps=3")
    monkeypatch.setattr(fit._Log, "on_log", saved)
    with pytest.raises(ConfigError, match="another training"):
        train(tmp_path, "tracking.log_every_steps=3", "training.seed=1", resume=True)
    resumed = train(tmp_path, "tracking.log_every_steps=3", resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (release / "model.safetensors").read_bytes()


def test_nothing_to_resume_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match="no run of tasrih-smoke"):
        train(tmp_path, resume=True)


def test_a_release_is_fine_tuned_further(made, tmp_path, monkeypatch):
    release, _ = made
    monkeypatch.chdir(ROOT)
    copy = tmp_path / "base"
    shutil.copytree(release, copy)
    further = train(tmp_path, "base.random=null", f"base.model={copy}", "base.normalisation=auto", "training.epochs=1")
    facts = json.loads((further / "release.json").read_text(encoding="utf-8"))
    assert facts["base_model"]["name"] == str(copy)
    assert facts["normalisation"] == "light"
    # The first epoch from random weights has a loss of 1.78.
    assert facts["training"]["loss"] < 1.7
