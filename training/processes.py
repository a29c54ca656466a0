"""The processes that train one model together, as torchrun, accelerate or mpirun started them; mostly there is one.

Each holds the whole model and takes its share of every batch; gradients are averaged. The first alone writes: the run
folder, the log, reports and the release. Machines therefore share the folder of runs, from which all read the best epoch.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from accelerate import PartialState

from tasrih.errors import ConfigError, TasrihError

__all__ = ["TIMEOUT", "Faults", "FirstFailedError", "Processes", "join", "n_launched"]

Value = TypeVar("Value")

# What launchers of several processes set; those that accelerate, and so transformers, listens to.
_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
# How long the others wait for the first, which validates by itself.
TIMEOUT = timedelta(hours=2)
# How long a process that met a fault waits for the others to meet it.
_FAULT_TIMEOUT = timedelta(minutes=1)


class FirstFailedError(SystemExit):
    """Raised in all processes but the first where the first met a fault, which it tells by itself.

    Args:
        fault: what the first says.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(2)
        self.fault = fault

    def __str__(self) -> str:
        return self.fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """How many there are, and which of them this is.

    Attributes:
        n: on all machines together.
        place: this one's, from 0.
    """

    n: int = 1
    place: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes."""
        return self.place == 0

    def from_first(self, make: Callable[[], Value]) -> Value:
        """What `make` gives in the first process, handed to all; where it raises a `TasrihError`, the others end, too."""
        if self.n == 1:
            return make()
        told: list[Any] = [None, None]
        fault: TasrihError | None = None
        if self.is_first:
            try:
                told = [make(), None]
            except TasrihError as error:
                told, fault = [None, str(error)], error
        torch.distributed.broadcast_object_list(told, src=0)
        if fault is not None:
            raise fault
        value, said = told
        if said is not None:
            raise FirstFailedError(said)
        made: Value = value
        return made

    def mean(self, number: float, device: str) -> float:
        """The mean over all of them."""
        if self.n == 1:
            return number
        total = torch.tensor(number, dtype=torch.float32, device=device)
        torch.distributed.all_reduce(total)
        return float(total) / self.n

    def wait(self) -> None:
        """Until all have come here."""
        if self.n > 1:
            torch.distributed.barrier()

    def leave(self) -> None:
        """Wait for all and part: what follows, the first does by itself; the others end here (`SystemExit`)."""
        self.wait()
        if self.n > 1:
            torch.distributed.destroy_process_group()
        if not self.is_first:
            raise SystemExit(0)


class Faults:
    """Finds out whether a fault met all processes, which may then go on from it together.

    Made by all of them. It is a group of its own, since a process that met no fault waits in some exchange of the others.
    """

    def __init__(self, processes: Processes) -> None:
        self._n = processes.n
        self._group = torch.distributed.new_group(backend="gloo", timeout=_FAULT_TIMEOUT) if self._n > 1 else None

    def met_all(self, fault: str) -> bool:
        """Whether every process says the same; asked by those that met one."""
        if self._n == 1:
            return True
        told: list[str | None] = [None] * self._n
        try:
            torch.distributed.all_gather_object(told, fault, group=self._group)
        except RuntimeError:
            return False  # one at least did not come
        return set(told) == {fault}


def n_launched() -> int:
    """How many processes a launcher started; 1 where there was none.

    Raises:
        ConfigError: it says something that is no number.
    """
    for name in _SIZES:
        value = os.environ.get(name, "").strip()
        if value and not value.isdigit():
            raise ConfigError(f"{name}: {value!r} found in the environment, expected a number of processes; unset it")
        if value not in ("", "0", "1"):
            return int(value)
    return 1


def join(device: str) -> Processes:
    """Meet the other processes, where there are some, and take a GPU of one's own.

    Args:
        device: `cpu`, `cuda` or `mps`.
    """
    if n_launched() == 1:
        return Processes()
    state = PartialState(cpu=device == "cpu", timeout=TIMEOUT)
    return Processes(n=state.num_processes, place=state.process_index)
