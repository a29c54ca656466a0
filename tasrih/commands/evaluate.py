"""`tasrih evaluate`: how right the release is on labelled sentences, with error bars."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasrih.cli import Command
from tasrih.commands.label import add_model_arguments
from tasrih.errors import ConfigError, CorpusError
from tasrih.jsonl import json_lines

if TYPE_CHECKING:
    from tasrih.labels import LabelSet
    from tasrih.release import Release
    from tasrih.scores import Interval, LabelScores, Scores

__all__ = ["EVALUATE"]


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", nargs="+", metavar="DATA", help='JSON lines {"text", "stance", "claim_types", "split"?, ...}'
    )
    parser.add_argument("--split", help="take the rows of this split alone (train, validation or test)")
    parser.add_argument("--output", metavar="FILE.json", help="write the scores here as JSON, too")
    add_model_arguments(parser)


def _run(arguments: argparse.Namespace) -> int:
    import numpy as np

    from tasrih.pipeline import Labeller
    from tasrih.scores import score

    labeller = Labeller.open(arguments.model, engine=arguments.engine, precision=arguments.precision)
    labels = labeller.release.labels
    rows = [row for path in arguments.data for row in _rows(Path(path), labels, arguments.split)]
    if not rows:
        where = f" with split {arguments.split!r}" if arguments.split else ""
        raise CorpusError(f"{', '.join(arguments.data)}: no row{where}; name files of labelled JSON lines")
    decisions = labeller.decide([row["text"] for row in rows])
    stance_B = np.array([labels.stance_names.index(row["stance"]) for row in rows], dtype=np.int64)
    claims_BC = np.array([[name in row["claim_types"] for name in labels.claim_names] for row in rows], dtype=bool)
    scores = score(stance_B, claims_BC.reshape(len(rows), len(labels.claims)), decisions, labels)
    sys.stdout.write(_table(scores, labeller.release))
    if arguments.output:
        _write(Path(arguments.output), scores, labeller.release, arguments)
    return 0


def _rows(path: Path, labels: "LabelSet", split: str | None) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as source:
            lines = list(json_lines(source))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error}); name a file of labelled JSON lines in UTF-8") from error
    for line in lines:
        place, row = f"{path}, line {line.number}", line.value
        if line.fault is not None:
            raise CorpusError(f"{place}: not JSON in UTF-8 ({line.fault}); expected an object a line")
        if not isinstance(row, dict):
            raise CorpusError(f"{place}: expected an object, found {type(row).__name__}")
        if split is None or row.get("split") == split:
            _check(row, labels, place)
            yield row


def _check(row: dict[str, Any], labels: "LabelSet", place: str) -> None:
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        raise CorpusError(f"{place}: text is missing or empty (real rows get theirs by `tasrih corpus build-real`)")
    if row.get("stance") not in labels.stance_names:
        raise CorpusError(f"{place}: stance {row.get('stance')!r}; expected one of {', '.join(labels.stance_names)}")
    claims = row.get("claim_types")
    if not isinstance(claims, list) or not all(claim in labels.claim_names for claim in claims):
        raise CorpusError(f"{place}: claim_types {claims!r}; expected a list of {', '.join(labels.claim_names)}")


def _table(scores: "Scores", release: "Release") -> str:
    lines = [f"{release.name} {release.version} on {scores.n} sentences; 95 % bootstrap intervals", ""]
    lines.append(f"{'':26} {'precision':21} {'recall':21} {'F1':21} {'n':>5}")
    lines += [_label_line(label) for label in (*scores.stances, *scores.claims)]
    lines.append("")
    whole: dict[str, Interval] = {
        "stance macro-F1": scores.stance_macro_f1,
        "stance accuracy": scores.stance_accuracy,
        "stance and claims exact": scores.exact_match,
        "stance calibration error": scores.stance_calibration_error,
        "sent to review": scores.review_share,
        "exact where not sent": scores.exact_match_without_review,
    }
    lines += [f"{name:26} {value}" for name, value in whole.items()]
    return "\n".join(lines) + "\n"


def _label_line(label: "LabelScores") -> str:
    return f"{label.name:26} {label.precision!s:21} {label.recall!s:21} {label.f1!s:21} {label.support:5d}"


def _write(path: Path, scores: "Scores", release: "Release", arguments: argparse.Namespace) -> None:
    data = {
        "release": {"name": release.name, "version": release.version},
        "data": list(arguments.data),
        "split": arguments.split,
        **scores.to_json(),
    }
    try:
        path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--output {path}: cannot be written ({error.strerror}); name another file") from error


EVALUATE = Command("score the release on labelled sentences, with intervals", _configure, _run)
