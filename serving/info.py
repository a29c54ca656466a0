"""What `GET /v1/info` tells: release, labels, limits, versions."""

import platform
from importlib import metadata
from typing import Any

from serving.releases import Releases
from serving.settings import Settings

__all__ = ["info"]

LIBRARIES = ("tasrih", "bentoml", "openvino", "tokenizers", "numpy", "trafilatura")
LIMITS = (
    "max_body_bytes",
    "max_archive_bytes",
    "max_sentences_in_flight",
    "max_queue_s",
    "max_sentence_chars",
    "max_article_chars",
    "timeout_s",
    "body_timeout_s",
)


def info(releases: Releases, settings: Settings) -> dict[str, Any]:
    """All of it but the request's id."""
    model = releases.default.model
    release, engine = model.release, model.engine
    return {
        "release": {"name": release.name, "version": release.version},
        "releases": releases.to_json(),
        "labels": release.labels.to_json(),
        "limits": {
            **{name: getattr(settings, name) for name in LIMITS},
            "max_tokens_a_sentence": release.max_length,
        },
        "engine": {"name": engine.name, "precision": engine.precision},
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}},
        "offsets": "Unicode code points, half-open",
    }


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "unknown"  # a bento carries the sources of tasrih, not an installed package
