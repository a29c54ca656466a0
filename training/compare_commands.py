"""`tasrih compare`: two releases on the same sentences."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.errors import ConfigError

if TYPE_CHECKING:
    from training.corpus import Row
    from training.shown import Shown

__all__ = ["add_models", "configure_compare", "find_folder", "run_compare"]

MODELS = Path("models")


def configure_compare(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih compare`."""
    from training.speed import ROUNDS

    parser.add_argument("before", type=Path, metavar="RELEASE_A", help="a release folder, or its name under --models")
    parser.add_argument("after", type=Path, metavar="RELEASE_B", help="another")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--corpus",
        type=Path,
        metavar="CONFIG",
        help="score both on its test split; default: that of RELEASE_B's corpus",
    )
    source.add_argument(
        "--texts",
        type=Path,
        metavar="PATH",
        help="an archive without labels: articles, JSON lines with a text, or a folder",
    )
    parser.add_argument("--output", type=Path, metavar="FILE.html", help="write it all as a page, with examples")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"in which speed is measured; 0: not ({ROUNDS})")
    add_models(parser)


def add_models(parser: argparse.ArgumentParser) -> None:
    """``--models``, as every command on releases has it."""
    parser.add_argument("--models", type=Path, default=MODELS, metavar="FOLDER", help=f"of the releases ({MODELS})")


def run_compare(arguments: argparse.Namespace) -> int:
    """Compare two releases; tells on standard output, and on a page where one is asked for."""
    from tasrih.pipeline import Labeller
    from training.archive import read_archive
    from training.compare import compare, held_out
    from training.compare_table import comparison_table

    if arguments.rounds < 0:
        raise ConfigError(f"--rounds: {arguments.rounds} given, expected 0 or more")
    before, after = (Labeller.open(find_folder(name, arguments.models)) for name in (arguments.before, arguments.after))
    on: Sequence[Row] | Sequence[Shown]
    if arguments.texts is not None:
        on, told = read_archive(arguments.texts), str(arguments.texts)
    else:
        split = held_out(arguments.corpus, after.release)
        on, told = split.rows, split.told
    found = compare(before, after, on, told=told, page=arguments.output, rounds=arguments.rounds)
    sys.stdout.write(comparison_table(found))
    if arguments.output is not None:
        from training.pages import write_comparison

        write_comparison(found, arguments.output)
        sys.stdout.write(f"\n{arguments.output}\n")
    return 0


def find_folder(release: Path, models: Path) -> Path:
    """The folder of a release that was given as a path, or by its name in the registry."""
    return release if release.exists() or not (models / release).is_dir() else models / release
