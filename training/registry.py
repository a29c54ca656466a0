"""The releases of a folder, which of them is the current one, and how that came to be.

``current.json`` is all that those who label need (`tasrih.release.find_release`); ``history.jsonl`` tells every change, one JSON
line each. Both are only read here; `training/promotion.py` changes them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import ReleaseError, ReleaseNotFoundError

__all__ = ["Change", "Registry", "Standing", "current_release", "target_fault"]

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """A release folder as the list shows it; `facts` is None where its ``release.json`` cannot be read."""

    name: str
    is_current: bool
    facts: Change | None


class Registry:
    """The releases in one folder.

    Attributes:
        folder: such as ``models``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pointer = folder / "current.json"
        self.log = folder / "history.jsonl"

    def current(self) -> str | None:
        """Folder name of the current release; None where none is named.

        Raises:
            ReleaseNotFoundError: ``current.json`` is not what it must be.
        """
        try:
            return str(json.loads(self.pointer.read_text(encoding="utf-8"))["release"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseNotFoundError(
                f'{self.pointer}: expected {{"release": "NAME-VERSION"}} ({error}); mend it, or take it from {self.log}'
            ) from error

    def releases(self) -> list[Standing]:
        """Every folder with a ``release.json``, by name; files are not hashed."""
        current = self.current()
        return [
            Standing(path.parent.name, path.parent.name == current, _facts(path))
            for path in sorted(self.folder.glob("*/release.json"))
            if not path.parent.name.startswith(".")  # half a release, being written
        ]

    def history(self) -> list[Change]:
        """All changes, the oldest first; a last line that was cut short is left out.

        Raises:
            ReleaseError: a line is not one of ours.
        """
        try:
            data = self.log.read_bytes()
        except FileNotFoundError:
            return []
        changes: list[Change] = []
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
            try:
                change = json.loads(line)
                changes.append(
                    {"action": change["action"], "before": change["before"], "after": change["after"], **change}
                )
            except (ValueError, TypeError, KeyError) as error:
                raise ReleaseError(
                    f"{self.log}:{number}: no change that we wrote ({error!r}); mend or remove it"
                ) from error
        return changes


def current_release(folder: Path) -> Path | None:
    """The folder of the current release of a registry; None where it has none."""
    name = Registry(folder).current()
    return None if name is None else folder / name


def target_fault(release: Path, *, overwrite: bool) -> str | None:
    """Why a run may not write this release folder; None: it may.

    Raises:
        ReleaseNotFoundError: ``current.json`` beside it is not what it must be.
    """
    if not release.exists():
        return None
    if not overwrite:
        return f"output: {release} exists; raise output.version, or --set output.overwrite=true to replace it"
    if Registry(release.parent).current() == release.name:
        # It would label from then on with no gate passed and nothing in the history.
        return f"output.overwrite: {release} is the current release; raise output.version, or promote another one first"
    return None


def _facts(manifest: Path) -> Change | None:
    try:
        facts = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None
