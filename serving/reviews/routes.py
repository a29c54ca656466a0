"""`POST /v1/reviews`, `GET /v1/reviews` and `GET /v1/reviews/export`."""

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.errors import ServiceError
from serving.exports import Export, send_file, write_export
from serving.message import read_message
from serving.query import read_query
from serving.reviews.draft import Draft
from serving.reviews.queries import ExportQuery, ReviewsQuery
from serving.reviews.review import Review
from serving.runtime import Runtime
from tasrih.labels import LabelSet

__all__ = ["COLUMNS", "add_review", "export_reviews", "find_reviews"]

COLUMNS = (
    "id", "created", "text", "stance", "claim_types", "reviewer", "note", "article_id", "source", "place", "start", "end",
    "given_stance", "given_claim_types", "given_release",
)  # fmt: skip


async def add_review(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Keep a review."""
    labels = runtime.ready().default.model.release.labels
    draft = await read_message(runtime, request, Draft)
    _check_labels(draft, labels)
    review = await runtime.keep(lambda: runtime.reviews.add(draft))
    return JSONResponse({"review": review.to_json(), "request_id": request_id}, 201)


def _check_labels(draft: Draft, labels: LabelSet) -> None:
    faults = []
    if draft.stance not in labels.stance_names:
        faults.append(
            {"field": "stance", "message": f"no stance of the release; it has {', '.join(labels.stance_names)}"}
        )
    for place, name in enumerate(draft.claim_types):
        if name not in labels.claim_names:
            message = f"no claim type of the release; it has {', '.join(labels.claim_names)}"
            faults.append({"field": f"claim_types.{place}", "message": message})
    if faults:
        raise ServiceError(
            422, "invalid", f"{faults[0]['field']}: {faults[0]['message']}", details={"faults": faults[:20]}
        )


async def find_reviews(runtime: Runtime, request: Request, request_id: str) -> Response:
    """Some of the reviews, newest first."""
    query = read_query(request, ReviewsQuery)
    found = await runtime.keep(lambda: runtime.reviews.find(**query.model_dump()))
    reviews = [review.to_json() for review in found.reviews]
    return JSONResponse({"reviews": reviews, "total": found.total, "request_id": request_id})


async def export_reviews(runtime: Runtime, request: Request, request_id: str) -> Response:
    """All reviews as a file, oldest first."""
    format = read_query(request, ExportQuery).format
    folder = runtime.settings.state / "exports"
    rows = _rows(runtime.reviews.all(), format)
    stream = await runtime.keep(lambda: write_export(folder, format, COLUMNS, rows, title="reviews"))
    return send_file(stream, format=format, name="reviews")


def _rows(reviews: Iterator[Review], format: Export) -> Iterator[dict[str, Any]]:
    for review in reviews:
        data = review.to_json()
        if format != "jsonl":
            given = data.pop("given") or {}
            data |= {f"given_{name}": given.get(name) for name in ("stance", "claim_types", "release")}
        yield data
