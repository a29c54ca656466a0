"""Where a run is followed while it trains, beside its own log: TensorBoard and MLflow, where the config asks for them.

What is told are numbers, knobs and the run folder's name; no sentence. The run folder stays the record: a tracker that fails
halfway is left behind with a warning.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tasrih.errors import ConfigError
from training.checkpoints import newest_checkpoint
from training.config import Config, without_users

__all__ = ["MlflowTracker", "TensorBoardTracker", "Tracker", "open_trackers"]


class Tracker(TrainerCallback):
    """Told of every entry of the log, and at the end of the scores."""

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Called by the Trainer with each entry."""
        self.numbers(state.global_step, dict(_numbers(logs or {}, "")))

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Take numbers of one step."""
        raise NotImplementedError

    def finish(self, facts: Mapping[str, Any], release: Path | None, *, whole: bool = True) -> None:
        """Take the scores of validation and test, and end; `whole` is False where the run was given up."""
        raise NotImplementedError


class TensorBoardTracker(Tracker):
    """Writes ``tensorboard/`` in the run folder; what was logged after the checkpoint that is resumed from, is dropped."""

    def __init__(self, run: Path, config: Config) -> None:
        from torch.utils.tensorboard import SummaryWriter

        last = newest_checkpoint(run)
        self.writer: Any = SummaryWriter(str(run / "tensorboard"), purge_step=last.step + 1 if last else None)
        self.writer.add_text("config", f"```\n{json.dumps(config.written(), ensure_ascii=False, indent=1)}\n```")
        self.step = 0

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        self.step = step
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def finish(self, facts: Mapping[str, Any], release: Path | None, *, whole: bool = True) -> None:
        for name, value in _scores(facts):
            self.writer.add_scalar(name, value, self.step)
        self.writer.close()


class MlflowTracker(Tracker):
    """One MLflow run for one run folder, under an experiment of the release's name; a resumed run goes on with its own.

    Raises:
        ConfigError: the store cannot be opened.
    """

    def __init__(self, run: Path, config: Config) -> None:
        assert config.tracking.mlflow is not None
        # Nothing leaves the machine but to the store that was named; and a store that is down is told soon.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        self.failed = False
        self.store = str(without_users(config.tracking.mlflow))
        try:
            self.client: Any = MlflowClient(tracking_uri=config.tracking.mlflow)
            self.run_id = self._begin(run, config)
        except (MlflowException, OSError, ImportError) as error:
            raise ConfigError(
                f"tracking.mlflow: {self.store}: cannot be opened ({without_users(str(error))}); name a server that runs "
                "(http://host:5000) or a database (sqlite:///runs/mlflow.db), or null"
            ) from error

    def _begin(self, run: Path, config: Config) -> str:
        record = run / "mlflow.json"
        if record.is_file():
            before = json.loads(record.read_text(encoding="utf-8"))
            if before["store"] == self.store:
                self.client.update_run(before["run_id"], status="RUNNING")
                return str(before["run_id"])
        name = config.output.name
        found = self.client.get_experiment_by_name(name)
        experiment = found.experiment_id if found else self.client.create_experiment(name)
        made = self.client.create_run(experiment, run_name=run.name, tags={"run_folder": str(run)})
        run_id = str(made.info.run_id)
        for key, value in _knobs(config.written(), ""):
            self.client.log_param(run_id, key, value)
        record.write_text(json.dumps({"store": self.store, "run_id": run_id}) + "\n", encoding="utf-8")
        return run_id

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now_ms = int(time.time() * 1000)
        self._try(
            self.client.log_batch, self.run_id, [Metric(name, value, now_ms, step) for name, value in values.items()]
        )

    def finish(self, facts: Mapping[str, Any], release: Path | None, *, whole: bool = True) -> None:
        for name, value in _scores(facts):
            self._try(self.client.log_metric, self.run_id, name, value)
        if release is not None:
            self._try(self.client.set_tag, self.run_id, "release", str(release))
        self._try(self.client.set_terminated, self.run_id, "FINISHED" if whole else "KILLED")

    def _try(self, call: Any, *arguments: Any) -> None:
        from mlflow.exceptions import MlflowException

        if self.failed:
            return
        try:
            call(*arguments)
        except (MlflowException, OSError) as error:
            self.failed = True
            sys.stderr.write(
                f"tasrih: MLflow takes no more of this run ({without_users(str(error))}); it goes on, and log.jsonl has it all\n"
            )


def open_trackers(run: Path, config: Config) -> list[Tracker]:
    """Those that the config asks for.

    Raises:
        ConfigError: one cannot be opened.
    """
    trackers: list[Tracker] = []
    if config.tracking.tensorboard:
        trackers.append(TensorBoardTracker(run, config))
    if config.tracking.mlflow is not None:
        trackers.append(MlflowTracker(run, config))
    return trackers


def _numbers(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield before + name, float(value)


def _scores(facts: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Scores of validation and test as `test/stance_macro_f1`, `test/f1/LABEL`."""
    for split, sources in facts.get("metrics", {}).items():
        scores = sources["all"]
        for name, item in scores.items():
            if isinstance(item, dict) and "value" in item:
                yield f"{split}/{name}", float(item["value"])
        for head in ("stances", "claims"):
            for label, item in scores[head].items():
                yield f"{split}/f1/{label}", float(item["f1"]["value"])


def _knobs(sections: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    """The config, a dotted key each; lists in one."""
    for key, value in sections.items():
        if isinstance(value, dict) and value:
            yield from _knobs(value, f"{before}{key}.")
        else:
            yield before + key, json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
