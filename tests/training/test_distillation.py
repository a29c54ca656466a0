"""Soft targets from teachers, the loss that listens to them, and a student of fewer layers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tasrih.calibration import Calibration
from tasrih.engines.classifier import ClassifierOutput, load_classifier
from tasrih.errors import ConfigError
from tasrih.pipeline import Labeller
from training.config import DistillationConfig, TrainingConfig, load_config
from training.corpus import read_corpus
from training.dataset import SoftTargets
from training.device import Device
from training.distillation import kept_soft_targets, soft_targets
from training.loss import Soft, StanceAndClaimsLoss
from training.run import run_training

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
EXACT = Device("cpu", "fp32")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        folder = tmp_path_factory.mktemp("teacher")
        return run_training(
            load_config(SMOKE, [f"output.folder={folder}", f"tracking.runs={folder / 'runs'}", "base.random.layers=4"])
        )


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    return load_config(SMOKE)


def test_one_teacher_says_its_own_probabilities(teacher, config):
    rows = read_corpus(config.corpus).split("train")
    labels = config.model.label_set()
    soft = soft_targets(DistillationConfig(teachers=(teacher,), temperature=1.0), rows, labels, EXACT)
    # Without the release's temperatures, which soft targets leave out.
    labeller = Labeller.open(teacher, precision="f32")
    raw = Labeller(replace(labeller.release, calibration=Calibration.neutral(labels)), labeller.engine)
    decided = raw.decide([row.text for row in rows])
    np.testing.assert_allclose(soft.stance_BS, decided.stance_BS, atol=1e-4)
    np.testing.assert_allclose(soft.claims_BC, decided.claims_BC, atol=1e-4)


def test_heat_softens_and_several_are_averaged(teacher, config):
    rows, labels = read_corpus(config.corpus).split("train"), config.model.label_set()

    def said(n_teachers: int, temperature: float) -> np.ndarray:
        chosen = DistillationConfig(teachers=(teacher,) * n_teachers, temperature=temperature)
        return soft_targets(chosen, rows, labels, EXACT).stance_BS

    assert said(1, 4.0).max(axis=1).mean() < said(1, 1.0).max(axis=1).mean()
    np.testing.assert_allclose(said(2, 2.0), said(1, 2.0), atol=1e-6)


def test_a_resumed_run_hears_what_its_teachers_said_before(teacher, config, tmp_path):
    rows, labels = read_corpus(config.corpus).split("train"), config.model.label_set()

    def heard(folder: Path) -> SoftTargets:
        chosen = DistillationConfig(teachers=(folder,))
        return kept_soft_targets(tmp_path / "soft_targets.npz", chosen, rows, labels, EXACT)

    first, again = heard(teacher), heard(tmp_path / "gone meanwhile")
    np.testing.assert_array_equal(first.stance_BS, again.stance_BS)
    np.testing.assert_array_equal(first.claims_BC, again.claims_BC)
    assert first.stance_BS.dtype == again.stance_BS.dtype == np.float32


def test_a_teacher_of_other_labels_is_refused(teacher, config):
    labels = config.model.label_set()
    turned = type(labels)(labels.stances[::-1], labels.claims)
    with pytest.raises(ConfigError, match=r"distillation\.teachers: .* has the labels"):
        soft_targets(DistillationConfig(teachers=(teacher,)), read_corpus(config.corpus).split("train"), turned, EXACT)


def test_the_loss_mixes_labels_and_teachers(config):
    labels, rows = config.model.label_set(), read_corpus(config.corpus).split("train")
    logits = ClassifierOutput(torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([[1.0, -3.0]]), torch.zeros(1, 2))
    hard = (torch.tensor([0]), torch.tensor([[1.0, 0.0]]), torch.ones(1))
    soft = Soft(torch.tensor([[0.2, 0.5, 0.3]]), torch.tensor([[0.5, 0.5]]))

    def loss(weight: float) -> float:
        made = StanceAndClaimsLoss(
            TrainingConfig(), rows, labels, DistillationConfig(teachers=(Path("x"),), weight=weight, temperature=2.0)
        )
        return float(made(logits, *hard, soft))

    plain = float(StanceAndClaimsLoss(TrainingConfig(), rows, labels)(logits, *hard))
    by_hand = -(soft[0] * torch.log_softmax(logits.stance_BS / 2, dim=1)).sum()
    by_hand += torch.nn.functional.binary_cross_entropy_with_logits(logits.claims_BC / 2, soft[1])
    mean_weight = sum(row.weight for row in rows) / len(rows)
    assert loss(0.0) == pytest.approx(plain)
    assert loss(1.0) == pytest.approx(4 * float(by_hand) / mean_weight, rel=1e-5)
    assert loss(0.25) == pytest.approx(0.75 * loss(0.0) + 0.25 * loss(1.0), rel=1e-5)


def test_the_distance_of_pooled_vectors_is_part_of_the_loss(config):
    labels, rows = config.model.label_set(), read_corpus(config.corpus).split("train")
    logits = ClassifierOutput(torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([[1.0, -3.0]]), torch.tensor([[3.0, 0.0]]))
    hard = (torch.tensor([0]), torch.tensor([[1.0, 0.0]]), torch.ones(1))
    soft = Soft(torch.tensor([[0.2, 0.5, 0.3]]), torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 1.0]]))

    def loss(pooled_weight: float) -> float:
        chosen = DistillationConfig(teachers=(Path("x"),), pooled_weight=pooled_weight)
        return float(StanceAndClaimsLoss(TrainingConfig(), rows, labels, chosen)(logits, *hard, soft))

    mean_weight = sum(row.weight for row in rows) / len(rows)
    # (2 * 2 + 1 * 1) by (1 * 1 + 1 * 1)
    assert loss(2.0) - loss(0.0) == pytest.approx(2 * 2.5 / mean_weight, rel=1e-5)


def student_of(teacher: Path, folder: Path, *more: str) -> Path:
    """A student of two of the teacher's layers that learns its pooled vector, unless `more` says otherwise."""
    path = folder / "student.yaml"
    section = f"distillation:\n  teachers: ['{teacher}']\n  pooled_weight: 1.0\nbase:"
    path.write_text(SMOKE.read_text(encoding="utf-8").replace("base:", section), encoding="utf-8")
    fixed = (
        "base.random=null",
        f"base.model={teacher}",
        "base.layers=2",
        "output.name=small",
        f"output.folder={folder}",
    )
    return run_training(load_config(path, [*fixed, f"tracking.runs={folder / 'runs'}", *more]))


