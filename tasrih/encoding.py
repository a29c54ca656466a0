"""From normalised text to batches of token ids, and which sentence went where.

The tokenizer is set up once, with neither truncation nor padding switched on, and never reconfigured: one shared by
threads that set it differently gives wrong lengths in silence. Cutting and padding happen here instead.

A sentence's padded length depends on the sentence alone (its length, rounded up), never on its batch mates: padding to
the longest neighbour moves probabilities in reduced precision.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from tasrih.types import Encoded, EncodedBatch

__all__ = ["Encoder", "Placed", "batches", "padded_length", "portions"]

# Padded lengths are multiples of the first up to so many tokens, which half of news is below, and of the second above.
# Finer wastes fewer tokens; coarser makes fewer and fuller batches, of shapes that an engine has seen.
FINE_STEP, FINE_TOKENS = 4, 48
LENGTH_STEP = 8

# Characters tokenised at once. What the tokenizer gives takes 100 bytes a token and more until it is cut.
PORTION_CHARACTERS = 2**18

# Padded tokens a batch may hold: what bounds the memory of a forward pass.
MAX_BATCH_TOKENS = 4096

# Fewer padded tokens than these share one batch, however many rows they are: reading all weights once more costs more time
# than their shapes take memory.
SMALL_BATCH_TOKENS = 192


@dataclass(frozen=True, slots=True)
class Placed:
    """A batch, and the places its rows have among the sentences that were given."""

    batch: EncodedBatch
    places: tuple[int, ...]


class Encoder:
    """A release's tokenizer.

    Args:
        tokenizer_path: a ``tokenizer.json``.
        max_length: tokens a sentence may take, specials included; above 2.
    """

    def __init__(self, tokenizer_path: Path, *, max_length: int) -> None:
        if max_length <= 2:
            raise ValueError(f"max_length: {max_length} given, it must be above 2 (the specials)")
        self.max_length = max_length
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Tokenise normalised texts; a text too long loses its end but keeps the closing special."""
        encoded: list[Encoded] = []
        for portion in portions(texts, max_characters=PORTION_CHARACTERS):
            if len(portion[0]) > PORTION_CHARACTERS:
                encoded.append(self._encode_long(portion[0]))
            else:
                encoded += [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(portion)]
        return encoded

    def _encode_long(self, text: str) -> Encoded:
        """A text cut at spaces, where tokenizers cut, too: what the model does not read is counted and let go."""
        first, *others = _pieces(text)
        ids = self._tokenizer.encode(first).ids
        n_tokens, closing = len(ids), ids[-1]
        del ids[-1], ids[self.max_length - 1 :]
        for piece in others:
            more = self._tokenizer.encode(piece, add_special_tokens=False).ids
            n_tokens += len(more)
            ids += more[: self.max_length - 1 - len(ids)]
        return Encoded((*ids, closing), n_tokens)

    def _cut(self, ids: list[int]) -> Encoded:
        n_tokens = len(ids)
        if n_tokens > self.max_length:
            ids = [*ids[: self.max_length - 1], ids[-1]]
        return Encoded(tuple(ids), n_tokens)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + PORTION_CHARACTERS
        if end < len(text):
            space = text.rfind(" ", start + 1, end + 1)
            end = end if space < 0 else space
        yield text[start:end]
        start = end + text.startswith(" ", end)


def portions(texts: Sequence[str], *, max_characters: int, max_texts: int = sys.maxsize) -> Iterator[list[str]]:
    """Texts in order, in lists of at most so many characters and texts; a longer text is a list of its own."""
    portion: list[str] = []
    n_characters = 0
    for text in texts:
        if portion and (len(portion) == max_texts or n_characters + len(text) > max_characters):
            yield portion
            portion, n_characters = [], 0
        portion.append(text)
        n_characters += len(text)
    if portion:
        yield portion


def padded_length(n_tokens: int, *, max_length: int) -> int:
    """The length that a sentence of `n_tokens` is padded to."""
    step = FINE_STEP if n_tokens <= FINE_TOKENS else LENGTH_STEP
    return min(-(-n_tokens // step) * step, max_length)


def batches(
    encoded: Sequence[Encoded],
    *,
    pad_id: int,
    max_length: int,
    max_batch_tokens: int = MAX_BATCH_TOKENS,
) -> Iterator[Placed]:
    """Cut sentences into batches of one padded length each, longest first, full ones before those of the rest.

    Row counts are the most that the tokens allow, and its halves, quarters and so on: engines keep something for each shape
    that they have seen, and a process that has seen every number of rows of every length would hold hundreds of megabytes.

    Args:
        encoded: sentences in the caller's order.
        pad_id: the id that fills up.
        max_length: the release's maximum length, which no padded length exceeds.
        max_batch_tokens: padded tokens a batch may hold; a batch has at least one sentence whatever it says.
    """
    by_length: dict[int, list[int]] = {}
    for place, sentence in enumerate(encoded):
        length = padded_length(len(sentence.ids), max_length=max_length)
        by_length.setdefault(length, []).append(place)
    for length in sorted(by_length, reverse=True):
        places = by_length[length]
        start = 0
        for n_rows in _row_counts(len(places), length, max_batch_tokens):
            chosen = tuple(places[start : start + n_rows])
            start += n_rows
            yield Placed(_pad([encoded[place] for place in chosen], length, pad_id), chosen)


def _row_counts(n_rows: int, length: int, max_batch_tokens: int) -> Iterator[int]:
    """How many rows each batch of `n_rows` sentences of one padded length has, most first."""
    count = max(1, max_batch_tokens // length)
    while n_rows:
        if count <= n_rows:
            yield count
            n_rows -= count
        elif n_rows * length < SMALL_BATCH_TOKENS:
            yield n_rows
            return
        else:
            count //= 2


def _pad(rows: Sequence[Encoded], length: int, pad_id: int) -> EncodedBatch:
    ids_BL = np.full((len(rows), length), pad_id, dtype=np.int64)
    mask_BL = np.zeros((len(rows), length), dtype=np.int64)
    for row, sentence in enumerate(rows):
        n_tokens = len(sentence.ids)
        ids_BL[row, :n_tokens] = sentence.ids
        mask_BL[row, :n_tokens] = 1
    return EncodedBatch(ids_BL, mask_BL)
