"""What must hold before a job writes: input and output lie apart, and the folder is free, or a job's own."""

import glob
import json
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from serving.batch.manifest import ERRORS, MANIFEST, manifest_bytes
from serving.batch.options import Options
from serving.batch.parts import SUFFIXES
from serving.batch.sources import is_url, local_path
from serving.batch.store import Store
from serving.batch.summary import PAGE, TABLES
from tasrih.errors import ConfigError

__all__ = ["Mode", "clear", "meet", "refuse_own_input"]

_FOLDERS = ("sentences", "articles", "errors")
_PART = re.compile(rf"part-\d{{5,}}({'|'.join(map(re.escape, SUFFIXES.values()))})")
_BESIDE = (ERRORS, PAGE, *TABLES)


@dataclass(frozen=True, slots=True)
class Mode:
    """How the output folder is met; at most one of the three."""

    resume: bool = False
    overwrite: bool = False
    retry_failed: bool = False


def meet(store: Store, mode: Mode) -> bytes | None:
    """The manifest that stands in the folder; None where there is none.

    Raises:
        ConfigError: the folder is in use, or the mode does not fit it.
    """
    data = manifest_bytes(store)
    if not (mode.resume or mode.overwrite or mode.retry_failed) and store.names():
        raise ConfigError(
            f"--output {store.location}: the folder is not empty; name another, go on with --resume, or start anew with "
            "--overwrite"
        )
    if mode.retry_failed and data is None:
        raise ConfigError(f"--retry-failed: no job began in {store.location}; run it first, without --retry-failed")
    if mode.overwrite and store.names() and not _is_ours(data):
        raise ConfigError(
            f"--overwrite: {store.location} is not empty and holds no job of ours (no {MANIFEST}); name another folder, or empty "
            "it yourself"
        )
    return data


def _is_ours(data: bytes | None) -> bool:
    """Whether a manifest is one of a job, be it of another version."""
    try:
        found = json.loads(data or b"")
    except ValueError:
        return False
    return isinstance(found, dict) and {"format", "job", "shards"} <= found.keys()


def clear(store: Store) -> None:
    """Delete what jobs write. The manifest goes last: until then the folder is still a job's, whenever this is stopped."""
    for folder in _FOLDERS:
        for name in store.names(folder):
            if _PART.fullmatch(name):
                store.delete(f"{folder}/{name}")
    for name in (*_BESIDE, MANIFEST):
        store.delete(name)


def refuse_own_input(options: Options) -> None:
    """See that no job reads what it writes.

    Raises:
        ConfigError: an input lies in the output folder, or the output folder in an input.
    """
    output = _parts(options.output, is_pattern=False)
    suffix = SUFFIXES[options.format]
    written = [f"{folder}/part-00000{suffix}" for folder in _FOLDERS[:2]] + ["errors/part-00000.jsonl", *_BESIDE]
    for name in options.inputs:
        given = _parts(name, is_pattern=True)
        if _parts(name, is_pattern=False)[: len(output)] == output:
            how = f"the input {name} lies in it"
        elif any(_reads(given, (*output, *PurePosixPath(one).parts), is_walked=_is_walked(name)) for one in written):
            how = f"it lies in the input {name}, which would hold the job's own files"
        else:
            continue
        raise ConfigError(f"--output {options.output}: {how}; name a folder apart from the input")


def _parts(name: str, *, is_pattern: bool) -> tuple[str, ...]:
    """The parts of an absolute path or URL; as a pattern those of a path that is there match themselves alone."""
    name = local_path(name)
    if is_url(name):
        return tuple(name.rstrip("/").split("/"))
    if os.path.lexists(name):
        found = PurePosixPath(os.path.realpath(name)).parts
        return tuple(map(glob.escape, found)) if is_pattern else found
    parts = PurePosixPath(os.path.abspath(name)).parts
    fixed = next((place for place, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return (*PurePosixPath(os.path.realpath(os.path.join(*parts[:fixed]))).parts, *parts[fixed:])


def _is_walked(name: str) -> bool:
    """Whether a folder that the name leads to is read with all in it; globs of URLs give files alone."""
    return not (is_url(name) and glob.has_magic(name))


def _reads(pattern: tuple[str, ...], path: tuple[str, ...], *, is_walked: bool) -> bool:
    if not pattern:
        return is_walked or not path
    if pattern[0] == "**":
        return any(_reads(pattern[1:], path[place:], is_walked=is_walked) for place in range(len(path) + 1))
    if not path or not fnmatchcase(path[0], pattern[0]):
        return False
    return _reads(pattern[1:], path[1:], is_walked=is_walked)
