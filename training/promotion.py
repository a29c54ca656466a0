"""Changes which release is the current one: by one process at a time, whole or not at all.

``history.jsonl`` is the lock: who changes anything holds it. A change is written there first and synced, then
``current.json`` is written aside, synced and renamed. Who is killed in between leaves the old release current; the next change
finds that the two differ and notes it, so that the history always ends with what is current.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from tasrih.errors import ReleaseError, ReleaseNotFoundError
from tasrih.release import Release
from training.registry import Change, Registry

__all__ = ["Promotion", "locked"]


@contextmanager
def locked(registry: Registry) -> Iterator["Promotion"]:
    """Be the only one who changes the current release.

    Raises:
        ReleaseError: somebody else is at it.
    """
    registry.folder.mkdir(parents=True, exist_ok=True)
    with registry.log.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(
                f"{registry.log}: another promote or rollback is at work on {registry.folder}; wait until it has ended"
            ) from error
        yield Promotion(registry, stream)


class Promotion:
    """A registry that this process alone may change, for as long as `locked` lasts."""

    def __init__(self, registry: Registry, stream: BinaryIO) -> None:
        self._registry = registry
        self._stream = stream
        self._reconcile()

    def _reconcile(self) -> None:
        """Cut off half a line, and note a current release that the history does not end with."""
        data = self._registry.log.read_bytes()
        self._stream.truncate(data.rfind(b"\n") + 1)
        current, changes = self._registry.current(), self._registry.history()
        last = changes[-1]["after"] if changes else None
        if current != last:
            self._append("noted", last, current, {"reason": "not by promote or rollback, or one of them was cut short"})

    def take_in(self, release: Release) -> str:
        """The release's folder name in the registry; copied there, whole or not at all, where it stands elsewhere.

        Raises:
            ReleaseError: another release of its name and version is there.
        """
        folder = release.layout.folder.resolve()
        if folder.parent == self._registry.folder.resolve():
            return folder.name
        target = self._registry.folder / f"{release.name}-{release.version}"
        if target.exists():
            if Release.load(target).digest == release.digest:
                return target.name
            raise ReleaseError(f"{target}: is another release; raise output.version and train again, or remove it")
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copytree(folder, aside)
            Release.load(aside)
            for path in aside.iterdir():
                _sync(path)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return target.name

    def switch(self, action: str, name: str, **told: Any) -> None:
        """Make the release in folder `name` the current one.

        Args:
            action: `promote` or `rollback`.
            name: of a folder in the registry.
            told: what else the history says of it.
        """
        pointer = self._registry.pointer
        self._append(action, self._registry.current(), name, told)
        # From here on a kill leaves either release current, whole; before, the old one.
        aside = pointer.with_name(f".{pointer.name}.{os.getpid()}")
        aside.write_text(json.dumps({"release": name}) + "\n", encoding="utf-8")
        _sync(aside)
        aside.replace(pointer)
        _sync(self._registry.folder)

    def previous(self) -> str:
        """The release that was current before the last promotion.

        Raises:
            ReleaseNotFoundError: there was none, or it is gone.
        """
        stack: list[str | None] = []
        for change in self._registry.history():
            if change["action"] == "rollback":
                stack = stack[:-1]
            elif change["action"] == "noted" and change["after"] in stack:
                stack = stack[: stack.index(change["after"]) + 1]
            else:
                stack.append(change["after"])
        before = stack[-2] if len(stack) > 1 else None
        if before is None:
            raise ReleaseNotFoundError(
                f"{self._registry.log}: no promotion is left to undo; promote the release that you want"
            )
        if not (self._registry.folder / before).is_dir():
            raise ReleaseNotFoundError(
                f"the release before, {before}, is no longer in {self._registry.folder}; promote another"
            )
        return before

    def _append(self, action: str, before: str | None, after: str | None, told: Change) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        change = {"action": action, "before": before, "after": after, "time": now, **told}
        self._stream.write(json.dumps(change, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
