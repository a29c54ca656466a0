"""What executes the encoder: `EncodedBatch -> Logits`.

An engine is opened from a release folder and may be shared by threads. `open_engine` picks one; each lives in a module of
its own, imported when chosen, so that nobody loads a framework they do not use.
"""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tasrih.errors import EngineError

if TYPE_CHECKING:
    # For the names of things alone: the command line reads `ENGINES` and must not wait for NumPy.
    from tasrih.types import EncodedBatch, Logits

__all__ = ["ENGINES", "PRECISIONS", "Engine", "open_engine"]

ENGINES = ("auto", "openvino", "torch")
PRECISIONS = ("auto", "f32", "bf16")
# What NVIDIA's driver makes. Asking torch instead would load it, two seconds that a laptop without a GPU need not wait.
_NVIDIA = Path("/dev/nvidiactl")

# OpenVINO's package reports its import to its maker, and nothing may leave the machine. Where the reporting package cannot be
# imported, it uses its own empty stand-in. A package runs before its modules, so this comes before any import of OpenVINO.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


class Engine(Protocol):
    """Runs a release's encoder and heads.

    Attributes:
        name: as in `ENGINES`, and the version of what is underneath.
        precision: of the matrix multiplications, such as ``f32`` or ``bf16``.
        device: such as ``CPU, 2 streams``, or a GPU's name.
    """

    name: str
    precision: str
    device: str

    def run(self, batches: "Iterable[EncodedBatch]") -> "Iterator[Logits]":
        """Logits of each batch, in the order given.

        Takes a batch when it has room for one, and gives an answer when it is asked: whoever makes the batches works
        while the engine does.
        """
        ...


def open_engine(folder: Path, digest: str | None = None, *, engine: str = "auto", precision: str = "auto") -> Engine:
    """Open the encoder of the release in `folder`.

    Args:
        folder: a release.
        digest: of the release; with it, what an engine prepares is kept in the user's cache folder for the next start.
        engine: one of `ENGINES`; ``auto`` takes torch where it is installed and can use an NVIDIA GPU, else OpenVINO, which
            CPUs run best.
        precision: one of `PRECISIONS`; ``auto``: bf16 where the hardware multiplies it, else f32.

    Raises:
        EngineError: no such engine or precision, or it cannot load the release here.
    """
    for name, given, known in (("engine", engine, ENGINES), ("precision", precision, PRECISIONS)):
        if given not in known:
            raise EngineError(f"{name}: {given!r} given; choose one of {', '.join(known)}")
    if engine == "auto":
        engine = "torch" if _torch_is_faster(folder) else "openvino"
    if engine == "torch":
        if not _torch_is_there():
            raise EngineError(
                "engine: torch needs torch, transformers and safetensors, which are not installed; "
                "pip install 'tasrih[gpu]', or choose openvino"
            )
        from tasrih.engines.torch import TorchEngine

        return TorchEngine(folder, precision=precision)
    from tasrih.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(folder, digest, precision=precision)


def _torch_is_faster(folder: Path) -> bool:
    """Whether there is a GPU that torch can use, and the weights that torch needs, which a wheel leaves out."""
    if not (_NVIDIA.exists() and _torch_is_there() and (folder / "model.safetensors").is_file()):
        return False
    from tasrih.engines.torch import sees_gpu

    return sees_gpu()


def _torch_is_there() -> bool:
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "safetensors"))
