"""One error shape for every failure, whatever is sent."""

import gzip
import json
import socket
import time

import httpx
import pytest

JSON = {"Content-Type": "application/json"}


def assert_error(response, status, code):
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(response.json()) == {"error"} and set(error) == {"code", "message", "details", "request_id"}
    assert error["code"] == code and error["request_id"] == response.headers["x-request-id"]
    return error


def post(server, content, path="/v1/articles", **headers):
    return httpx.post(server.url + path, content=content, headers={**JSON, **headers}, timeout=30)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"articles",
        b'{"articles": [{"text": NaN}]}',
        b'{"articles": [{"text": Infinity}]}',
        b'{"articles": [{"text": "\\ud800"}]}',
        b'{"articles": [{"text": "\xff"}]}',
        b'{"articles": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=["empty", "cut", "word", "nan", "infinity", "surrogate", "not-utf8", "deep-lists", "deep-objects"],
)
def test_a_broken_body(server, body):
    assert_error(post(server, body), 400, "broken_body")
    server.wait_idle()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "body"),
        ({}, "articles"),
        ({"articles": {}}, "articles"),
        ({"articles": [7]}, "articles.0"),
        ({"articles": [{}]}, "articles.0.text"),
        ({"articles": [{"text": 7}]}, "articles.0.text"),
        ({"articles": [{"text": "ا", "html": "ا"}]}, "articles.0.html"),
        ({"articles": [{"text": "ا", "lang": "ar"}]}, "articles.0.lang"),
        ({"articles": [{"text": "ا", "id": 7}]}, "articles.0.id"),
        ({"articles": [{"text": "ا", "id": "x" * 1_000_000}]}, "articles.0.id"),
        ({"articles": [], "keep_boilerplate": "yes"}, "keep_boilerplate"),
        ({"articles": [], "debug": True}, "debug"),
    ],
)
def test_json_that_is_not_what_is_asked_for(server, data, field):
    error = assert_error(post(server, json.dumps(data).encode()), 422, "invalid")
    assert error["details"]["faults"][0]["field"] == field
    assert error["message"].startswith(f"{field}: ") and len(error["message"]) < 400


def test_an_unknown_field_of_a_sentence_is_refused(server):
    response = server.post("/v1/sentences", {"sentences": [{"text": "ا", "start": 3}]})
    assert assert_error(response, 422, "invalid")["details"]["faults"] == [
        {"field": "sentences.0.start", "message": "unknown field; leave it out"}
    ]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=cp1256"]
)
def test_wrong_content_types(server, kind):
    response = httpx.post(f"{server.url}/v1/articles", content=b'{"articles": []}', headers={"Content-Type": kind})
    assert_error(response, 415, "unsupported_media_type")


def test_a_charset_of_utf8_is_taken(server):
    response = post(server, b'{"articles": []}', **{"Content-Type": 'application/json; charset="UTF-8"'})
    assert response.status_code == 200


def test_a_gzip_bomb_is_refused_unread(server):
    bomb = gzip.compress(b" " * 100_000_000)
    assert_error(post(server, bomb, **{"Content-Encoding": "gzip"}), 415, "unsupported_encoding")
    server.wait_idle()


def test_unknown_paths_and_methods(server):
    for path in ("/page", "/page/x.js", "/v1", "/v1/articles/", "/v1/articles/1", "/%00", "/docs", "/v1/%D9%83"):
        assert_error(httpx.get(server.url + path), 404, "not_found")
    for method, path, allowed in (("GET", "/v1/articles", "POST"), ("DELETE", "/v1/info", "GET, HEAD")):
        response = httpx.request(method, server.url + path)
        assert_error(response, 405, "method_not_allowed")
        assert response.headers["allow"] == allowed


def test_a_body_with_a_length_past_the_limit_is_refused(server):
    error = assert_error(post(server, b" " * 2_000_001), 413, "body_too_large")
    assert error["details"] == {"max_body_bytes": 2_000_000}
    assert post(server, b'{"articles": []}' + b" " * 1_999_984).status_code == 200


