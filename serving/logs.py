"""Log lines: JSON or for people, with request ids, and never a word of an article.

An exception's message may quote what it failed on, so it is never logged: its type and the places it came through are.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

from serving.settings import Settings

__all__ = ["configure_logs", "describe"]

MAX_FRAMES = 12
# Whose values may be shown. Libraries that read pages quote them in warnings, asyncio the exception of a lost task.
SHOWN = ("tasrih", "bentoml", "uvicorn", "circus")


def describe(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception: its type, those of its causes, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return {
        "error_type": " < ".join(type(one).__name__ for one in _chain(error)),
        "error_at": [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(5):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"time": _time(record), **_line(record)}, ensure_ascii=False, default=str)


class _Console(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _line(record)
        head = f"{_time(record)} {line.pop('level'):7} {line.pop('message')}"
        return " ".join([head, *(f"{name}={value}" for name, value in line.items() if name != "logger")])


def _time(record: logging.LogRecord) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{whole}.{int(record.msecs):03d}Z"


def _line(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = {
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
        **getattr(record, "fields", {}),
    }
    if record.exc_info and record.exc_info[1] is not None:
        line.update(describe(record.exc_info[1]))
    return line


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in SHOWN:
        return record.getMessage()
    return str(record.msg).split("\n")[0]


def configure_logs(settings: Settings) -> None:
    """Give every logger of the process our form; BentoML's and the HTTP server's own lines pass from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Console())
    for name in ("", "bentoml", "uvicorn", "uvicorn.error", "circus"):
        logger = logging.getLogger(name)
        logger.handlers = [handler] if not name else []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    logging.getLogger("tasrih").setLevel(settings.log_level.upper())
