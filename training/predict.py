"""Logits of corpus rows from the torch classifier, batched as inference batches."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tasrih.encoding import batches
from tasrih.engines.classifier import Classifier
from tasrih.errors import TasrihError
from tasrih.labels import LabelSet
from tasrih.types import BoolArray, Encoded, FloatArray, IntArray, Logits
from training.corpus import Row
from training.device import Device

__all__ = ["gold_of", "predict", "predict_with_pooled"]


def predict(model: Classifier, encoded: Sequence[Encoded], device: Device, *, pad_id: int, max_length: int) -> Logits:
    """Logits of each sentence, float32, in the order given. Leaves the model's mode as it was.

    Raises:
        TasrihError: one is not finite. A NaN compares as false everywhere, and would become a label like any other.
    """
    return predict_with_pooled(model, encoded, device, pad_id=pad_id, max_length=max_length)[0]


def predict_with_pooled(
    model: Classifier, encoded: Sequence[Encoded], device: Device, *, pad_id: int, max_length: int
) -> tuple[Logits, FloatArray]:
    """As `predict`, and the pooled vector of each sentence, float32, BD."""
    n = len(encoded)
    stance_BS = np.zeros((n, len(model.heads.stances)), dtype=np.float32)
    claims_BC = np.zeros((n, len(model.heads.claims)), dtype=np.float32)
    pooled_BD = np.zeros((n, int(model.encoder.config.hidden_size)), dtype=np.float32)
    was_training = model.training
    model.eval()
    with torch.inference_mode(), device.autocast():
        for placed in batches(encoded, pad_id=pad_id, max_length=max_length):
            ids_BL = torch.from_numpy(placed.batch.ids_BL).to(device.name)
            mask_BL = torch.from_numpy(placed.batch.mask_BL).to(device.name)
            answer = model(ids_BL, mask_BL)
            stance_BS[list(placed.places)] = _numpy(answer.stance_BS)
            claims_BC[list(placed.places)] = _numpy(answer.claims_BC)
            pooled_BD[list(placed.places)] = _numpy(answer.pooled_BD)
    model.train(was_training)
    if not (np.isfinite(stance_BS).all() and np.isfinite(claims_BC).all()):
        raise TasrihError(
            "logits are not finite: training diverged; lower training.learning_rate or training.head_learning_rate"
        )
    return Logits(stance_BS, claims_BC), pooled_BD


def _numpy(tensor: Tensor) -> FloatArray:
    return tensor.float().cpu().numpy()


def gold_of(rows: Sequence[Row], labels: LabelSet) -> tuple[IntArray, BoolArray]:
    """Stance indexes (shape B, int64) and claim types carried (shape BC, bool) of labelled rows."""
    stances = {name: place for place, name in enumerate(labels.stance_names)}
    stance_B = np.array([stances[row.stance] for row in rows], dtype=np.int64)
    claims = [[name in row.claim_types for name in labels.claim_names] for row in rows]
    return stance_B, np.array(claims, dtype=np.bool_).reshape(len(rows), len(labels.claims))
