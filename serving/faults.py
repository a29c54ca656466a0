"""What is wrong with what a person set, in words: where it was set, the value, what was expected."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from pydantic import ValidationError

__all__ = ["faults_of"]


def faults_of(
    error: ValidationError,
    values: Mapping[str, Any],
    origins: Mapping[str, str],
    *,
    thing: str,
    known: Iterable[str],
    secret: Set[str] = frozenset(),
) -> list[str]:
    """A line a fault.

    Args:
        error: of pydantic.
        values: what was set, by name.
        origins: where: a file and its key, a flag, a variable of the environment.
        thing: what one of them is called, such as ``setting``.
        known: the names there are.
        secret: names whose values stand in no message.
    """
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = f"unknown {thing}; known are {', '.join(known)}"
        elif name and name not in secret:
            message = f"{values.get(name)!r} given; {message}"
        faults.append(f"{origins.get(name, name)}: {message}" if name else message)
    return faults
