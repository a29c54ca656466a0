"""Texts through tokenizer and engine: order, windows, repeats, the cache."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from tasrih import runner as module
from tasrih.encoding import Encoder
from tasrih.runner import Runner
from tasrih.types import EncodedBatch, Logits

# 1 to 60 words, each text another.
TEXTS = [" ".join(f"كلمة{number}" for number in range(n, n + 1 + n % 60)) for n in range(150)]


class Counting:
    """Answers with the sum and the number of a row's ids, and counts what it is given."""

    name, precision, device = "counting", "f32", "none"

    def __init__(self) -> None:
        self.n_rows = 0

    def run(self, batches: Iterable[EncodedBatch]) -> Iterator[Logits]:
        for batch in batches:
            self.n_rows += len(batch.ids_BL)
            sums = (batch.ids_BL * batch.mask_BL).sum(axis=1)
            yield Logits(
                np.stack([sums, batch.mask_BL.sum(axis=1)], axis=1).astype(np.float32),
                np.zeros((len(sums), 1), np.float32),
            )


@pytest.fixture
def encoder(labeller) -> Encoder:
    return Encoder(labeller.release.layout.tokenizer, max_length=labeller.release.max_length)


def make(encoder: Encoder, engine: Counting, **more: int) -> Runner:
    return Runner(str, encoder, engine, pad_id=1, n_stances=2, n_claims=1, **more)


def expected(encoder: Encoder, texts: list[str]) -> list[list[float]]:
    return [[float(sum(one.ids)), float(len(one.ids))] for one in encoder.encode(texts)]


def test_answers_come_in_order_across_windows(encoder, monkeypatch):
    monkeypatch.setattr(module, "WINDOW", 16)
    answers = make(encoder, Counting()).run(TEXTS)
    assert answers.logits.stance_BS.tolist() == expected(encoder, TEXTS)
    assert answers.n_tokens_B.tolist() == [one.n_tokens for one in encoder.encode(TEXTS)]


def test_long_texts_make_windows_of_fewer(encoder, monkeypatch):
    windows: list[int] = []
    monkeypatch.setattr(module, "WINDOW_CHARACTERS", 2_000)
    monkeypatch.setattr(Encoder, "encode", _noting(Encoder.encode, windows))
    answers = make(encoder, Counting()).run(TEXTS)
    assert len(windows) > 10 and sum(windows) == len(TEXTS)
    monkeypatch.undo()
    assert answers.logits.stance_BS.tolist() == expected(encoder, TEXTS)


def _noting(encode, windows: list[int]):
    def noting(self, texts):
        windows.append(len(texts))
        return encode(self, texts)

    return noting


def test_equal_texts_of_a_call_are_computed_once(encoder):
    engine = Counting()
    texts = [TEXTS[3], TEXTS[1], TEXTS[3], TEXTS[3], TEXTS[1]]
    answers = make(encoder, engine).run(texts)
    assert engine.n_rows == 2
    assert answers.logits.stance_BS.tolist() == expected(encoder, texts)


def test_without_a_cache_the_next_call_computes_again(encoder):
    engine = Counting()
    one = make(encoder, engine)
    one.run(TEXTS[:5])
    one.run(TEXTS[:5])
    assert engine.n_rows == 10


def test_the_cache_holds_the_texts_seen_last(encoder):
    engine = Counting()
    one = make(encoder, engine, cache_sentences=3)
    first = one.run(TEXTS[:3])
    again = one.run([TEXTS[0], TEXTS[2], TEXTS[1]])
    assert engine.n_rows == 3
    assert again.logits.stance_BS.tolist() == first.logits.stance_BS[[0, 2, 1]].tolist()
    one.run([TEXTS[0]])  # seen last now; TEXTS[2] is the oldest
    one.run([TEXTS[9]])
    assert engine.n_rows == 4
    one.run([TEXTS[0], TEXTS[1], TEXTS[9]])
    assert engine.n_rows == 4
    one.run([TEXTS[2]])
    assert engine.n_rows == 5


def test_no_text_gives_no_answer(encoder):
    answers = make(encoder, Counting()).run([])
    assert answers.logits.stance_BS.shape == (0, 2) and answers.n_tokens_B.shape == (0,)


def test_a_cut_text_says_so_from_the_cache_too(encoder):
    one = make(encoder, Counting(), cache_sentences=5)
    for _ in range(2):
        answers = one.run(["كلمة " * 700, "قصير"])
        assert answers.truncated_B.tolist() == [True, False]
        assert answers.n_tokens_B[0] > encoder.max_length


def test_the_next_window_is_tokenised_while_the_engine_works(encoder, monkeypatch):
    """An engine that is slow to answer is given batches of the second window before its first answer is read."""
    monkeypatch.setattr(module, "WINDOW", 10)
    seen: list[int] = []

    class Deep(Counting):
        def run(self, batches):
            held = []
            for batch in batches:
                held.append(batch)
                seen.append(len(batch.ids_BL))
            assert sum(seen) == 30  # all three windows, and nobody has read an answer yet
            yield from super().run(held)

    answers = make(encoder, Deep()).run(TEXTS[:30])
    assert answers.logits.stance_BS.tolist() == expected(encoder, TEXTS[:30])
