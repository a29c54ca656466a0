"""The torch engine: for GPUs, and for whoever wants to compare.

It runs the release's ``model.safetensors``, which a wheel leaves out. On a GPU or in bf16 a row's logits may differ in their last
digits with its batch mates, because kernels are chosen by shape; OpenVINO on a CPU is kept from that.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch

from tasrih.engines.classifier import load_classifier
from tasrih.errors import EngineError
from tasrih.types import EncodedBatch, Logits

__all__ = ["TorchEngine", "multiplies_bf16", "sees_gpu"]


class TorchEngine:
    """Runs a release with torch, on a GPU where there is one.

    Args:
        folder: of the release.
        precision: see `tasrih.engines.open_engine`.
    """

    def __init__(self, folder: Path, *, precision: str = "auto") -> None:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise EngineError(
                f"{weights}: missing, and torch needs it; fetch the whole release, or choose --engine openvino"
            )
        self._device = "cuda" if sees_gpu() else "cpu"
        capable = multiplies_bf16(self._device)
        if precision == "bf16" and not capable:
            raise EngineError(
                f"precision: bf16 asked for, but this {self._device} does not multiply it; choose f32 or auto"
            )
        self.precision = "bf16" if capable and precision != "f32" else "f32"
        self.name = f"torch {torch.__version__}"
        self.device = (
            torch.cuda.get_device_name() if self._device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
        )
        self._model = load_classifier(folder).to(self._device)

    def run(self, batches: Iterable[EncodedBatch]) -> Iterator[Logits]:
        """See `tasrih.engines.Engine`."""
        for batch in batches:
            ids_BL = torch.from_numpy(batch.ids_BL).to(self._device)
            mask_BL = torch.from_numpy(batch.mask_BL).to(self._device)
            with torch.inference_mode(), self._arithmetic():
                answer = self._model(ids_BL, mask_BL)
            yield Logits(_numpy(answer.stance_BS), _numpy(answer.claims_BC))

    def _arithmetic(self) -> AbstractContextManager[object]:
        return torch.autocast(self._device, torch.bfloat16) if self.precision == "bf16" else nullcontext()


def sees_gpu() -> bool:
    """Whether there is a GPU that this torch can use: a build for CPUs alone, or a hidden one, cannot."""
    return torch.cuda.is_available()


def multiplies_bf16(device: str) -> bool:
    """Whether this machine's `cpu`, `cuda` or `mps` has instructions for bf16, rather than emulating it."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "mps":
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))


def _numpy(tensor: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return tensor.float().cpu().numpy()
