"""`tasrih label`: files, folders or standard input to labelled articles, or sentences already split."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tasrih.cli import EXIT_PARTLY, Command
from tasrih.engines import ENGINES
from tasrih.errors import ConfigError, InputError
from tasrih.formats import FORMATS

if TYPE_CHECKING:
    from tasrih.formats import Writer
    from tasrih.pipeline import Labeller
    from tasrih.types import Document

__all__ = ["LABEL", "add_model_arguments"]

# Articles labelled together: their sentences share batches. More would not be faster, and would hold more in memory.
ARTICLES_AT_ONCE = 16


def _configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih label`."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; - is standard input")
    parser.add_argument(
        "--sentences",
        metavar="FILE.jsonl",
        help='sentences already split: lines {"id", "text"}; - is standard input',
    )
    parser.add_argument("--format", choices=FORMATS, help="default: table; jsonl with --sentences")
    parser.add_argument("--output", metavar="FILE", help="write here instead of standard output")
    parser.add_argument("--keep-boilerplate", action="store_true", help="show menus, links and forms, unlabelled")
    add_model_arguments(parser)
    parser.add_argument("--no-color", action="store_true", help="also: the environment's NO_COLOR")


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``--model`` and ``--engine``, as every command that loads a release has them."""
    parser.add_argument("--model", metavar="DIR", help="a release folder; default: TASRIH_MODEL, else the current one")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="what executes the encoder")
    parser.add_argument("--precision", choices=("auto", "f32", "bf16"), default="auto", help="of its arithmetic")


def _run(arguments: argparse.Namespace) -> int:
    """Label, write, and return 0, or 1 where some input could not be labelled."""
    if bool(arguments.paths) == bool(arguments.sentences):
        raise ConfigError("label: give files, folders or - (or --sentences FILE.jsonl), and not both")
    if arguments.sentences and arguments.format not in (None, "jsonl"):
        raise ConfigError(f"--format {arguments.format}: --sentences prints jsonl; leave --format out")
    if len([path for path in arguments.paths if path == "-"]) > 1:
        raise ConfigError("label: - (standard input) is given twice; it can be read once")
    from tasrih.pipeline import Labeller

    labeller = Labeller.open(arguments.model, engine=arguments.engine, precision=arguments.precision)
    with ExitStack() as stack:
        stream = _output(arguments.output, stack)
        if arguments.sentences:
            from tasrih.commands.sentences import label_lines

            return label_lines(arguments.sentences, stream, labeller)
        from tasrih.formats import open_writer

        writer = open_writer(
            arguments.format or "table", stream, labeller.release, color=False if arguments.no_color else None
        )
        n_failed = _label_paths(arguments, labeller, writer)
        writer.finish()
    return EXIT_PARTLY if n_failed else 0


def _output(path: str | None, stack: ExitStack) -> TextIO:
    if path is None:
        # Arabic and the byte-order mark must pass whatever the locale says.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        return sys.stdout
    try:
        return stack.enter_context(Path(path).open("w", encoding="utf-8", newline=""))
    except OSError as error:
        raise ConfigError(f"--output {path}: cannot be written ({error.strerror}); name another file") from error


def _label_paths(arguments: argparse.Namespace, labeller: "Labeller", writer: "Writer") -> int:
    from tasrih.progress import progress

    n_failed = 0
    waiting: list[Document] = []

    def flush() -> None:
        for report in labeller.label_articles(waiting, keep_boilerplate=arguments.keep_boilerplate):
            writer.report(report)
        waiting.clear()

    paths = list(_paths(arguments.paths))
    for name, path in progress(paths, shown=len(paths) > 1 and sys.stderr.isatty()):
        try:
            waiting.append(_read(name, path))
        except InputError as error:
            # What came before it goes out first, so that outputs keep the order of inputs.
            flush()
            writer.failure(name, error)
            sys.stderr.write(f"tasrih: {error}\n")
            n_failed += 1
        if len(waiting) >= ARTICLES_AT_ONCE:
            flush()
    flush()
    return n_failed


def _paths(given: list[str]) -> Iterator[tuple[str, Path | None]]:
    from tasrih.inputs import find_paths

    for name in given:
        if name == "-":
            yield "-", None
        else:
            yield from ((str(path), path) for path in find_paths(Path(name)))


def _read(name: str, path: Path | None) -> "Document":
    from tasrih.inputs import decode, read_path

    return decode(sys.stdin.buffer.read(), name=name) if path is None else read_path(path)


LABEL = Command("label articles, or sentences already split", _configure, _run)
