"""What a page shows of a sentence, and whose sentences it must not show.

The texts of the real half, of tables and of anybody's archive are their publishers'. They may be read by whoever has them,
and may not get into git: a page shows them only where git would not take it, in a folder that it ignores or outside of any
repository.
"""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from training.corpus import Row

__all__ = ["OURS", "Shown", "could_be_committed", "for_page", "of_rows"]

# Sentences of this source were written for the corpus and may stand anywhere.
OURS = "composed"


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that a page names.

    Attributes:
        id: of the row, or file and place of the archive.
        text: None where the page may not hold it.
        source: of the row, or `archive`.
    """

    id: str
    text: str | None
    source: str


def of_rows(rows: Iterable[Row]) -> list[Shown]:
    """Rows of the corpus, with their texts."""
    return [Shown(row.id, row.text, row.source) for row in rows]


def for_page(sentences: Iterable[Shown], page: Path | None) -> list[Shown]:
    """The sentences as `page` may show them; None: no page is written, and nothing is hidden."""
    hidden = page is not None and could_be_committed(page)
    return [replace(one, text=None) if hidden and one.source != OURS else one for one in sentences]


def could_be_committed(path: Path) -> bool:
    """Whether `path` is in a git repository that does not ignore it; where that cannot be known, whether it is in one."""
    folder = path.resolve().parent
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return False
    git = shutil.which("git")
    existing = next(above for above in (folder, *folder.parents) if above.is_dir())
    if git is None:
        return True
    words = [git, "-C", str(existing), "check-ignore", "--quiet", str(path.resolve())]
    return subprocess.run(words, capture_output=True, check=False).returncode != 0  # noqa: S603
