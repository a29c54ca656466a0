"""A whole run on the smoke config, ended by the release that `tasrih` loads."""

import json
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from tasrih.encoding import Encoder, batches
from tasrih.engines.classifier import load_classifier
from tasrih.engines.openvino import OpenVinoEngine
from tasrih.errors import ConfigError, EngineError, TasrihError
from tasrih.normalise import normalise
from tasrih.pipeline import Labeller
from tasrih.release import Release
from tasrih.types import Logits
from training import export, run_log
from training import run as run_module
from training.card import write_card
from training.config import load_config
from training.corpus import read_corpus
from training.graph import largest_difference
from training.plan import plan
from training.predict import predict
from training.run import run_training

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
TEXTS = ["نفت موسكو الاتهامات الأميركية.", "وصل الوفد.", "اتهمت واشنطن بيونغ يانغ بإرسال صواريخ إلى روسيا في بيان."]

# Mean training loss of the smoke run: seed 0, fp32, one thread. Sums in another order, on another processor, move it by
# about 1e-6; a change in data order, loss, initialisation or schedule by more than 1e-2.
GOLDEN_LOSS = 1.0070
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
    kept = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    assert kept["git_commit"] == facts["versions"]["git_commit"] and re.match(
        r"[0-9a-f]{40}(\+changes)?$", kept["git_commit"]
    )
    assert json.loads((run / "corpus.json").read_text(encoding="utf-8")) == facts["corpus"]
    assert facts["corpus"]["sha256"] == read_corpus(load_config(SMOKE).corpus).sha256
    interval = facts["metrics"]["test"]["all"]["exact_match"]
    assert interval["low"] <= interval["value"] <= interval["high"]
    assert facts["engines"]["openvino"]["largest_difference_from_torch"] < export.TOLERANCE
    for name, entry in facts["files"].items():
        assert (release / name).stat().st_size == entry["bytes"]


def test_the_card_says_what_it_is_and_is_not_for(made):
    release, _ = made
    card = (release / "README.md").read_text(encoding="utf-8")
    for expected in ("does not judge truth", "random weights, for tests", "## Scores on the test split"):
        assert expected in card
    # What is true of one task's labels, or of one base, is not said of another's.
    for other in ("Russia", "real half", "composed half", "AraBERT", "## Subject"):
        assert other not in card.partition("## What it is for")[2] + card.partition("## Labels")[0], other


def test_the_card_takes_its_subject_and_weaknesses_from_files(made, tmp_path):
    facts = facts_of(made[0])
    notes = (ROOT / "configs/notes/tasrih-base.md").read_text(encoding="utf-8")
    subject = load_config(ROOT / "configs/default.yaml").output.card_subject
    assert subject is not None
    card = write_card(facts, None, notes, (ROOT / subject).read_text(encoding="utf-8"))
    assert "## Subject\n\nIt tells which position a sentence voices towards Russia" in card
    assert card.index("## Subject") < card.index("## Data") < card.index("## Known weaknesses")
    assert "not AraBERT" not in card
    offline = {**facts, "base_model": {"name": "multilingual-e5-small", "rows": 22085}}
    assert "This is **not AraBERT**; it is the base named above, its vocabulary pruned to the 22,085" in write_card(
        offline, None
    )


def test_slices_and_mistakes_stand_in_card_and_report(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    lines = Path("tests/fixtures/smoke_corpus.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    more = [
        {**row, "id": f"{row['id']}-{word}", "text": f"{row['text']} {word}"}
        for row in rows
        for word in ("أمس", "اليوم")
        if row["split"] == "test"
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, [*rows, *more])), encoding="utf-8")
    release = train(tmp_path, "training.epochs=1", f"corpus.composed=[{tmp_path}/rows.jsonl]")
    assert facts_of(release)["corpus"]["counts"]["test"]["rows"] == 24
    (run,) = (tmp_path / "runs").iterdir()
    card, page = (
        (folder / name).read_text(encoding="utf-8") for folder, name in ((release, "README.md"), (run, "report.html"))
    )
    weak = page.partition('id="slices"')[2].partition('id="flips"')[0]
    mistakes = page.partition('id="mistakes"')[2].partition('id="training"')[0]
    slices = facts_of(release)["slices"]
    assert "1 to 12 words" in slices
    for name, found in slices.items():
        assert f"| {name} | {found['n']} | {found['exact_match']['value']:.3f} [" in card
        assert name in weak
    assert mistakes.count('class="sentence"') > 0 and any(row["text"] in mistakes for row in more)


