"""What a job may be told: defaults, then a YAML file (``--config``), then flags; the last one wins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from serving.faults import faults_of
from tasrih.errors import ConfigError

__all__ = ["Options", "load_options"]

Count = Annotated[int, Field(ge=1)]


class Options(BaseModel):
    """Every knob of a job.

    Attributes:
        inputs: files, folders, globs and URLs, read in this order.
        output: a folder, or an fsspec URL of one.
        format: of the parts.
        engine: where the job runs.
        text_column: the column that holds an article's text.
        html_column: the column that holds an article's markup, where there is one.
        id_column: names an article; rows without one are named after their place.
        source_column: the outlet.
        published_column: when it was published, as the caller writes it.
        keep_columns: the caller's columns that the articles' rows carry; None is all of them.
        keep_boilerplate: whether boilerplate lines stand among the sentences, without labels.
        encoding: of CSV files; a byte-order mark wins over it.
        delimiter: of CSV files; None is a tab in ``.tsv``, else a comma.
        shard_articles: rows of the input a shard takes. More: fewer files, more work lost to a crash.
        max_error_rate: share of rows that may fail before the job ends with exit code 3.
        model: a release folder; None is the default release.
        encoder_engine: what executes the encoder.
        precision: of its arithmetic.
        cache_sentences: sentences seen last whose answers are kept, about 0.5 kB each.
        workers: processes that clean; None decides by the number of cores, 0 cleans in this process.
        ray_address: of a running cluster; None starts Ray on this machine.
        ray_actors: that hold the model.
        ray_actor_cpus: cores that Ray sets aside for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: tuple[str, ...] = ()
    output: str
    format: Literal["parquet", "jsonl", "csv"] = "parquet"
    engine: Literal["local", "ray"] = "local"
    text_column: str = "text"
    html_column: str = "html"
    id_column: str = "id"
    source_column: str = "source"
    published_column: str = "published"
    keep_columns: tuple[str, ...] | None = None
    keep_boilerplate: bool = False
    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    shard_articles: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.01
    model: str | None = None
    encoder_engine: Literal["auto", "openvino", "torch"] = "auto"
    precision: Literal["auto", "f32", "bf16"] = "auto"
    cache_sentences: Annotated[int, Field(ge=0)] = 100_000
    workers: Annotated[int, Field(ge=0, le=256)] | None = None
    ray_address: str | None = None
    ray_actors: Count = 1
    ray_actor_cpus: Annotated[float, Field(gt=0)] | None = None

    @field_validator("inputs", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("keep_columns", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            raise ValueError("no such encoding; such as utf-8 or windows-1256") from None
        return value

    @model_validator(mode="after")
    def _apart(self) -> "Options":
        mapped = (self.text_column, self.html_column, self.id_column, self.source_column, self.published_column)
        if len(set(mapped)) != len(mapped):
            raise ValueError(f"columns: text, html, id, source and published must be five columns, {mapped} given")
        return self

    def kept(self) -> dict[str, Any]:
        """The options that what comes out depends on: a job is resumed with the same ones, or not at all."""
        return {name: value for name, value in self.model_dump(mode="json").items() if name in _SHAPING}


_SHAPING = (
    "format", "text_column", "html_column", "id_column", "source_column", "published_column", "keep_columns",
    "keep_boilerplate", "encoding", "delimiter", "shard_articles",
)  # fmt: skip


def load_options(flags: Mapping[str, Any], *, config: Path | None = None) -> Options:
    """Put the options together.

    Args:
        flags: what the command line said, by the options' names; None is not said.
        config: a YAML file.

    Raises:
        ConfigError: naming every fault, with where the value came from.
    """
    values: dict[str, Any] = _file(config) if config else {}
    origins = {name: f"{config}: {name}" for name in values}
    for name, value in flags.items():
        if value is not None and value != []:
            values[name] = value
            origins[name] = "--" + name.replace("_", "-")
    if not values.get("inputs"):
        raise ConfigError("batch: no input; name files, folders, globs or URLs")
    if not values.get("output"):
        raise ConfigError("batch: no --output; name the folder that the shards go to")
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        faults = faults_of(error, values, origins, thing="option", known=Options.model_fields)
        raise ConfigError("\n".join(faults)) from error


def _file(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path}: cannot be read as YAML ({error}); name a file such as configs/batch.yaml"
        ) from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {type(data).__name__}, expected options, one a line: NAME: VALUE")
    return data
