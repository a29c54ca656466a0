"""The client: of a running service, and of one that is scripted to refuse."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasrih import Document
from tasrih.client import AsyncClient, CallError, Client, ItemError, Retries
from tests.serving.server import free_port

PAGE = "سيول: بيونغ يانغ ترسل ذخائر\n\nقالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف.\n"
DOCUMENTS = [
    Document(text=PAGE, id="a", source="وكالة", published="2024-06-19"),
    Document(text="nothing", id="b"),
    Document(text="<h1>وصول</h1><p>وصل الوفد إلى مسقط صباح الخميس.</p>", is_html=True),
]
EMPTY = json.dumps({"sentences": [], "release": {"name": "n", "version": "1"}, "request_id": "r"})


def refusal(status, code="overloaded"):
    error = {"code": code, "message": "come back", "details": {"n": 1}, "request_id": "desk-17"}
    return status, json.dumps({"error": error})


class Scripted:
    """A server that gives the answers of a script, one after the other: (status, body, headers), or None to hang up."""

    def __init__(self, *script):
        self.script = list(script)
        self.times: list[float] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.times.append(time.monotonic())
                outer.keys.append(self.headers.get("Authorization"))
                self.rfile.read(int(self.headers["Content-Length"]))
                step = outer.script.pop(0)
                if step is None:
                    self.close_connection = True
                    return
                status, body, *headers = step
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.server.shutdown()
        self.server.server_close()

    @property
    def waits(self):
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


def call(url, how, *, retries=None, key=None):
    """`label_texts` of nothing, by either client."""
    retries = retries or Retries(first_wait_s=0.01)
    if how == "sync":
        with Client(url, retries=retries, key=key) as client:
            return client.label_texts([])

    async def run():
        async with AsyncClient(url, retries=retries, key=key) as client:
            return await client.label_texts([])

    return asyncio.run(run())


BOTH = pytest.mark.parametrize("how", ["sync", "async"])


def test_it_gives_what_a_labeller_gives(server, labeller):
    with Client(server.url) as client:
        first, error, html = client.label_articles(DOCUMENTS, keep_boilerplate=True)
        assert [first, html] == [
            labeller.label_articles([document], keep_boilerplate=True)[0] for document in (DOCUMENTS[0], DOCUMENTS[2])
        ]
        assert isinstance(error, ItemError) and (error.id, error.code) == ("b", "not_arabic")
        texts = ["وصل الوفد إلى مسقط.", PAGE]
        assert client.label_texts(texts) == labeller.label_texts(texts)
        assert not isinstance(first, ItemError)
        assert client.info()["release"] == {"name": first.release_name, "version": first.release_version}


def test_async_gives_the_same(server):
    async def run():
        async with AsyncClient(server.url) as client:
            return await client.label_articles(DOCUMENTS), await client.label_texts([PAGE]), await client.info()

    articles, texts, info = asyncio.run(run())
    with Client(server.url) as client:
        assert client.label_articles(DOCUMENTS) == articles and client.label_texts([PAGE]) == texts
    assert info["limits"]


@BOTH
def test_it_comes_back_after_refusals_and_broken_connections(how):
    with Scripted(refusal(429), refusal(503, "draining"), None, (200, EMPTY)) as scripted:
        assert call(scripted.url, how) == []
        assert len(scripted.times) == 4


@BOTH
def test_it_waits_as_long_as_it_is_told(how):
    with Scripted((*refusal(429), ("Retry-After", "1")), (200, EMPTY)) as scripted:
        call(scripted.url, how)
        assert 1.0 <= scripted.waits[0] < 2.0


@BOTH
def test_it_does_not_wait_longer_than_it_was_told_to(how):
    with Scripted((*refusal(503, "waited_too_long"), ("Retry-After", "600"))) as scripted:
        with pytest.raises(CallError, match="503 waited_too_long"):
            call(scripted.url, how)
        assert len(scripted.times) == 1


def test_waits_double():
    with Scripted(*[refusal(503, "draining")] * 3, (200, EMPTY)) as scripted:
        call(scripted.url, "sync", retries=Retries(first_wait_s=0.2))
        # A quarter more or less, and what the machine adds.
        assert all(0.7 < wait / due < 1.7 for wait, due in zip(scripted.waits, (0.2, 0.4, 0.8), strict=True))


@BOTH
def test_it_gives_up_in_the_end(how):
    with Scripted(*[refusal(429)] * 3) as scripted:
        with pytest.raises(CallError) as caught:
            call(scripted.url, how, retries=Retries(tries=3, first_wait_s=0.01))
        assert len(scripted.times) == 3
        error = caught.value
        assert (error.status, error.code, error.details, error.request_id) == (429, "overloaded", {"n": 1}, "desk-17")


@pytest.mark.parametrize(
    ("status", "code"), [(422, "invalid"), (413, "too_many_sentences"), (504, "took_too_long"), (503, "failed")]
)
def test_what_does_not_pass_is_not_tried_again(status, code):
    with Scripted(refusal(status, code)) as scripted:
        with pytest.raises(CallError, match=f"{status} {code}: come back"):
            call(scripted.url, "sync")
        assert len(scripted.times) == 1


def test_an_answer_of_something_else_is_told():
    with Scripted((502, "<html>"), (200, "[]"), (200, "<html>")) as scripted:
        for _ in range(3):
            with pytest.raises(CallError, match="no answer of a tasrih service; check the address"):
                call(scripted.url, "sync")


@BOTH
def test_nobody_there(how):
    with pytest.raises(CallError, match=r"no answer \(ConnectError\); check the address") as caught:
        call(f"http://127.0.0.1:{free_port()}", how, retries=Retries(tries=2, first_wait_s=0.01))
    assert caught.value.status is None and caught.value.code == "unreachable"


def test_the_key_is_sent():
    with Scripted((200, EMPTY)) as scripted:
        call(scripted.url, "sync", key="k" * 16)
        assert scripted.keys == [f"Bearer {'k' * 16}"]


def test_no_tries_is_an_error():
    with pytest.raises(ValueError, match="tries: 0 given"):
        Retries(tries=0)
