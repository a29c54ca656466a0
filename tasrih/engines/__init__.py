"""What executes the encoder: `EncodedBatch -> Logits`.

An engine is opened from a release folder and may be shared by threads. `open_engine` picks one; each lives in a module of
its own, imported when chosen, so that nobody loads a framework they do not use.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tasrih.errors import EngineError

if TYPE_CHECKING:
    # For the names of things alone: the command line reads `ENGINES` and must not wait for NumPy.
    from tasrih.types import EncodedBatch, Logits

__all__ = ["ENGINES", "Engine", "open_engine"]

ENGINES = ("auto", "openvino")

# OpenVINO's package reports its import to its maker, and nothing may leave the machine. Where the reporting package cannot be
# imported, it uses its own empty stand-in. A package runs before its modules, so this comes before any import of OpenVINO.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


class Engine(Protocol):
    """Runs a release's encoder and heads.

    Attributes:
        name: as in `ENGINES`, and the version of what is underneath.
        precision: of the matrix multiplications, such as ``f32`` or ``bf16``.
    """

    name: str
    precision: str

    def run(self, batches: "Iterable[EncodedBatch]") -> "list[Logits]":
        """Logits of each batch, in the order given. A row's logits do not depend on the other rows."""
        ...


def open_engine(folder: Path, *, engine: str = "auto", precision: str = "auto") -> Engine:
    """Open the encoder of the release in `folder`.

    Args:
        folder: a release.
        engine: one of `ENGINES`; ``auto`` takes OpenVINO, which CPUs run best.
        precision: ``f32``, ``bf16``, or ``auto``: bf16 where the processor multiplies it, else f32.

    Raises:
        EngineError: no such engine, or it cannot load the release.
    """
    if engine not in ENGINES:
        raise EngineError(f"engine: {engine!r} given; choose one of {', '.join(ENGINES)}")
    from tasrih.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(folder, precision=precision)
