"""What most needs a person's eyes: uncertainty first, then diversity.

Uncertainty is least confidence (Lewis and Gale, 1994, "A Sequential Algorithm for Training Text Classifiers"; for an answer of
several parts Culotta and McCallum, 2005): 1 less the probability that stance and claim types are right all together, which is
high where any of them lies close to its decision. It is what `needs_review` is decided by. Of the least certain a few thousand
are then spread out (uncertainty as a filter before diversity: Zhdanov, 2019, "Diverse mini-batch Active Learning"): a sentence
that says nearly the same as one before it (MinHash, Broder, 1997) goes behind all that do not, and one that somebody has
reviewed goes last.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from serving.archives.sentences import Sentences
from serving.batch.repeats import Repeats
from serving.reviews.review import text_hash
from tasrih.types import FloatArray64, IntArray

__all__ = ["Ranking"]

# More than anyone reviews of one archive at a stretch; beyond it, equal texts alone are told apart.
SPREAD = 3000
_FRESH, _REPEATED, _REVIEWED = 0, 1, 2


class Ranking:
    """What the order needs to know of an archive's sentences: a confidence and a hash each. Made once, used for any filter."""

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences
        self._confidence_B: FloatArray64 = sentences.confidence()
        self._hash_B: npt.NDArray[np.uint64] = np.fromiter(
            (_short(text_hash(text)) for text in sentences.texts()), dtype=np.uint64, count=sentences.total
        )

    def order(self, numbers: IntArray, reviewed: Iterable[str]) -> IntArray:
        """The sentences of these numbers, the one to look at first in front.

        Args:
            numbers: rising.
            reviewed: hashes of texts that somebody has reviewed; see `serving.reviews.review.text_hash`.
        """
        by_doubt = numbers[np.argsort(self._confidence_B[numbers], kind="stable")]
        hashes = self._hash_B[by_doubt]
        tier: npt.NDArray[np.int8] = np.full(len(by_doubt), _REPEATED, dtype=np.int8)
        _, first_places = np.unique(hashes, return_index=True)
        tier[first_places] = _FRESH
        known = np.fromiter({_short(one) for one in reviewed}, dtype=np.uint64)
        tier[np.isin(hashes, known)] = _REVIEWED
        fresh = np.flatnonzero(tier == _FRESH)[:SPREAD]
        repeats = Repeats()
        for place, row in zip(fresh, self._sentences.rows(by_doubt[fresh], ["text"]), strict=True):
            if repeats.seen(row["text"]):
                tier[place] = _REPEATED
        return by_doubt[np.argsort(tier, kind="stable")]


def _short(digest: str) -> int:
    # Of 2**64 hashes, two texts of a million share one about once in 40 million archives.
    return int(digest[:16], 16)
