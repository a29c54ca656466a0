"""The `tasrih` command: finds its subcommands in the entry-point group ``tasrih.commands`` and runs one.

A subcommand is loaded when it is called, so that none pays for another's imports. Exit codes: 0 all done; 1 some inputs
could not be labelled, the others were; 2 bad usage, or nothing could be done (release, configuration, corpus); 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata

from tasrih.errors import TasrihError

__all__ = ["EXIT_FAILED", "EXIT_PARTLY", "GROUP", "Command", "main"]

GROUP = "tasrih.commands"
EXIT_PARTLY = 1
EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. Modules that hold one import light things alone; `run` imports the heavy ones.

    Attributes:
        summary: one line for ``tasrih --help``.
        configure: adds the subcommand's arguments.
        run: does the work and returns the exit code.
    """

    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``tasrih``; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands = {entry.name: entry for entry in metadata.entry_points(group=GROUP)}
    if not words or words[0] in ("-h", "--help"):
        _say(_help(commands))
        return 0 if words else EXIT_FAILED
    if words[0] == "--version":
        _say(f"tasrih {metadata.version('tasrih')}")
        return 0
    name, *rest = words
    if name not in commands:
        _complain(f"no command {name!r}; choose one of: {', '.join(sorted(commands))}")
        return EXIT_FAILED
    try:
        command: Command = commands[name].load()
        parser = argparse.ArgumentParser(prog=f"tasrih {name}", description=command.summary)
        command.configure(parser)
        return command.run(parser.parse_args(rest))
    except TasrihError as error:
        _complain(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (such as `head`) has gone. Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _help(commands: dict[str, metadata.EntryPoint]) -> str:
    lines = [
        "usage: tasrih COMMAND [ARGUMENT ...]",
        "",
        "Stance and claim types of Arabic news sentences.",
        "",
        "commands:",
    ]
    lines += [f"  {name:10} {commands[name].load().summary}" for name in sorted(commands)]
    lines += ["", "`tasrih COMMAND --help` tells more; `tasrih --version` tells the version."]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"tasrih: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
