"""The training loss: cross-entropy of the stance plus binary cross-entropy of the claim types, rows weighted.

Shape suffixes: ``B`` sentences, ``S`` stances, ``C`` claim types, ``D`` width of the encoder.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tasrih.engines.classifier import ClassifierOutput
from tasrih.labels import LabelSet
from training.config import DistillationConfig, TrainingConfig
from training.corpus import Row

__all__ = ["Soft", "StanceAndClaimsLoss"]


class Soft(NamedTuple):
    """What teachers say of a batch: probabilities of stances and claim types; their pooled vectors, or None."""

    stance_BS: Tensor
    claims_BC: Tensor
    pooled_BD: Tensor | None = None


class StanceAndClaimsLoss(nn.Module):
    """``mean over B of weight * (cross-entropy + claim_weight * mean over C of binary cross-entropy)``, by the mean weight.

    The mean weight is that of the training split, not of the batch: batches hold sentences of one length, so divided by
    its own weights a batch of rows of weight 0.5 would pull as hard as one of rows of weight 1.

    Args:
        config: label smoothing, claim weight, class weights.
        rows: of the training split, which `balanced` weights and the mean weight are counted on.
        labels: names of both heads, in order.
        distillation: how much teachers count, where there are any.
    """

    stance_weights_S: Tensor
    claim_weights_C: Tensor

    def __init__(
        self,
        config: TrainingConfig,
        rows: Sequence[Row],
        labels: LabelSet,
        distillation: DistillationConfig | None = None,
    ) -> None:
        super().__init__()
        self.distillation = distillation
        self.label_smoothing = config.label_smoothing
        self.claim_weight = config.claim_weight
        # Where every row weighs nothing, the loss is 0 and not NaN.
        self.mean_weight = max(1e-6, sum(row.weight for row in rows) / len(rows))
        self.register_buffer("stance_weights_S", _stance_weights(config.stance_weights, rows, labels))
        self.register_buffer("claim_weights_C", _claim_weights(config.claim_positive_weights, rows, labels))

    def forward(
        self,
        logits: ClassifierOutput,
        stance_B: Tensor,
        claims_BC: Tensor,
        weight_B: Tensor,
        soft: Soft | None = None,
    ) -> Tensor:
        """The loss, a scalar, float32.

        Args:
            logits: of the classifier, in any float type.
            stance_B: stance indexes, int64.
            claims_BC: 1 where a claim type is carried, else 0, float32.
            weight_B: row weights, float32.
            soft: with teachers, what they say, float32.
        """
        loss_B = F.cross_entropy(
            logits.stance_BS.float(), stance_B, label_smoothing=self.label_smoothing, reduction="none"
        )
        loss_B = loss_B * self.stance_weights_S[stance_B]
        if claims_BC.shape[1]:
            claims_loss_BC = F.binary_cross_entropy_with_logits(
                logits.claims_BC.float(), claims_BC, pos_weight=self.claim_weights_C, reduction="none"
            )
            loss_B = loss_B + self.claim_weight * claims_loss_BC.mean(dim=1)
        if self.distillation is not None and soft is not None:
            share = self.distillation.weight
            loss_B = (1 - share) * loss_B + share * self._from_teachers(logits, soft.stance_BS, soft.claims_BC)
            if soft.pooled_BD is not None:
                distance_B = _distance(logits.pooled_BD.float(), soft.pooled_BD)
                loss_B = loss_B + self.distillation.pooled_weight * distance_B
        return (loss_B * weight_B).mean() / self.mean_weight

    def _from_teachers(self, logits: ClassifierOutput, stance_BS: Tensor, claims_BC: Tensor) -> Tensor:
        """Cross-entropy with what the teachers say, both at the temperature; B.

        Times its square, so that gradients are as large as those of the labels whatever the temperature.
        """
        assert self.distillation is not None
        t = self.distillation.temperature
        loss_B = F.cross_entropy(logits.stance_BS.float() / t, stance_BS, reduction="none")
        if claims_BC.shape[1]:
            claims_loss_BC = F.binary_cross_entropy_with_logits(
                logits.claims_BC.float() / t, claims_BC, reduction="none"
            )
            loss_B = loss_B + self.claim_weight * claims_loss_BC.mean(dim=1)
        return loss_B * t**2


def _distance(ours_BD: Tensor, theirs_BD: Tensor) -> Tensor:
    """Squared distance of each sentence's vectors by the teacher's squared length, which makes 0 weigh 1; B."""
    squared_B = (ours_BD - theirs_BD).square().sum(dim=1)
    return squared_B / theirs_BD.square().sum(dim=1).clamp(min=1e-6)


def _stance_weights(weights: str | Mapping[str, float], rows: Sequence[Row], labels: LabelSet) -> Tensor:
    names = labels.stance_names
    if isinstance(weights, Mapping):
        return torch.tensor([weights[name] for name in names])
    if weights == "none":
        return torch.ones(len(names))
    counts = torch.tensor([max(1, sum(row.stance == name for row in rows)) for name in names])
    # Scaled so that the mean over the rows is 1: the learning rate keeps its meaning.
    return len(rows) / (len(names) * counts)


def _claim_weights(weights: str | Mapping[str, float], rows: Sequence[Row], labels: LabelSet) -> Tensor:
    names = labels.claim_names
    if isinstance(weights, Mapping):
        return torch.tensor([weights[name] for name in names])
    if weights == "none":
        return torch.ones(len(names))
    counts = torch.tensor([max(1, sum(name in row.claim_types for row in rows)) for name in names])
    return ((len(rows) - counts) / counts).clamp(min=1.0).sqrt()
