"""BentoML's supervisor, circus: the process that starts the worker and ends it.

It refuses a command while it is busy with another, and a signal is a command to it: while it starts the worker, and for a moment
every ten seconds, a SIGTERM would be lost, and the service would run on. Here it is tried again instead.
"""

from typing import Any

from circus.exc import ConflictError  # type: ignore[import-untyped]
from circus.sighandler import SysHandler  # type: ignore[import-untyped]

__all__ = ["heed_signals"]

AGAIN_SECONDS = 0.1


def heed_signals() -> None:
    """Have a supervisor that this process starts from now on end at a signal, whatever it is busy with."""
    SysHandler.quit = _quit


def _quit(handler: Any) -> None:
    controller = handler.controller
    arbiter, loop = controller.arbiter, controller.loop

    def end() -> None:
        try:
            arbiter.stop()
        except ConflictError:
            # It may be the end itself that it is busy with; the loop ends with it, and nothing is tried any more.
            loop.call_later(AGAIN_SECONDS, end)

    # Signals come between any two instructions; only the loop's own thread may command.
    loop.add_callback_from_signal(end)
