"""What goes wrong in production, done on purpose to a running server: nothing leaks, nothing hangs, no one pays for another."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.serving.server import NAN, POISON, ROOT, Server, environment, free_port
from tests.serving.test_service_errors import assert_error

FINE = "وصل الوفد إلى مسقط صباح الخميس."
RELEASE = json.loads((ROOT / "models" / "current.json").read_text())["release"]


def distinct(n, word="الوفد"):
    # Each of another text, so that none is computed once for all.
    return [f"وصل {word} رقم {number} إلى مسقط." for number in range(n)]


def body(texts):
    return {"sentences": [{"text": text} for text in texts]}


def test_a_poison_item_fails_alone(slow):
    good = distinct(6)
    alone = [slow.sentences(text).json()["sentences"][0] for text in (good[0], FINE)]
    with ThreadPoolExecutor() as pool:
        other = pool.submit(slow.sentences, FINE)
        # Three callers' sentences share rounds with the poison.
        answer = pool.submit(slow.sentences, good[0], POISON, good[1])
        third = pool.submit(slow.sentences, good[2], NAN)
    found = answer.result().json()["sentences"]
    assert [one.get("error", {}).get("code") for one in found] == [None, "internal", None]
    assert found[0] == alone[0] and other.result().json()["sentences"][0] == alone[1]
    assert [one.get("error", {}).get("code") for one in third.result().json()["sentences"]] == [None, "internal"]
    assert slow.metric("tasrih_poisoned_sentences_total") >= 2
    # And the queue goes on.
    assert slow.sentences(FINE).json()["sentences"] == [alone[1]]


def test_a_poison_sentence_takes_its_article_alone(slow):
    articles = [{"id": "a", "text": FINE}, {"id": "b", "text": f"{FINE}\n{POISON}"}, {"id": "c", "text": FINE}]
    found = slow.post("/v1/articles", {"articles": articles}).json()["articles"]
    assert [item.get("error", {}).get("code") for item in found] == [None, "internal", None]
    assert found[1]["id"] == "b"
    slow.wait_idle()


def test_past_the_bound_callers_are_told_when_to_come_back(slow):
    with ThreadPoolExecutor() as pool:
        first = pool.submit(slow.sentences, *distinct(12))
        time.sleep(0.3)
        # A batch and a single sentence obey one rule: 12 and 28 fill the 40 places, one more finds none.
        second = pool.submit(slow.sentences, *distinct(28, "القائد"))
        time.sleep(0.3)
        third = slow.sentences(FINE)
        error = assert_error(third, 429, "overloaded")
        assert int(third.headers["retry-after"]) >= 1 and "40" in error["message"]
    assert first.result().status_code in (200, 504) and second.result().status_code in (200, 503, 504)
    slow.wait_idle()
    assert slow.sentences(FINE).status_code == 200


def test_a_single_sentence_does_not_wait_for_the_end_of_a_batch(slow):
    with ThreadPoolExecutor() as pool:
        batch = pool.submit(slow.sentences, *distinct(38))
        time.sleep(0.3)
        begun = time.monotonic()
        assert slow.sentences(FINE).status_code == 200
        waited = time.monotonic() - begun
        assert not batch.done() and waited < 1.6
    slow.wait_idle()


def test_deadlines_before_and_after_the_labelling_began(slow):
    with ThreadPoolExecutor() as pool:
        begun = time.monotonic()
        # 38 sentences of 4 or so a batch, at 0.25 s a batch: more than the 2 s there are.
        too_long = pool.submit(slow.sentences, *distinct(38))
        response = too_long.result()
        assert_error(response, 504, "took_too_long")
        assert time.monotonic() - begun < 3.5
    # What it left is dropped, not computed for nobody.
    slow.wait_idle()
    assert slow.metric("tasrih_dropped_sentences_total") > 0
    begun = time.monotonic()
    assert slow.sentences(FINE).status_code == 200
    assert time.monotonic() - begun < 1.5


def test_a_deadline_that_passes_in_the_queue_is_a_503():
    # The engine needs longer for one batch than a caller may wait.
    with Server("tests.serving.faulty:TasrihService", extra={"FAULTY_SECONDS": "1.5"}, timeout_s=1) as server:
        server.wait_ready()
        with ThreadPoolExecutor() as pool:
            first = pool.submit(server.sentences, *distinct(1))
            time.sleep(0.2)
            # Rounds behind the first: the engine holds a few batches, this one is not among them.
            rest = [pool.submit(server.sentences, f"{FINE} {'نعم ' * (8 * n)}") for n in range(12)]
            assert_error(first.result(), 504, "took_too_long")
            codes = {one.result().status_code for one in rest}
        assert 503 in codes and codes <= {503, 504}
        late = next(one.result() for one in rest if one.result().status_code == 503)
        assert_error(late, 503, "waited_too_long")
        assert int(late.headers["retry-after"]) >= 1
        server.wait_idle()


def test_who_hangs_up_costs_nothing_more(slow):
    data = json.dumps(body(distinct(38))).encode()
    head = (
        "POST /v1/sentences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    ).encode()
    dropped, left = (slow.metric(f"tasrih_{name}_total") for name in ("dropped_sentences", "hung_up"))
    with socket.create_connection(("127.0.0.1", slow.port)) as connection:
        connection.sendall(head + data)
        time.sleep(0.5)
        assert slow.metric("tasrih_sentences_in_flight") == 38
    time.sleep(0.2)
    assert slow.metric("tasrih_sentences_in_flight") == 0
    assert slow.metric("tasrih_hung_up_total") == left + 1
    begun = time.monotonic()
    assert slow.sentences(FINE).status_code == 200
    assert time.monotonic() - begun < 1.6
    assert slow.metric("tasrih_dropped_sentences_total") - dropped >= 20


def test_sigterm_under_load_finishes_what_was_taken():
    with Server("tests.serving.faulty:TasrihService", extra={"FAULTY_SECONDS": "0.3"}, timeout_s=20) as server:
        server.wait_ready()
        with ThreadPoolExecutor(8) as pool:
            taken = [pool.submit(server.sentences, *distinct(3, f"و{'و' * 9 * n}")) for n in range(8)]
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            # The door is open until all is done, and says so.
            late = httpx.post(f"{server.url}/v1/sentences", json=body([FINE]), timeout=5)
            assert_error(late, 503, "draining")
            assert late.headers["retry-after"] == "1" and late.headers["connection"] == "close"
            assert server.status("/readyz") == 503 and server.status("/livez") == 200
            assert [one.result().status_code for one in taken] == [200] * 8
        assert server.process.wait(30) == 0
        assert any(line["message"] == "drained" and line["unanswered"] == 0 for line in server.lines())


def test_who_never_reads_an_answer_does_not_keep_the_service_from_its_end():
    with Server("serving.service:TasrihService", drain_timeout_s=2) as server:
        server.wait_ready()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            # Far more than the buffers between the two hold.
            connection.sendall(b"GET /docs.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
            time.sleep(1)
            begun = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - begun < 20


def test_draining_ends_though_the_work_does_not():
    service = "tests.serving.faulty:TasrihService"
    with Server(service, extra={"FAULTY_SECONDS": "1"}, timeout_s=20, drain_timeout_s=1) as server:
        server.wait_ready()
        texts = [f"{FINE} {'نعم ' * (8 * n)}" for n in range(12)]
        with ThreadPoolExecutor() as pool:
            taken = pool.submit(server.sentences, *texts)
            time.sleep(0.5)
            begun = time.monotonic()
            assert server.stop(seconds=20) == 0
            assert time.monotonic() - begun < 15
            assert_error(taken.result(), 503, "draining")


def test_a_killed_worker_is_started_anew_and_a_damaged_release_then_tells(tmp_path):
    model = tmp_path / RELEASE
    shutil.copytree(ROOT / "models" / RELEASE, model, ignore=shutil.ignore_patterns("*.safetensors"))
    with Server(model=model) as server:
        server.wait_ready()
        expected = server.sentences(FINE).json()["sentences"]
        first = server.worker()
        first.kill()
        # Callers wait at the door meanwhile, or are told to come back.
        server.client = httpx.Client(base_url=server.url, timeout=60)
        server.wait_ready()
        assert server.worker().pid != first.pid
        assert server.sentences(FINE).json()["sentences"] == expected

        with (model / "openvino_model.bin").open("r+b") as weights:
            weights.write(b"damage")
        server.worker().kill()
        end = time.monotonic() + 30
        while server.status("/livez") != 503 and time.monotonic() < end:
            time.sleep(0.2)
        live = httpx.get(f"{server.url}/livez")
        error = assert_error(live, 503, "failed")
        assert "openvino_model.bin: sha256 is" in error["message"]
        assert_error(httpx.get(f"{server.url}/readyz"), 503, "failed")
        assert_error(httpx.post(f"{server.url}/v1/sentences", json=body([FINE])), 503, "failed")
        assert server.stop() == 0


@pytest.mark.parametrize("how", ["tasrih", "bentoml"])
def test_a_release_damaged_on_disk_stops_the_start(tmp_path, how):
    model = tmp_path / RELEASE
    shutil.copytree(ROOT / "models" / RELEASE, model, ignore=shutil.ignore_patterns("*.safetensors"))
    (model / "tokenizer.json").write_text("{}")
    words = ["tasrih.cli", "serve"] if how == "tasrih" else ["bentoml", "serve", "serving.service:TasrihService"]
    done = subprocess.run(
        [sys.executable, "-m", *words, "--port", str(free_port())],
        cwd=ROOT, env=environment(model=model), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == (2 if how == "tasrih" else 1)
    assert "tokenizer.json: sha256 is" in done.stderr + done.stdout
