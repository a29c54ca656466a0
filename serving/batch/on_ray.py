"""The Ray engine: shards go through Ray Data to a pool of actors, each with the model, that read, score and write them.

Only a shard's number and rows travel; its input is read, and its parts are written, where it is scored. So input and output
must be reachable from every machine (an object store, a shared disk), and an actor that dies costs its own shard alone: Ray
starts another and gives it the shard again, and the same parts are written again. The manifest is written here, by one.
"""

import json
import os
import pickle
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from serving.batch.local import LocalEngine
from serving.batch.manifest import Entry
from serving.batch.options import Options
from serving.batch.reader import RowReader
from serving.batch.row import CsvForm
from serving.batch.shape import Shape
from serving.batch.shards import Seen, Shard, ShardWriter
from serving.batch.store import open_store
from serving.batch.survey import Survey
from tasrih.errors import ConfigError, EngineError, TasrihError
from tasrih.pipeline import Labeller

__all__ = ["Plan", "RayEngine", "make_local"]

SHARD_RETRIES = 10
KNOCK_S = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a machine must know to score shards of a job.

    Attributes:
        options: of the job.
        survey: of its input.
        release_digest: which every machine's release must have.
        precision: which every machine must compute in.
        facts: for the metadata of Parquet files.
        folder: that relative names count from.
    """

    options: Options
    survey: Survey
    release_digest: str
    precision: str
    facts: Mapping[str, str]
    folder: str


def make_local(plan: Plan, labeller: Labeller) -> LocalEngine:
    """The engine that scores shards on this machine."""
    options = plan.options
    shape = Shape(labeller.release.labels, plan.survey.columns, options)
    reader = RowReader(plan.survey, CsvForm(options.encoding, options.delimiter))
    writer = ShardWriter(open_store(options.output), options.format, shape, plan.facts)
    return LocalEngine(labeller, reader, shape, writer, options)


class RayEngine:
    """Scores shards on a Ray cluster, or on a Ray of this machine.

    Raises:
        ConfigError: Ray is not installed, or nothing answers where a cluster should.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Nothing leaves the machine: Ray would report its use to its maker.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ImportError as error:
            raise ConfigError("--engine ray: Ray is not installed; pip install 'tasrih[ray]'") from error
        self._ray = ray
        # A cluster that is there keeps running; one that we start ends with us.
        self._address = plan.options.ray_address or os.environ.get("RAY_ADDRESS") or "local"
        _knock(self._address)

    def run(self, shards: Iterable[Shard], seen: Seen) -> Iterator[Entry]:
        """Score shards; gives each one's entry when its parts are in their places, in no order."""
        items = [{"shard": pickle.dumps(shard)} for shard in shards]
        if not items:
            return
        address = self._address
        try:
            self._ray.init(address=address, log_to_driver=False, **_ours(address))
        except ConnectionError as error:
            raise ConfigError(f"--ray-address {address}: no Ray cluster answers there ({error})") from error
        except Exception as error:  # Ray raises just this where its own processes take longer than it waits
            raise EngineError(
                f"Ray did not start here ({error}); a busy machine is too slow for its fixed waits: try again with --resume, or "
                "with --engine local"
            ) from error
        try:
            yield from self._entries(items, seen)
        except self._ray.exceptions.RayError as error:
            raise EngineError(f"Ray could not go on ({error}); run the same command with --resume") from error
        finally:
            self._ray.shutdown()

    def _entries(self, items: list[dict[str, bytes]], seen: Seen) -> Iterator[Entry]:
        from ray.data import ActorPoolStrategy, DataContext, from_items

        options = self._plan.options
        DataContext.get_current().enable_progress_bars = False
        resources: dict[str, float] = self._ray.cluster_resources()  # type: ignore[no-untyped-call,unused-ignore]
        cpus = options.ray_actor_cpus or max(1.0, resources.get("CPU", 1.0) // options.ray_actors)
        # A block for each shard: its entry comes back when it is done, not with those of its neighbours.
        data = from_items(items, override_num_blocks=len(items)).map_batches(
            _Actor,
            fn_constructor_args=(self._plan,),
            batch_size=1,
            compute=ActorPoolStrategy(size=options.ray_actors, max_tasks_in_flight_per_actor=2),
            num_cpus=cpus,
            # Actors come back without end; a shard that ends every actor it meets must not.
            max_task_retries=SHARD_RETRIES,
        )
        for row in data.iter_rows():
            entry = Entry(**json.loads(row["entry"]))
            seen(entry.rows, entry.sentences, entry.errors)
            yield entry


def _knock(address: str) -> None:
    """See that somebody answers at HOST:PORT: Ray itself would ask for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "://" not in address:
        try:
            socket.create_connection((host, int(port)), timeout=KNOCK_S).close()
        except OSError as error:
            raise ConfigError(
                f"--ray-address {address}: no Ray cluster answers there ({error}); give HOST:PORT of its head, or auto on it"
            ) from error


def _ours(address: str) -> dict[str, Any]:
    """Options of a Ray that we start; a cluster has its own."""
    return {"include_dashboard": False} if address == "local" else {}


class _Actor:
    """Holds the model on a machine of the cluster."""

    def __init__(self, plan: Plan) -> None:
        os.chdir(plan.folder)
        options = plan.options
        labeller = Labeller.open(
            options.model,
            engine=options.encoder_engine,
            precision=options.precision,
            cache_sentences=options.cache_sentences,
        )
        for name, here, there in (
            ("release", labeller.release.digest, plan.release_digest),
            ("precision", labeller.engine.precision, plan.precision),
        ):
            if here != there:
                raise TasrihError(
                    f"{name}: {here[:12]} on {os.uname().nodename}, {there[:12]} where the job began; install the same "
                    "release everywhere, and name --precision f32 where processors differ"
                )
        self._engine = make_local(plan, labeller)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        # Written by our own driver moments ago, and read nowhere else.
        shards = [pickle.loads(shard) for shard in batch["shard"]]  # noqa: S301
        entries = self._engine.run(shards, lambda *counts: None)
        return {"entry": [json.dumps({name: getattr(one, name) for name in Entry.__slots__}) for one in entries]}
