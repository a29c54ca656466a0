"""What the service may be told: one object, from defaults, then a YAML file, then ``TASRIH_*``, then flags; the last one wins.

The file is the one that ``--config`` or ``TASRIH_CONFIG`` names, else ``configs/serving.yaml`` beside the packages (in a checkout
and in a bento; an installed wheel has none and takes the defaults, which are the same).
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from serving.faults import faults_of
from tasrih.errors import ConfigError

__all__ = ["CONFIG", "PREFIX", "Settings", "load_settings"]

PREFIX = "TASRIH_"
CONFIG = f"{PREFIX}CONFIG"
HERE = Path(__file__).resolve().parent.parent / "configs" / "serving.yaml"
MIN_KEY_CHARS = 16

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(BaseModel):
    """Every knob of the service.

    Attributes:
        host: address that `tasrih serve` listens on; 0.0.0.0 is every interface: set keys, or stand behind a proxy.
        port: its port. `bentoml serve` takes both from its own flags.
        model: a release folder; null takes the default release.
        engine: what executes the encoder.
        precision: of its arithmetic; `auto` is bf16 where the processor multiplies it.
        api_keys: bearer keys; none leaves the service open. In the environment separated by commas.
        api_keys_file: more of them, one a line; `#` begins a comment.
        compare_model: a second release's folder, for requests that name it; null loads none.
        state_folder: where reviews (SQLite) and archives are kept; null is the user's data folder.
        database_url: of the reviews, as SQLAlchemy writes it, such as postgresql://user:password@host/name; null is SQLite in
            `state_folder`.
        max_archive_bytes: of one uploaded archive, counted as it streams in.
        max_body_bytes: of one request, counted as it streams in.
        max_held_bytes: of all bodies being read or prepared; past it callers are told to come back.
        max_sentences_in_flight: of all callers together. Higher: fewer 429, longer waits.
        max_queue_s: what the sentences in flight may take, at the pace of late. Keep it well below `timeout_s`: calls take
            turns, so those that come later delay those before them. A call that comes alone may take longer.
        max_sentence_chars: a longer sentence is an item error.
        max_article_chars: a longer article is an item error.
        timeout_s: from the end of a request's headers to its answer.
        body_timeout_s: for a body to arrive whole.
        drain_timeout_s: for taken work to end after SIGTERM.
        round_tokens: padded tokens the engine is given at once. Higher: more throughput, longer waits for single sentences.
        turn_sentences: sentences a call may put into a round before the next call has its turn.
        cache_sentences: seen last, whose answers are kept in memory, about 1 kB each; 0 keeps none.
        preparing_threads: that read, split and tokenise; more help only where processors are idle.
        log_format: `json`, or `console` for people.
        log_level: of the service's own lines.
        trace_endpoint: an OTLP/HTTP address such as http://localhost:4318/v1/traces; null sends no traces.
        trace_share: of requests that are traced, unless the caller's trace header decides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 3000
    model: Path | None = None
    engine: Literal["auto", "openvino", "torch"] = "auto"
    precision: Literal["auto", "f32", "bf16"] = "auto"
    api_keys: tuple[SecretStr, ...] = ()
    api_keys_file: Path | None = None
    compare_model: Path | None = None
    state_folder: Path | None = None
    database_url: SecretStr | None = None
    max_archive_bytes: Count = 200_000_000
    max_body_bytes: Count = 2_000_000
    max_held_bytes: Count = 64_000_000
    max_sentences_in_flight: Count = 4096
    max_queue_s: Seconds = 15.0
    max_sentence_chars: Count = 20_000
    max_article_chars: Count = 200_000
    timeout_s: Seconds = 30.0
    body_timeout_s: Seconds = 15.0
    drain_timeout_s: Seconds = 30.0
    round_tokens: Count = 8192
    turn_sentences: Count = 64
    cache_sentences: Annotated[int, Field(ge=0)] = 20_000
    preparing_threads: Annotated[int, Field(ge=1, le=64)] = 2
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trace_endpoint: str | None = None
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _keys_from_text(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("api_keys"), str):
            keys = [key.strip() for key in data["api_keys"].split(",") if key.strip()]
            if not keys:
                # An unfilled secret must not open the service in silence.
                raise ValueError("api_keys: given, but empty; give a key, or leave it unset for an open service")
            return {**data, "api_keys": keys}
        return data

    @field_validator("host")
    @classmethod
    def _an_address(cls, host: str) -> str:
        try:
            return str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
        except ValueError:
            raise ValueError("expected an IP address, such as 127.0.0.1 or 0.0.0.0") from None

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, given: SecretStr | None) -> SecretStr | None:
        if given is None:
            return None
        # Not above: settings are read where no database is.
        from serving.reviews.database import url_of

        return SecretStr(url_of(given.get_secret_value()).render_as_string(hide_password=False))

    @property
    def state(self) -> Path:
        """The folder of reviews and archives; nothing is made before something is kept."""
        return (self.state_folder or user_data_path("tasrih", appauthor=False)).absolute()

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        for key in self.api_keys:
            if len(key.get_secret_value()) < MIN_KEY_CHARS:
                raise ValueError(f"api_keys: a key is shorter than {MIN_KEY_CHARS} characters; make a longer one")
        if self.max_held_bytes < self.max_body_bytes:
            raise ValueError(
                f"max_held_bytes: {self.max_held_bytes} is below max_body_bytes ({self.max_body_bytes}); raise it"
            )
        return self

    def shown(self) -> dict[str, Any]:
        """Every setting with its value, JSON types alone; of the keys their number, of the database no password."""
        data = self.model_dump(mode="json")
        if self.database_url is not None:
            from serving.reviews.database import url_of

            data["database_url"] = str(url_of(self.database_url.get_secret_value()))
        data["api_keys"] = f"{len(self.api_keys)} keys, not shown" if self.api_keys else []
        return data


