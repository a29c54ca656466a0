"""The folder of all archives: one folder each, whose names alone say what is there.

A name with a dot before it is no archive yet (an upload) or none any more (deleted; the runner clears it away when its job has
stopped). Renaming is what makes an archive come and go, at once and whole.
"""

import datetime
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from serving.archives.archive import FACTS, Archive, read_archive, write_archive
from serving.batch.sources import format_of

__all__ = ["Archives", "Upload", "is_readable"]

_ID = re.compile(r"[0-9a-f]{12}-[0-9a-f]{8}")
_PACKED = (".gz", ".zst")
# Of a file's name without its suffixes; file systems take 255 bytes.
MAX_STEM_BYTES = 150
STALE_SECONDS = 24 * 3600


def is_readable(name: str) -> bool:
    """Whether a file of this name holds what a job reads, by its suffix."""
    return format_of(name) is not None


class Archives:
    """See the module. Any thread of any process may call.

    Attributes:
        root: the folder; made by the first upload.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, id: str) -> Path:
        return self.root / id

    def get(self, id: str) -> Archive | None:
        """An archive; None where there is none of the name, whatever the name is."""
        return read_archive(self.folder(id)) if _ID.fullmatch(id) else None

    def all(self) -> list[Archive]:
        """All archives, oldest first."""
        return [archive for id in self._names() if (archive := self.get(id)) is not None]

    def pending(self) -> Archive | None:
        """The oldest whose job is not at its end."""
        return next((one for one in self.all() if one.status in ("waiting", "running")), None)

    def begin(self, name: str) -> "Upload":
        """Take an upload in."""
        id = f"{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"
        folder = self.root / f".upload-{id}"
        folder.mkdir(parents=True)
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        archive = Archive(id=id, name=name, file=_file_name(name), created=created)
        return Upload(archive, folder, self.folder(id))

    def note(self, id: str, **changes: Any) -> Archive | None:
        """Change what is said of an archive; None where it is gone."""
        archive = self.get(id)
        if archive is None:
            return None
        changed = replace(archive, **changes)
        try:
            write_archive(self.folder(id), changed)
        except FileNotFoundError:
            return None
        return changed

    def delete(self, id: str) -> bool:
        """Let an archive be none; False where there was none."""
        if self.get(id) is None:
            return False
        try:
            self.folder(id).rename(self.root / f".deleted-{id}")
        except FileNotFoundError:
            return False
        return True

    def sweep(self) -> None:
        """Clear away what is no archive any more. No job may run meanwhile but on an archive that is one."""
        for path in self.root.iterdir():
            if not path.is_dir():
                continue
            is_stale = path.name.startswith(".upload-") and time.time() - path.stat().st_mtime > STALE_SECONDS
            # A job that was just stopped may have made the folder anew.
            is_rest = _ID.fullmatch(path.name) is not None and not (path / FACTS).exists()
            if path.name.startswith(".deleted-") or is_stale or is_rest:
                shutil.rmtree(path, ignore_errors=True)

    def _names(self) -> Iterator[str]:
        try:
            yield from sorted(one for one in os.listdir(self.root) if _ID.fullmatch(one))
        except FileNotFoundError:
            return


class Upload:
    """A file on its way in; used by one caller, from one thread at a time."""

    def __init__(self, archive: Archive, folder: Path, target: Path) -> None:
        self._archive = archive
        self._folder = folder
        self._target = target
        self._stream: IO[bytes] = (folder / archive.file).open("wb")

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def commit(self) -> Archive:
        """Make it an archive; once this returns, it is on the disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        write_archive(self._folder, self._archive)
        self._folder.rename(self._target)
        return self._archive

    def discard(self) -> None:
        """Forget it."""
        self._stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _file_name(name: str) -> str:
    """What a file is called on the disk: as its owner calls it, shorter where that is too long."""
    suffixes = PurePosixPath(name).suffixes
    suffix = "".join(suffixes[-2:] if suffixes[-1].lower() in _PACKED else suffixes[-1:])
    stem = name.removesuffix(suffix).encode()[:MAX_STEM_BYTES].decode(errors="ignore")
    return f"{stem}{suffix}"
