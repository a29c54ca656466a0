"""`Retry-After` under load: whoever is turned away by 429 or 503 hears in how many whole seconds to come back."""

import re
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.serving.server import Server
from tests.serving.test_service_errors import answer
from tests.serving.test_service_faults import FINE, body, distinct

TURNED_AWAY = (429, 503)


def check(response):
    """Seconds are told to whom it helps to come back, in the header and, where the message names them, there."""
    given = response.headers.get("retry-after")
    if response.status_code not in TURNED_AWAY:
        assert given is None, response.text
        return
    assert given is not None and re.fullmatch("[1-9][0-9]*", given), (given, response.text)
    assert int(given) <= 60
    message = response.json()["error"]["message"]
    assert f"come back in {given} s" in message or "come back" not in message


def code(response):
    return response.json().get("error", {}).get("code", "") if response.status_code != 200 else ""


def until_held(server, name, n, seconds=30.0):
    end = time.monotonic() + seconds
    while (held := server.metric(f"tasrih_{name}")) < n:
        assert time.monotonic() < end, f"{held} held, {n} expected"
        time.sleep(0.02)


def until_draining(server, seconds=30.0):
    end = time.monotonic() + seconds
    while not any(line["message"] == "draining" for line in server.lines()):
        assert time.monotonic() < end, server.log()
        time.sleep(0.02)


def send_before_reading(server, size, version="1.1"):
    """What a simple caller with a large body hears: it reads nothing before all is sent."""
    head = f"POST /v1/articles HTTP/{version}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode())
        for _ in range(size // 100_000):
            connection.sendall(b" " * 100_000)
        return answer(connection).decode()


def test_a_crowd_before_a_full_queue(slow):
    def come(caller):
        return [slow.sentences(*distinct(8, f"وفد {caller} {turn}")) for turn in range(3)]

    with ThreadPoolExecutor(24) as pool:
        responses = [response for responses in pool.map(come, range(24)) for response in responses]
    for response in responses:
        check(response)
    # 24 callers of 8 sentences at 40 places: some are labelled, more are turned away.
    found = Counter(map(code, responses))
    assert found["overloaded"] >= 24 and found[""] >= 1, found
    assert set(found) <= {"", "overloaded", "waited_too_long", "took_too_long"}
    slow.wait_idle()


def test_a_slow_machine_takes_no_more_than_it_can_label_in_time():
    # 4,096 places, but 0.05 s a sentence: 600 would take 30 s, which nobody is given. All would be begun, and none ended.
    with Server(
        "tests.serving.faulty:TasrihService",
        extra={"FAULTY_SECONDS": "0.2"},
        timeout_s=20,
        max_queue_s=8,
        turn_sentences=4,
        round_tokens=64,
    ) as server:
        server.wait_ready()
        # Alone, a call may take longer than the queue is long; it teaches the pace.
        assert server.sentences(*distinct(200, "الوزير")).status_code == 200
        with ThreadPoolExecutor(10) as pool:
            responses = list(pool.map(lambda caller: server.sentences(*distinct(60, f"وفد {caller}")), range(10)))
        for response in responses:
            check(response)
        found = Counter(map(code, responses))
        assert set(found) == {"", "overloaded"} and found[""] >= 1, found
        server.wait_idle()
        assert server.stop() == 0


def test_bodies_that_together_hold_too_much():
    with Server("serving.service:TasrihService", max_body_bytes=100_000, max_held_bytes=100_000) as server:
        server.wait_ready()
        head = (
            "POST /v1/sentences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99000\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head.encode() + b" " * 90_000)
            until_held(server, "held_body_bytes", 90_000)
            response = server.sentences(*distinct(200))
            assert (response.status_code, code(response)) == (429, "overloaded")
            check(response)
        server.wait_idle()
        assert server.sentences(*distinct(200)).status_code == 200
        assert server.stop() == 0


def test_a_crowd_before_a_server_that_goes_down():
    # 40 sentences, 4 or so a batch, at 1.5 s a batch: more work than the drain has time for.
    with Server(
        "tests.serving.faulty:TasrihService",
        extra={"FAULTY_SECONDS": "1.5"},
        timeout_s=60,
        drain_timeout_s=5,
        max_sentences_in_flight=40,
        max_queue_s=60,
        turn_sentences=4,
        round_tokens=64,
    ) as server:
        server.wait_ready()
        late = []
        with ThreadPoolExecutor(4) as pool:
            taken = [
                pool.submit(server.sentences, *distinct(10, word)) for word in ("الوفد", "القائد", "السفير", "الوزير")
            ]
            until_held(server, "sentences_in_flight", 40)
            full = server.sentences(FINE)
            assert (full.status_code, code(full)) == (429, "overloaded")
            check(full)
            # In HTTP/1.0, as nginx speaks it unless told, a connection ends with the answer.
            told = send_before_reading(server, 1_900_000, version="1.0")
            assert told.startswith("HTTP/1.1 429 ") and re.search(r"retry-after: [1-9]\d*\r\n", told.lower())
            server.process.send_signal(signal.SIGTERM)
            until_draining(server)
            told = send_before_reading(server, 1_900_000)
            assert told.startswith("HTTP/1.1 503 ") and "retry-after: 1\r\n" in told.lower() and '"draining"' in told
            while server.process.poll() is None:
                try:
                    late.append(httpx.post(f"{server.url}/v1/sentences", json=body([FINE]), timeout=20))
                except httpx.TransportError:
                    break  # the door is closed
            answers = [one.result() for one in taken]
        assert server.process.wait(40) == 0
        for response in [*late, *answers]:
            check(response)
        assert {code(response) for response in late} == {"draining"}
        assert {code(response) for response in answers} <= {"", "draining"}
        assert any(code(response) == "draining" for response in answers)
