"""SIGTERM while the service is still starting, at every moment of its start: it ends, and nothing of it stays."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.serving.server import START_SECONDS, Server

PLAIN = "serving.service:TasrihService"
END_SECONDS = 30.0


def until(server, condition):
    end = time.monotonic() + START_SECONDS
    while not condition():
        assert server.process.poll() is None, f"ended with {server.process.returncode}:\n{server.log()}"
        assert time.monotonic() < end, f"it never came to this:\n{server.log()}"
        time.sleep(0.002)


def workers(server):
    return psutil.Process(server.process.pid).children()


def the_command_became_bentomls(server):
    until(server, lambda: "bentoml" in psutil.Process(server.process.pid).cmdline())


def the_supervisor_has_its_handlers(server):
    def catches():
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
        return int(mask, 16) >> (signal.SIGTERM - 1) & 1

    until(server, catches)


def the_worker_is_born(server):
    until(server, lambda: workers(server))


def another_worker_is_born(server):
    the_worker_is_born(server)
    (first,) = workers(server)
    first.kill()
    # The supervisor looks every ten seconds.
    until(server, lambda: [one for one in workers(server) if one != first])


def the_worker_answers(server):
    until(server, lambda: server.status("/readyz") == 503)


def the_model_is_being_compiled(server):
    until(
        server,
        lambda: any("openvino_model.bin" in Path(f"/proc/{one.pid}/maps").read_text() for one in workers(server)),
    )


@pytest.mark.parametrize(
    ("moment", "service", "code"),
    [
        # Before there is a supervisor, the kernel ends the one process there is.
        (the_command_became_bentomls, None, -signal.SIGTERM),
        (the_supervisor_has_its_handlers, None, 0),
        (the_worker_is_born, PLAIN, 0),
        (another_worker_is_born, None, 0),
        (the_worker_answers, PLAIN, 0),
        (the_model_is_being_compiled, None, 0),
    ],
)
def test_sigterm_ends_a_service_that_starts(moment, service, code):
    with Server(service) as server:
        assert [one.pid for one in server.family()] == [server.process.pid]
        moment(server)
        assert server.stop(seconds=END_SECONDS) == code
        assert [one.cmdline() for one in server.family()] == []
        assert "Traceback" not in server.log()
        assert not [line for line in server.lines() if line["message"] == "ready" or "error_type" in line]
