"""Plain `bentoml serve` in the checkout: what it answers is what `tasrih serve` answers, byte for byte."""

import json

import pytest

from tests.serving.server import ROOT, Server

TEXT = (ROOT / "examples" / "article.txt").read_text(encoding="utf-8")
HTML = (ROOT / "examples" / "article.html").read_text(encoding="utf-8")
SENTENCE = "ونفى المتحدث باسم الكرملين صحة هذه الأنباء."
ARTICLES, SENTENCES = "/v1/articles", "/v1/sentences"


@pytest.fixture(scope="module", params=["serving.service:TasrihService", "."])
def plain(request):
    """The service as BentoML starts it, by its name and by the folder's bentofile.yaml; settings are those of `server`."""
    with Server(request.param, body_timeout_s=2) as running:
        yield running.wait_ready()


def sent(data):
    return json.dumps(data, ensure_ascii=False).encode()


def chunks():
    for _ in range(201):
        yield b" " * 10_000


@pytest.mark.parametrize(
    ("path", "content", "status", "told"),
    [
        (ARTICLES, sent({"articles": [{"id": "a", "text": TEXT}, {"html": HTML}]}), 200, '"western_accusation"'),
        (ARTICLES, sent({"articles": [{"html": HTML}], "keep_boilerplate": True}), 200, '"boilerplate"'),
        (SENTENCES, sent({"sentences": [{"text": SENTENCE}, {"id": "b", "text": "كلمة " * 1000}]}), 200, '"denial"'),
        ("/v1/explanations", sent({"text": SENTENCE}), 200, '"words"'),
        ("/v1/info", None, 200, '"max_sentences_in_flight":4096'),
        ("/docs.json", None, 200, '"openapi"'),
        (ARTICLES, b" " * 2_000_001, 413, "2,000,000"),
        (ARTICLES, chunks, 413, "2,000,000"),
        (SENTENCES, sent({"sentences": [{"text": "نعم"}] * 4097}), 413, "4,096"),
        (SENTENCES, sent({"sentences": [{"text": "ك" * 20_001}]}), 200, "20,000"),
        (ARTICLES, sent({"articles": [{"text": "كلام " * 50_000}]}), 200, "200,000"),
        (ARTICLES, b'{"articles": [', 400, "broken_body"),
        (ARTICLES, sent({"articles": [], "debug": True}), 422, "debug"),
        (ARTICLES, None, 405, "method_not_allowed"),
        ("/schema.json", None, 404, "not_found"),
    ],
    ids=[
        "articles", "boilerplate", "sentences", "explanation", "info", "docs", "body", "chunked-body", "sentences-in-flight",
        "sentence-chars", "article-chars", "broken", "unknown-field", "method", "bentomls-own",
    ],
)  # fmt: skip
def test_it_answers_as_tasrih_serve_does(server, plain, path, content, status, told):
    found, expected = (answer(one, path, content) for one in (plain, server))
    assert found == expected
    assert found[0] == status and told in found[2]


def answer(server, path, content):
    """Status, headers and body; the time of day is left out."""
    headers = {"Content-Type": "application/json", "X-Request-ID": "desk-17"}
    given = content() if callable(content) else content
    response = server.client.request("GET" if content is None else "POST", path, content=given, headers=headers)
    return (
        response.status_code,
        {name: value for name, value in response.headers.items() if name != "date"},
        response.text,
    )
