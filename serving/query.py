"""What stands behind the question mark of an address, held against a schema."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from serving.errors import ServiceError
from serving.schemas import check

__all__ = ["Limit", "Offset", "Query", "read_query"]

Offset = Annotated[int, Field(ge=0, le=1_000_000_000, description="How many to pass over.")]
Limit = Annotated[int, Field(ge=1, le=500, description="How many to give.")]


class Query(BaseModel):
    """What every query has in common; a parameter without a value is not given."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AnyQuery = TypeVar("AnyQuery", bound=Query)


def read_query(request: Request, schema: type[AnyQuery]) -> AnyQuery:
    """The query; raises `ServiceError` 422 for what is unknown, stands twice or has another form."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            message = "stands twice; give it once"
            faults = [{"field": name[:100], "message": message}]
            raise ServiceError(422, "invalid", f"{name[:100]}: {message}", details={"faults": faults})
        given[name] = value
    known = {name: value for name, value in given.items() if value or name not in _names(schema)}
    return check(known, schema)


def _names(schema: type[Query]) -> set[str]:
    return {field.alias or name for name, field in schema.model_fields.items()}