def load_settings(
    flags: Mapping[str, Any] | None = None, *, config: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Put the settings together; see the module for the order.

    Args:
        flags: what the command line said, by the settings' names.
        config: a YAML file, which must then exist.
        environment: in place of the process's own.

    Raises:
        ConfigError: naming every fault, with where the value came from.
    """
    environment = os.environ if environment is None else environment
    chosen = config or (Path(environment[CONFIG]) if environment.get(CONFIG) else None)
    origins: dict[str, str] = {}
    values: dict[str, Any] = {}
    path = chosen or HERE
    layers: list[tuple[str, Mapping[str, Any]]] = [(str(path), _file(path, must_exist=chosen is not None))]
    # Names that are no setting of ours are left alone: Kubernetes sets TASRIH_SERVICE_HOST beside a service named tasrih.
    named = {name: environment.get(PREFIX + name.upper()) for name in Settings.model_fields}
    layers.append((PREFIX, {name: value for name, value in named.items() if value is not None}))
    layers.append(("--", {name: value for name, value in (flags or {}).items() if value is not None}))
    for origin, layer in layers:
        for name, value in layer.items():
            values[name] = value
            origins[name] = _origin(origin, name)
    try:
        return _with_key_file(Settings.model_validate(values))
    except ValidationError as error:
        faults = faults_of(error, values, origins, thing="setting", known=Settings.model_fields, secret=_SECRET)
        raise ConfigError("\n".join(faults)) from error


def _origin(layer: str, name: str) -> str:
    if layer == PREFIX:
        return PREFIX + name.upper()
    return "--" + name.replace("_", "-") if layer == "--" else f"{layer}: {name}"


# Whose values stand in no message.
_SECRET = frozenset({"api_keys", "api_keys_file", "database_url"})


def _file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    if not must_exist and not path.is_file():
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path}: cannot be read as YAML ({error}); name a file such as configs/serving.yaml"
        ) from error
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {type(data).__name__}, expected settings, one a line: NAME: VALUE")
    return data or {}


def _with_key_file(settings: Settings) -> Settings:
    path = settings.api_keys_file
    if path is None:
        return settings
    try:
        lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"api_keys_file: {path}: cannot be read ({error}); name a file with one key a line"
        ) from error
    keys = [line for line in lines if line]
    if not keys:
        raise ConfigError(f"api_keys_file: {path}: holds no key; write one a line, or leave the setting out")
    held = [key.get_secret_value() for key in settings.api_keys]
    return Settings.model_validate({**settings.model_dump(exclude={"api_keys"}), "api_keys": held + keys})
