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
from training.orphan import end_with_launcher
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
# Of the extra [search].
_SEARCH = ("optuna",)


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
    parser.add_argument(
        "--flips",
        type=Path,
        nargs="+",
        metavar="ARCHIVE",
        help="archives without labels: the report tells what changes there against the current release (tracking.flips)",
    )


def _train(arguments: argparse.Namespace) -> int:
    end_with_launcher()
    _require(_LIGHT)
    from training.config import load_config

    overrides = _overrides(arguments)
    config = load_config(arguments.config, overrides)
    if arguments.dry_run:
        return _dry_run(config)
    _require(_HEAVY)
    for extra, packages in _asked(config).items():
        _require(packages, extra)
    from training.launch import launch, n_wanted

    n = n_wanted(config.training)
    if n > 1:
        from training.prepare import check_run
        from training.processes import Processes

        check_run(config, Processes(n=n))
        words = [word for override in overrides for word in ("--set", override)]
        launch(n, ["train", str(arguments.config), *words, *(["--resume"] if arguments.resume else [])])
    if config.search is None:
        from training.run import run_training as run
    else:
        from training.search import run_search as run
    sys.stdout.write(f"{run(config, resume=arguments.resume)}\n")
    return 0


def _overrides(arguments: argparse.Namespace) -> list[str]:
    """What the command line says, as `--set` would."""
    overrides = list(arguments.overrides)
    if arguments.output is not None:
        overrides.append(f"output.folder={_quoted(arguments.output)}")
    if arguments.set_current:
        overrides.append("output.set_current=true")
    if arguments.flips:
        overrides.append(f"tracking.flips=[{', '.join(map(_quoted, arguments.flips))}]")
    return overrides


def _dry_run(config: "Config") -> int:
    from training.plan import plan

    sys.stdout.write("\n".join([*plan(config), *_missing_packages(config)]) + "\n")
    return 0


def _asked(config: "Config") -> dict[str, tuple[str, ...]]:
    """Packages that a config asks for beyond training itself, by the extra that brings them."""
    tracking = [("mlflow", config.tracking.mlflow is not None), ("tensorboard", config.tracking.tensorboard)]
    asked = {"tracking": tuple(name for name, is_asked in tracking if is_asked)}
    if config.search is not None:
        asked["search"] = _SEARCH
    return asked


def _missing_packages(config: "Config") -> list[str]:
    return [
        f"missing: packages {', '.join(absent)}: pip install 'tasrih[{extra}]'"
        for extra, packages in {"train": _HEAVY, **_asked(config)}.items()
        for absent in [_absent(packages)]
        if absent
    ]


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


def _require(packages: tuple[str, ...], extra: str = "train") -> None:
    absent = _absent(packages)
    if absent:
        raise TasrihError(f"training needs {', '.join(absent)}, which is not installed; pip install 'tasrih[{extra}]'")


TRAIN = Command("fine-tune an encoder on a labelled corpus and make a release", _configure_train, _train)
CORPUS = Command("build, split, check and count the labelled corpus", configure_corpus, _corpus)
COMPARE = Command("hold two releases against each other: scores, labels that flip, speed", configure_compare, _compare)
MODELS = Command("list the releases, which is current, and how that came to be", configure_models, run_models)
PROMOTE = Command("make a release the current one, if it passes its gates", configure_promote, _promote)
ROLLBACK = Command("undo the last promotion", configure_rollback, run_rollback)
