"""Which device and which precision a run uses."""

import contextlib
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from tasrih.engines.torch import multiplies_bf16
from tasrih.errors import ConfigError
from training.config import TrainingConfig

__all__ = ["Device", "choose_device"]


# What launchers of several processes set; those that accelerate, and so transformers, listens to.
_WORLD_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")


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
        ConfigError: the device that was asked for is not there, or cannot multiply bf16; or there is more than one
            process or GPU, which training does not divide its work among yet.
    """
    _check_one_process()
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    name = config.device
    if name == "auto":
        name = "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if not there[name]:
        raise ConfigError(f"training.device: {name} given, torch {torch.__version__} finds none; use auto or cpu")
    if name == "cuda" and torch.cuda.device_count() > 1:
        # Left to itself the Trainer would wrap the model in DataParallel, and a batch would be so many times larger.
        raise ConfigError(
            f"training.device: {torch.cuda.device_count()} GPUs are visible, a run uses one; "
            "choose it: CUDA_VISIBLE_DEVICES=0 tasrih train …, or training.device=cpu"
        )
    capable = multiplies_bf16(name)
    if config.precision == "auto":
        return Device(name, "bf16" if capable else "fp32")
    if config.precision == "bf16" and not capable:
        # A CPU without the instructions emulates them: right, and several times slower than fp32.
        raise ConfigError(f"training.precision: bf16 given, this {name} does not multiply it; use auto or fp32")
    return Device(name, config.precision)


def _check_one_process() -> None:
    for name in _WORLD_SIZES:
        value = os.environ.get(name, "1")
        if value.strip() not in ("", "0", "1"):
            raise ConfigError(
                f"{name}: {value} given by the launcher, a run is one process; start `tasrih train` by itself, without "
                "torchrun, accelerate launch or mpirun"
            )
