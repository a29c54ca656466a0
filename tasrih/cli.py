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

__all__ = ["EXIT_FAILED", "EXIT_PARTLY", "GROUP", "Command", "complain", "main"]

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
    try:
        code = _main(list(sys.argv[1:] if argv is None else argv))
        # Now, so that a reader who left, or a full disk, is noticed here and not while Python ends.
        sys.stdout.flush()
        return code
    except TasrihError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (such as `head`) has gone. Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror or error}; check the disk and the path")
    return EXIT_FAILED


def _main(words: list[str]) -> int:
    commands = {entry.name: entry for entry in metadata.entry_points(group=GROUP)}
    if not words or words[0] in ("-h", "--help"):
        _say(_help(commands))
        return 0 if words else EXIT_FAILED
    if words[0] == "--version":
        _say(f"tasrih {metadata.version('tasrih')}")
        return 0
    name, *rest = words
    if name not in commands:
        complain(f"no command {name!r}; choose one of: {', '.join(sorted(commands))}")
        return EXIT_FAILED
    command: Command = commands[name].load()
    parser = argparse.ArgumentParser(prog=f"tasrih {name}", description=command.summary)
    command.configure(parser)
    return command.run(parser.parse_args(rest))


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


def complain(text: str) -> None:
    """Say on standard error what went wrong."""
    # A file name may hold bytes that are no text; told with a mark in their place.
    sys.stderr.write(f"tasrih: {text}\n".encode("utf-8", "replace").decode())


if __name__ == "__main__":
    sys.exit(main())
