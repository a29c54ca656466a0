"""The report of a run, for an editor and an engineer: `report.html` in the run's folder.

It is put together from what the run wrote down (``metrics.json``, ``log.jsonl``, ``environment.json``), from the release, and
from the answers to the test split. Texts of others stand in it only where git does not take it (`training.shown`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.errors import ReleaseNotFoundError, TasrihError
from tasrih.labels import LabelSet
from tasrih.pipeline import Labeller
from tasrih.release import Release, find_release
from tasrih.types import Decisions
from training.archive import read_archive
from training.compare import Comparison, compare
from training.config import Config
from training.corpus import Row
from training.pages import write_page
from training.predict import gold_of
from training.registry import current_release
from training.report_charts import learning_charts, reliability_charts
from training.run_folder import write_json
from training.shown import OURS, Shown, could_be_committed, for_page, of_rows

__all__ = ["NAME", "current_before", "write_report"]

NAME = "report.html"
# So many of the surest mistakes are shown.
WORST = 20


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A sentence that the release got wrong.

    Attributes:
        sentence: which.
        sure: probability it gave its whole answer.
        said: stance and claim types, each with its probability.
        right: stance and claim types of the corpus.
    """

    sentence: Shown
    sure: float
    said: tuple[tuple[str, float], ...]
    right: tuple[str, ...]


def current_before(config: Config) -> Path | None:
    """The release to hold a new one against: the current one of its folder, else what `tasrih` labels with; None: neither.

    To be asked before the new release is made, which may become the current one itself.
    """
    try:
        return current_release(config.output.folder) or find_release()
    except ReleaseNotFoundError:
        return None


def write_report(
    run: Path,
    folder: Path,
    rows: Sequence[Row],
    decisions: Decisions,
    current: Path | None,
    archives: Sequence[Path] = (),
) -> Path:
    """Write the report of a run that has made a release.

    Args:
        run: its folder.
        folder: of the release.
        rows: of the test split.
        decisions: what the release says of them.
        current: of `current_before`.
        archives: without labels, on which labels that change are told, too; their counts also go to ``flips.json``.

    Returns:
        The page.
    """
    page = run / NAME
    release = Release.load(folder)
    comparison, why_not = _against(folder, current, rows, page)
    told = list(_archives(folder, current, archives, page))
    if told:
        write_json(run / "flips.json", [_counts(path, found, why) for path, found, why in told])
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    write_page(
        "run.html.j2",
        page,
        release=release,
        facts=release.facts,
        environment=json.loads((run / "environment.json").read_text(encoding="utf-8")),
        run=run.name,
        labels=release.labels,
        matrices=list(_matrices(rows, decisions, release.labels)),
        reliability=reliability_charts(metrics["reliability"], release.labels),
        curves=learning_charts(run / "log.jsonl"),
        mistakes=_mistakes(rows, decisions, release, for_page(of_rows(rows), page)),
        hidden=could_be_committed(page),
        private=bool(archives) or any(row.source != OURS for row in rows),
        found=comparison,
        why_not=why_not,
        archives=told,
    )
    return page


def _against(
    folder: Path, current: Path | None, on: Sequence[Row] | Sequence[Shown], page: Path, told: str = "the test split"
) -> tuple[Comparison | None, str | None]:
    """The comparison with the current release; or why there is none, which is no reason to have no report."""
    if current is None:
        return None, "There is no current release yet to compare with."
    if current.resolve() == folder.resolve():
        return None, "This run replaced the current release under its own name; there is no other to compare with."
    try:
        before, after = Labeller.open(current), Labeller.open(folder)
        draws = int(after.release.facts["training_config"]["tracking"]["bootstrap_draws"])
        return compare(before, after, on, told=told, page=page, draws=draws), None
    except TasrihError as error:
        return None, f"The current release, {current.name}, cannot be compared with this one: {error}."


def _archives(
    folder: Path, current: Path | None, archives: Sequence[Path], page: Path
) -> Iterator[tuple[Path, Comparison | None, str | None]]:
    for path in archives:
        try:
            sentences = read_archive(path)
        except TasrihError as error:
            yield path, None, f"{error}."
        else:
            yield path, *_against(folder, current, sentences, page, told=str(path))


def _counts(path: Path, found: Comparison | None, why_not: str | None) -> dict[str, Any]:
    if found is None:
        return {"archive": str(path), "not_compared": why_not}
    flips = found.flips
    return {
        "archive": str(path),
        "current": f"{found.before.name}-{found.before.version}",
        "sentences": flips.n,
        "changed": flips.n_any,
        "stance_changed": flips.n_stance,
        "changes": [
            {"head": one.head, "before": one.before, "after": one.after, "sentences": one.n} for one in flips.changes
        ],
    }


def _matrices(rows: Sequence[Row], decisions: Decisions, labels: LabelSet) -> Iterator[dict[str, Any]]:
    """Counts of each head: a row is what the corpus says, a column what the release says."""
    stance_B, claims_BC = gold_of(rows, labels)
    counts = np.zeros((len(labels.stances),) * 2, dtype=np.int64)
    np.add.at(counts, (stance_B, decisions.stance_B), 1)
    yield {"head": "stance", "names": [label.english for label in labels.stances], "counts": counts.tolist()}
    for c, label in enumerate(labels.claims):
        both = np.zeros((2, 2), dtype=np.int64)
        np.add.at(both, (claims_BC[:, c].astype(int), decisions.given_BC[:, c].astype(int)), 1)
        yield {"head": label.english, "names": ["without", "with"], "counts": both.tolist()}


def _mistakes(
    rows: Sequence[Row], decisions: Decisions, release: Release, sentences: Sequence[Shown]
) -> list[_Mistake]:
    """The surest wrong answers."""
    labels = release.labels
    stance_B, claims_BC = gold_of(rows, labels)
    wrong_B = (stance_B != decisions.stance_B) | (claims_BC != decisions.given_BC).any(axis=1)
    sure_B = release.calibration.confidence(decisions.stance_BS, decisions.claims_BC)
    worst = [int(place) for place in np.argsort(-sure_B, kind="stable") if wrong_B[place]][:WORST]
    return [
        _Mistake(
            sentences[place],
            float(sure_B[place]),
            _said(decisions, place, rows[place], labels),
            _right(rows[place], labels),
        )
        for place in worst
    ]


def _said(decisions: Decisions, place: int, row: Row, labels: LabelSet) -> tuple[tuple[str, float], ...]:
    """What was given, and claim types that were missed, each with its probability."""
    said = [(labels.stances[decisions.stance_B[place]].english, float(decisions.stance_BS[place].max()))]
    for c, label in enumerate(labels.claims):
        probability = float(decisions.claims_BC[place, c])
        if decisions.given_BC[place, c]:
            said.append((label.english, probability))
        elif label.name in row.claim_types:
            said.append((f"no {label.english}", 1 - probability))
    return tuple(said)


def _right(row: Row, labels: LabelSet) -> tuple[str, ...]:
    english = {label.name: label.english for label in (*labels.stances, *labels.claims)}
    return tuple(english[name] for name in (row.stance, *row.claim_types))
