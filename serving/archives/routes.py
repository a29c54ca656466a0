"""``/v1/archives``: upload, progress, summary, sentences, export, deletion."""

from collections.abc import Callable
from typing import IO, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.archives.archive import LABELLED, Archive, manifest_of
from serving.archives.intake import take_in
from serving.archives.queries import Filters, SentencesExportQuery, SentencesQuery, UploadQuery
from serving.archives.sentences import Sentences
from serving.batch.summary import PAGE
from serving.errors import ServiceError
from serving.exports import send_file, write_export
from serving.query import read_query
from serving.runtime import Runtime
from tasrih.types import IntArray

__all__ = [
    "add_archive",
    "delete_archive",
    "export_sentences",
    "find_sentences",
    "list_archives",
    "send_summary",
    "tell_archive",
]

T = TypeVar("T")

# The summary brings its style inside itself, and nothing else.
SUMMARY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


async def add_archive(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Take an archive in; its job begins when those before it have ended."""
    name = read_query(request, UploadQuery).name
    runtime.ready()
    archive = await take_in(runtime, request, name)
    return JSONResponse({"archive": archive.to_json(None), "request_id": request_id}, 202)


async def list_archives(runtime: Runtime, request: Request, request_id: str) -> Response:
    """All archives, newest first."""
    archives = runtime.archives

    def look() -> list[object]:
        return [one.to_json(manifest_of(archives.folder(one.id))) for one in reversed(archives.all())]

    return JSONResponse({"archives": await runtime.keep(look), "request_id": request_id})


async def tell_archive(runtime: Runtime, request: Request, request_id: str) -> Response:
    """An archive, and how far it is."""
    archive = await _get(runtime, request)
    manifest = await runtime.keep(lambda: manifest_of(runtime.archives.folder(archive.id)))
    return JSONResponse({"archive": archive.to_json(manifest), "request_id": request_id})


async def delete_archive(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Delete an archive with all that was made of it; its job stops."""
    archive = await _get(runtime, request)
    if not await runtime.keep(lambda: runtime.archives.delete(archive.id)):
        raise _unknown()
    runtime.runner.wake()
    return Response(status_code=204)


async def send_summary(runtime: Runtime, request: Request, request_id: str) -> Response:
    """The job's page for an editor."""
    archive = await _get(runtime, request)
    folder = runtime.archives.folder(archive.id)
    if archive.status != "complete":
        manifest = await runtime.keep(lambda: manifest_of(folder))
        raise _unfinished(archive, 0 if manifest is None else sum(shard.rows for shard in manifest.shards))
    page = await _read(runtime, (folder / LABELLED / PAGE).read_bytes)
    headers = {"Content-Security-Policy": SUMMARY_POLICY, "Referrer-Policy": "no-referrer"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


async def find_sentences(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Some of the sentences labelled so far."""
    archive = await _get(runtime, request)
    query = read_query(request, SentencesQuery)

    def look() -> dict[str, object]:
        sentences, numbers = _matching(runtime, archive, query)
        if query.order == "review":
            numbers = runtime.shelf.ranking(archive.id, sentences).order(numbers, runtime.reviews.reviewed())
        rows = sentences.rows(numbers[query.offset : query.offset + query.limit])
        return {"sentences": [sentences.to_json(row) for row in rows], "total": len(numbers)}

    return JSONResponse({**await _read(runtime, look), "request_id": request_id})


async def export_sentences(runtime: Runtime, request: Request, request_id: str) -> Response:
    """The sentences labelled so far as a file, in the archive's order."""
    archive = await _get(runtime, request)
    query = read_query(request, SentencesExportQuery)

    def write() -> IO[bytes]:
        sentences, numbers = _matching(runtime, archive, query)
        folder = runtime.settings.state / "exports"
        return write_export(folder, query.format, sentences.columns, sentences.batches(numbers), title="sentences")

    stream = await _read(runtime, write)
    return send_file(stream, format=query.format, name=f"sentences-{archive.id}")


def _matching(runtime: Runtime, archive: Archive, filters: Filters) -> tuple[Sentences, IntArray]:
    sentences = runtime.shelf.sentences(archive.id)
    stances, claims = sentences.stances, sentences.claims
    if not stances and runtime.releases is not None:
        # Nothing is labelled yet; the default release will do it.
        labels = runtime.releases.default.model.release.labels
        stances, claims = labels.stance_names, labels.claim_names
    for field, given, known in (("stance", filters.stance, stances), ("claim_type", filters.claim_type, claims)):
        if given is not None and known and given not in known:
            message = f"no label of the release that labelled it; it has {', '.join(known)}"
            raise ServiceError(
                422, "invalid", f"{field}: {message}", details={"faults": [{"field": field, "message": message}]}
            )
    return sentences, runtime.shelf.matching(archive.id, sentences, filters)


async def _read(runtime: Runtime, work: Callable[[], T]) -> T:
    """Read in an archive, which somebody may delete meanwhile."""

    def read() -> T:
        try:
            return work()
        except FileNotFoundError:
            raise _unknown() from None

    return await runtime.keep(read)


async def _get(runtime: Runtime, request: Request) -> Archive:
    archive = await runtime.keep(lambda: runtime.archives.get(request.path_params["id"]))
    if archive is None:
        raise _unknown()
    return archive


def _unknown() -> ServiceError:
    return ServiceError(404, "not_found", "no archive of this id; GET /v1/archives lists them")


def _unfinished(archive: Archive, n_done: int) -> ServiceError:
    way_out = archive.message or "come back when it is complete"
    return ServiceError(409, "unfinished", f"the archive is {archive.status}, {n_done:,} articles are done; {way_out}")
