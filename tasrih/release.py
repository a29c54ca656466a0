"""A release: a folder under ``models/`` that holds all it takes to label, and how it came to be.

It is looked for in this order: the caller's own choice, the environment's ``TASRIH_MODEL``, the checkout's
``models/current.json``, the copy inside an installed wheel. Every file is named with its sha256 in ``release.json``,
and a file that differs stops the load. Nothing is unpickled.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasrih.calibration import Calibration
from tasrih.errors import ReleaseDamagedError, ReleaseError, ReleaseNotFoundError
from tasrih.labels import LabelSet

__all__ = ["FORMAT", "Layout", "Release", "digest", "find_release", "sha256_of"]

FORMAT = 1
ENVIRONMENT = "TASRIH_MODEL"
PACKAGE = Path(__file__).resolve().parent
CHECKOUT_MODELS = PACKAGE.parent / "models"
WHEEL_MODELS = PACKAGE / "models"


@dataclass(frozen=True, slots=True)
class Layout:
    """The file names of a release folder."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "release.json"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def weights(self) -> Path:
        """For torch and for further fine-tuning; a wheel leaves it out."""
        return self.folder / "model.safetensors"

    @property
    def graph(self) -> Path:
        return self.folder / "openvino_model.xml"

    @property
    def graph_weights(self) -> Path:
        return self.folder / "openvino_model.bin"

    @property
    def card(self) -> Path:
        return self.folder / "README.md"

    def contents(self) -> Iterator[Path]:
        """Every file that the manifest vouches for."""
        yield from (self.config, self.weights, self.graph, self.graph_weights, self.tokenizer, self.card)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What ``release.json`` says.

    Attributes:
        layout: where the files are.
        name: such as ``tasrih-base``.
        version: such as ``0.1.0``.
        labels: names and order of both heads.
        normalisation: the scheme of `tasrih.normalise` that training used.
        max_length: tokens a sentence may take, specials included.
        pad_id: the token id of padding.
        calibration: temperatures, thresholds, review floor.
        facts: the whole of ``release.json``: base model, corpus hash, training config, versions, metrics.
    """

    layout: Layout
    name: str
    version: str
    labels: LabelSet
    normalisation: str
    max_length: int
    pad_id: int
    calibration: Calibration
    facts: Mapping[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        """The sha256 that stands for the whole release: of ``release.json``, which holds the hash of every file."""
        return str(self.facts["digest"])

    @classmethod
    def load(cls, folder: Path) -> "Release":
        """Read and verify the release in `folder`.

        Raises:
            ReleaseNotFoundError: no folder, or no ``release.json`` in it.
            ReleaseDamagedError: a file is missing or differs from its sha256.
            ReleaseError: ``release.json`` does not hold what it must.
        """
        layout = Layout(folder)
        if not layout.manifest.is_file():
            raise ReleaseNotFoundError(
                f"{folder}: no release there (no release.json); name a folder such as models/NAME-VERSION, "
                f"or leave --model and {ENVIRONMENT} unset for the default release"
            )
        try:
            facts = json.loads(layout.manifest.read_text(encoding="utf-8"))
            if facts["format"] != FORMAT:
                raise ReleaseError(
                    f"{layout.manifest}: format {facts['format']!r}, this tasrih reads {FORMAT}; "
                    "install the tasrih version that made the release"
                )
            if facts["digest"] != digest(facts):
                raise ReleaseDamagedError(
                    f"{layout.manifest}: its digest does not match its contents; the file is damaged or was changed: "
                    "fetch the release again (in a checkout: git checkout -- models)"
                )
            _verify(layout, facts["files"])
            labels = LabelSet.from_json(facts["labels"])
            return cls(
                layout=layout,
                name=str(facts["name"]),
                version=str(facts["version"]),
                labels=labels,
                normalisation=str(facts["normalisation"]),
                max_length=int(facts["max_length"]),
                pad_id=int(facts["pad_id"]),
                calibration=Calibration.from_json(facts["calibration"], labels),
                facts=facts,
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ReleaseDamagedError(
                f"{layout.manifest}: not a valid release.json ({type(error).__name__}: {error}); "
                "fetch the release again"
            ) from error


def digest(facts: Mapping[str, Any]) -> str:
    """The hexadecimal sha256 of all that ``release.json`` says but the digest itself, keys sorted."""
    said = {name: value for name, value in facts.items() if name != "digest"}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """The hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(layout: Layout, files: Mapping[str, Mapping[str, Any]]) -> None:
    for path in layout.contents():
        if path.name not in files:
            raise ReleaseDamagedError(f"{layout.manifest}: names no sha256 for {path.name}; fetch the release again")
        if not path.is_file():
            if path == layout.weights:
                continue
            raise ReleaseDamagedError(f"{path}: missing from the release; fetch the release again")
        expected, found = files[path.name]["sha256"], sha256_of(path)
        if found != expected:
            raise ReleaseDamagedError(
                f"{path}: sha256 is {found[:12]}…, release.json says {expected[:12]}…; the file is damaged or was "
                "changed: fetch the release again (in a checkout: git checkout -- models)"
            )


def find_release(model: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the release to load; see the module for where it is looked for.

    Raises:
        ReleaseNotFoundError: there is no default release, or ``current.json`` names none.
    """
    chosen = model or os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    for models in (CHECKOUT_MODELS, WHEEL_MODELS):
        pointer = models / "current.json"
        if pointer.is_file():
            try:
                return models / str(json.loads(pointer.read_text(encoding="utf-8"))["release"])
            except (ValueError, KeyError, TypeError) as error:
                raise ReleaseNotFoundError(
                    f'{pointer}: expected {{"release": "NAME-VERSION"}} ({error}); mend it or name a release with --model'
                ) from error
    raise ReleaseNotFoundError(
        f"no default release: neither --model nor {ENVIRONMENT} is set, and no models/current.json was found; "
        "train one with `tasrih train configs/default.yaml` or name a folder with --model"
    )
