"""The Ray engine on a real Ray of this machine: the same output, also where an actor is killed on the way."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from ray.cluster_utils import Cluster

from serving.batch import on_ray
from serving.batch.on_ray import Plan
from serving.batch.options import load_options
from serving.batch.shards import plan
from serving.batch.sources import find_sources
from serving.batch.survey import survey
from tasrih.errors import TasrihError
from tests.serving.batch.texts import row, tree, write_jsonl

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("in") / "a.jsonl", [*(row(n) for n in range(40)), "{broken"])


@pytest.fixture(scope="module")
def local(archive, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("local") / "out"
    assert finish(start(archive, out)) == 0
    return tree(out)


def start(archive: Path, out: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tasrih.cli", "batch", str(archive), "--output", str(out)),
            *("--shard-articles", "2", "--max-error-rate", "0.5", *words),
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(running: "subprocess.Popen[bytes]") -> int:
    try:
        return running.wait(timeout=900)
    finally:
        running.kill()


def test_what_an_actor_does_is_what_the_local_engine_does(archive, local, tmp_path, labeller):
    """Without Ray between: the actor's own work, its shards in any order."""
    out = tmp_path / "out"
    words = {"inputs": [str(archive)], "output": str(out), "shard_articles": 2}
    options = load_options(words)
    found = survey(find_sources(options.inputs), options)
    release = labeller.release
    facts = {
        "tasrih.release": f"{release.name}-{release.version}",
        "tasrih.release_digest": release.digest,
        "tasrih.input_sha256": found.sha256,
        "tasrih.precision": labeller.engine.precision,
    }
    told = Plan(options, found, release.digest, labeller.engine.precision, facts, str(ROOT))
    actor = on_ray._Actor(pickle.loads(pickle.dumps(told)))
    shards = list(plan(range(found.n_rows), shard_articles=2, round=0, first_number=0))
    entries = [json.loads(actor({"shard": [pickle.dumps(one)]})["entry"][0]) for one in reversed(shards)]
    assert [one["number"] for one in entries] == [one.number for one in reversed(shards)]
    parts = {name: data for name, data in local.items() if "/part-" in name}
    assert {name: data for name, data in tree(out).items() if "/part-" in name} == parts
    assert json.loads(local["manifest.json"])["shards"] == entries[::-1]
    other = Plan(options, found, "0" * 64, labeller.engine.precision, facts, str(ROOT))
    with pytest.raises(TasrihError, match=r"release: .* install the same release"):
        on_ray._Actor(other)


def test_the_output_is_that_of_the_local_engine(archive, local, tmp_path):
    out = tmp_path / "out"
    assert finish(start(archive, out, "--engine", "ray")) == 0
    assert tree(out) == local


def test_an_actor_that_is_killed_loses_nothing(archive, local, tmp_path):
    out = tmp_path / "out"
    running = start(archive, out, "--engine", "ray", "--ray-actors", "2", "--ray-actor-cpus", "0.5")
    deadline = time.monotonic() + 600
    killed = 0
    while running.poll() is None and not killed and time.monotonic() < deadline:
        manifest = out / "manifest.json"
        if manifest.exists() and json.loads(manifest.read_text(encoding="utf-8"))["shards"]:
            # Ray names an actor's process after its class.
            for one in psutil.Process(running.pid).children(recursive=True):
                title = " ".join(one.cmdline())
                if title.startswith("ray::") and "Map" in title and not killed:
                    one.send_signal(signal.SIGKILL)
                    killed += 1
        time.sleep(0.005)
    assert finish(running) == 0 and killed
    assert tree(out) == local


def test_a_driver_that_is_killed_is_resumed_by_the_other_engine(archive, local, tmp_path):
    out = tmp_path / "out"
    running = start(archive, out, "--engine", "ray")
    deadline = time.monotonic() + 600
    while running.poll() is None and not (out / "articles" / "part-00003.parquet").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    running.kill()
    running.wait()
    assert finish(start(archive, out, "--resume")) == 0
    assert tree(out) == local


def test_a_cluster_whose_worker_dies_loses_nothing(archive, local, tmp_path):
    """Two nodes that run already; the one without the head is killed, with all on it, after the first shard."""
    out = tmp_path / "out"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        worker = cluster.add_node(num_cpus=1)
        address = ("--ray-address", cluster.address, "--ray-actors", "2", "--ray-actor-cpus", "1")
        running = start(archive, out, "--engine", "ray", *address)
        deadline = time.monotonic() + 600
        while running.poll() is None and not (out / "articles" / "part-00001.parquet").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert running.poll() is None
        cluster.remove_node(worker, allow_graceful=False)
        assert finish(running) == 0
        assert tree(out) == local
    finally:
        cluster.shutdown()


def test_no_cluster_at_the_address_is_told(archive, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tasrih.cli", "batch", str(archive), "--output", str(tmp_path / "o")),
            *("--engine", "ray", "--ray-address", "127.0.0.1:1"),
        ],
        cwd=ROOT,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 2 and b"--ray-address 127.0.0.1:1" in done.stderr
