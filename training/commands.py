"""The subcommands `tasrih train` and `tasrih corpus`.

Nothing heavy is imported until a command runs, so that `tasrih --help` is quick, and so that a missing extra is reported
with the command that installs it.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.cli import EXIT_FAILED, Command
from tasrih.errors import TasrihError

if TYPE_CHECKING:
    from training.config import Config

__all__ = ["CORPUS", "TRAIN"]

# Of the extra [train]; what `corpus check` needs, and what training needs besides.
_LIGHT = ("pydantic", "yaml")
_HEAVY = ("torch", "transformers", "datasets", "accelerate", "safetensors")
DEFAULT_CONFIG = Path("configs/default.yaml")


def _configure_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="a YAML file such as configs/default.yaml")
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="A.B=C",
        help="override one key; may be repeated",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="validate, print the plan and what is missing, train nothing"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the newest run of this name (or output.run)")
    parser.add_argument("--output", type=Path, help="the folder that the release folder is made in (output.folder)")
    parser.add_argument("--set-current", action="store_true", help="make it the default release (output.set_current)")


def _train(arguments: argparse.Namespace) -> int:
    _require(_LIGHT)
    from training.config import load_config

    overrides = list(arguments.overrides)
    if arguments.output is not None:
        overrides.append(f"output.folder={_quoted(arguments.output)}")
    if arguments.set_current:
        overrides.append("output.set_current=true")
    config = load_config(arguments.config, overrides)
    if arguments.dry_run:
        return _dry_run(config)
    _require(_HEAVY)
    from training.run import run_training

    sys.stdout.write(f"{run_training(config, resume=arguments.resume)}\n")
    return 0


def _dry_run(config: "Config") -> int:
    from training.plan import plan

    sys.stdout.write("\n".join([*plan(config), *_missing_packages()]) + "\n")
    return 0


def _missing_packages() -> list[str]:
    absent = _absent(_HEAVY)
    return [f"missing: packages {', '.join(absent)}: pip install 'tasrih[train]'"] if absent else []


def _configure_corpus(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build-real", help="build the texts of the real half from your own copy of the corpora")
    source = build.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from", dest="clones", nargs="+", type=Path, metavar="FOLDER", help="clones of the repositories"
    )
    source.add_argument(
        "--from-file", type=Path, metavar="FILE", help="JSONL with repo, path, start, length, sha1, text"
    )
    check = actions.add_parser("check", help="the checks that stand before any training")
    check.add_argument("config", type=Path, nargs="?", default=DEFAULT_CONFIG, help=f"default: {DEFAULT_CONFIG}")
    check.add_argument("--set", dest="overrides", action="append", default=[], metavar="A.B=C", help="override one key")


def _corpus(arguments: argparse.Namespace) -> int:
    _require(_LIGHT)
    return _build_real(arguments) if arguments.action == "build-real" else _check(arguments)


def _build_real(arguments: argparse.Namespace) -> int:
    from training.real_half import BUILT, build_real, texts_from_clones, texts_from_file

    texts = texts_from_file(arguments.from_file) if arguments.from_file else texts_from_clones(arguments.clones)
    built = build_real(texts)
    sys.stdout.write(f"{BUILT}: {built.n_built} sentences, each equal to the labelled one by sha1\n")
    for what, ids in (("not found", built.missing), ("different from the labelled text", built.differing)):
        if ids:
            shown = ", ".join(ids[:10]) + (" …" if len(ids) > 10 else "")
            sys.stderr.write(f"tasrih: {len(ids)} sentences {what}: {shown}\n")
    if built.missing or built.differing:
        sys.stderr.write(
            "tasrih: check out the commits that data/real/README.md names, all of their files, and build again\n"
        )
        return EXIT_FAILED
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from training.config import load_config
    from training.corpus import read_corpus
    from training.corpus_checks import check_corpus, near_duplicates

    config = load_config(arguments.config, arguments.overrides)
    corpus = read_corpus(config.corpus)
    check_corpus(corpus, config.model.label_set())
    for split, counts in corpus.counts().items():
        sys.stdout.write(f"{split}: " + ", ".join(f"{name} {n}" for name, n in counts.items()) + "\n")
    pairs = near_duplicates(corpus.rows)
    if pairs:
        # Ids alone: the texts of the real half are not ours to print.
        sys.stdout.write(f"warning: {len(pairs)} pairs of sentences in two splits are near-duplicates:\n")
        sys.stdout.writelines(f"  {a.id} ({a.split}), {b.id} ({b.split})\n" for a, b in pairs)
    sys.stdout.write(f"no faults; sha256 {corpus.sha256}\n")
    return 0


def _quoted(path: Path) -> str:
    # As YAML reads it: a folder named "1.0" or "yes" stays a name.
    return "'" + str(path).replace("'", "''") + "'"


def _absent(packages: tuple[str, ...]) -> list[str]:
    return [name for name in packages if importlib.util.find_spec(name) is None]


def _require(packages: tuple[str, ...]) -> None:
    absent = _absent(packages)
    if absent:
        raise TasrihError(f"training needs {', '.join(absent)}, which is not installed; pip install 'tasrih[train]'")


TRAIN = Command("fine-tune an encoder on a labelled corpus and make a release", _configure_train, _train)
CORPUS = Command("build and check the labelled corpus", _configure_corpus, _corpus)
