"""Which device and which precision a run uses."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from tasrih.errors import ConfigError
from training.config import TrainingConfig

__all__ = ["Device", "choose_device"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the precision of its matrix multiplications.

    Attributes:
        name: `cpu`, `cuda` or `mps`.
        precision: `bf16` or `fp32`; weights, sums and the optimiser are float32 in either.
    """

    name: str
    precision: str

    def autocast(self) -> AbstractContextManager[object]:
        """What a forward pass runs in."""
        if self.precision == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.name, dtype=torch.bfloat16)


def choose_device(config: TrainingConfig) -> Device:
    """Resolve `auto`, and set the number of threads.

    Raises:
        ConfigError: the device that was asked for is not there, or cannot multiply bf16.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    name = config.device
    if name == "auto":
        name = "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if not there[name]:
        raise ConfigError(f"training.device: {name} given, torch {torch.__version__} finds none; use auto or cpu")
    capable = _multiplies_bf16(name)
    if config.precision == "auto":
        return Device(name, "bf16" if capable else "fp32")
    if config.precision == "bf16" and not capable:
        # A CPU without the instructions emulates them: right, and several times slower than fp32.
        raise ConfigError(f"training.precision: bf16 given, this {name} does not multiply it; use auto or fp32")
    return Device(name, config.precision)


def _multiplies_bf16(device: str) -> bool:
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "mps":
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))
