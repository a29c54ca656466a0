"""What teachers say of the training sentences: soft targets for a student (Hinton et al., 2015, "Distilling the Knowledge").

Teachers are releases with the config's own labels. Each reads with its own tokenizer and normalisation, so a student may have
another base. Several teachers are averaged, as probabilities: one student then stands for all of them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tasrih.encoding import Encoder
from tasrih.engines.classifier import load_classifier
from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tasrih.release import Release
from tasrih.types import FloatArray64, Logits
from training.config import DistillationConfig
from training.corpus import Row
from training.dataset import SoftTargets, encode_rows
from training.device import Device
from training.predict import predict

__all__ = ["kept_soft_targets", "soft_targets"]


def soft_targets(config: DistillationConfig, rows: Sequence[Row], labels: LabelSet, device: Device) -> SoftTargets:
    """Have every teacher read the rows.

    Raises:
        ReleaseError: a teacher is missing or damaged.
        ConfigError: it has other labels, or another order of them.
    """
    said = [_probabilities(_read(folder, rows, labels, device), config.temperature) for folder in config.teachers]
    stance_BS = np.mean([stance for stance, _ in said], axis=0)
    claims_BC = np.mean([claims for _, claims in said], axis=0)
    return SoftTargets(stance_BS.astype(np.float32), claims_BC.astype(np.float32))


def kept_soft_targets(
    path: Path, config: DistillationConfig, rows: Sequence[Row], labels: LabelSet, device: Device
) -> SoftTargets:
    """`soft_targets`, from the file of a run where it has been asked for them before.

    A resumed run neither waits for its teachers again nor hears other answers, should a teacher's folder have changed.
    """
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            return SoftTargets(kept["stance_BS"], kept["claims_BC"])
    soft = soft_targets(config, rows, labels, device)
    np.savez(path, stance_BS=soft.stance_BS, claims_BC=soft.claims_BC)
    return soft


def _read(folder: Path, rows: Sequence[Row], labels: LabelSet, device: Device) -> Logits:
    release = Release.load(folder)
    theirs = (release.labels.stance_names, release.labels.claim_names)
    if theirs != (labels.stance_names, labels.claim_names):
        raise ConfigError(
            f"distillation.teachers: {folder} has the labels {theirs}, this config {labels.stance_names} and "
            f"{labels.claim_names}; name a teacher with the same labels in the same order"
        )
    if not release.layout.weights.is_file():
        raise ConfigError(f"distillation.teachers: {release.layout.weights} is missing; name a whole release")
    model = load_classifier(folder).to(device.name)
    encoder = Encoder(release.layout.tokenizer, max_length=release.max_length)
    encoded = encode_rows(rows, encoder, scheme=release.normalisation)
    return predict(model, encoded, device, pad_id=release.pad_id, max_length=release.max_length)


def _probabilities(logits: Logits, temperature: float) -> tuple[FloatArray64, FloatArray64]:
    scaled_BS = logits.stance_BS.astype(np.float64) / temperature
    powers_BS = np.exp(scaled_BS - scaled_BS.max(axis=1, keepdims=True))
    claims_BC = 1.0 / (1.0 + np.exp(-np.clip(logits.claims_BC.astype(np.float64) / temperature, -60, 60)))
    return powers_BS / powers_BS.sum(axis=1, keepdims=True), claims_BC
