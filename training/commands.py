"""The subcommands `tasrih train`, `corpus`, `compare`, `models`, `promote` and `rollback`.

Nothing heavy is imported until a command runs, so that `tasrih --help` is quick, and so that a missing extra is reported
with the command that installs it.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.cli import Command
from tasrih.errors import TasrihError
from training.compare_commands import configure_compare, run_compare
from training.corpus_commands import configure_corpus, run_corpus
from training.registry_commands import (
    configure_models,
    configure_promote,
    configure_rollback,
    run_models,
    run_promote,
    run_rollback,
)

if TYPE_CHECKING:
    from training.config import Config

__all__ = ["COMPARE", "CORPUS", "MODELS", "PROMOTE", "ROLLBACK", "TRAIN"]

# Of the extra [train]: what reading a corpus needs, what training needs besides, and what plots need.
_LIGHT = ("jsonschema", "pydantic", "yaml")
_HEAVY = ("torch", "transformers", "datasets", "accelerate", "safetensors")
_PLOTS = ("matplotlib",)


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


def _corpus(arguments: argparse.Namespace) -> int:
    _require(_LIGHT)
    if getattr(arguments, "output", None) is not None:
        _require(_PLOTS)
    return run_corpus(arguments)


def _compare(arguments: argparse.Namespace) -> int:
    _require(_LIGHT + _HEAVY)
    return run_compare(arguments)


def _promote(arguments: argparse.Namespace) -> int:
    _require(_LIGHT + _HEAVY)
    return run_promote(arguments)


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
CORPUS = Command("build, split, check and count the labelled corpus", configure_corpus, _corpus)
COMPARE = Command("hold two releases against each other: scores, labels that flip, speed", configure_compare, _compare)
MODELS = Command("list the releases, which is current, and how that came to be", configure_models, run_models)
PROMOTE = Command("make a release the current one, if it passes its gates", configure_promote, _promote)
ROLLBACK = Command("undo the last promotion", configure_rollback, run_rollback)
