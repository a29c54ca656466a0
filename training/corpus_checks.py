"""What must hold of a corpus before anything is trained on it; all that does not is listed at once.

Exact duplicates across splits, after normalisation, are faults. Near-duplicates across splits are warnings: the real
half has some, because two outlets print one agency's story, and no rule tells those from a sentence written twice.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tasrih.errors import CorpusError
from tasrih.labels import LabelSet
from tasrih.normalise import normalise
from training.corpus import SPLITS, Corpus, Row

__all__ = ["check_corpus", "corpus_faults", "near_duplicates"]

Trigram = tuple[str, str, str]
# Of one kind of fault so many are shown; the rest is counted.
SHOWN = 20
# Share of word trigrams, of all that either sentence has, from which two sentences are nearly one.
NEAR = 0.5


def check_corpus(corpus: Corpus, labels: LabelSet) -> None:
    """Raise one `CorpusError` that lists every fault, or none."""
    faults = corpus_faults(corpus, labels)
    if faults:
        raise CorpusError("\n".join(faults))


def corpus_faults(corpus: Corpus, labels: LabelSet) -> list[str]:
    """Every fault of the corpus: file and line, what was found, what was expected."""
    found: list[str] = []
    for faults in (
        _unknown_names(corpus.rows, labels),
        _repeated_ids(corpus.rows),
        _absent_labels(corpus, labels),
        _spread(corpus.rows, "document", "an article's sentences"),
        _spread(corpus.rows, "group", "a contrast group's sentences"),
        _duplicates(corpus.rows),
    ):
        listed = list(faults)
        found += listed[:SHOWN]
        if len(listed) > SHOWN:
            found.append(f"… and {len(listed) - SHOWN} more like the last one")
    return found


def _unknown_names(rows: Iterable[Row], labels: LabelSet) -> Iterator[str]:
    for row in rows:
        if row.split not in SPLITS:
            yield f"{row.place}: split: {row.split!r} found, expected one of {', '.join(SPLITS)}"
        if row.stance not in labels.stance_names:
            yield f"{row.place}: stance: {row.stance!r} found, expected one of {', '.join(labels.stance_names)}"
        unknown = [claim for claim in row.claim_types if claim not in labels.claim_names]
        if unknown:
            yield f"{row.place}: claim_types: {unknown} found, expected any of {', '.join(labels.claim_names) or 'no names'}"
        if len(set(row.claim_types)) != len(row.claim_types):
            yield f"{row.place}: claim_types: {list(row.claim_types)} found, expected each name once"


def _repeated_ids(rows: Iterable[Row]) -> Iterator[str]:
    first: dict[str, str] = {}
    for row in rows:
        if row.id in first:
            yield f"{row.place}: id: {row.id!r} stands also at {first[row.id]}; expected an id of its own"
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
                    yield f"split {split}: no sentence of {kind} {name}; expected one at least: move an article there"


def _spread(rows: Iterable[Row], field: str, what: str) -> Iterator[str]:
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        key = getattr(row, field)
        if key is not None:
            places[key].setdefault(row.split, row.place)
    for key, splits in places.items():
        if len(splits) > 1:
            where = ", ".join(f"{split} ({place})" for split, place in splits.items())
            yield f"{field} {key}: {what} stand in {where}; expected one split"


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


def near_duplicates(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """Pairs of sentences in two splits whose word trigrams have a Jaccard index of `NEAR` or more, in the rows' order.

    Sentences of one or two words have no trigram and are left to the exact comparison.
    """
    found: list[tuple[Row, Row]] = []
    seen: list[tuple[Row, frozenset[Trigram]]] = []
    index: dict[Trigram, list[int]] = defaultdict(list)
    entries = [(row, _trigrams(row.text)) for row in rows]
    frequency = Counter(trigram for _, trigrams in entries for trigram in trigrams)
    for row, trigrams in entries:
        # Two sets as alike as that share one of their rarest members, so the common ones need no look-up.
        rarest = sorted(trigrams, key=lambda trigram: (frequency[trigram], trigram))
        rarest = rarest[: len(trigrams) - math.ceil(NEAR * len(trigrams)) + 1]
        for place in sorted({place for trigram in rarest for place in index[trigram]}):
            other, theirs = seen[place]
            shared = len(trigrams & theirs)
            if other.split != row.split and shared >= NEAR * (len(trigrams) + len(theirs) - shared):
                found.append((other, row))
        for trigram in rarest:
            index[trigram].append(len(seen))
        seen.append((row, trigrams))
    return found


def _trigrams(text: str) -> frozenset[Trigram]:
    words: Sequence[str] = re.findall(r"\w+", normalise(text, scheme="light"))
    return frozenset(zip(words, words[1:], words[2:], strict=False))
