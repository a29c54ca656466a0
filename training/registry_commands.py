"""`tasrih models`, `tasrih promote` and `tasrih rollback`.

Exit codes as everywhere (`tasrih.cli`), and 3 where a gate was not passed.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.errors import ConfigError, ReleaseError, ReleaseNotFoundError
from training.compare_commands import add_models, find_folder

if TYPE_CHECKING:
    from training.gates import Gate
    from training.registry import Registry

__all__ = [
    "EXIT_GATE",
    "configure_models",
    "configure_promote",
    "configure_rollback",
    "run_models",
    "run_promote",
    "run_rollback",
]

EXIT_GATE = 3


def configure_models(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih models`."""
    parser.add_argument("--history", action="store_true", help="tell every promotion and rollback, too")
    add_models(parser)


def run_models(arguments: argparse.Namespace) -> int:
    """List the releases of a folder; the current one is marked."""
    from training.compare_table import history_table, releases_table
    from training.registry import Registry

    registry = Registry(arguments.models)
    _check_folder(registry)
    sys.stdout.write(releases_table(registry))
    if arguments.history:
        sys.stdout.write("\n" + history_table(registry.history()))
    return 0


def _check_folder(registry: "Registry") -> None:
    if not registry.folder.is_dir():
        raise ReleaseNotFoundError(f"--models {registry.folder}: no such folder; name the one that releases are in")


def configure_promote(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih promote`."""
    from training.gates_config import FORCEABLE

    parser.add_argument("release", type=Path, metavar="RELEASE_FOLDER", help="copied to --models where it is elsewhere")
    parser.add_argument(
        "--corpus", type=Path, metavar="CONFIG", help="measure on its test split; default: that of the release's corpus"
    )
    parser.add_argument("--gates", type=Path, metavar="FILE", help="the limits; default: configs/gates.yaml")
    parser.add_argument(
        "--force-gate", dest="forced", action="append", default=[], choices=FORCEABLE, help="pass it anyway; repeatable"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why; recorded. --force-gate needs one")
    parser.add_argument("--dry-run", action="store_true", help="measure the gates, change nothing")
    add_models(parser)


def run_promote(arguments: argparse.Namespace) -> int:
    """Make a release the current one if it passes its gates; 3 where it does not."""
    from training.promotion import locked
    from training.registry import Registry

    if arguments.forced and not (arguments.reason or "").strip():
        raise ConfigError("--force-gate: needs --reason TEXT, which is recorded")
    registry = Registry(arguments.models)
    if arguments.dry_run:
        return _promote(arguments, registry)[0]
    with locked(registry) as promotion:
        code, judged = _promote(arguments, registry)
        if code == 0:
            from tasrih.release import Release

            name = promotion.take_in(Release.load(find_folder(arguments.release, arguments.models)))
            told = {
                "gates": [gate.to_json() for gate in judged],
                "forced": arguments.forced,
                "reason": arguments.reason,
            }
            promotion.switch("promote", name, **told)
            sys.stdout.write(f"{registry.pointer}: {name} is the current release\n")
    return code


def _promote(arguments: argparse.Namespace, registry: "Registry") -> "tuple[int, tuple[Gate, ...]]":
    """Measure and tell; the exit code so far."""
    from tasrih.errors import ReleaseDamagedError
    from tasrih.release import Release
    from training.compare import held_out
    from training.compare_table import gates_table
    from training.gates import Gate, judge
    from training.gates_config import read_gates

    wanted = read_gates(arguments.gates)
    folder = find_folder(arguments.release, arguments.models)
    current = registry.current()
    if current is not None and folder.resolve() == (registry.folder / current).resolve():
        raise ReleaseError(f"{folder}: is the current release already; there is nothing to promote")
    try:
        release = Release.load(folder)
    except ReleaseDamagedError as error:
        sys.stdout.write(gates_table((Gate("hashes", False, "every file as recorded", str(error)),), ()))
        return EXIT_GATE, ()
    split = held_out(arguments.corpus, release)
    if release.facts["corpus"]["sha256"] != split.trained_on:
        sys.stderr.write(
            f"tasrih: {split.told}: the corpus is not the one that {release.name} {release.version} was trained on "
            "(another sha256); it may have seen some of these rows\n"
        )
    gates = judge(release, None if current is None else registry.folder / current, split, wanted)
    sys.stdout.write(f"{len(split.rows)} sentences: {split.told}\n\n")
    sys.stdout.write(gates_table(gates, arguments.forced))
    failed = [gate.name for gate in gates if not gate.passed and gate.name not in arguments.forced]
    if failed:
        sys.stdout.write(f"\nnot promoted: {', '.join(failed)}. Train further, or --force-gate NAME --reason TEXT\n")
        return EXIT_GATE, gates
    return 0, gates


def configure_rollback(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tasrih rollback`."""
    parser.add_argument("--reason", metavar="TEXT", help="why; recorded")
    add_models(parser)


def run_rollback(arguments: argparse.Namespace) -> int:
    """Make the release current again that was so before the last promotion."""
    from tasrih.release import Release
    from training.promotion import locked
    from training.registry import Registry

    registry = Registry(arguments.models)
    _check_folder(registry)  # which the lock would make
    with locked(registry) as promotion:
        name = promotion.previous()
        Release.load(registry.folder / name)  # a damaged release must not label: the error says what to do
        before = registry.current()
        promotion.switch("rollback", name, reason=arguments.reason)
    sys.stdout.write(f"{registry.pointer}: {name} is the current release again, after {before}\n")
    return 0
