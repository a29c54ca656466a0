"""The sections of a config that say what a run starts from: `base`, `corpus` and `model`.

Each attribute says which way it pushes. The other sections, and how a config is read, are in `training/config.py`.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasrih.errors import ConfigError
from tasrih.labels import Label, LabelSet
from tasrih.normalise import SCHEMES, scheme_for

__all__ = [
    "BaseConfig",
    "CastSwapConfig",
    "ColumnsConfig",
    "CorpusConfig",
    "Count",
    "LabelConfig",
    "ModelConfig",
    "NotNegative",
    "Positive",
    "RandomEncoderConfig",
    "Section",
    "Share",
    "TableConfig",
]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Refuses unknown keys, and does not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RandomEncoderConfig(Section):
    """A BERT with random weights and a word-level tokenizer made from the corpus: for tests, it learns little.

    Attributes:
        layers: more is slower.
        width: of a token's vector; divisible by `heads`.
        heads: attention heads.
        feed_forward: width inside a layer.
        vocabulary: words kept, the most frequent ones; the others are unknown.
    """

    layers: Count = 2
    width: Count = 32
    heads: Count = 2
    feed_forward: Count = 64
    vocabulary: Count = 400

    @model_validator(mode="after")
    def _divisible(self) -> "RandomEncoderConfig":
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not divisible by heads {self.heads}; choose a multiple")
        return self


class BaseConfig(Section):
    """The pretrained encoder to fine-tune.

    Attributes:
        model: a transformers model folder (`models/base`, made by `python -m training.base_encoder`; a release folder,
            to fine-tune it further) or a hub id (`aubmindlab/bert-base-arabertv02`).
        revision: commit of the hub model. Pin it: a branch may move under you.
        normalisation: a scheme of `tasrih.normalise`, or `auto`: the one that the release records or that goes with the
            model's name. The wrong one gives the encoder text it never saw.
        layers: how many of its layers to keep, evenly spaced, the last among them; null keeps all. Fewer: faster, and less
            able; a student (`distillation`) starts from its teacher so.
        random: instead of `model`, an encoder of random weights.
    """

    model: str | None = None
    revision: str | None = None
    normalisation: str = "auto"
    layers: Count | None = None
    random: RandomEncoderConfig | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "BaseConfig":
        if (self.model is None) == (self.random is None):
            raise ValueError("give exactly one of `model` (a folder or hub id) and `random` (an encoder for tests)")
        return self

    @model_validator(mode="after")
    def _known_scheme(self) -> "BaseConfig":
        try:
            scheme = self.scheme
            if self.model is not None and not Path(self.model).is_dir():
                scheme_for(self.model)  # refuses models that want Farasa, whatever scheme was asked for
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if scheme not in SCHEMES:
            raise ValueError(f"normalisation {scheme!r} given, expected auto or one of {', '.join(SCHEMES)}")
        return self

    @property
    def scheme(self) -> str:
        """The scheme of `tasrih.normalise` to use, `auto` resolved."""
        if self.normalisation != "auto":
            return self.normalisation
        if self.model is None:
            return "light"
        release = Path(self.model) / "release.json"
        return _recorded_scheme(release) if release.is_file() else scheme_for(self.model)


def _recorded_scheme(release: Path) -> str:
    try:
        facts = json.loads(release.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{release}: cannot be read ({error}); expected a release's JSON: fetch it again") from error
    scheme = facts.get("normalisation") if isinstance(facts, dict) else None
    if not isinstance(scheme, str):
        raise ConfigError(
            f"{release}: normalisation: {scheme!r} found, expected one of {', '.join(SCHEMES)}; "
            "fetch the release again, or name the scheme in base.normalisation"
        )
    return scheme


class CastSwapConfig(Section):
    """Copies of training sentences with another cast (`training/cast_swap.py`).

    Attributes:
        table: who may take whose part; null takes `training/casts.yaml` as it comes with this package.
        copies: of each sentence that has a fitting cast. More: less trust in names, longer epochs.
        weight: of a copy in the loss, times its sentence's weight. Higher: less trust in names; lower: closer to the
            news as it was, in which some names do go with some labels.
        sources: of which half of the corpus copies are made.
    """

    table: Path | None = None
    copies: Literal[0, 1, 2] = 1
    weight: Positive = 0.5
    sources: tuple[Literal["real", "composed"], ...] = ("real", "composed")


class ColumnsConfig(Section):
    """What the columns of a table are called; `text` and `stance` must be there, the others may.

    Null for `id` or `article_id`: there is none, whatever the first line says; for ids that start anew in each file.
    """

    id: str | None = "id"
    text: str = "text"
    stance: str = "stance"
    claim_types: str = "claim_types"
    split: str = "split"
    article_id: str | None = "article_id"


class TableConfig(Section):
    """A CSV or TSV file of labelled sentences (`training/corpus_csv.py`).

    Attributes:
        path: of the file, whose first line names the columns.
        columns: which is what. Claim types of a cell are separated by `;`.
        stances: names of the config for what stands in the cells (`"1": fake`); others are taken as they are.
        split: of the whole file. Null: what its column says, or by the hash of `article_id` or `id`.
        quotes: whether cells may stand in quotation marks. False where a `"` is a character like any other.
        source: where the file is to be had, told where it is missing.
    """

    path: Path
    columns: ColumnsConfig = ColumnsConfig()
    stances: dict[str, str] = {}
    split: Literal["train", "validation", "test"] | None = None
    quotes: bool = True
    source: str | None = None


class CorpusConfig(Section):
    """Which labelled sentences the run learns from.

    Attributes:
        composed: file patterns of JSONL rows that carry their text.
        tables: CSV or TSV files of such rows.
        drop_repeats: whether of equal sentences one is kept, test's before validation's before train's. False stops the run
            where splits share one: for a corpus of your own, which you can mend.
        real_labels: labels of real sentences, without text; null leaves them out.
        real_texts: their texts, built by `tasrih corpus build-real`.
        allow_missing_texts: whether a real sentence without text is left out. False stops the run, so that two runs
            of one config learn from the same sentences.
        real_weight: how much a real sentence counts beside a composed one. Higher: closer to newswire, whose
            positions are rarer and vaguer; lower: closer to the codebook's clear cases.
        unsure_weight: multiplies the weight of rows whose reader was unsure. Lower: cleaner labels, fewer hard cases.
        cast_swap: copies of training sentences with another cast; null makes none.
    """

    composed: tuple[str, ...] = ()
    tables: tuple[TableConfig, ...] = ()
    drop_repeats: bool = False
    real_labels: Path | None = None
    real_texts: Path = Path("data/real/built/real.jsonl")
    allow_missing_texts: bool = False
    real_weight: Positive = 1.0
    unsure_weight: NotNegative = 1.0
    cast_swap: CastSwapConfig | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "CorpusConfig":
        if not self.composed and not self.tables and self.real_labels is None:
            raise ValueError("no data named; give `composed` patterns, `tables` or `real_labels`")
        return self


class LabelConfig(Section):
    """A label: its key in the corpus, and the names people see (the key where none is given)."""

    name: Annotated[str, Field(min_length=1)]
    arabic: str | None = None
    english: str | None = None

    def to_label(self) -> Label:
        """The core's label."""
        return Label(self.name, self.arabic or self.name, self.english or self.name)


class ModelConfig(Section):
    """The classifier on top of the encoder.

    Attributes:
        stances: at least two, in the order of the logits; a sentence gets exactly one.
        claims: claim types; a sentence gets any number; the list may be empty.
        max_length: tokens of a sentence, specials included. Longer sentences lose their end; time grows with it only
            where sentences are that long.
        pooling: `mean` of the tokens, or the first token (`cls`).
        dropout: before the heads, in training alone. Higher: less overfitting, slower learning.
    """

    stances: tuple[LabelConfig, ...]
    claims: tuple[LabelConfig, ...] = ()
    max_length: Annotated[int, Field(ge=8, le=512)] = 192
    pooling: Literal["mean", "cls"] = "mean"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1

    @model_validator(mode="after")
    def _labels(self) -> "ModelConfig":
        self.label_set()
        return self

    def label_set(self) -> LabelSet:
        """The labels of both heads, in the order of the logits."""
        return LabelSet(
            tuple(label.to_label() for label in self.stances), tuple(label.to_label() for label in self.claims)
        )