def test_a_chunked_body_past_the_limit_is_refused_as_it_streams(server):
    def chunks():
        for _ in range(300):
            yield b" " * 10_000

    assert_error(post(server, chunks()), 413, "body_too_large")
    server.wait_idle()


def test_more_sentences_than_may_be_in_flight_at_all(server):
    sentences = [{"text": "نعم"}] * 4097
    error = assert_error(server.post("/v1/sentences", {"sentences": sentences}), 413, "too_many_sentences")
    assert "4,097 sentences" in error["message"] and "4,096" in error["message"]
    # An article counts by the sentences that are in it.
    text = "وصل الوفد إلى مسقط. " * 4200
    error = assert_error(server.post("/v1/articles", {"articles": [{"text": text}]}), 413, "too_many_sentences")
    assert error["details"]["max_sentences_in_flight"] == 4096
    server.wait_idle()


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    head = "POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    connection.sendall(head.encode() + b'{"art')
    return connection


def answer(connection):
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    return data


def test_a_slow_body_is_given_up_on(server):
    with connect(server) as connection:
        begun = time.monotonic()
        # A byte now and then: what a slow-loris does.
        try:
            while time.monotonic() - begun < 3:
                connection.send(b" ")
                time.sleep(0.2)
        except OSError:
            pass
        data = answer(connection)
    assert data.startswith(b"HTTP/1.1 408 ") and b'"slow_body"' in data
    assert 1.5 < time.monotonic() - begun < 6
    server.wait_idle()


def test_many_slow_bodies_keep_nobody_else_waiting(server):
    slow = [connect(server) for _ in range(100)]
    try:
        begun = time.monotonic()
        assert server.sentences("وصل الوفد إلى مسقط.").status_code == 200
        assert time.monotonic() - begun < 1.5
    finally:
        for connection in slow:
            connection.close()
    server.wait_idle()


def test_a_connection_closed_half_way_leaves_nothing_behind(server):
    for _ in range(5):
        with connect(server) as connection:
            connection.shutdown(socket.SHUT_WR)
            answer(connection)
    server.wait_idle()
    assert server.status("/readyz") == 200


def test_bytes_that_are_no_http(server):
    for junk in (
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/articles HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(junk)
            assert answer(connection).startswith(b"HTTP/1.1 400")
    assert server.status("/livez") == 200


def test_a_field_of_a_million_characters(server):
    text = "وصل الوفد إلى مسقط. " * 50_000
    found = server.post("/v1/articles", {"articles": [{"text": text}, {"text": "وصل الوفد."}]}).json()["articles"]
    assert found[0]["error"]["code"] == "input_too_large" and found[1]["summary"]["n_sentences"] == 1
    found = server.sentences("ك" * 900_000).json()["sentences"]
    assert found[0]["error"]["code"] == "input_too_large"


def test_nuls_and_controls_in_a_text(server):
    response = server.post("/v1/articles", {"articles": [{"text": "وصل\x00 الوفد \x01\x1b[31m إلى مسقط.\u202e"}]})
    assert response.json()["articles"][0]["summary"]["n_sentences"] == 1
    assert server.sentences("\x00", "\ufeff\u200b").status_code == 200
    assert (
        post(server, '{"articles": [{"html": "<p>وصل &#xD800; الوفد&#0; إلى مسقط.</p>"}]}'.encode()).status_code == 200
    )


@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        ({}, 3_000_000, 413),
        ({"Content-Type": "text/csv"}, 1_900_000, 415),
        ({"Content-Encoding": "gzip"}, 1_900_000, 415),
    ],
    ids=["too-large", "content-type", "gzip"],
)
def test_who_is_refused_while_sending_hears_why(server, headers, size, status):
    # A caller that sends all before it reads, as simple ones do: a connection closed under its hands would be all it sees.
    given = {**JSON, **headers, "Host": "x", "Content-Length": str(size)}
    head = "POST /v1/articles HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"\r\n")
        for _ in range(size // 100_000):
            connection.sendall(b" " * 100_000)
        assert answer(connection).startswith(f"HTTP/1.1 {status} ".encode())
