"""The model: a transformers encoder, pooling, and two linear heads.

Shape suffixes: ``B`` sentences, ``L`` tokens of a padded sentence, ``D`` width of the encoder, ``S`` stances,
``C`` claim types. Works for every encoder whose output has `last_hidden_state` (BERT, RoBERTa, ELECTRA layouts).
It gives logits; what they mean is `tasrih.calibration`'s business.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from tasrih.errors import ConfigError, ReleaseDamagedError

__all__ = [
    "CONFIG_KEY",
    "Classifier",
    "ClassifierOutput",
    "Heads",
    "encoder_arguments",
    "load_classifier",
    "save_classifier",
]

# The one key that our heads add to the encoder's config.json.
CONFIG_KEY = "tasrih"


class ClassifierOutput(NamedTuple):
    """What the two heads say, and what they read.

    Attributes:
        stance_BS: float, before softmax.
        claims_BC: float, before the sigmoid; C may be 0.
        pooled_BD: float, the pooled vector of each sentence, before dropout.
    """

    stance_BS: Tensor
    claims_BC: Tensor
    pooled_BD: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What is on top of the encoder; travels in ``config.json``.

    Attributes:
        stances: names in the order of the logits.
        claims: names in the order of the logits.
        pooling: `mean` of the tokens that are not padding, or the first token (`cls`).
        dropout: before the heads, in training alone.
    """

    stances: tuple[str, ...]
    claims: tuple[str, ...]
    pooling: Literal["mean", "cls"] = "mean"
    dropout: float = 0.1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Heads":
        """Read what `asdict` gave."""
        return cls(
            stances=tuple(data["stances"]),
            claims=tuple(data["claims"]),
            pooling=data["pooling"],
            dropout=float(data["dropout"]),
        )


class Classifier(nn.Module):
    """Encoder, pooling, dropout, two heads.

    Args:
        encoder: called with `input_ids` and `attention_mask`, both BL.
        heads: how many outputs, and how to pool.
    """

    def __init__(self, encoder: PreTrainedModel, heads: Heads) -> None:
        super().__init__()
        width = int(encoder.config.hidden_size)
        self.encoder = encoder
        self.heads = heads
        self.dropout = nn.Dropout(heads.dropout)
        self.stance = _head(width, len(heads.stances))
        self.claims = _head(width, len(heads.claims))

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> ClassifierOutput:
        """Logits and pooled vector of each sentence.

        Args:
            ids_BL: token ids, int64.
            mask_BL: 1 at tokens, 0 at padding, int64. What stands at padding changes nothing.
        """
        hidden_BLD = self.encoder(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
        pooled_BD = _pool(hidden_BLD, mask_BL, self.heads.pooling)
        dropped_BD = self.dropout(pooled_BD)
        return ClassifierOutput(self.stance(dropped_BD), self.claims(dropped_BD), pooled_BD)

    def head_parameters(self) -> list[nn.Parameter]:
        """The weights that pretraining did not give."""
        return [*self.stance.parameters(), *self.claims.parameters()]

    def save_memory(self) -> None:
        """Have the encoder compute its inner activations again on the way back instead of keeping them."""
        # transformers 5.23 warns of the old name; older ones have no other.
        new, old = "activation_checkpointing_enable", "gradient_checkpointing_enable"
        getattr(self.encoder, new if hasattr(self.encoder, new) else old)()


class _NoHead(nn.Module):
    """In place of the claim types' head where there are none: B rows of nothing."""

    def forward(self, pooled_BD: Tensor) -> Tensor:
        return pooled_BD[:, :0]


def _head(width: int, n_labels: int) -> nn.Module:
    if n_labels == 0:
        return _NoHead()
    head = nn.Linear(width, n_labels)
    # The initialisation of BERT's own classifiers: small, so that a fresh head says "equally likely".
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head


def _pool(hidden_BLD: Tensor, mask_BL: Tensor, pooling: str) -> Tensor:
    if pooling == "cls":
        return hidden_BLD[:, 0]
    # Summed in float32: a bfloat16 sum over a long sentence loses digits.
    mask_BL1 = mask_BL.unsqueeze(-1).to(torch.float32)
    summed_BD = (hidden_BLD.to(torch.float32) * mask_BL1).sum(dim=1)
    return (summed_BD / mask_BL1.sum(dim=1).clamp(min=1.0)).to(hidden_BLD.dtype)


def encoder_arguments(config: PretrainedConfig) -> dict[str, Any]:
    """What `AutoModel` is to be given for this config: float32, and no pooler where the class lets it be left out.

    Raises:
        ConfigError: transformers has no plain encoder for it.
    """
    if type(config) not in MODEL_MAPPING:
        raise ConfigError(
            f"base model: {config.model_type!r} is not an encoder that transformers knows; "
            "expected BERT, RoBERTa, ELECTRA or their like"
        )
    model_class: Any = MODEL_MAPPING[type(config)]
    takes_it = "add_pooling_layer" in inspect.signature(model_class).parameters
    return {"dtype": torch.float32, **({"add_pooling_layer": False} if takes_it else {})}


def save_classifier(model: Classifier, folder: Path) -> None:
    """Write ``config.json`` and ``model.safetensors`` (fp16) into a folder that exists."""
    config = model.encoder.config.to_dict()
    config.pop("loss_type", None)  # always null here, and transformers warns of it on loading
    config.pop("_name_or_path", None)  # a folder of the machine it was trained on
    config[CONFIG_KEY] = asdict(model.heads)
    text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    state = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in model.state_dict().items()
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def load_classifier(folder: Path) -> Classifier:
    """The classifier of a release or of a run, in float32 and in evaluation mode.

    Raises:
        ReleaseDamagedError: the files are not what `save_classifier` writes.
    """
    config = AutoConfig.from_pretrained(folder)
    heads = getattr(config, CONFIG_KEY, None)
    if heads is None:
        raise ReleaseDamagedError(
            f"{folder / 'config.json'}: no key {CONFIG_KEY!r}, so it names no heads; expected a release or run folder"
        )
    model = Classifier(AutoModel.from_config(config, **encoder_arguments(config)), Heads.from_json(heads))
    saved = load_file(folder / "model.safetensors")
    state = {name: value.float() if value.is_floating_point() else value for name, value in saved.items()}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ReleaseDamagedError(f"{folder / 'model.safetensors'}: {error}; fetch the release again") from error
    return model.eval()
