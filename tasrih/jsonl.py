"""JSON lines, read one way everywhere.

A file is cut at line feeds alone (a JSON string may hold Unicode's other line breaks as they are), a byte-order mark is
passed over, and what JSON itself does not know (NaN, numbers without end, half a surrogate pair) is refused. A line that
is no JSON spoils no other: it comes with its fault, and the caller says what that means.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["JsonLine", "json_lines"]


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line that is not empty.

    Attributes:
        number: from 1; empty lines count.
        value: what stands there; None where there is a fault.
        fault: why the line is no JSON in UTF-8, fit to stand in a message; None where it is.
    """

    number: int
    value: Any
    fault: str | None = None


def json_lines(source: Iterable[bytes]) -> Iterator[JsonLine]:
    """Read the lines of a file opened in binary mode, one by one; lines of white space alone are passed over.

    Raises:
        OSError: the source could not be read on.
    """
    for number, data in enumerate(source, start=1):
        if data.strip():
            try:
                yield JsonLine(number, _parse(data))
            except json.JSONDecodeError as error:
                # Its own text names a line, which is always the first here.
                yield JsonLine(number, None, f"{error.msg} at column {error.colno}")
            except (ValueError, RecursionError) as error:
                yield JsonLine(number, None, str(error))


def _parse(data: bytes) -> Any:
    value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    # A half of a surrogate pair is no character, and no UTF-8 file can hold it.
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{number} is too large a number")
    return value
