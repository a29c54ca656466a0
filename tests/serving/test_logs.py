"""What a log line may hold: never a word of an article, whoever writes the line."""

import io
import json
import logging

import pytest

from serving.logs import configure_logs
from serving.settings import Settings

SECRET = "كلمةسرية"


@pytest.fixture
def lines(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_logs(Settings(log_level="debug"))
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers, root.level = before


def test_libraries_that_quote_the_page_are_not_quoted(lines):
    logging.getLogger("htmldate.extractors").error("external parser error: %s %s", SECRET, ValueError(SECRET))
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: <Task exception={SECRET}>")
    logging.getLogger("trafilatura").debug("never seen: %s", SECRET)
    messages = [line["message"] for line in lines()]
    assert messages == ["external parser error: %s %s", "Task exception was never retrieved"]


def test_an_exception_is_told_by_type_and_place_alone(lines):
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = lines()
    assert line["error_type"] == "ValueError" and line["error_at"][0].startswith("test_logs.py:")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_our_own_lines_and_the_servers_are_whole(lines):
    logging.getLogger("tasrih.serving").info("ready in %s", "3 s")
    logging.getLogger("uvicorn.error").warning("Invalid %s request received.", "HTTP")
    assert [line["message"] for line in lines()] == ["ready in 3 s", "Invalid HTTP request received."]
