"""What sentences share: pairs that are nearly one sentence, and runs of words that stand in training, too.

Both compare words after normalisation, without marks and punctuation. They are warnings, not faults: newswire repeats
itself, and no rule tells that from a sentence taken twice.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tasrih.normalise import normalise
from training.corpus import Row, few

__all__ = ["NGRAM", "near_duplicates", "shared_with_training", "split_pairs"]

Ngram = tuple[str, ...]
# Share of word trigrams, of all that either sentence has, from which two sentences are nearly one.
NEAR = 0.5
# Words in a row that two sentences rarely share by chance, unless it is a fixed phrase.
NGRAM = 8


def near_duplicates(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """Pairs of sentences whose word trigrams have a Jaccard index of `NEAR` or more, whatever their splits.

    Sentences of one or two words have no trigram and are left to the exact comparison.

    Returns:
        The pairs in the rows' order, the earlier row first.
    """
    found: list[tuple[Row, Row]] = []
    seen: list[tuple[Row, frozenset[Ngram]]] = []
    index: dict[Ngram, list[int]] = defaultdict(list)
    entries = [(row, _ngrams(row.text, 3)) for row in rows]
    frequency = Counter(trigram for _, trigrams in entries for trigram in trigrams)
    for row, trigrams in entries:
        # Two sets as alike as that share one of their rarest members, so the common ones need no look-up.
        rarest = sorted(trigrams, key=lambda trigram: (frequency[trigram], trigram))
        rarest = rarest[: len(trigrams) - math.ceil(NEAR * len(trigrams)) + 1]
        for place in sorted({place for trigram in rarest for place in index[trigram]}):
            other, theirs = seen[place]
            shared = len(trigrams & theirs)
            if shared >= NEAR * (len(trigrams) + len(theirs) - shared):
                found.append((other, row))
        for trigram in rarest:
            index[trigram].append(len(seen))
        seen.append((row, trigrams))
    return found


def split_pairs(rows: Iterable[Row]) -> list[str]:
    """A line for each pair of near-duplicates in two splits, by id alone; the first ones, where there are many."""
    return few(
        [
            f"near-duplicates in two splits, so scores may flatter: {a.id} ({a.split}), {b.id} ({b.split})"
            for a, b in near_duplicates(rows)
            if a.split != b.split
        ]
    )


def shared_with_training(rows: Sequence[Row], *, n_words: int = NGRAM) -> list[Row]:
    """Rows outside of training with `n_words` words in a row that a training sentence has, too; in the rows' order."""
    training = {ngram for row in rows if row.split == "train" for ngram in _ngrams(row.text, n_words)}
    return [row for row in rows if row.split != "train" and not training.isdisjoint(_ngrams(row.text, n_words))]


def _ngrams(text: str, n_words: int) -> frozenset[Ngram]:
    words: Sequence[str] = re.findall(r"\w+", normalise(text, scheme="light"))
    return frozenset(zip(*(words[start:] for start in range(n_words)), strict=False))
