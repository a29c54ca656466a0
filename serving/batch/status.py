"""Tells how far a job is, and checks that what stands in its folder is what was written."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from serving.batch.manifest import MANIFEST, OF_EARLIER_ROUND, Entry, Manifest, read_manifest
from serving.batch.sources import is_url
from serving.batch.store import Store, open_store
from serving.batch.tally import part_rows
from tasrih.errors import ConfigError, InputError

__all__ = ["status", "verify"]

RESUME = "run the job's own command with --resume, which makes it again"


def status(location: str) -> str:
    """How far the job in a folder is, as text.

    Raises:
        ConfigError: there is no job.
    """
    manifest = _manifest(open_store(location))
    done = sum(entry.rows for entry in manifest.current)
    job = manifest.job
    what = "running, or stopped (go on with --resume)" if manifest.state == "running" else "complete"
    if manifest.round:
        what += f", retry {manifest.round} of the rows that failed"
    facts = {
        "state": what,
        "rows": f"{done:,} of {manifest.rows:,} ({done / max(1, manifest.rows):.1%})",
        "shards": f"{len(manifest.shards):,}",
        "articles": f"{manifest.n_articles:,}",
        "sentences": f"{manifest.n_sentences:,}",
        "failed rows": f"{manifest.n_errors:,} of {job['input']['rows']:,} in the input",
        "rate": _rate(manifest, location),
        "format": job["options"]["format"],
        "release": f"{job['release']['name']} {job['release']['version']}, {job['encoder']['precision']}",
        "input": f"{job['input']['files']:,} files, {job['input']['bytes']:,} bytes, sha256 {job['input']['sha256'][:12]}…",
    }
    return "".join(f"{name:12} {value}\n" for name, value in facts.items() if value)


def _rate(manifest: Manifest, location: str) -> str:
    """Rows a second and time left, by the times of the parts: the manifest itself holds none."""
    if is_url(location) or len(manifest.current) < 2:
        return ""
    times = []
    for entry in manifest.current:
        path = Path(location) / entry.files["articles"]["name"]
        if path.exists():
            times.append((path.stat().st_mtime, entry.rows))
    times.sort()
    passed_s = times[-1][0] - times[0][0] if times else 0
    if passed_s <= 0:
        return ""
    per_second = sum(rows for _, rows in times[1:]) / passed_s
    left = manifest.rows - sum(entry.rows for entry in manifest.current)
    return f"{per_second:,.1f} rows/s" + (f", {left / per_second / 60:,.0f} min left" if left else "")


def verify(location: str) -> tuple[str, bool]:
    """Recompute all hashes and counts; gives what was found as text, and whether all is as it was written.

    Raises:
        ConfigError: there is no job.
    """
    store = open_store(location)
    manifest = _manifest(store)
    faults = [*_faults(manifest, store)]
    if manifest.state != "complete":
        faults.append("the job is not complete; go on with --resume")
    lines = [f"{location}: {fault}" for fault in faults]
    lines.append(
        f"{location}: {len(manifest.shards):,} shards, {manifest.n_articles:,} articles, {manifest.n_sentences:,} sentences, "
        f"{manifest.n_errors:,} failed rows; " + (f"{len(faults)} faults" if faults else "all as it was written")
    )
    return "\n".join(lines) + "\n", not faults


def _manifest(store: Store) -> Manifest:
    manifest = read_manifest(store)
    if manifest is None:
        raise ConfigError(f"{store.location}: no {MANIFEST} in it; name the output folder of a job")
    return manifest


def _faults(manifest: Manifest, store: Store) -> Iterator[str]:
    known: set[str] = set()
    for entry in manifest.shards:
        is_earlier = entry.round < manifest.round
        files = [_file_fault(one, store, is_earlier=is_earlier) for one in entry.files.values()]
        known.update(one["name"] for one in entry.files.values())
        if any(files):
            yield from filter(None, files)
        else:
            yield from _count_faults(entry, store.location)
    for one in manifest.files:
        known.add(one["name"])
        fault = _file_fault(one, store)
        if fault:
            yield fault
    for folder in ("sentences", "articles", "errors"):
        for name in store.names(folder):
            if f"{folder}/{name}" not in known and manifest.state == "complete":
                yield f"{folder}/{name}: the manifest does not name it; it is none of the job's: move it away"
    rows = sum(entry.rows for entry in manifest.current)
    if manifest.state == "complete" and rows != manifest.rows:
        yield f"shards take {rows:,} rows, the job has {manifest.rows:,}"
    labelled = manifest.n_articles + manifest.n_errors
    if manifest.state == "complete" and labelled != manifest.job["input"]["rows"]:
        yield f"{labelled:,} rows are labelled or failed, the input has {manifest.job['input']['rows']:,}"


def _file_fault(facts: Mapping[str, Any], store: Store, *, is_earlier: bool = False) -> str | None:
    name = facts["name"]
    size = store.size(name)
    if size is None:
        return f"{name}: missing; {OF_EARLIER_ROUND if is_earlier else RESUME}"
    with store.open(name) as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != facts["sha256"]:
        way_out = OF_EARLIER_ROUND if is_earlier else f"delete it, then {RESUME}"
        return f"{name}: sha256 is {digest.hexdigest()[:12]}…, the manifest says {facts['sha256'][:12]}…; {way_out}"
    return None


def _count_faults(entry: Entry, location: str) -> Iterator[str]:
    numbers: list[int] = []
    n_sentences = 0
    try:
        for kind in ("articles", "errors"):
            if kind in entry.files:
                rows = part_rows(location, entry.files[kind]["name"], ["article_row"])
                numbers += [int(row["article_row"]) for row in rows]
        for row in part_rows(location, entry.files["sentences"]["name"], ["stance"]):
            n_sentences += bool(row["stance"])
    except InputError as error:
        yield str(error)
        return
    if len(set(numbers)) != len(numbers) or len(numbers) != entry.rows:
        yield f"shard {entry.number}: {len(set(numbers)):,} different rows in its parts, expected {entry.rows:,}"
    if numbers and (min(numbers) < entry.first_row or max(numbers) > entry.last_row):
        yield f"shard {entry.number}: rows {min(numbers)} to {max(numbers)}, expected {entry.first_row} to {entry.last_row}"
    if n_sentences != entry.sentences:
        yield f"shard {entry.number}: {n_sentences:,} sentences, the manifest says {entry.sentences:,}"
