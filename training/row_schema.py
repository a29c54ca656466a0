"""What a row of the corpus must look like: the JSON Schemas of `training/schemas/`, and in words what a row breaks.

Stances and claim types are open strings there, since a config may name its own; `training/corpus_checks.py` holds them
against the config's names.
"""

import json
import reprlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from jsonschema import Draft202012Validator

__all__ = ["SPLITS", "RowKind", "read_schema", "schema_faults"]

SPLITS = ("train", "validation", "test")

RowKind = Literal["composed", "real", "built"]


@cache
def read_schema(kind: RowKind) -> Mapping[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of row: with its text, pointing to it, or the text itself."""
    path = resources.files("training") / "schemas" / f"{kind}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def schema_faults(item: Any, kind: RowKind, place: str) -> list[str]:
    """All that a row breaks, a message a field: the place, the field, the value found, and what is expected.

    Args:
        item: what stands on the line, parsed.
        kind: the schema that it is held against.
        place: file and line, which open each message.
    """
    schema = read_schema(kind)
    fields = schema["properties"]
    if not isinstance(item, dict):
        names = ", ".join(schema["required"])
        return [f"{place}: {type(item).__name__} found, expected an object with {names}"]
    # A fault deep in a field is told of the whole field: the schema says in one phrase what belongs there.
    broken = {error.absolute_path[0] for error in _validator(kind).iter_errors(item) if error.absolute_path}
    faults = [
        f"{place}: {name}: missing, expected {fields[name]['description']}"
        for name in schema["required"]
        if name not in item
    ]
    for name, value in item.items():
        if name not in fields:
            faults.append(f"{place}: {name}: no such field, expected any of {', '.join(fields)}; rename or remove it")
        elif name in broken:
            faults.append(f"{place}: {name}: {reprlib.repr(value)} found, expected {fields[name]['description']}")
    return faults


@cache
def _validator(kind: RowKind) -> Draft202012Validator:
    return Draft202012Validator(read_schema(kind))
