"""The page's files as the service sends them; no browser."""

import re

import httpx
import pytest
from starlette.requests import Request

from serving import page
from serving.errors import ServiceError


def ask(path, method="GET", **headers):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return page.respond(Request({"type": "http", "method": method, "path": path, "headers": pairs}), path)


def test_the_index_names_files_that_are_there_and_may_be_kept():
    index = ask("/")
    assert index.headers["content-type"] == "text/html; charset=utf-8" and index.headers["cache-control"] == "no-cache"
    names = re.findall(r'"(/page/[^"]+)"', bytes(index.body).decode())
    assert len(names) >= 4 and "HASH" not in bytes(index.body).decode()
    for name in names:
        found = ask(name)
        assert "immutable" in found.headers["cache-control"] and found.body
        # Modules name their neighbours from where they are, so under the same hash.
        for neighbour in re.findall(r'from "\./([\w.-]+)"', bytes(found.body).decode()):
            assert ask(f"{name.rpartition('/')[0]}/{neighbour}").headers["content-type"].startswith("text/javascript")


def test_the_policy_lets_nothing_in():
    headers = ask("/").headers
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert (
        rules["default-src"] == "'none'"
        and rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    )
    assert all(rules[name] == "'none'" for name in ("form-action", "base-uri", "frame-ancestors"))
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"


def test_nothing_is_inline_and_nothing_makes_markup_of_text():
    index = bytes(ask("/").body).decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", index)
    for path in sorted(page.FOLDER.glob("*.js")):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path.name
        )
        assert not re.search(r"https?://", code), path.name
        assert len(code.splitlines()) <= 250, path.name


def test_what_the_browser_has_is_not_sent_again():
    for path in ("/", re.findall(r'"(/page/[^"]+\.css)"', bytes(ask("/").body).decode())[0]):
        first = ask(path)
        again = ask(path, if_none_match=first.headers["etag"])
        assert again.status_code == 304 and not again.body and again.headers["etag"] == first.headers["etag"]
        zipped = ask(path, accept_encoding="gzip, br")
        assert zipped.headers["content-encoding"] == "gzip" and len(zipped.body) < len(first.body)


@pytest.mark.parametrize("path", ["/page/", "/page/0000000000000000/app.js", "/page/../app.py", "/page/__init__.py"])
def test_what_is_not_the_pages_is_not_sent(path):
    with pytest.raises(ServiceError) as caught:
        ask(path)
    assert caught.value.status == 404


def test_it_is_read_alone():
    with pytest.raises(ServiceError) as caught:
        ask("/", "POST")
    assert caught.value.status == 405


@pytest.mark.system
def test_the_service_sends_it(service):
    answer = httpx.get(service.url + "/")
    assert answer.status_code == 200 and answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-cache" and "x-request-id" in answer.headers
