"""A job from its inputs to its summary: what there is to read, what is done already, the rest, and the end.

After a kill at any moment the same call with `resume` goes on: what the manifest names is whole, the rest is made again, and the
folder ends as that of a run that nobody disturbed.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from typing import Any

import pyarrow as pa

from serving.batch.admission import Mode, clear, meet, refuse_own_input
from serving.batch.columns import as_begun, schema_text
from serving.batch.local import LocalEngine
from serving.batch.manifest import ERRORS, OF_EARLIER_ROUND, Manifest, mismatch, parse_manifest
from serving.batch.on_ray import Plan, RayEngine, make_local
from serving.batch.options import Options
from serving.batch.progress import JobProgress
from serving.batch.shards import Shard, file_facts, plan
from serving.batch.sources import find_sources
from serving.batch.store import Store, open_store
from serving.batch.summary import write_summary
from serving.batch.survey import Survey, survey
from tasrih.errors import ConfigError
from tasrih.pipeline import Labeller

__all__ = ["job_facts", "run_job"]


def run_job(options: Options, mode: Mode, progress: JobProgress) -> Manifest:
    """Run a job, or what is left of it; gives its manifest once it is complete.

    Raises:
        ConfigError: the output folder is in use, or the job is not the one that began there.
        InputError: an input cannot be read.
        ReleaseError, EngineError: see `tasrih.pipeline.Labeller.open`.
    """
    store = open_store(options.output)
    refuse_own_input(options)
    stands = meet(store, mode)
    begun = parse_manifest(stands, options.output) if stands is not None and not mode.overwrite else None
    found = survey(find_sources(options.inputs), options, seen=progress.surveyed)
    if begun is not None and (mode.retry_failed or begun.round):
        found = replace(found, columns=as_begun(begun.job["columns"], found.columns))
    labeller = Labeller.open(
        options.model,
        engine=options.encoder_engine,
        precision=options.precision,
        cache_sentences=0 if options.engine == "ray" else options.cache_sentences,
    )
    job = job_facts(options, found, labeller)
    # Before anything is written or deleted: what cannot run leaves all as it was.
    engine = _engine(_plan(options, found, labeller), labeller)
    with store.locked():
        # The input took its time: another job may have come and gone here.
        if meet(store, mode) != stands:
            raise ConfigError(
                f"--output {options.output}: another job wrote here while the input was read; see how far it is with: tasrih "
                f"batch status {options.output}"
            )
        if mode.overwrite:
            clear(store)
        manifest = _admitted(begun, job, mode, store)
        manifest = _score(manifest, store, engine, options, progress)
        return _finish(manifest, store, labeller)


def job_facts(options: Options, found: Survey, labeller: Labeller) -> dict[str, Any]:
    """What makes a job the job it is."""
    release = labeller.release
    return {
        "input": found.facts(),
        "columns": schema_text(found.columns),
        "release": {"name": release.name, "version": release.version, "digest": release.digest},
        "thresholds": release.calibration.to_json(release.labels),
        "encoder": {"engine": labeller.engine.name, "precision": labeller.engine.precision},
        "versions": {"tasrih": _version(), "pyarrow": pa.__version__},
        "options": options.kept(),
    }


def _version() -> str:
    try:
        return metadata.version("tasrih")
    except metadata.PackageNotFoundError:
        return "unknown"  # in a bento, which carries the sources and no installed package


def _admitted(begun: Manifest | None, job: dict[str, Any], mode: Mode, store: Store) -> Manifest:
    """The manifest to go on with."""
    if begun is None:
        return Manifest(job=job, rows=job["input"]["rows"])
    flag = "--retry-failed" if mode.retry_failed else "--resume"
    different = mismatch(begun.job, job, but=("input",) if mode.retry_failed else ())
    if mode.retry_failed and not different:
        # Rows may have been mended, but a row's number must mean the same row.
        counts = [{"input": {name: one["input"][name] for name in ("files", "rows")}} for one in (begun.job, job)]
        different = mismatch(*counts)
    if different:
        raise ConfigError(
            f"{flag} in {store.location}: {different}; call it as it began, or start anew with --overwrite"
        )
    if not mode.retry_failed:
        return begun
    if begun.state == "running":
        if begun.round == 0:
            raise ConfigError(
                f"--retry-failed: the job in {store.location} has not ended; finish it with --resume first"
            )
        return replace(begun, job=job)
    # A mended input must not make it again, and later it would be of an earlier round, which is not made again at all.
    gone = _gone((one for entry in begun.current for one in entry.files.values()), store)
    if gone:
        raise ConfigError(
            f"--retry-failed: {gone} is missing, or not of its size; first run --resume, with the input as it was"
        )
    if not begun.n_errors:
        return begun
    return replace(begun, job=job, state="running", round=begun.round + 1, rows=begun.n_errors, files=())


def _plan(options: Options, found: Survey, labeller: Labeller) -> Plan:
    release = labeller.release
    facts = {
        "tasrih.release": f"{release.name}-{release.version}",
        "tasrih.release_digest": release.digest,
        "tasrih.input_sha256": found.sha256,
        "tasrih.precision": labeller.engine.precision,
    }
    return Plan(options, found, release.digest, labeller.engine.precision, facts, os.getcwd())


def _engine(plan: Plan, labeller: Labeller) -> LocalEngine | RayEngine:
    local = make_local(plan, labeller)  # on Ray, too, for what stands in the way of the output's columns
    return RayEngine(plan) if plan.options.engine == "ray" else local


def _score(
    manifest: Manifest, store: Store, engine: LocalEngine | RayEngine, options: Options, progress: JobProgress
) -> Manifest:
    """Do the shards that are not done.

    Raises:
        ConfigError: a part of an earlier round is not there: its rows may have been mended since, so it cannot be made again.
    """
    whole = []
    for entry in manifest.shards:
        gone = _gone(entry.files.values(), store)
        if gone and entry.round < manifest.round:
            raise ConfigError(f"{gone}: missing, or not of its size; {OF_EARLIER_ROUND}")
        if not gone:
            whole.append(entry)
    manifest = replace(manifest, shards=whole)
    pending = list(_pending(manifest, store, options))
    if not pending:
        return manifest
    manifest = replace(manifest, state="running", files=())
    manifest.write(store)
    progress.begin(sum(len(shard.rows) for shard in pending))
    for entry in engine.run(pending, progress.seen):
        manifest = manifest.with_entry(entry)
        manifest.write(store)
    return manifest


def _gone(files: Iterable[Mapping[str, Any]], store: Store) -> str | None:
    """The first file that is not there, or not of its size; None where all are."""
    names = (one["name"] for one in files if store.size(one["name"]) != one["bytes"])
    return next((f"{store.location}/{name}" for name in names), None)


def _pending(manifest: Manifest, store: Store, options: Options) -> Iterator[Shard]:
    done = {entry.number for entry in manifest.current}
    earlier = [entry.number for entry in manifest.shards if entry.round < manifest.round]
    rows: Sequence[int] = range(manifest.rows)
    if manifest.round:
        rows = [row["article_row"] for row in _errors(manifest, store, round=manifest.round - 1)]
    shards = plan(
        rows,
        shard_articles=options.shard_articles,
        round=manifest.round,
        first_number=max(earlier, default=-1) + 1,
    )
    return (shard for shard in shards if shard.number not in done)


def _errors(manifest: Manifest, store: Store, *, round: int) -> Iterator[dict[str, Any]]:
    """The rows that failed in a round, in the input's order."""
    for entry in manifest.shards:
        if entry.round == round and entry.errors:
            with store.open(entry.files["errors"]["name"]) as stream:
                yield from map(json.loads, stream)


def _finish(manifest: Manifest, store: Store, labeller: Labeller) -> Manifest:
    """Write what is told of all shards together, unless it stands there."""
    if manifest.state == "complete" and not _gone(manifest.files, store):
        return manifest
    files = []
    with store.write(ERRORS) as path:
        with path.open("wb") as out:
            for entry in manifest.current:
                if entry.errors:
                    with store.open(entry.files["errors"]["name"]) as part:
                        out.write(part.read())
        files.append(file_facts(ERRORS, path))
    files += write_summary(manifest, store, labeller.release)
    manifest = replace(manifest, state="complete", files=files)
    manifest.write(store)
    return manifest
