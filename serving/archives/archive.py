"""An archive: what somebody uploaded, and how far its job is."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from serving.batch.manifest import Manifest, read_manifest
from serving.batch.store import LocalStore

__all__ = ["FACTS", "LABELLED", "Archive", "Status", "manifest_of", "read_archive", "write_archive"]

Status = Literal["waiting", "running", "complete", "failed"]
FACTS = "archive.json"
LABELLED = "labelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What ``archive.json`` in an archive's folder says.

    Attributes:
        id: the folder's name; later ones sort behind earlier ones.
        name: of the file, as its owner calls it.
        file: its name in the folder.
        created: ISO 8601, UTC.
        status: `running` also while the service is down and its job is to be resumed.
        model: the release's folder that labels it, once the job has begun.
        message: why the job failed.
    """

    id: str
    name: str
    file: str
    created: str
    status: Status = "waiting"
    model: str | None = None
    message: str | None = None

    def to_json(self, manifest: Manifest | None) -> dict[str, Any]:
        """What callers are told."""
        shards = manifest.shards if manifest is not None else ()
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "articles_done": sum(entry.articles + entry.errors for entry in shards),
            "articles_total": None if manifest is None else manifest.job["input"]["rows"],
            "sentences": sum(entry.sentences for entry in shards),
            "errors": sum(entry.errors for entry in shards),
            "created": self.created,
            "message": self.message,
        }


def read_archive(folder: Path) -> Archive | None:
    """The archive in a folder; None where there is none, or none any more."""
    try:
        return Archive(**json.loads((folder / FACTS).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_archive(folder: Path, archive: Archive) -> None:
    """Put it in place of what was said before, whole or not at all."""
    aside = folder / f".{FACTS}.{os.getpid()}"
    with aside.open("w", encoding="utf-8") as out:
        json.dump(asdict(archive), out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(folder / FACTS)


def manifest_of(folder: Path) -> Manifest | None:
    """What the job in an archive's folder has done so far; None before its first word."""
    return read_manifest(LocalStore(str(folder / LABELLED)))
