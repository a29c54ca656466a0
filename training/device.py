"""Which device and which precision a run uses."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from tasrih.engines.torch import multiplies_bf16
from tasrih.errors import ConfigError
from training.config import TrainingConfig
from training.processes import n_launched

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
        ConfigError: the device that was asked for is not there, or cannot multiply bf16; or one process sees several
            GPUs, each of which wants a process of its own.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    name = config.device
    if name == "auto":
        name = "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if not there[name]:
        raise ConfigError(f"training.device: {name} given, torch {torch.__version__} finds none; use auto or cpu")
    if name == "cuda" and torch.cuda.device_count() > 1 and n_launched() == 1:
        # Left to itself the Trainer would wrap the model in DataParallel, and a batch would be so many times larger.
        raise ConfigError(
            f"training.processes: 1 process for the {torch.cuda.device_count()} GPUs that are visible, expected one each; "
            "leave training.processes at null, or choose a GPU: CUDA_VISIBLE_DEVICES=0 tasrih train …"
        )
    capable = multiplies_bf16(name)
    if config.precision == "auto":
        return Device(name, "bf16" if capable else "fp32")
    if config.precision == "bf16" and not capable:
        # A CPU without the instructions emulates them: right, and several times slower than fp32.
        raise ConfigError(f"training.precision: bf16 given, this {name} does not multiply it; use auto or fp32")
    return Device(name, config.precision)
