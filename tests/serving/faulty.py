"""The service with an engine that can be slow, and fails on sentences of our choice.

`bentoml serve tests.serving.faulty:TasrihService` runs it.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import serving.model
from tasrih.encoding import Encoder
from tasrih.engines import Engine, open_engine
from tasrih.errors import EngineError
from tasrih.types import EncodedBatch, Logits
from tests.serving.server import NAN, POISON

SECONDS = float(os.environ.get("FAULTY_SECONDS", "0"))


class FaultyEngine:
    """Waits before each batch, raises for one sentence, and answers another with no number."""

    def __init__(self, engine: Engine, encoder: Encoder) -> None:
        self._engine = engine
        self.name, self.precision, self.device = engine.name, engine.precision, engine.device
        self._poison, self._nan = (one.ids for one in encoder.encode([POISON, NAN]))

    def run(self, batches: Iterable[EncodedBatch]) -> Iterator[Logits]:
        for batch in batches:
            # What is tried again, alone, comes as a list, and quickly.
            time.sleep(0 if isinstance(batches, list) else SECONDS)
            if any(_holds(row, self._poison) for row in batch.ids_BL):
                raise EngineError("the poison was taken")
            (logits,) = self._engine.run([batch])
            for place, row in enumerate(batch.ids_BL):
                if _holds(row, self._nan):
                    logits.stance_BS[place] = np.nan
            yield logits


def _holds(row: Any, ids: tuple[int, ...]) -> bool:
    return tuple(row[: len(ids)].tolist()) == ids


def open_faulty(folder: Path, digest: str | None = None, *, engine: str, precision: str) -> FaultyEngine:
    opened = open_engine(folder, digest, engine=engine, precision=precision)
    return FaultyEngine(opened, Encoder(folder / "tokenizer.json", max_length=512))


serving.model.open_engine = open_faulty  # type: ignore[attr-defined, assignment]

from serving.service import TasrihService  # noqa: E402, F401
