"""Opens the tokenizer of a model folder, WordPiece or SentencePiece, as a `tokenizers.Tokenizer`.

``tokenizer.json`` is taken as it is where there is one; else transformers makes one of ``vocab.txt`` and the like.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer

from tasrih.errors import ConfigError
from tasrih.normalise import scheme_for
from training.config_inputs import BaseConfig

__all__ = ["check_scheme", "open_tokenizer"]


def open_tokenizer(folder: Path, name: str, *, n_rows: int) -> Tokenizer:
    """The tokenizer in `folder`, with neither truncation nor padding set.

    Args:
        folder: of a model.
        name: of the model, for messages.
        n_rows: of the encoder's table of tokens.

    Raises:
        ConfigError: it gives ids for which the encoder has no row.
        OSError, ValueError: there is none that can be read.
    """
    file = folder / "tokenizer.json"
    if file.is_file():
        try:
            tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises nothing more special
            raise ValueError(f"tokenizer.json: {error}") from error
    else:
        loaded = AutoTokenizer.from_pretrained(folder, use_fast=True)
        tokenizer = Tokenizer.from_str(loaded.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _keep_whole(tokenizer, _settings(folder))
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    if highest >= n_rows:
        raise ConfigError(
            f"base.model: {name}: its tokenizer gives ids up to {highest}, its encoder has {n_rows} rows; "
            "the two do not belong together: fetch both from one place"
        )
    return tokenizer


def check_scheme(config: BaseConfig, scheme: str, folder: Path) -> None:
    """Refuse a folder whose name says nothing while its tokenizer was AraBERT's: the text would be normalised wrongly.

    Raises:
        ConfigError: saying which scheme to name.
    """
    origin = str(_settings(folder).get("name_or_path", ""))
    if config.normalisation != "auto" or scheme != "light" or (folder / "release.json").is_file():
        return
    if scheme_for(origin) != scheme:
        raise ConfigError(
            f"base.normalisation: auto takes {scheme} by the name {config.model}, but its tokenizer_config.json says it is "
            f"{origin}; set base.normalisation to {scheme_for(origin)}, or to {scheme} if that is meant"
        )


def _settings(folder: Path) -> Mapping[str, Any]:
    """What ``tokenizer_config.json`` says; nothing where there is none."""
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return settings if isinstance(settings, dict) else {}


def _keep_whole(tokenizer: Tokenizer, settings: Mapping[str, Any]) -> None:
    """Have words that are never split stay one token: AraBERT's "[رابط]", which its normalisation writes for a link.

    It was pretrained with them whole. They are in its vocabulary, but fast tokenizers do not know the setting and take the
    brackets off (github.com/huggingface/transformers/issues/12223).
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    words = [word for word in settings.get("never_split") or () if word in vocabulary]
    tokenizer.add_special_tokens([AddedToken(word, normalized=False) for word in words])
