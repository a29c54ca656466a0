"""The actions of `tasrih corpus`: build the real half's texts, split it, check, count and cross-read the whole.

Sentences are named by id alone: the texts of the real half are not ours to print.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.cli import EXIT_FAILED
from tasrih.errors import CorpusError

if TYPE_CHECKING:
    from training.config import Config
    from training.corpus import Corpus, Row

__all__ = ["configure_corpus", "run_corpus"]

DEFAULT_CONFIG = Path("configs/default.yaml")


def configure_corpus(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build-real", help="build the texts of the real half from your own copy of the corpora")
    source = build.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from", dest="clones", nargs="+", type=Path, metavar="FOLDER", help="clones of the repositories"
    )
    source.add_argument(
        "--from-file", type=Path, metavar="FILE", help="JSONL with repo, path, start, length, sha1, text"
    )
    actions.add_parser("split-real", help="write the splits of the real half anew: one story, one split")
    check = actions.add_parser("check", help="the checks that stand before any training, and what splits share")
    stats = actions.add_parser("stats", help="count the corpus, as tables and plots")
    cross = actions.add_parser(
        "cross-read", help="list the labels that models which never saw the sentence contradict with confidence"
    )
    for action in (check, stats, cross):
        action.add_argument("config", type=Path, nargs="?", default=DEFAULT_CONFIG, help=f"default: {DEFAULT_CONFIG}")
        action.add_argument(
            "--set", dest="overrides", action="append", default=[], metavar="A.B=C", help="override one key"
        )
    check.add_argument(
        "--ngram", type=_two_or_more, metavar="WORDS", help="so many words in a row, shared with training, are told (8)"
    )
    check.add_argument("--strict", action="store_true", help="exit code 2 where splits share anything")
    stats.add_argument("--output", type=Path, metavar="FOLDER", help="write stats.json and plots there")

    cross.add_argument("--folds", type=_two_or_more, default=3, metavar="N", help="so many models (default: 3)")
    cross.add_argument(
        "--confidence", type=float, default=0.9, metavar="P", help="probability from which to list (default: 0.9)"
    )
    cross.add_argument("--output", type=Path, required=True, metavar="FILE", help="JSONL of what to read again")


def run_corpus(arguments: argparse.Namespace) -> int:
    """Do what the action says; returns the exit code."""
    actions = {
        "build-real": _build_real,
        "split-real": _split_real,
        "check": _check,
        "stats": _stats,
        "cross-read": _cross_read,
    }
    return actions[arguments.action](arguments)


def _two_or_more(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a whole number, 2 or more")
    return int(text)


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


def _split_real(arguments: argparse.Namespace) -> int:
    from training.real_half import BUILT, LABELS
    from training.real_splits import split_real

    done = split_real(LABELS, BUILT)
    n_documents = sum(len(cluster) for cluster in done.clusters)
    sys.stdout.write(f"{n_documents} documents stand in {len(done.clusters)} clusters of two or more\n")
    sys.stdout.writelines(f"{name}: {n} sentences, now {done.after[name]}\n" for name, n in done.before.items())
    sys.stdout.writelines(f"moved from {old} to {new}: {n}\n" for (old, new), n in sorted(done.moved.items()))
    sys.stdout.write(f"{LABELS}: {'written' if done.moved else 'as it was'}\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from training.corpus_checks import check_corpus

    config, corpus = _read(arguments)
    check_corpus(corpus, config.model.label_set())
    for split, counts in corpus.counts().items():
        sys.stdout.write(f"{split}: " + ", ".join(f"{name} {n}" for name, n in counts.items()) + "\n")
    n_pairs = _tell_near_duplicates(corpus.rows)
    n_shared = _tell_shared(corpus, arguments.ngram)
    if arguments.strict and (n_pairs or n_shared):
        raise CorpusError(
            f"{arguments.config}: {n_pairs} pairs across splits and {n_shared} sentences shared with training, expected "
            "none under --strict: move or remove those listed, or check without it"
        )
    sys.stdout.write(f"no faults; sha256 {corpus.sha256}\n")
    return 0


def _tell_near_duplicates(rows: "Sequence[Row]") -> int:
    from training.overlap import near_duplicates

    pairs = near_duplicates(rows)
    within = [(a, b) for a, b in pairs if a.split == b.split]
    across = [(a, b) for a, b in pairs if a.split != b.split]
    if within:
        meant = sum(a.group is not None and a.group == b.group for a, b in within)
        sys.stdout.write(
            f"note: {len(within)} pairs of sentences in one split are near-duplicates, {meant} of them contrasts\n"
        )
    if across:
        sys.stdout.write(f"warning: {len(across)} pairs of sentences in two splits are near-duplicates:\n")
        sys.stdout.writelines(f"  {a.id} ({a.split}), {b.id} ({b.split})\n" for a, b in across)
    return len(across)


def _tell_shared(corpus: "Corpus", n_words: int | None) -> int:
    from training.overlap import NGRAM, shared_with_training

    n_words = n_words or NGRAM
    shared = shared_with_training(corpus.rows, n_words=n_words)
    for split in ("validation", "test"):
        ids = [row.id for row in shared if row.split == split]
        if ids:
            n_rows = len(corpus.split(split))
            sys.stdout.write(
                f"warning: {len(ids)} of {n_rows} {split} sentences ({100 * len(ids) / n_rows:.1f} %) share {n_words} words in a "
                f"row with a training sentence:\n  {', '.join(ids)}\n"
            )
    return len(shared)


def _stats(arguments: argparse.Namespace) -> int:
    from training.corpus_stats import count_corpus
    from training.corpus_tables import tables

    config, corpus = _read(arguments)
    stats = count_corpus(corpus, config.model.label_set())
    sys.stdout.write(tables(stats))
    if arguments.output is not None:
        from training.corpus_plots import write_stats

        written = write_stats(stats, arguments.output)
        sys.stdout.write(f"\n{arguments.output}: {', '.join(path.name for path in written)}\n")
    return 0


def _read(arguments: argparse.Namespace) -> "tuple[Config, Corpus]":
    from training.config import load_config
    from training.corpus import read_corpus

    config = load_config(arguments.config, arguments.overrides)
    return config, read_corpus(config.corpus)


def _cross_read(arguments: argparse.Namespace) -> int:
    from training.corpus_checks import check_corpus
    from training.cross_read import contradictions, cross_read

    config, corpus = _read(arguments)
    check_corpus(corpus, config.model.label_set())
    readings = list(cross_read(config, corpus, folds=arguments.folds))
    found = contradictions(readings, confidence=arguments.confidence)
    with arguments.output.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(reading.to_json(), ensure_ascii=False) + "\n" for reading in found)
    n_other = sum(reading.confidence > 0 for reading in readings)
    sys.stdout.write(
        f"{arguments.output}: {len(found)} of {len(readings)} sentences are contradicted at {arguments.confidence:g} or above "
        f"({n_other} at all); read them again, they are not wrong for that\n"
    )
    return 0
