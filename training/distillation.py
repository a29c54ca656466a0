"""What teachers say of the training sentences: soft targets for a student (Hinton et al., 2015, "Distilling the Knowledge").

Teachers are releases with the config's own labels. Each reads with its own tokenizer and normalisation, so a student may have
another base. Several teachers are averaged, as probabilities: one student then stands for all of them. The one teacher of a
student of its width can also teach its pooled vector (as hidden states are taught in Jiao et al., 2020, "TinyBERT").
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.calibration import Calibration
from tasrih.encoding import Encoder
from tasrih.engines.classifier import Classifier, load_classifier
from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tasrih.release import Release
from tasrih.types import FloatArray, Logits
from training.config import DistillationConfig
from training.corpus import Row
from training.dataset import SoftTargets, encode_rows
from training.device import Device
from training.predict import predict_with_pooled

__all__ = ["kept_soft_targets", "soft_targets", "take_heads"]


def soft_targets(config: DistillationConfig, rows: Sequence[Row], labels: LabelSet, device: Device) -> SoftTargets:
    """Have every teacher read the rows.

    Raises:
        ReleaseError: a teacher is missing or damaged.
        ConfigError: it has other labels, or another order of them.
    """
    read = [_read(folder, rows, labels, device) for folder in config.teachers]
    softened = replace(
        Calibration.neutral(labels),
        stance_temperature=config.temperature,
        claim_temperatures=(config.temperature,) * len(labels.claims),
    )
    said = [softened.probabilities(logits) for logits, _ in read]
    stance_BS = np.mean([stance for stance, _ in said], axis=0)
    claims_BC = np.mean([claims for _, claims in said], axis=0)
    pooled_BD = read[0][1] if config.pooled_weight else None
    return SoftTargets(stance_BS.astype(np.float32), claims_BC.astype(np.float32), pooled_BD)


def kept_soft_targets(
    path: Path, config: DistillationConfig, rows: Sequence[Row], labels: LabelSet, device: Device
) -> SoftTargets:
    """`soft_targets`, from the file of a run where it has been asked for them before.

    A resumed run neither waits for its teachers again nor hears other answers, should a teacher's folder have changed.
    """
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            return SoftTargets(kept["stance_BS"], kept["claims_BC"], kept.get("pooled_BD"))
    soft = soft_targets(config, rows, labels, device)
    arrays: dict[str, Any] = {"stance_BS": soft.stance_BS, "claims_BC": soft.claims_BC}
    if soft.pooled_BD is not None:
        arrays["pooled_BD"] = soft.pooled_BD
    np.savez(path, **arrays)
    return soft


def take_heads(student: Classifier, config: DistillationConfig, labels: LabelSet) -> None:
    """Let a student that learns its teacher's pooled vector begin with the heads that read it.

    Raises:
        ReleaseError: the teacher is missing or damaged.
        ConfigError: it has other labels, or another order of them; their vectors are of different widths, or pooled differently.
    """
    folder = config.teachers[0]
    _, teacher = _open(folder, labels)
    ours, theirs = ((int(one.encoder.config.hidden_size), one.heads.pooling) for one in (student, teacher))
    if ours != theirs:
        raise ConfigError(
            f"distillation.pooled_weight: the student has {ours[0]} numbers of {ours[1]} pooling, {folder} {theirs[0]} of "
            f"{theirs[1]}; choose a base and model.pooling like the teacher's, or set it to 0"
        )
    student.stance.load_state_dict(teacher.stance.state_dict())
    student.claims.load_state_dict(teacher.claims.state_dict())


def _open(folder: Path, labels: LabelSet) -> tuple[Release, Classifier]:
    release = Release.load(folder)
    theirs = (release.labels.stance_names, release.labels.claim_names)
    if theirs != (labels.stance_names, labels.claim_names):
        raise ConfigError(
            f"distillation.teachers: {folder} has the labels {theirs}, this config {labels.stance_names} and "
            f"{labels.claim_names}; name a teacher with the same labels in the same order"
        )
    if not release.layout.weights.is_file():
        raise ConfigError(f"distillation.teachers: {release.layout.weights} is missing; name a whole release")
    return release, load_classifier(folder)


def _read(folder: Path, rows: Sequence[Row], labels: LabelSet, device: Device) -> tuple[Logits, FloatArray]:
    release, model = _open(folder, labels)
    encoder = Encoder(release.layout.tokenizer, max_length=release.max_length)
    encoded = encode_rows(rows, encoder, scheme=release.normalisation)
    return predict_with_pooled(
        model.to(device.name), encoded, device, pad_id=release.pad_id, max_length=release.max_length
    )
