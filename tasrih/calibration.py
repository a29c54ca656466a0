"""From logits to probabilities that mean what they say, and to labels.

Both heads are calibrated by temperature scaling (Guo et al., 2017, "On Calibration of Modern Neural Networks"):
one temperature for the stances, one for each claim type. Temperatures, thresholds and the review floor are chosen on
a validation split in training and travel in the release.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasrih.labels import LabelSet
from tasrih.types import Decisions, FloatArray64, Logits

__all__ = ["Calibration"]

# Probabilities are given to this many decimals everywhere, so that JSON, CSV and Parquet hold equal numbers.
DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Temperatures, thresholds and the review floor of a release.

    Attributes:
        stance_temperature: divides the stance logits; above 1 softens. Above 0.
        claim_temperatures: one a claim type, in the release's order. Each above 0.
        claim_thresholds: probability from which a claim type is given, in (0, 1).
        review_below: a sentence whose answer as a whole (this stance, and exactly these claim types, taken as
            independent) is less probable than this needs review. In [0, 1]; 0 sends none.
    """

    stance_temperature: float = 1.0
    claim_temperatures: tuple[float, ...] = ()
    claim_thresholds: tuple[float, ...] = ()
    review_below: float = 0.0
    _temperatures: FloatArray64 = field(init=False, repr=False, compare=False)
    _thresholds: FloatArray64 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        temperatures = (self.stance_temperature, *self.claim_temperatures)
        if not all(np.isfinite(t) and t > 0 for t in temperatures):
            raise ValueError(f"temperatures: {temperatures} given, each must be finite and above 0")
        if not all(0 < t < 1 for t in self.claim_thresholds):
            raise ValueError(f"claim_thresholds: {self.claim_thresholds} given, each must lie in (0, 1)")
        if len(self.claim_temperatures) != len(self.claim_thresholds):
            raise ValueError(
                f"{len(self.claim_temperatures)} claim temperatures but {len(self.claim_thresholds)} thresholds"
            )
        if not 0 <= self.review_below <= 1:
            raise ValueError(f"review_below: {self.review_below} given, it must lie in [0, 1]")
        object.__setattr__(self, "_temperatures", np.asarray(self.claim_temperatures, dtype=np.float64))
        object.__setattr__(self, "_thresholds", np.asarray(self.claim_thresholds, dtype=np.float64))

    @classmethod
    def neutral(cls, labels: LabelSet) -> "Calibration":
        """Temperatures of 1, thresholds of one half, no review: what an uncalibrated model has."""
        n_claims = len(labels.claims)
        return cls(claim_temperatures=(1.0,) * n_claims, claim_thresholds=(0.5,) * n_claims)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], labels: LabelSet) -> "Calibration":
        """Read what `to_json` wrote. Raises `KeyError` where a claim type of `labels` is missing."""
        return cls(
            stance_temperature=float(data["temperatures"]["stance"]),
            claim_temperatures=tuple(float(data["temperatures"]["claims"][c]) for c in labels.claim_names),
            claim_thresholds=tuple(float(data["thresholds"][c]) for c in labels.claim_names),
            review_below=float(data["review_below"]),
        )

    def to_json(self, labels: LabelSet) -> dict[str, Any]:
        names = labels.claim_names
        return {
            "temperatures": {
                "stance": self.stance_temperature,
                "claims": dict(zip(names, self.claim_temperatures, strict=True)),
            },
            "thresholds": dict(zip(names, self.claim_thresholds, strict=True)),
            "review_below": self.review_below,
        }

    def probabilities(self, logits: Logits) -> tuple[FloatArray64, FloatArray64]:
        """Softmax over the stances, a sigmoid over each claim type; float64, unrounded, shapes BS and BC."""
        scaled_BS = logits.stance_BS.astype(np.float64) / self.stance_temperature
        powers_BS = np.exp(scaled_BS - scaled_BS.max(axis=1, keepdims=True))
        stance_BS = powers_BS / powers_BS.sum(axis=1, keepdims=True)
        scaled_BC = logits.claims_BC.astype(np.float64) / self._temperatures
        # exp of a non-positive number alone, so that no logit overflows.
        small_BC = np.exp(-np.abs(scaled_BC))
        claims_BC = np.where(scaled_BC >= 0, 1.0, small_BC) / (1.0 + small_BC)
        return stance_BS, claims_BC

    def confidence(self, stance_BS: FloatArray64, claims_BC: FloatArray64) -> FloatArray64:
        """Probability that stance and claim set are both right, shape B, heads taken as independent."""
        chosen_BC = np.where(claims_BC >= self._thresholds, claims_BC, 1.0 - claims_BC)
        confidence_B: FloatArray64 = stance_BS.max(axis=1) * chosen_BC.prod(axis=1)
        return confidence_B

    def decide(self, logits: Logits) -> Decisions:
        """Probabilities, labels and the review flag of each sentence."""
        stance_BS, claims_BC = self.probabilities(logits)
        confidence_B = self.confidence(stance_BS, claims_BC)
        return Decisions(
            stance_BS=np.round(stance_BS, DECIMALS),
            claims_BC=np.round(claims_BC, DECIMALS),
            stance_B=stance_BS.argmax(axis=1),
            given_BC=claims_BC >= self._thresholds,
            review_B=confidence_B < self.review_below,
        )
