"""What Prometheus reads at ``/metrics``.

Names end in their unit, counters in ``_total``; no label holds anything a caller wrote.
"""

import time
from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from tasrih.types import LabelledSentence

__all__ = ["Metrics"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
SHORT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TOKENS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
SENTENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """Every metric of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)

        def counter(name: str, what: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(f"tasrih_{name}", what, labels, registry=registry)

        def histogram(name: str, what: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
            return Histogram(f"tasrih_{name}", what, labels, buckets=buckets, registry=registry)

        def gauge(name: str, what: str, labels: Sequence[str] = ()) -> Gauge:
            return Gauge(f"tasrih_{name}", what, labels, registry=registry)

        self.requests = counter("requests_total", "Requests answered.", ("route", "method", "status"))
        self.request_seconds = histogram("request_seconds", "From headers to the answer's end.", SECONDS, ("route",))
        self.requests_in_progress = gauge("requests_in_progress", "Requests being answered.")
        self.hung_up = counter("hung_up_total", "Callers who left before their answer.")
        self.prepare_seconds = histogram("prepare_seconds", "Reading and splitting a request's items.", SECONDS)
        self.tokenise_seconds = histogram("tokenise_seconds", "Tokenising a request's sentences.", SHORT_SECONDS)
        self.wait_seconds = histogram(
            "queue_wait_seconds", "From the queue's door to the engine's, a request.", SECONDS
        )
        self.inference_seconds = histogram(
            "inference_seconds", "The engine, from a batch's start to its answer.", SECONDS
        )
        self.batch_tokens = histogram("batch_tokens", "Padded tokens of a batch.", TOKENS)
        self.batch_sentences = histogram("batch_sentences", "Sentences of a batch.", SENTENCES)
        self.in_flight = gauge("sentences_in_flight", "Sentences taken and not answered: the depth of the queue.")
        self.held_bytes = gauge("held_body_bytes", "Bytes of bodies being read or prepared.")
        self.sentences = counter("sentences_total", "Sentences labelled.")
        self.truncated = counter("truncated_sentences_total", "Sentences whose end was cut off.")
        self.review = counter("review_sentences_total", "Sentences sent to review.")
        self.labels = counter("labels_total", "Labels given.", ("kind", "label"))
        self.item_errors = counter("item_errors_total", "Items answered with an error.", ("code",))
        self.known = counter("cached_sentences_total", "Sentences that were not computed, being known of late.")
        self.dropped = counter("dropped_sentences_total", "Sentences nobody waited for any more, dropped unlabelled.")
        self.poisoned = counter("poisoned_sentences_total", "Sentences the engine could not take.")
        self.ready = gauge("ready", "1 while the service takes work.")
        self.start_seconds = gauge("start_seconds", "From the process's start to ready.")
        self.info = gauge("info", "Always 1; what runs, in its labels.", ("release", "version", "engine", "precision"))
        self._begun = time.monotonic()

    def mark_ready(self) -> None:
        self.start_seconds.set(time.monotonic() - self._begun)
        self.ready.set(1)

    def count_labels(self, labelled: Sequence[LabelledSentence]) -> None:
        """Count what was said of sentences; unlabelled boilerplate is none."""
        for sentence in labelled:
            if sentence.stance is None:
                continue
            self.sentences.inc()
            self.labels.labels("stance", sentence.stance).inc()
            for claim in sentence.claim_types or ():
                self.labels.labels("claim", claim).inc()
            self.review.inc(bool(sentence.needs_review))
            self.truncated.inc(bool(sentence.truncated))

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self.registry)
