"""What a run may be told, section by section, with the way each knob pushes.

A config is a YAML file with the sections `base`, `corpus`, `model`, `training`, `distillation`,
`calibration`, `tracking`, `output`, `search`.
Every path in it is relative to the working directory, as on any command line; the configs of this project are
written to be run from the root of the checkout. The first three sections live in `training/config_inputs.py`, the last in
`training/search_config.py`, reading and error messages in `training/config_file.py`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from training.config_file import KeyFaultsError, Keys, read_config
from training.config_inputs import (
    BaseConfig,
    CorpusConfig,
    Count,
    ModelConfig,
    NotNegative,
    Positive,
    Section,
    Share,
)
from training.search_config import SearchConfig, share_faults, space_faults

__all__ = [
    "CalibrationConfig",
    "Config",
    "DistillationConfig",
    "OutputConfig",
    "TrackingConfig",
    "TrainingConfig",
    "load_config",
    "without_users",
]

# What stands before the host of a URI.
_USER = re.compile(r"(\w://)[^/\s]*@")
# Part of file names, so: no slashes, no leading dot.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


class TrainingConfig(Section):
    """The optimisation.

    Attributes:
        epochs: passes over the training split. More fits it closer; the best epoch on validation is kept anyway.
        batch_size: sentences a batch, all processes together. Larger: steadier, fewer steps; raise the learning rate with it.
        gradient_accumulation: batches a step, where memory does not hold a larger batch: 8 of 4 step as 1 of 32 does.
        learning_rate: of the encoder, at its highest. Higher adapts more and forgets more of pretraining.
        head_learning_rate: of the heads, which start from nothing.
        weight_decay: pulls weights (not biases, not norms) to 0. Higher: smoother, underfits.
        warmup_share: of all steps, during which the rate rises from 0; it then falls linearly to 0.
        max_grad_norm: longer gradients are cut to this. Lower: steadier, slower.
        label_smoothing: share of a stance's target spread over all. Higher: less sure of itself, forgiving to label noise.
        stance_weights: `none`, `balanced` (each stance weighs inversely to how often it occurs: more recall of rare
            ones, less precision) or one factor a stance.
        claim_weight: of the claim types' loss beside the stances'.
        claim_positive_weights: `none`, `balanced` (the root of negatives over positives, because the full ratio overshoots)
            or one factor a claim type; above 1: more recall, less precision.
        precision: `bf16`, `fp32`, or `auto`: bf16 where the hardware multiplies it.
        device: `auto` takes a GPU where there is one.
        threads: CPU threads of a process; null takes all cores, of several processes each its part.
        processes: on this machine, each with its own GPU and its share of every batch; null: one a GPU, on a CPU one.
            More: faster where there are GPUs. Where torchrun or accelerate started them, their number counts.
        seed: of the heads, dropout and the order of batches.
        gradient_checkpointing: less memory, a third slower.
        early_stopping_epochs: stop after so many epochs without a better one; null never does.
    """

    epochs: Count = 4
    batch_size: Count = 32
    gradient_accumulation: Count = 1
    learning_rate: Positive = 1e-4
    head_learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.01
    warmup_share: Share = 0.1
    max_grad_norm: Positive = 1.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    stance_weights: Literal["none", "balanced"] | dict[str, Positive] = "none"
    claim_weight: NotNegative = 1.0
    claim_positive_weights: Literal["none", "balanced"] | dict[str, Positive] = "none"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: Count | None = None
    processes: Count | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    gradient_checkpointing: bool = False
    early_stopping_epochs: Count | None = None


class DistillationConfig(Section):
    """Learning from what releases say of the training sentences, beside their labels (`training/distillation.py`).

    Attributes:
        teachers: release folders with the labels of this config. Several are averaged.
        weight: of the teachers beside the labels. 0 listens to the labels alone, 1 to the teachers alone.
        temperature: softens what the teachers say. Higher shows more of what they nearly said.
        pooled_weight: above 0 the student also learns its one teacher's pooled vector, beside all else, and begins with
            its heads, which read that vector. Needs the teacher's width and pooling.
    """

    teachers: Annotated[tuple[Path, ...], Field(min_length=1)]
    weight: Share = 0.7
    temperature: Positive = 2.0
    pooled_weight: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _one_teacher(self) -> "DistillationConfig":
        if self.pooled_weight and len(self.teachers) > 1:
            raise ValueError(
                f"pooled_weight: {len(self.teachers)} teachers have no vector in common; name one, or set it to 0"
            )
        return self


class CalibrationConfig(Section):
    """What is chosen on the validation split after training.

    Attributes:
        temperatures: whether to fit them. False keeps 1: probabilities as the loss left them, usually too sure.
        thresholds: whether to choose each claim type's threshold for the best F1. False keeps one half.
        review_target: share of exact matches wanted among the sentences not sent to a person. Higher sends more.
        max_review_share: at most this share is sent, whether the target is reached or not.
    """

    temperatures: bool = True
    thresholds: bool = True
    review_target: Share = 0.95
    max_review_share: Share = 0.25


class TrackingConfig(Section):
    """What a run writes down about itself.

    Attributes:
        runs: the folder of run folders.
        log_every_steps: loss and learning rate into `log.jsonl` each so many steps.
        bootstrap_draws: for the 95 % intervals. More: steadier ends, more time.
        flips: archives without labels (articles, JSON lines with a text each, folders of both); the report tells which of
            their labels change against the current release. `tasrih train --flips ARCHIVE` names them, too.
        tensorboard: whether curves also go into the run folder's `tensorboard` (extra [tracking]).
        mlflow: a store that curves, knobs and scores also go to: `sqlite:///runs/mlflow.db`, `http://host:5000`; null is none
            (extra [tracking]). No sentence goes there. A user and password in it are used, and written down nowhere;
            MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD keep them off the command line, too.
    """

    runs: Path = Path("runs")
    log_every_steps: Count = 10
    bootstrap_draws: Annotated[int, Field(ge=100)] = 1000
    flips: tuple[Path, ...] = ()
    tensorboard: bool = False
    mlflow: Annotated[str, Field(min_length=1)] | None = None


class OutputConfig(Section):
    """The release that the run makes.

    Attributes:
        name: of the release and of its run folders.
        version: the release folder is `NAME-VERSION`.
        folder: where releases are.
        run: the run folder; null makes `NAME-TIMESTAMP` under `tracking.runs`.
        set_current: whether `current.json` then names this release as the default.
        card_notes: a Markdown file for the card's section of known weaknesses; your own examples, since the card travels.
        card_subject: a Markdown file for the card's section on what the labels are about; null leaves it out.
        overwrite: whether an existing release of that name and version is replaced.
        keep_checkpoints: whether checkpoints (weights and optimiser, 4 times the model) stay after the release is made.
    """

    name: Slug
    version: Slug = "0.1.0"
    folder: Path = Path("models")
    run: Path | None = None
    set_current: bool = False
    card_notes: Path | None = None
    card_subject: Path | None = None
    overwrite: bool = False
    keep_checkpoints: bool = False

    @property
    def release(self) -> Path:
        """The release folder."""
        return self.folder / f"{self.name}-{self.version}"


class Config(Section):
    """A whole run."""

    base: BaseConfig
    corpus: CorpusConfig
    model: ModelConfig
    training: TrainingConfig = TrainingConfig()
    distillation: DistillationConfig | None = None
    calibration: CalibrationConfig = CalibrationConfig()
    tracking: TrackingConfig = TrackingConfig()
    output: OutputConfig
    search: SearchConfig | None = None

    @model_validator(mode="after")
    def _sections_fit(self) -> "Config":
        faults = share_faults(self.training.batch_size, self.search, self.training.processes or 1)
        faults += self._weight_faults()
        if self.search is not None:
            faults += space_faults(self.search, self.to_json(), type(self))
        if faults:
            raise KeyFaultsError(faults)
        return self

    def _weight_faults(self) -> list[tuple[Keys, str]]:
        """Class weights that do not name the labels."""
        labels = self.model.label_set()
        return [
            (("training", key), f"names {sorted(weights)}, expected one factor for each of {list(names)}")
            for key, weights, names in (
                ("stance_weights", self.training.stance_weights, labels.stance_names),
                ("claim_positive_weights", self.training.claim_positive_weights, labels.claim_names),
            )
            if isinstance(weights, dict) and set(weights) != set(names)
        ]

    def to_json(self) -> dict[str, Any]:
        """Every knob with its value, defaults included; JSON types alone."""
        return self.model_dump(mode="json")

    def written(self) -> dict[str, Any]:
        """As `to_json`, for what is written down and passed on: without the user and password of any URI."""
        sections: dict[str, Any] = without_users(self.to_json())
        return sections


def without_users(value: Any) -> Any:
    """JSON without the user and password of any URI in it: `http://bob:secret@host` becomes `http://host`."""
    if isinstance(value, dict):
        return {key: without_users(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_users(inner) for inner in value]
    return _USER.sub(r"\1", value) if isinstance(value, str) else value


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a config file.

    Args:
        path: a YAML file.
        overrides: `a.b=c`, values as YAML; they win over the file.

    Raises:
        ConfigError: naming every fault at once, each with its line and, of an unknown key, the nearest known one.
    """
    return read_config(path, overrides, Config)
