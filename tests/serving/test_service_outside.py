"""What stands between the service and the outside: keys, the machine's border, traces, and the OpenAPI document."""

import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from serving.errors import CODES
from serving.examples import MESSAGES
from serving.routes import OPEN, ROUTES
from tests.serving.server import Server
from tests.serving.test_service_errors import assert_error

KEYS = ("desk-" + "k" * 16, "agency-" + "q" * 16)
TEXT = "وصل الوفد إلى مسقط صباح الخميس."


class Listener:
    """Notes who connects: what a proxy would see of a call that leaves the machine."""

    def __init__(self):
        self.seen: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                self.seen.append(connection.recv(1000))


@pytest.mark.parametrize("service", [None, "serving.service:TasrihService"])
def test_keys_close_all_but_health_and_nothing_leaves_the_machine(service):
    listener = Listener()
    proxies = {name: listener.url for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    with Server(service, extra={**proxies, "NO_PROXY": "127.0.0.1,localhost"}, api_keys=",".join(KEYS)) as server:
        server.wait_ready()
        for path in ROUTES:
            assert server.status(path) == (200 if path in OPEN else 401), path
        for path in ("/schema.json", "/page", "/nothing"):
            assert server.status(path) == 401
        body = {"sentences": [{"text": TEXT}]}
        for value in ("", "Bearer", f"Bearer {KEYS[0]}x", f"Bearer {KEYS[0][:-1]}", f"Basic {KEYS[0]}", KEYS[0]):
            headers = {"Authorization": value} if value else {}
            refused = httpx.post(f"{server.url}/v1/sentences", json=body, headers=headers)
            assert_error(refused, 401, "unauthorized")
            assert refused.headers["www-authenticate"].startswith("Bearer")
        assert httpx.get(f"{server.url}/metrics", headers={b"Authorization": b"Bearer \xff\xd9\x83"}).status_code == 401
        for key in KEYS:
            given = {"Authorization": f"Bearer {key}"}
            assert httpx.post(f"{server.url}/v1/sentences", json=body, headers=given).status_code == 200
        document = httpx.get(f"{server.url}/docs.json", headers={"Authorization": f"bearer {KEYS[1]}"}).json()
        for path, item in document["paths"].items():
            for operation in item.values():
                assert operation["security"] == ([] if path in OPEN else [{"key": []}, {"session": []}])
        assert server.stop() == 0
        assert not any(key in server.log() for key in KEYS)
    assert listener.seen == []
    listener.socket.close()


def test_the_listener_would_have_seen_it():
    listener = Listener()
    with pytest.raises(httpx.TransportError):
        httpx.post("https://t.bentoml.com", proxy=listener.url, timeout=3)
    assert listener.seen and listener.seen[0].startswith(b"CONNECT t.bentoml.com:443")
    listener.socket.close()


def test_traces_tell_the_stages_and_no_text():
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            pass

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}/v1/traces"
    with Server(trace_endpoint=endpoint, log_format="console") as server:
        server.wait_ready()
        trace = "0af7651916cd43dd8448eb211c80319c"
        headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "X-Request-ID": "desk-17"}
        secret = "كلمةسرية"
        server.post("/v1/articles", {"articles": [{"text": f"قال {secret}."}]}, headers=headers)
        assert server.stop() == 0
        assert re.search(r"info +request request_id=desk-17 method=POST route=/v1/articles status=200", server.log())
    collector.shutdown()
    collector.server_close()
    data = b"".join(received)
    for word in (b"POST /v1/articles", b"prepare", b"queue", b"finish", b"desk-17", bytes.fromhex(trace)):
        assert word in data, word
    assert secret.encode() not in data


def test_the_document_tells_every_path_status_and_code(server):
    document = server.client.get("/docs.json").json()
    assert document["openapi"].startswith("3.1") and set(document["paths"]) == set(ROUTES)
    for path, methods in ROUTES.items():
        assert set(document["paths"][path]) == {method.lower() for method in methods}
    # What tells that an archive is not complete is told of archives alone.
    codes = {status: codes for status, codes in CODES.items() if status != 409}
    for path in ("/v1/articles", "/v1/sentences", "/v1/explanations"):
        operation = document["paths"][path]["post"]
        assert set(operation["responses"]) == {"200", *map(str, codes)}
        for status, named in codes.items():
            examples = operation["responses"][str(status)]["content"]["application/json"]["examples"]
            assert set(examples) == set(named)
        example = operation["requestBody"]["content"]["application/json"]["examples"]["arabic"]["value"]
        assert re.search("[ء-ي]", json.dumps(example, ensure_ascii=False))
    assert set(MESSAGES) == {code for codes in CODES.values() for code in codes}


def test_the_documents_examples_are_answered_as_it_says(server):
    document = server.client.get("/docs.json").json()
    for path in ("/v1/articles", "/v1/sentences", "/v1/explanations"):
        operation = document["paths"][path]["post"]
        example = operation["requestBody"]["content"]["application/json"]["examples"]["arabic"]["value"]
        told = operation["responses"]["200"]["content"]["application/json"]["examples"]["arabic"]["value"]
        found = server.post(path, example).json()
        assert shape(found) == shape(told)


def shape(data):
    """The keys of a value and of all in it; of numbers and texts their kind."""
    if isinstance(data, dict):
        return {key: shape(value) for key, value in data.items()}
    if isinstance(data, list):
        return [shape(value) for value in data] if any(isinstance(value, dict) for value in data) else "list"
    return type(data).__name__


def test_starting_servers_say_so():
    with Server() as server:
        codes: set[int | str] = set()
        while 200 not in codes:
            codes.add(server.status("/readyz"))
            if 503 in codes and "live" not in codes and server.status("/livez") == 200:
                response = httpx.post(f"{server.url}/v1/sentences", json={"sentences": []})
                if response.status_code == 503:
                    assert_error(response, 503, "starting")
                    assert response.headers["retry-after"] == "2"
                codes.add("live")
            time.sleep(0.02)
        assert codes >= {503, 200, "live"}