def test_a_student_of_the_pooled_vector_begins_with_its_teacher_s_heads(teacher, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    made = student_of(teacher, tmp_path, "training.head_learning_rate=1e-9", "training.epochs=1")
    for name in ("stance", "claims"):
        ours, theirs = (getattr(load_classifier(folder), name).weight for folder in (made, teacher))
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    with np.load(next(tmp_path.glob("runs/*/soft_targets.npz"))) as kept:
        assert kept["pooled_BD"].shape == (len(kept["stance_BS"]), load_classifier(teacher).stance.in_features)


def test_a_student_whose_vector_is_no_teacher_s_is_refused(teacher, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match=r"pooled_weight: the student has .* of cls pooling, .* of mean"):
        student_of(teacher, tmp_path, "model.pooling=cls")
    with pytest.raises(ConfigError, match="pooled_weight: 2 teachers have no vector in common"):
        student_of(teacher, tmp_path, f"distillation.teachers=[{teacher},{teacher}]")


def test_a_student_starts_from_half_of_its_teacher_s_layers(teacher, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    made = student_of(teacher, tmp_path, "training.learning_rate=1e-9", "distillation.pooled_weight=0")
    student: Any = load_classifier(made).encoder
    whole: Any = load_classifier(teacher).encoder
    assert student.config.num_hidden_layers == 2
    assert [path.name for path in tmp_path.glob("runs/*/soft_targets.npz")] == ["soft_targets.npz"]
    for ours, theirs in ((0, 1), (1, 3)):
        torch.testing.assert_close(
            student.encoder.layer[ours].attention.self.query.weight,
            whole.encoder.layer[theirs].attention.self.query.weight,
            atol=1e-3,
            rtol=0,
        )


def test_more_layers_than_there_are_is_refused(teacher, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    overrides = ["base.random=null", f"base.model={teacher}", "base.layers=9", f"output.folder={tmp_path}"]
    with pytest.raises(ConfigError, match=r"base\.layers: 9 given, .* has 4 layers"):
        run_training(load_config(SMOKE, overrides))
