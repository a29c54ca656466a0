"""Callers: locust, in its own environment, on loopback. Prints one line of JSON, its last.

``--callers 1,8,32`` is closed: so many callers, each of which sends its next request when it has the answer to its last, or, told
to come back later, when it was told to.
``--overload N`` is open: N requests a second whatever comes back, each on a connection of its own, as from ever new callers.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from itertools import count, cycle
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool
from locust import FastHttpUser, task
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import StopUser

# No request is waited for longer; a server of ours answers within 30 s.
LIMIT_S = 60.0
# Of a step, before its throughput is counted: queues fill meanwhile.
WARM_SHARE = 0.2
MAX_WAITING = 4000
MAX_FILES = 2 * MAX_WAITING
USUAL_REQUESTS = 30
# So many usual answers in a row are normal again.
NORMAL_REQUESTS = 5

# Begun, answered, status, kind, sentences.
Row = tuple[float, float, int, str, int]


class Caller(FastHttpUser):
    """Sends what is next, until the step's time is up."""

    network_timeout = connection_timeout = LIMIT_S
    shots: Any = None
    rows: list[Row]
    end = 0.0

    @task
    def call(self) -> None:
        """One request."""
        if time.monotonic() >= Caller.end:
            raise StopUser
        row, later_s = _send(self.client, next(Caller.shots))
        Caller.rows.append(row)
        gevent.sleep(min(later_s, max(0.0, Caller.end - time.monotonic())))


def _send(session: FastHttpSession, shot: dict[str, Any], **headers: str) -> tuple[Row, float]:
    """What came of a request, and in how many seconds to come back."""
    begun = time.monotonic()
    response = session.post(
        shot["path"], data=shot["body"], headers={"Content-Type": "application/json", **headers}, name=shot["kind"]
    )
    row = (begun, time.monotonic(), response.status_code or 0, shot["kind"], shot["n_sentences"])
    return row, float((response.headers or {}).get("Retry-After", 0))


def _closed(url: str, n_callers: int, seconds: float) -> dict[str, Any]:
    Caller.rows = []
    environment = Environment(user_classes=[Caller], host=url)
    runner = environment.create_local_runner()
    cpu_s = time.process_time()
    begun = time.monotonic()
    Caller.end = begun + seconds
    runner.start(n_callers, spawn_rate=n_callers)
    gevent.sleep(seconds)
    # Those who wait are waited for: a latency that is cut off is not counted as short.
    while runner.user_count and time.monotonic() < Caller.end + LIMIT_S:
        gevent.sleep(0.05)
    n_lost = runner.user_count
    runner.quit()
    counted_from = begun + WARM_SHARE * seconds
    counted = [row for row in Caller.rows if row[2] == 200 and counted_from <= row[1] < Caller.end]
    return {
        "callers": n_callers,
        "per_second": sum(row[4] for row in counted) / (Caller.end - counted_from),
        "statuses": {**_statuses(Caller.rows), **({"0": n_lost} if n_lost else {})},
        "callers_cpu": (time.process_time() - cpu_s) / (time.monotonic() - begun),
        **{f"{kind}_ms": _latencies(Caller.rows, kind) for kind in ("single", "article")},
    }


def _overload(url: str, shots: list[dict[str, Any]], per_second: float, seconds: float) -> dict[str, Any]:
    session = _session(url)
    singles = cycle([shot for shot in shots if shot["kind"] == "single"])
    usual = sorted(row[1] - row[0] for row, _ in (_send(session, next(singles)) for _ in range(USUAL_REQUESTS)))
    # Twice what nearly all took while nobody else was there.
    usual_s = 2 * usual[int(0.95 * len(usual))]

    rows: list[Row] = []
    crowd, pool, turns = _session(url), Pool(MAX_WAITING), cycle(shots)

    def one(shot: dict[str, Any]) -> None:
        rows.append(_send(crowd, shot, Connection="close")[0])

    n_unsent = 0
    cpu_s, begun = time.process_time(), time.monotonic()
    end = begun + seconds
    for number in count():
        due = begun + number / per_second
        if due >= end:
            break
        gevent.sleep(max(0.0, due - time.monotonic()))
        if pool.full():
            n_unsent += 1
        else:
            pool.spawn(one, next(turns))
    ended, cpu_s = time.monotonic(), time.process_time() - cpu_s
    normal_s = _normal_after_s(session, singles, usual_s, ended)
    pool.join(timeout=LIMIT_S)
    accepted = [row for row in rows if row[2] == 200]
    refused = sorted(1000 * (row[1] - row[0]) for row in rows if row[2] in (429, 503))
    return {
        "asked_per_second": per_second,
        "seconds": ended - begun,
        "sent": len(rows) + len(pool),
        "unsent": n_unsent,
        "statuses": {**_statuses(rows), **({"0": len(pool)} if len(pool) else {})},
        "per_second": sum(row[4] for row in accepted if row[1] < ended) / (ended - begun),
        "refused_ms": _percentiles(refused),
        "usual_ms": 1000 * usual_s,
        "normal_after_s": normal_s,
        "callers_cpu": cpu_s / (ended - begun),
        **{f"{kind}_ms": _percentiles(_latencies(rows, kind)) for kind in ("single", "article")},
    }


def _normal_after_s(session: FastHttpSession, singles: Any, usual_s: float, ended: float) -> float | None:
    """Seconds from the overload's end to the first of `NORMAL_REQUESTS` usual answers in a row; None where they do not come."""
    first, n_usual = 0.0, 0
    while n_usual < NORMAL_REQUESTS:
        (begun, answered, status, *_), _ = _send(session, next(singles))
        if begun - ended > LIMIT_S:
            return None
        if status == 200 and answered - begun <= usual_s:
            first = first if n_usual else answered
            n_usual += 1
        else:
            n_usual = 0
            gevent.sleep(0.1)
    return max(0.0, first - ended)


def _session(url: str) -> FastHttpSession:
    environment = Environment()
    return FastHttpSession(
        url,
        environment.events.request,
        None,
        concurrency=MAX_WAITING,
        network_timeout=LIMIT_S,
        connection_timeout=LIMIT_S,
    )


def _statuses(rows: list[Row]) -> dict[str, int]:
    return {str(status): number for status, number in sorted(Counter(row[2] for row in rows).items())}


def _latencies(rows: list[Row], kind: str) -> list[float]:
    return sorted(round(1000 * (row[1] - row[0]), 2) for row in rows if row[2] == 200 and row[3] == kind)


def _percentiles(ascending: list[float]) -> dict[str, float] | None:
    if not ascending:
        return None
    return {f"p{share}": ascending[-(-share * len(ascending) // 100) - 1] for share in (50, 95, 99, 100)}


def main() -> None:
    """Call, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shots", type=Path, help="what `benchmarks.load.servers` wrote")
    parser.add_argument("url")
    parser.add_argument("--callers", default="")
    parser.add_argument("--overload", type=float, default=0.0, metavar="PER_SECOND")
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    assert arguments.url.startswith("http://127.0.0.1:"), "loopback alone is called"
    # Every request in the air holds a file open.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if most == resource.RLIM_INFINITY else min(MAX_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    shots = json.loads(arguments.shots.read_text(encoding="utf-8"))
    if arguments.overload:
        found = _overload(arguments.url, shots, arguments.overload, arguments.seconds)
    else:
        Caller.shots = cycle(shots)
        steps = [_closed(arguments.url, int(number), arguments.seconds) for number in arguments.callers.split(",")]
        found = {"steps": steps}
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
