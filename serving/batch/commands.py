"""The subcommand `tasrih batch`. Nothing heavy is imported until it runs, so that `tasrih --help` is quick."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.cli import Command
from tasrih.engines import ENGINES, PRECISIONS
from tasrih.errors import ConfigError

if TYPE_CHECKING:
    from serving.batch.manifest import Manifest
    from serving.batch.options import Options

__all__ = ["BATCH", "EXIT_TOO_MANY_ERRORS"]

EXIT_TOO_MANY_ERRORS = 3

_FLAGS = (
    "inputs", "output", "format", "engine", "text_column", "html_column", "id_column", "source_column",
    "published_column", "keep_columns", "keep_boilerplate", "encoding", "delimiter", "shard_articles", "max_error_rate",
    "model", "encoder_engine", "precision", "cache_sentences", "workers", "ray_address", "ray_actors", "ray_actor_cpus",
)  # fmt: skip


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "tasrih batch INPUT ... --output DIR [options]\n       tasrih batch status DIR\n       tasrih batch verify DIR"
    )
    parser.add_argument(
        "inputs", nargs="*", metavar="INPUT", help="files, folders, globs, URLs (s3://, gs://); .gz and .zst too"
    )
    parser.add_argument("--output", metavar="DIR", help="a folder, or a URL of one, for the shards")
    parser.add_argument("--format", choices=("parquet", "jsonl", "csv"), help="of the shards; default: parquet")
    parser.add_argument("--engine", choices=("local", "ray"), help="this machine, or Ray; default: local")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="options, see configs/batch.yaml; flags win over it"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on with the job in DIR, or start it")
    how.add_argument("--overwrite", action="store_true", help="delete the job in DIR first")
    how.add_argument("--retry-failed", action="store_true", help="take only the rows that failed in the job in DIR")
    how.add_argument(
        "--dry-run", action="store_true", help="say what would be read, how long it takes and what it costs"
    )
    rows = parser.add_argument_group("rows")
    for name, what in (
        ("text", "an article's text"),
        ("html", "an article's markup"),
        ("id", "its id"),
        ("source", "its outlet"),
        ("published", "its date"),
    ):
        rows.add_argument(f"--{name}-column", metavar="NAME", help=f"the column of {what}; default: {name}")
    rows.add_argument("--keep-columns", metavar="A,B", help="columns to carry into the articles' rows; default: all")
    rows.add_argument("--keep-boilerplate", action="store_true", default=None, help="show menus and links, unlabelled")
    rows.add_argument("--encoding", help="of CSV files; default: utf-8")
    rows.add_argument("--delimiter", help="of CSV files; default: a comma, in .tsv a tab")
    rows.add_argument("--max-error-rate", type=float, metavar="SHARE", help="of rows that may fail; default: 0.01")
    rows.add_argument("--shard-articles", type=int, metavar="N", help="rows of a shard; default: 500")
    _configure_machines(parser)


def _configure_machines(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("release and machines")
    group.add_argument("--model", metavar="DIR", help="a release folder; default: TASRIH_MODEL, else the current one")
    group.add_argument("--encoder-engine", choices=ENGINES, help="what executes the encoder")
    group.add_argument("--precision", choices=PRECISIONS, help="of its arithmetic")
    group.add_argument("--cache-sentences", type=int, metavar="N", help="sentences not computed again; default: 100000")
    group.add_argument("--workers", type=int, metavar="N", help="processes that clean; default: one for 8 cores")
    group.add_argument("--ray-address", metavar="ADDRESS", help="of a running cluster; default: Ray on this machine")
    group.add_argument("--ray-actors", type=int, metavar="N", help="that hold the model; default: 1")
    group.add_argument("--ray-actor-cpus", type=float, metavar="N", help="set aside for each; default: all, shared out")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.inputs[:1] in (["status"], ["verify"]) and not arguments.output:
        return _look(*arguments.inputs)
    from serving.batch.options import load_options

    options = load_options({name: getattr(arguments, name) for name in _FLAGS}, config=arguments.config)
    if arguments.dry_run:
        from serving.batch.sizing import dry_run

        sys.stdout.write(dry_run(options))
        return 0
    from serving.batch.admission import Mode
    from serving.batch.job import run_job
    from serving.batch.progress import told

    mode = Mode(arguments.resume, arguments.overwrite, arguments.retry_failed)
    with told(shown=sys.stderr.isatty()) as progress:
        manifest = run_job(options, mode, progress)
    return _report(manifest, options)


def _look(action: str, *folders: str) -> int:
    if len(folders) != 1:
        raise ConfigError(f"batch {action}: {len(folders)} folders given; name the output folder of one job")
    from serving.batch.status import status, verify

    if action == "status":
        sys.stdout.write(status(folders[0]))
        return 0
    text, is_whole = verify(folders[0])
    sys.stdout.write(text)
    return 0 if is_whole else 1


def _report(manifest: "Manifest", options: "Options") -> int:
    n_rows = manifest.job["input"]["rows"]
    rate = manifest.n_errors / n_rows
    sys.stdout.write(
        f"{options.output}: {manifest.n_articles:,} articles, {manifest.n_sentences:,} sentences in "
        f"{len(manifest.shards):,} shards; {manifest.n_errors:,} of {n_rows:,} rows failed ({rate:.2%})\n"
    )
    if rate > options.max_error_rate:
        sys.stdout.flush()
        sys.stderr.write(
            f"tasrih: --max-error-rate: {rate:.2%} of the rows failed, at most {options.max_error_rate:.2%} may; "
            f"{options.output}/errors.jsonl says why. What was good is kept; mend the rows and run with --retry-failed\n"
        )
        return EXIT_TOO_MANY_ERRORS
    return 0


BATCH = Command("label whole archives, resumably, on one machine or many", _configure, _run)
