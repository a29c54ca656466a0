"""What must hold of a corpus before anything is trained on it; all that does not is listed at once.

Each row keeps the schema already (`training/row_schema.py`). Exact duplicates across splits, after normalisation, are
faults here; what sentences share short of that is told by `training/overlap.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tasrih.errors import CorpusError
from tasrih.labels import LabelSet
from tasrih.normalise import normalise
from training.corpus import Corpus, Row, few
from training.row_schema import SPLITS

__all__ = ["check_corpus", "corpus_faults"]


def check_corpus(corpus: Corpus, labels: LabelSet) -> None:
    """Raise one `CorpusError` that lists every fault, or none."""
    faults = corpus_faults(corpus, labels)
    if faults:
        raise CorpusError("\n".join(faults))


def corpus_faults(corpus: Corpus, labels: LabelSet) -> list[str]:
    """Every fault of the corpus: file and line, what was found, what was expected."""
    found: list[str] = []
    rows = sorted(corpus.rows, key=_line)  # as people mend a file: ids may be hashes
    for faults in (
        _unknown_names(rows, labels),
        _repeated_ids(rows),
        _absent_labels(corpus, labels),
        _spread(rows, "document", "an article's sentences"),
        _spread(rows, "group", "a contrast group's sentences"),
        _duplicates(rows),
    ):
        found += few(list(faults))
    return found


def _line(row: Row) -> tuple[str, int]:
    path, _, line = row.place.rpartition(":")
    return path, int(line)


def _unknown_names(rows: Iterable[Row], labels: LabelSet) -> Iterator[str]:
    for row in rows:
        if row.stance not in labels.stance_names:
            yield f"{row.place}: stance: {row.stance!r} found, expected one of {', '.join(labels.stance_names)}"
        unknown = [claim for claim in row.claim_types if claim not in labels.claim_names]
        if unknown:
            yield f"{row.place}: claim_types: {unknown} found, expected any of {', '.join(labels.claim_names) or 'no names'}"


def _repeated_ids(rows: Iterable[Row]) -> Iterator[str]:
    first: dict[str, str] = {}
    for row in rows:
        if row.id in first:
            way_out = _null(row, "id")
            yield f"{row.place}: id: {row.id!r} stands also at {first[row.id]}; expected an id of its own{way_out}"
        first.setdefault(row.id, row.place)


def _absent_labels(corpus: Corpus, labels: LabelSet) -> Iterator[str]:
    for split in SPLITS:
        rows = corpus.split(split)
        if not rows:
            yield f"split {split}: no row; expected some in each of {', '.join(SPLITS)}"
            continue
        stances = {row.stance for row in rows}
        claims = {claim for row in rows for claim in row.claim_types}
        for kind, names, given in (
            ("stance", labels.stance_names, stances),
            ("claim type", labels.claim_names, claims),
        ):
            for name in names:
                if name not in given:
                    yield (
                        f"split {split}: no sentence of {kind} {name}; expected one at least: put {split} as the split of an "
                        "article that has one"
                    )


def _spread(rows: Iterable[Row], field: str, what: str) -> Iterator[str]:
    places: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        key = getattr(row, field)
        if key is not None:
            places[key].setdefault(row.split, row)
    for key, splits in places.items():
        if len(splits) > 1:
            where = ", ".join(f"{split} ({row.place})" for split, row in splits.items())
            way_out = _null(next(iter(splits.values())), "article_id") if field == "document" else ""
            yield f"{field} {key}: {what} stand in {where}; expected one split{way_out}"


def _null(row: Row, column: str) -> str:
    """The way out where ids of a table start anew in each file."""
    return f"; or columns.{column}: null, if those of each file are its own" if row.source == "table" else ""


def _duplicates(rows: Iterable[Row]) -> Iterator[str]:
    """Equal sentences in two splits, or with two labels; white space, marks and digits' kind aside."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(normalise(row.text, scheme="light"), row)
        if other is row:
            continue
        if other.split != row.split:
            yield (
                f"{row.place}: the same sentence stands in {other.split} at {other.place}, here in {row.split}; "
                "expected one split: remove one"
            )
        elif (other.stance, set(other.claim_types)) != (row.stance, set(row.claim_types)):
            yield f"{row.place}: the same sentence has other labels at {other.place}; settle them"
