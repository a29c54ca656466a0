"""The subcommand `tasrih reviews`. Nothing heavy is imported until it runs, so that `tasrih --help` is quick."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasrih.cli import Command, complain

if TYPE_CHECKING:
    from serving.reviews.store import Reviews

__all__ = ["REVIEWS"]


def _configure(parser: argparse.ArgumentParser) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--config", type=Path, metavar="FILE", help="the service's settings; default: configs/serving.yaml"
    )
    where.add_argument("--state-folder", metavar="DIR", help="of the service; default: the user's data folder")
    where.add_argument(
        "--database-url", metavar="URL", help="of the reviews; TASRIH_DATABASE_URL keeps its password out of sight"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", parents=[where], help="make corpus rows, for a training config to include")
    export.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="JSON lines; replaced if it is there"
    )
    export.add_argument(
        "--disagreements", type=Path, metavar="FILE", help="texts whose reviewers differ, to be settled"
    )
    agreement = actions.add_parser("agreement", parents=[where], help="Cohen's kappa of each two reviewers, per label")
    agreement.add_argument("--format", choices=("table", "json"), default="table")
    listing = actions.add_parser("list", parents=[where], help="reviews, newest first")
    listing.add_argument("--reviewer", metavar="NAME")
    listing.add_argument("--article-id", metavar="ID")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="default: 50")
    listing.add_argument("--format", choices=("table", "jsonl"), default="table")


def _run(arguments: argparse.Namespace) -> int:
    reviews = _open(arguments)
    try:
        return {"export": _export, "agreement": _agreement, "list": _list}[arguments.action](reviews, arguments)
    finally:
        reviews.close()


def _open(arguments: argparse.Namespace) -> "Reviews":
    from serving.reviews.database import sqlite_url, url_of
    from serving.reviews.store import Reviews
    from serving.settings import load_settings
    from tasrih.errors import ConfigError

    flags = {name: getattr(arguments, name) for name in ("state_folder", "database_url")}
    settings = load_settings(flags, config=arguments.config)
    given = settings.database_url
    url = url_of(given.get_secret_value()) if given else sqlite_url(settings.state)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise ConfigError(
            f"reviews: nothing at {url.database}; name the service's --state-folder or --database-url, or review a "
            "sentence first"
        )
    return Reviews(url)


def _export(reviews: "Reviews", arguments: argparse.Namespace) -> int:
    from serving.reviews.corpus import make_corpus

    corpus = make_corpus(reviews.all())
    _write(arguments.output, corpus.rows)
    if arguments.disagreements:
        _write(arguments.disagreements, corpus.disagreements)
    splits = [row["split"] for row in corpus.rows]
    told = ", ".join(f"{splits.count(name):,} {name}" for name in ("train", "validation", "test"))
    sys.stdout.write(f"{arguments.output}: {len(corpus.rows):,} rows ({told})\n")
    if corpus.disagreements:
        where = (
            f"they are in {arguments.disagreements}" if arguments.disagreements else "--disagreements FILE lists them"
        )
        complain(f"reviews: {len(corpus.disagreements):,} texts left out, their reviewers differ; {where}")
    return 0


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    aside = path.with_name(f".{path.name}.aside")
    with aside.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    aside.replace(path)


def _agreement(reviews: "Reviews", arguments: argparse.Namespace) -> int:
    from serving.reviews.agreement import agreements

    found = agreements(reviews.all())
    if arguments.format == "json":
        sys.stdout.write(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=1) + "\n")
        return 0
    if not found:
        sys.stdout.write("no two reviewers have reviewed the same text\n")
    for one in found:
        told = "   -" if one.kappa is None else f"{one.kappa:5.2f}"
        names = " and ".join(one.reviewers)
        sys.stdout.write(f"{names}: {one.label:30} kappa {told}  same {one.share:6.1%}  n {one.n:,}\n")
    return 0


def _list(reviews: "Reviews", arguments: argparse.Namespace) -> int:
    found = reviews.find(reviewer=arguments.reviewer, article_id=arguments.article_id, limit=max(0, arguments.limit))
    for one in found.reviews:
        if arguments.format == "jsonl":
            line = json.dumps(one.to_json(), ensure_ascii=False)
        else:
            labels = ", ".join([one.stance, *one.claim_types])
            line = f"{one.id:6} {one.created[:16]} {one.reviewer}: {labels}: {' '.join(one.text.split())}"
        sys.stdout.write(line + "\n")
    if found.total > len(found.reviews):
        complain(f"reviews: {len(found.reviews):,} of {found.total:,} shown; --limit shows more")
    return 0


REVIEWS = Command("list, compare and export what people corrected", _configure, _run)
