"""Starts the processes of a run on this machine: `tasrih train` becomes torchrun, which starts it again so many times.

Over several machines torchrun is started by hand, on each (docs/retraining.md).
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import torch

from training.config import TrainingConfig
from training.processes import n_launched

__all__ = ["launch", "n_wanted"]


def n_wanted(config: TrainingConfig) -> int:
    """How many processes are still to be started: `training.processes`, or one for each GPU; 1 where a launcher was."""
    if n_launched() > 1 or "LOCAL_RANK" in os.environ:
        return 1
    if config.processes is not None:
        return config.processes
    return max(1, torch.cuda.device_count()) if config.device in ("auto", "cuda") else 1


def launch(n: int, words: Sequence[str]) -> NoReturn:
    """Become torchrun with `n` processes, each of which runs `tasrih` with these words."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n)]
    # Each its part of the cores; torchrun would give each of them one, and say so at length.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // n)))
    sys.stdout.flush()
    os.execv(sys.executable, [*torchrun, "-m", "tasrih.cli", *words])  # noqa: S606 - no shell is wanted
