"""``manifest.json``: what a job is, and which of its shards are done. Written whole, after each shard's parts.

It holds nothing that differs between two runs of one job: no time, no machine, no engine of the two.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from serving.batch.store import Store
from tasrih.errors import ConfigError

__all__ = [
    "ERRORS", "MANIFEST", "OF_EARLIER_ROUND", "Entry", "Manifest", "manifest_bytes", "mismatch", "parse_manifest",
    "read_manifest", "write_bytes",
]  # fmt: skip

MANIFEST = "manifest.json"
ERRORS = "errors.jsonl"
OF_EARLIER_ROUND = (
    "it is of the rounds before --retry-failed, which are not made again: put back a copy of it, or start anew with "
    "--overwrite"
)
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A shard that is done.

    Attributes:
        number: from 0; its parts are named after it.
        round: 0 of the first run, one more for each ``--retry-failed``.
        first_row: of the input.
        last_row: of the input.
        rows: of the input that it took.
        articles: labelled.
        sentences: labelled.
        errors: rows that failed; ``rows == articles + errors``.
        files: of each part (``sentences``, ``articles``, and ``errors`` where there are any) name, bytes and sha256.
    """

    number: int
    round: int
    first_row: int
    last_row: int
    rows: int
    articles: int
    sentences: int
    errors: int
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """See the module.

    Attributes:
        job: what the job is: input, columns, release, thresholds, engine, versions, options.
        state: whether there is more to do.
        round: see `Entry`; the current one.
        rows: of the input that this round takes.
        shards: those done, of all rounds, by number.
        files: name, bytes and sha256 of what stands beside the parts once the job is complete.
    """

    job: Mapping[str, Any]
    state: Literal["running", "complete"] = "running"
    round: int = 0
    rows: int = 0
    shards: Sequence[Entry] = ()
    files: Sequence[Mapping[str, Any]] = field(default=())

    @property
    def current(self) -> list[Entry]:
        """The shards of this round."""
        return [entry for entry in self.shards if entry.round == self.round]

    @property
    def n_articles(self) -> int:
        return sum(entry.articles for entry in self.shards)

    @property
    def n_sentences(self) -> int:
        return sum(entry.sentences for entry in self.shards)

    @property
    def n_errors(self) -> int:
        """Rows that have not been labelled so far; of a retry that runs, those that failed again."""
        return sum(entry.errors for entry in self.current)

    def with_entry(self, entry: Entry) -> "Manifest":
        """This one, with one more shard done."""
        others = [one for one in self.shards if one.number != entry.number]
        return replace(self, shards=sorted([*others, entry], key=lambda one: one.number))

    def write(self, store: Store) -> None:
        """Put it in place of the one before."""
        data = {
            "format": FORMAT,
            "state": self.state,
            "round": self.round,
            "rows": self.rows,
            "articles": self.n_articles,
            "sentences": self.n_sentences,
            "errors": self.n_errors,
            "job": self.job,
            "files": list(self.files),
        }
        head = json.dumps(data, ensure_ascii=False, indent=1)
        # A shard a line: a diff shows what a run added.
        lines = [json.dumps(_entry_json(entry), ensure_ascii=False) for entry in self.shards]
        text = head.removesuffix("\n}") + ',\n "shards": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
        write_bytes(store, MANIFEST, text.encode())


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def write_bytes(store: Store, name: str, data: bytes) -> None:
    """A small file, whole."""
    with store.write(name) as path:
        path.write_bytes(data)


def manifest_bytes(store: Store) -> bytes | None:
    """A folder's manifest as it stands there; None where there is none."""
    if store.size(MANIFEST) is None:
        return None
    with store.open(MANIFEST) as stream:
        return stream.read()


def read_manifest(store: Store) -> Manifest | None:
    """The manifest of a folder; None where there is none.

    Raises:
        ConfigError: it is not one that we wrote.
    """
    data = manifest_bytes(store)
    return None if data is None else parse_manifest(data, store.location)


def parse_manifest(text: bytes, location: str) -> Manifest:
    """The manifest of a folder.

    Raises:
        ConfigError: it is not one that we wrote.
    """
    where = f"{location}/{MANIFEST}"
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ConfigError(
                f"{where}: format {data['format']!r}, this tasrih reads {FORMAT}; install the tasrih that wrote it"
            )
        return Manifest(
            job=data["job"],
            state=data["state"],
            round=data["round"],
            rows=data["rows"],
            shards=[Entry(**entry) for entry in data["shards"]],
            files=data["files"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{where}: not a manifest of a job ({type(error).__name__}: {error}); name another folder"
        ) from error


def mismatch(then: Mapping[str, Any], now: Mapping[str, Any], *, but: Sequence[str] = ()) -> str | None:
    """The first field in which two jobs differ, with both values; None where they are one job.

    Args:
        then: the job as it began.
        now: the job as it was called this time.
        but: fields that may differ, by their first word.
    """
    before, after = dict(_flat(then)), dict(_flat(now))
    for name in [*before, *(name for name in after if name not in before)]:
        if name.split(".")[0] not in but and before.get(name) != after.get(name):
            return f"{name}: {_short(before.get(name))} when the job began, {_short(after.get(name))} now"
    return None


def _flat(data: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    return [
        pair
        for name, value in data.items()
        for pair in (_flat(value, f"{above}{name}.") if isinstance(value, Mapping) else [(f"{above}{name}", value)])
    ]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
