"""Opens the encoder that a run starts from: a folder, a hub model, or random weights for tests.

What comes out is the same in each case: a transformers encoder, a ``tokenizer.json`` and how to normalise for it.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import AutoConfig, AutoModel, BertConfig, BertModel, PretrainedConfig, PreTrainedModel

from tasrih.engines.classifier import CONFIG_KEY, encoder_arguments
from tasrih.errors import ConfigError
from tasrih.normalise import normalise
from training.base_source import is_hub_id, missing_base
from training.base_tokenizer import check_scheme, open_tokenizer
from training.config import Config
from training.config_inputs import RandomEncoderConfig
from training.hub import fetch_base

__all__ = ["Base", "open_base"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An encoder to fine-tune, and what goes with it.

    Attributes:
        encoder: float32, without a pooler.
        tokenizer: with neither truncation nor padding set.
        pad_id: the token id of padding.
        normalisation: a scheme of `tasrih.normalise`.
        record: what the release says of it: name, where it came from (of a hub model, the commit), licence.
        notice: the text of its NOTICE file, which its licence wants to travel with models made from it.
    """

    encoder: PreTrainedModel
    tokenizer: Tokenizer
    pad_id: int
    normalisation: str
    record: dict[str, Any]
    notice: str | None = None


def open_base(config: Config, texts: Iterable[str]) -> Base:
    """Open the base of a run.

    Args:
        config: of the run.
        texts: of the training split; only a random encoder's vocabulary is made from them.

    Raises:
        ConfigError: it is missing, is not an encoder, or cannot be fetched.
    """
    scheme = config.base.scheme
    if config.base.random is not None:
        return _random(config.base.random, scheme, config.model.max_length, texts)
    assert config.base.model is not None
    folder = Path(config.base.model)
    if not folder.is_dir() and not is_hub_id(config.base.model):
        raise ConfigError("\n".join(missing_base(config.base)))
    if not folder.is_dir():
        folder = fetch_base(config.base.model, config.base.revision)
    try:
        return _pretrained(config, scheme, folder)
    except (OSError, ValueError, RuntimeError, UnpicklingError) as error:
        raise ConfigError(
            f"base.model: {config.base.model}: cannot be loaded ({error}); expected a transformers model folder or a hub "
            "id that can be reached; the offline base is made by `python -m training.base_encoder`"
        ) from error


def _pretrained(config: Config, scheme: str, folder: Path) -> Base:
    name = str(config.base.model)
    check_scheme(config.base, scheme, folder)
    model_config = AutoConfig.from_pretrained(folder)
    if getattr(model_config, CONFIG_KEY, None) is not None:
        # A release: its encoder goes on from where it was; its heads start anew, since labels may differ.
        encoder = AutoModel.from_config(model_config, **encoder_arguments(model_config))
        state = load_file(folder / "model.safetensors")
        mark = "encoder."
        encoder.load_state_dict({k.removeprefix(mark): v.float() for k, v in state.items() if k.startswith(mark)})
        delattr(model_config, CONFIG_KEY)
    else:
        encoder = _encoder(folder, model_config, name)
    if config.base.layers is not None:
        _keep_layers(encoder, config.base.layers, name)
    positions = _n_positions(encoder)
    if config.model.max_length > positions:
        raise ConfigError(
            f"model.max_length: {config.model.max_length} given, {name} has positions for {positions} tokens; choose at "
            "most those"
        )
    record: dict[str, Any] = {"name": name, "revision": None, "architecture": model_config.model_type}
    if folder != Path(name):
        record["revision"] = folder.name  # the cache names a folder after its commit, whatever branch was asked for
    if config.base.layers is not None:
        record["layers"] = config.base.layers
    manifest = folder / "base.json"
    if manifest.is_file():
        facts = json.loads(manifest.read_text(encoding="utf-8"))
        record |= {key: facts[key] for key in ("name", "licence", "sources", "rows") if key in facts}
        record["folder"] = name
    notice = folder / "NOTICE"
    return Base(
        encoder=encoder,
        tokenizer=open_tokenizer(folder, name, n_rows=encoder.get_input_embeddings().num_embeddings),
        pad_id=int(model_config.pad_token_id or 0),
        normalisation=scheme,
        record=record,
        notice=notice.read_text(encoding="utf-8") if notice.is_file() else None,
    )


def _encoder(folder: Path, model_config: PretrainedConfig, name: str) -> PreTrainedModel:
    # weights_only: a hub model may hold nothing but a pickle, and nothing in it may run.
    encoder, told = AutoModel.from_pretrained(
        folder, weights_only=True, output_loading_info=True, **encoder_arguments(model_config)
    )
    # transformers would start these from random weights and only log it.
    absent = sorted(told["missing_keys"])
    if absent:
        raise ConfigError(
            f"base.model: {name}: its weights lack {len(absent)} of the encoder's tensors ({absent[0]}, …); expected all: "
            "fetch it again, or choose another model"
        )
    assert isinstance(encoder, PreTrainedModel)
    return encoder


def _n_positions(encoder: PreTrainedModel) -> int:
    """How many tokens the encoder has positions for."""
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    if isinstance(table, nn.Embedding) and table.padding_idx is not None:
        # RoBERTa's positions begin after the padding index: 514 rows are for 512 tokens.
        return table.num_embeddings - table.padding_idx - 1
    return int(getattr(encoder.config, "max_position_embeddings", sys.maxsize))


def _keep_layers(encoder: PreTrainedModel, n_layers: int, name: str) -> None:
    """Leave out all but `n_layers` of the encoder's layers, evenly spaced, the last one kept."""
    layers = getattr(getattr(encoder, "encoder", None), "layer", None)
    if not isinstance(layers, nn.ModuleList) or n_layers > len(layers):
        found = len(layers) if isinstance(layers, nn.ModuleList) else "no list of"
        raise ConfigError(f"base.layers: {n_layers} given, {name} has {found} layers; choose at most those, or null")
    kept = [round((place + 1) * len(layers) / n_layers) - 1 for place in range(n_layers)]
    encoder.get_submodule("encoder").layer = nn.ModuleList(layers[place] for place in kept)
    encoder.config.num_hidden_layers = n_layers


def _random(config: RandomEncoderConfig, scheme: str, max_length: int, texts: Iterable[str]) -> Base:
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    split = pre_tokenizers.BertPreTokenizer()
    words = Counter(word for text in texts for word, _ in split.pre_tokenize_str(normalise(text, scheme=scheme)))
    # Ties by spelling, so that the vocabulary is the same on every machine.
    kept = sorted(words, key=lambda word: (-words[word], word))[: config.vocabulary]
    vocabulary = {piece: i for i, piece in enumerate([*specials, *kept])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106 - a token of text
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = split
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    encoder = BertModel(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.feed_forward,
            max_position_embeddings=max_length,
            pad_token_id=0,
        ),
        add_pooling_layer=False,
    )
    return Base(
        encoder=encoder,
        tokenizer=tokenizer,
        pad_id=0,
        normalisation=scheme,
        record={"name": "random weights, for tests", "architecture": "bert"},
    )
