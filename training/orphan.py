"""A process of a run ends with the launcher that started it, also where that is killed with `kill -9`.

torchrun puts each of its processes into a session of its own, out of reach of what kills the launcher's process group. Left
behind, they would train on, and write into a run that is being gone on with.
"""

import ctypes
import os
import signal
import sys

__all__ = ["end_with_launcher"]

_PR_SET_PDEATHSIG = 1


def end_with_launcher() -> None:
    """Have the kernel kill this process once torchrun, its parent, is gone; elsewhere than on Linux, nothing."""
    if "TORCHELASTIC_RUN_ID" in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
