"""What a corpus holds, in numbers: rows by everything they are told apart by, lengths, and labels that come together."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tasrih.labels import LabelSet
from training.corpus import Corpus, Row
from training.row_schema import SPLITS

__all__ = ["ALL", "CorpusStats", "Counts", "count_corpus", "quantiles"]

# A name, and under it how many sentences for each of the columns.
Counts = dict[str, dict[str, int]]
# The column of all splits together.
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusStats:
    """Numbers of sentences, unless said otherwise; names in the config's order, or the most frequent first.

    Attributes:
        sha256: of the corpus.
        rows: what (`half`, `stance`, `claim type`, `desk`, `kind`, `phenomenon`) -> name -> split, or `all` -> sentences.
            A sentence counts once under each of its claim types and phenomena.
        labels: half -> stance or claim type -> split -> sentences.
        desks: desk -> stance -> sentences.
        together: label -> label -> sentences that have both; a label with itself: those that have it.
        words: half -> words between white space -> sentences of that length.
        sure: half -> share whose reader was sure, 0 to 1, of the rows that say so; no half where none says so.
        documents: half -> `articles` (composed articles, real documents), and the `sentences` that stand in one.
        groups: `groups` of contrasts, and the `sentences` in them.
    """

    sha256: str
    rows: dict[str, Counts]
    labels: dict[str, Counts]
    desks: Counts
    together: Counts
    words: dict[str, dict[int, int]]
    sure: dict[str, float]
    documents: Counts
    groups: dict[str, int]


def count_corpus(corpus: Corpus, labels: LabelSet) -> CorpusStats:
    """Count the rows of a corpus under the labels of a config."""
    rows = corpus.rows
    halves = {half: [row for row in rows if row.source == half] for half in sorted({row.source for row in rows})}
    return CorpusStats(
        sha256=corpus.sha256,
        rows={
            "half": _by_split(rows, lambda row: [row.source]),
            "stance": _by_split(rows, lambda row: [row.stance], labels.stance_names),
            "claim type": _by_split(rows, lambda row: row.claim_types, labels.claim_names),
            "desk": _by_split(rows, lambda row: [row.desk] if row.desk else []),
            "kind": _by_split(rows, lambda row: [row.kind] if row.kind else []),
            "phenomenon": _by_split(rows, lambda row: row.phenomena),
        },
        labels={half: _by_split(own, _labels, _names(labels)) for half, own in halves.items()},
        desks=_desks(rows, labels),
        together=_together(rows, labels),
        words={
            half: dict(sorted(Counter(len(row.text.split()) for row in own).items())) for half, own in halves.items()
        },
        sure=_sure(halves),
        documents={half: _grouped("articles", (row.document for row in own)) for half, own in halves.items()},
        groups=_grouped("groups", (row.group for row in rows)),
    )


def quantiles(lengths: dict[int, int], shares: Sequence[float]) -> list[int]:
    """Of lengths and how often each occurs, those that so large a share of the sentences does not exceed."""
    total, found = sum(lengths.values()), []
    for share in shares:
        passed = 0
        for length, n in sorted(lengths.items()):
            passed += n
            if passed >= share * total:
                found.append(length)
                break
    return found


def _labels(row: Row) -> list[str]:
    return [row.stance, *row.claim_types]


def _names(labels: LabelSet) -> tuple[str, ...]:
    return (*labels.stance_names, *labels.claim_names)


def _by_split(rows: Iterable[Row], names: Callable[[Row], Iterable[str]], first: Sequence[str] = ()) -> Counts:
    """Names that are not among the first ones follow them, the most frequent first."""
    counter: dict[str, Counter[str]] = defaultdict(Counter, {name: Counter() for name in first})
    for row in rows:
        for name in names(row):
            counter[name].update((row.split, ALL))
    later = sorted(counter.keys() - set(first), key=lambda name: (-counter[name][ALL], name))
    return {name: {split: counter[name][split] for split in (*SPLITS, ALL)} for name in (*first, *later)}


def _desks(rows: Iterable[Row], labels: LabelSet) -> Counts:
    counter: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.desk:
            counter[row.desk][row.stance] += 1
    ordered = sorted(counter, key=lambda desk: (-counter[desk].total(), desk))
    return {desk: {stance: counter[desk][stance] for stance in labels.stance_names} for desk in ordered}


def _together(rows: Iterable[Row], labels: LabelSet) -> Counts:
    counter = Counter((one, other) for row in rows for one in _labels(row) for other in _labels(row))
    return {one: {other: counter[one, other] for other in _names(labels)} for one in _names(labels)}


def _sure(halves: dict[str, list[Row]]) -> dict[str, float]:
    told = {half: [row.sure for row in rows if row.sure is not None] for half, rows in halves.items()}
    return {half: sum(sure) / len(sure) for half, sure in told.items() if sure}


def _grouped(what: str, names: Iterable[str | None]) -> dict[str, int]:
    sizes = Counter(name for name in names if name is not None)
    return {what: len(sizes), "sentences": sizes.total()}
