"""The OpenAPI document's part on archives."""

from collections.abc import Mapping

from pydantic import BaseModel

from serving.archives.answers import ArchiveAnswer, ArchivesAnswer, ArchiveSentencesAnswer
from serving.archives.queries import SentencesExportQuery, SentencesQuery, UploadQuery
from serving.examples import ARCHIVE
from serving.exports import MEDIA_TYPES
from serving.operation import KEPT, Operation, file_answer, json_answer, path_id, query_of

__all__ = ["ARCHIVES", "ARCHIVES_ANSWERS"]

ARCHIVES_ANSWERS: tuple[type[BaseModel], ...] = (ArchiveAnswer, ArchivesAnswer, ArchiveSentencesAnswer)

_ID = path_id("The archive's.", "018f2b7c4d10-5e6f7a8b")
_ONE = (401, 404, 405, 500, 503)
ARCHIVES: Mapping[str, Mapping[str, Operation]] = {
    "/v1/archives": {
        "post": Operation(
            id="add_archive",
            summary="Upload an archive; it is labelled when those before it are",
            # Whatever type a browser takes the file for.
            body={"application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
            parameters=query_of(UploadQuery),
            answers={202: json_answer("ArchiveAnswer", ARCHIVE["answer"])},
            errors=(401, 403, 404, 405, 408, 413, 415, 422, 500, 503),
        ),
        "get": Operation(
            id="archives",
            summary="All archives, newest first",
            answers={200: json_answer("ArchivesAnswer", ARCHIVE["all"])},
            errors=_ONE,
        ),
    },
    "/v1/archives/{id}": {
        "get": Operation(
            id="archive",
            summary="An archive, and how far it is",
            parameters=[_ID],
            answers={200: json_answer("ArchiveAnswer", ARCHIVE["answer"])},
            errors=_ONE,
        ),
        "delete": Operation(
            id="delete_archive",
            summary="Delete an archive and all that was made of it; its job stops",
            parameters=[_ID],
            answers={204: None},
            errors=(403, *_ONE),
        ),
    },
    "/v1/archives/{id}/summary.html": {
        "get": Operation(
            id="archive_summary",
            summary="A complete archive's summary, a page that needs nothing else",
            parameters=[_ID],
            answers={200: file_answer("text/html")},
            errors=(409, *_ONE),
        )
    },
    "/v1/archives/{id}/sentences": {
        "get": Operation(
            id="archive_sentences",
            summary="Sentences labelled so far, filtered, in the archive's order or what most needs review first",
            parameters=[_ID, *query_of(SentencesQuery)],
            answers={200: json_answer("ArchiveSentencesAnswer", ARCHIVE["sentences"])},
            errors=KEPT,
        )
    },
    "/v1/archives/{id}/export": {
        "get": Operation(
            id="export_archive",
            summary="Sentences labelled so far as a file, filtered",
            parameters=[_ID, *query_of(SentencesExportQuery)],
            answers={200: file_answer(*MEDIA_TYPES.values())},
            errors=KEPT,
        )
    },
}
