"""`tasrih label`: files, folders or standard input to labelled articles, or sentences already split."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tasrih.cli import EXIT_PARTLY, Command, complain
from tasrih.engines import ENGINES, PRECISIONS
from tasrih.errors import ConfigError, InputError
from tasrih.formats import FORMATS

if TYPE_CHECKING:
    from tasrih.formats import Writer
    from tasrih.pipeline import Labeller
    from tasrih.types import Document

__all__ = ["LABEL", "add_model_arguments"]

# Articles labelled together: their sentences share batches. More would not be faster, and would hold more in memory.
ARTICLES_AT_ONCE = 16
# Seen last and not computed again in the articles that follow: news repeats itself. About 0.5 kB each.
CACHE_SENTENCES = 20_000


@dataclass(frozen=True, slots=True)
class _Input:
    """One thing to label: a file, standard input (no path), or what could not even be found."""

    id: str
    path: Path | None = None
    error: InputError | None = None


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; - is standard input")
    parser.add_argument(
        "--sentences", metavar="FILE.jsonl", help='sentences already split: lines {"id", "text"}; - is standard input'
    )
    parser.add_argument("--format", choices=FORMATS, help="default: table; jsonl with --sentences")
    parser.add_argument("--output", metavar="FILE", help="write here instead of standard output")
    parser.add_argument("--keep-boilerplate", action="store_true", help="show menus, links and forms, unlabelled")
    add_model_arguments(parser)
    parser.add_argument("--no-color", action="store_true", help="also: the environment's NO_COLOR")


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``--model``, ``--engine`` and ``--precision``, as every command that loads a release has them."""
    parser.add_argument("--model", metavar="DIR", help="a release folder; default: TASRIH_MODEL, else the current one")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="what executes the encoder")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of its arithmetic")


def _run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    from tasrih.pipeline import Labeller

    inputs = list(_inputs(arguments.paths))
    _refuse_overwriting(arguments.output, [arguments.sentences, *(item.path for item in inputs)])
    labeller = Labeller.open(
        arguments.model, engine=arguments.engine, precision=arguments.precision, cache_sentences=CACHE_SENTENCES
    )
    with _output(arguments.output) as stream:
        if arguments.sentences:
            from tasrih.commands.sentences import label_lines

            return label_lines(arguments.sentences, stream, labeller)
        from tasrih.formats import open_writer

        color = False if arguments.no_color else None
        writer = open_writer(arguments.format or "table", stream, labeller.release, color=color)
        n_failed = _label(inputs, labeller, writer, keep_boilerplate=arguments.keep_boilerplate)
        writer.finish()
    return EXIT_PARTLY if n_failed else 0


def _check(arguments: argparse.Namespace) -> None:
    if bool(arguments.paths) == bool(arguments.sentences):
        raise ConfigError("label: give files, folders or - (or --sentences FILE.jsonl), and not both")
    if arguments.sentences and arguments.format not in (None, "jsonl"):
        raise ConfigError(f"--format {arguments.format}: --sentences prints jsonl; leave --format out")
    if arguments.paths.count("-") > 1:
        raise ConfigError("label: - (standard input) is given twice; it can be read once")


def _inputs(given: list[str]) -> Iterator[_Input]:
    from tasrih.inputs import SUFFIXES, find_paths, name_of

    for name in given:
        if name == "-":
            yield _Input("-")
            continue
        try:
            found = [_Input(name_of(path), path) for path in find_paths(Path(name))]
            if not found:
                raise InputError(f"{name_of(name)}: the folder holds no file of {', '.join(SUFFIXES)}; name the files")
            yield from found
        except InputError as error:
            yield _Input(name_of(name), error=error)


def _refuse_overwriting(output: str | None, sources: list[str | Path | None]) -> None:
    if output is None or not Path(output).exists():
        return
    for source in sources:
        if source is not None and source != "-" and Path(source).exists() and Path(source).samefile(output):
            raise ConfigError(f"--output {output}: is one of the inputs and would be lost; name another file")


@contextmanager
def _output(path: str | None) -> Iterator[TextIO]:
    if path is None:
        # Arabic and the byte-order mark must pass whatever the locale says.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        return
    target = Path(path)
    # Written aside and renamed: a run that fails leaves what was there before.
    aside = target.with_name(f".{target.name}.partial")
    try:
        stream = aside.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"--output {path}: cannot be written ({error.strerror}); name another file") from error
    try:
        with stream:
            yield stream
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _label(inputs: list[_Input], labeller: "Labeller", writer: "Writer", *, keep_boilerplate: bool) -> int:
    """Label all inputs in their order; returns how many could not be."""
    from tasrih.progress import progress

    n_failed = 0
    waiting: list[Document] = []

    def flush() -> None:
        for report in labeller.label_articles(waiting, keep_boilerplate=keep_boilerplate):
            writer.report(report)
            if report.reason:
                complain(f"{report.id}: {report.reason}")
        waiting.clear()

    # A bar between tables on the same screen would be torn apart.
    shown = len(inputs) > 1 and sys.stderr.isatty() and not sys.stdout.isatty()
    for item in progress(inputs, shown=shown):
        try:
            waiting.append(_read(item))
        except InputError as error:
            # What came before it goes out first, so that outputs keep the order of inputs.
            flush()
            writer.failure(item.id, error)
            complain(str(error))
            n_failed += 1
        if len(waiting) >= ARTICLES_AT_ONCE:
            flush()
    flush()
    return n_failed


def _read(item: _Input) -> "Document":
    from tasrih.inputs import MAX_CHARS, decode, read_path

    if item.error:
        raise item.error
    if item.path:
        return read_path(item.path)
    # No more than a refusal needs: no encoding takes more than four bytes a character.
    return decode(sys.stdin.buffer.read(4 * MAX_CHARS + 5), name=item.id)


LABEL = Command("label articles, or sentences already split", _configure, _run)
