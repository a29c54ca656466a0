"""Runs texts through tokenizer and engine and keeps both busy: each distinct text once, in windows, answers in order.

A window is tokenised while the engine still works on the one before it. Within a window, sentences of one padded length share
batches. News repeats itself, so equal texts of a call are computed once, and of the whole process where a cache is asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from tasrih.encoding import Encoder, batches, portions
from tasrih.engines import Engine
from tasrih.recent import Recent
from tasrih.types import Answers, EncodedBatch, FloatArray, Logits

__all__ = ["WINDOW", "Runner"]

# Sentences tokenised ahead of the engine. More fills batches better, fewer starts the engine sooner and holds less.
WINDOW = 2048
# And characters: of news a window has half as many. Token ids are Python's own numbers, 36 bytes each.
WINDOW_CHARACTERS = 2**20


class _Answer(NamedTuple):
    """One sentence's; the logits of both heads side by side, stances first."""

    n_tokens: int
    truncated: bool
    logits_K: FloatArray


class Runner:
    """Texts to logits. Threads may share one.

    Args:
        normalise: what a text becomes before it is tokenised, by the release's scheme.
        encoder: the release's.
        engine: what executes the release.
        pad_id: the token id of padding.
        n_stances: of the release.
        n_claims: of the release; may be 0.
        cache_sentences: how many of the texts seen last are not computed again; 0 keeps none. About 0.5 kB each.
    """

    def __init__(
        self,
        normalise: Callable[[str], str],
        encoder: Encoder,
        engine: Engine,
        *,
        pad_id: int,
        n_stances: int,
        n_claims: int,
        cache_sentences: int = 0,
    ) -> None:
        self._normalise = normalise
        self._encoder = encoder
        self._engine = engine
        self._pad_id = pad_id
        self._n_stances = n_stances
        self._n_claims = n_claims
        self._recent: Recent[str, _Answer] = Recent(cache_sentences)

    def run(self, texts: Sequence[str]) -> Answers:
        """Answers of texts, in order. A text's answer does not depend on the others."""
        found = self._recent.get(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        computed = dict(zip(missing, self._compute(missing), strict=True))
        self._remember(computed)
        found |= computed
        answers = [found[text] for text in texts]
        logits_BK = np.zeros((len(texts), self._n_stances + self._n_claims), dtype=np.float32)
        for row, answer in enumerate(answers):
            logits_BK[row] = answer.logits_K
        return Answers(
            Logits(logits_BK[:, : self._n_stances], logits_BK[:, self._n_stances :]),
            n_tokens_B=np.array([answer.n_tokens for answer in answers], dtype=np.int64),
            truncated_B=np.array([answer.truncated for answer in answers], dtype=np.bool_),
        )

    def _remember(self, computed: dict[str, _Answer]) -> None:
        last = islice(computed.items(), max(0, len(computed) - self._recent.max_entries), None)
        # Copied: a row of a large array would keep all of it alive.
        self._recent.put({text: answer._replace(logits_K=answer.logits_K.copy()) for text, answer in last})

    def _compute(self, texts: Sequence[str]) -> Iterator[_Answer]:
        """Answers of distinct texts, in order."""
        lengths: list[tuple[int, bool]] = []
        placed: list[list[int]] = []
        logits_BK = np.zeros((len(texts), self._n_stances + self._n_claims), dtype=np.float32)
        # The engine takes a batch when it has room for it, which is when the next window is tokenised.
        answers = self._engine.run(self._batches(texts, lengths, placed))
        for number, answer in enumerate(answers):
            logits_BK[placed[number]] = np.concatenate([answer.stance_BS, answer.claims_BC], axis=1)
        for (n_tokens, truncated), logits_K in zip(lengths, logits_BK, strict=True):
            yield _Answer(n_tokens, truncated, logits_K)

    def _batches(
        self, texts: Sequence[str], lengths: list[tuple[int, bool]], placed: list[list[int]]
    ) -> Iterator[EncodedBatch]:
        """Batches of all windows; notes each text's length, and which texts a batch holds."""
        for portion in portions(texts, max_texts=WINDOW, max_characters=WINDOW_CHARACTERS):
            start = len(lengths)
            # Here, a window at a time: a call of many long texts never holds a second copy of them all.
            window = self._encoder.encode([self._normalise(text) for text in portion])
            lengths += [(tokens.n_tokens, tokens.truncated) for tokens in window]
            for one in batches(window, pad_id=self._pad_id, max_length=self._encoder.max_length):
                placed.append([start + place for place in one.places])
                yield one.batch