def test_a_run_in_bf16_learns_what_one_in_fp32_learns(made, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("training.device.multiplies_bf16", lambda _name: True)  # elsewhere it is emulated
    release = train(tmp_path, "training.precision=bf16", "training.epochs=2")
    exact = train(tmp_path / "exact", "training.epochs=2")
    assert facts_of(release)["training"]["precision"] == "bf16"
    loss, expected = (facts_of(one)["training"]["loss"] for one in (release, exact))
    assert loss != expected and loss == pytest.approx(expected, abs=0.02)
    weights = load_file(release / "model.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


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


def test_the_current_release_is_not_replaced_though_told(made, tmp_path, monkeypatch, capsys):
    release, _ = made
    monkeypatch.chdir(ROOT)
    settings = (f"output.folder={release.parent}", "output.overwrite=true", f"tracking.runs={tmp_path}/runs")
    config = load_config(SMOKE, settings)
    before = (release / "release.json").read_bytes()
    with pytest.raises(ConfigError, match=r"is the current release; raise output\.version, or promote another"):
        run_training(config)
    assert (release / "release.json").read_bytes() == before and not (tmp_path / "runs").exists()
    assert any(line.startswith("in the way: output.overwrite: ") for line in plan(config))
    (tmp_path / release.name).mkdir()
    export.check_target(config.output.model_copy(update={"folder": tmp_path}))  # not current there


def test_a_graph_that_differs_makes_no_release(made, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(EngineError, match="no release was made"):
        train(tmp_path, "training.epochs=1")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_diverged_run_makes_no_release(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(TasrihError, match=r"not finite: training diverged; lower training\.learning_rate"):
        train(tmp_path, "training.epochs=1", "training.learning_rate=1e30")
    assert not (tmp_path / "models").exists()


def test_a_logit_that_is_no_number_is_a_difference(made):
    release, _ = made
    loaded, model = Release.load(made[0]), load_classifier(release)
    torch.nn.init.constant_(next(reversed(list(model.parameters()))), float("nan"))
    encoded = Encoder(loaded.layout.tokenizer, max_length=loaded.max_length).encode(TEXTS)
    found = largest_difference(model, release, encoded, pad_id=loaded.pad_id, max_length=loaded.max_length)
    assert np.isnan(found)


def interrupted(folder: Path, *overrides: str, when: Callable[[int, dict[str, float]], bool]) -> Path:
    """The folder of a run that ends as if killed, as soon as `when` holds of a step and its log entry."""
    log = run_log.RunLog.on_log

    def stop(self, args, state, control, logs=None, **more):
        log(self, args, state, control, logs, **more)
        if when(state.global_step, logs):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_log.RunLog, "on_log", stop)
        with pytest.raises(KeyboardInterrupt):
            train(folder, *overrides)
    (run,) = (folder / "runs").iterdir()
    return run


def facts_of(release: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((release / "release.json").read_text(encoding="utf-8"))
    return facts


def same_training(one: Path, other: Path) -> bool:
    keys = ("loss", "best_epoch", "best_score")
    found = [{key: facts_of(release)["training"][key] for key in keys} for release in (one, other)]
    return found[0] == found[1]


def test_an_interrupted_run_goes_on_and_ends_with_the_same_weights(made, tmp_path, monkeypatch):
    release, _ = made
    monkeypatch.chdir(ROOT)
    often = "tracking.log_every_steps=3"
    run = interrupted(tmp_path, often, when=lambda step, _: step == 27)
    # What a kill while writing leaves, in the order in which transformers writes: weights, and a state cut short.
    for name, state in (("checkpoint-28", None), ("checkpoint-32", '{"global_step": 32, ')):
        half = run / "checkpoints" / name
        shutil.copytree(run / "checkpoints" / "checkpoint-24", half)
        (half / "trainer_state.json").unlink()
        if state:
            (half / "trainer_state.json").write_text(state, encoding="utf-8")
    with (run / "log.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"step": 28, "lo')
    # A newer run that never got to a checkpoint is not the one to go on with.
    false_start = run.with_name("tasrih-smoke-29991231-000000")
    shutil.copytree(run, false_start, ignore=shutil.ignore_patterns("checkpoints"))

    with pytest.raises(ConfigError, match="another training"):
        train(tmp_path, often, "training.seed=1", resume=True)
    # Nor are newer and older ones that cannot be read.
    for name in ("tasrih-smoke-29981231-000000", "tasrih-smoke-19991231-000000"):
        shutil.copytree(run, run.with_name(name))
        (run.with_name(name) / "config.yaml").write_text("training: {gone: 1}", encoding="utf-8")
    resumed = train(tmp_path, often, resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (release / "model.safetensors").read_bytes()
    assert same_training(resumed, release)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [entry["step"] for entry in log if "loss" in entry]
    assert steps == sorted(set(steps))
    epochs = [entry for entry in log if "eval_score" in entry]
    assert len(epochs) == 15
    seconds = sum(entry["epoch_seconds"] for entry in epochs)
    assert facts_of(resumed)["training"]["seconds"] == pytest.approx(seconds, abs=0.06)
    assert not (false_start / "checkpoints").exists()


# Killed in the epoch whose score is the third no better one, or when all is done but the release.
@pytest.mark.parametrize("when", [lambda step, _: step == 18, lambda _, entry: "train_loss" in entry])
def test_early_stopping_goes_on_waiting_where_it_was(tmp_path, monkeypatch, when):
    monkeypatch.chdir(ROOT)
    knobs = ("training.early_stopping_epochs=3", "tracking.log_every_steps=2")
    whole = train(tmp_path / "whole", *knobs)
    assert facts_of(whole)["training"]["best_epoch"] == 2
    run = interrupted(tmp_path / "cut", *knobs, when=when)
    resumed = train(tmp_path / "cut", *knobs, resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert same_training(resumed, whole)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["step"] for entry in log if "eval_score" in entry] == [4, 8, 12, 16, 20]


def test_a_run_is_not_gone_on_with_in_another_precision_or_on_another_device(made, tmp_path, monkeypatch):
    release, _ = made
    monkeypatch.chdir(ROOT)
    assert (facts_of(release)["training"]["device"], facts_of(release)["training"]["precision"]) == ("cpu", "fp32")
    run = interrupted(tmp_path, when=lambda step, _: step == 8)
    path = run / "environment.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "device": "cuda", "precision": "bf16"}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"another device \(cuda, now cpu\), precision \(bf16, now fp32\)"):
        train(tmp_path, resume=True)


def test_labels_that_differ_make_no_release(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)

    def turned(*arguments: Any, **more: Any) -> Logits:
        logits = predict(*arguments, **more)
        return Logits(5 * logits.stance_BS[:, ::-1], 5 - logits.claims_BC)

    monkeypatch.setattr(export, "predict", turned)
    with pytest.raises(EngineError, match=r"labels of \d+ sentences differ .* no release was made") as caught:
        train(tmp_path, "training.epochs=2")
    assert "claim type denial given by one of them alone" in str(caught.value)
    assert list((tmp_path / "models").iterdir()) == []


def test_saving_memory_changes_no_loss_and_warns_of_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run_module, "quieten", lambda: None)  # which would hide a warning
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        plain = train(tmp_path / "plain", "training.epochs=1")
        saving = train(tmp_path / "saving", "training.epochs=1", "training.gradient_checkpointing=true")
    assert facts_of(saving)["training"]["loss"] == pytest.approx(facts_of(plain)["training"]["loss"], abs=1e-5)


def test_nothing_to_resume_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match="no run of tasrih-smoke"):
        train(tmp_path, resume=True)
    with pytest.raises(ConfigError, match="here holds no whole checkpoint"):
        train(tmp_path, f"output.run={tmp_path}/here", resume=True)
    assert list(tmp_path.iterdir()) == []


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
