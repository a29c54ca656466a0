"""Servers that several tests share; those that a test breaks are its own."""

from collections.abc import Iterator

import pytest

from tests.serving.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The service as it comes, its deadlines for bodies shortened."""
    with Server(body_timeout_s=2) as running:
        yield running.wait_ready()


@pytest.fixture(scope="session")
def slow() -> Iterator[Server]:
    """The service with an engine that takes a quarter of a second a batch, room for 40 sentences, and little patience."""
    with Server(
        "tests.serving.faulty:TasrihService",
        extra={"FAULTY_SECONDS": "0.25"},
        max_sentences_in_flight=40,
        max_queue_s=60,
        timeout_s=2,
        turn_sentences=4,
        round_tokens=64,
        body_timeout_s=2,
        drain_timeout_s=5,
    ) as running:
        yield running.wait_ready()
