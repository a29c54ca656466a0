import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from benchmarks.texts import wanted_lengths
from tasrih import encoding as module
from tasrih.encoding import Encoder, batches, padded_length, portions
from tasrih.types import Encoded


@pytest.fixture
def tokenizer_path(tmp_path):
    words = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "قالت": 4, "موسكو": 5, "شيئا": 6}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    # A file may come with these set; the encoder must not obey them.
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=9)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_specials_and_unknowns(tokenizer_path):
    (one,) = Encoder(tokenizer_path, max_length=10).encode(["قالت موسكو كلاما"])
    assert one == Encoded((1, 4, 5, 3, 2), 5) and not one.truncated


def test_a_long_text_loses_its_end_but_not_the_closing_special(tokenizer_path):
    (one,) = Encoder(tokenizer_path, max_length=4).encode(["قالت موسكو شيئا شيئا شيئا"])
    assert one == Encoded((1, 4, 5, 2), 7) and one.truncated


def test_no_text_at_all(tokenizer_path):
    encoder = Encoder(tokenizer_path, max_length=8)
    assert encoder.encode([]) == []
    assert list(batches([], pad_id=0, max_length=8)) == []


def test_a_length_that_holds_no_text_is_refused(tokenizer_path):
    with pytest.raises(ValueError, match="max_length: 2"):
        Encoder(tokenizer_path, max_length=2)


@pytest.mark.parametrize("limit", [7, 40, 1_000])
def test_a_text_tokenised_piece_by_piece_is_what_it_is_in_one(labeller, monkeypatch, limit):
    text = " ".join(f"كلمة{n} قالها الوزير" for n in range(60))
    short = " ".join(f"كلمة{n}" for n in range(2))
    for max_length in (16, 512):
        encoder = Encoder(labeller.release.layout.tokenizer, max_length=max_length)
        whole = encoder.encode([text, short, text])
        with monkeypatch.context() as patch:
            patch.setattr(module, "PORTION_CHARACTERS", limit)
            assert encoder.encode([text, short, text]) == whole


def test_less_than_a_twentieth_of_news_is_padding():
    lengths = wanted_lengths(4000)
    padded = [padded_length(n_tokens, max_length=512) for n_tokens in lengths]
    assert all(n_tokens <= length <= 512 for n_tokens, length in zip(lengths, padded, strict=True))
    assert 1 - sum(lengths) / sum(padded) < 0.05


sentences = st.lists(st.integers(1, 40).map(lambda n: Encoded(tuple(range(1, n + 1)), n)), max_size=60)


@given(sentences, st.integers(1, 200))
def test_batches_place_every_sentence_once_within_the_budget(encoded, budget):
    placed = list(batches(encoded, pad_id=99, max_length=40, max_batch_tokens=budget))
    places = [place for one in placed for place in one.places]
    assert sorted(places) == list(range(len(encoded)))
    lengths = [one.batch.ids_BL.shape[1] for one in placed]
    assert lengths == sorted(lengths, reverse=True)
    for one in placed:
        n_rows, length = one.batch.ids_BL.shape
        assert n_rows * length <= budget or n_rows == 1
        for row, place in enumerate(one.places):
            ids = encoded[place].ids
            # Its own length alone decides how far a sentence is padded.
            assert length == padded_length(len(ids), max_length=40)
            assert tuple(one.batch.ids_BL[row, : len(ids)]) == ids
            assert (one.batch.ids_BL[row, len(ids) :] == 99).all()
            assert one.batch.mask_BL[row].sum() == len(ids) and one.batch.mask_BL[row, : len(ids)].all()
            assert one.batch.mask_BL.dtype == np.int64


@pytest.mark.parametrize("length", [4, 16, 44, 96, 512])
def test_batches_have_few_shapes(length):
    """However many sentences of one length there are: engines keep some memory for each shape."""
    shapes = set()
    for n_sentences in range(1, 1300):
        rows = list(module._row_counts(n_sentences, length, 4096))
        assert sum(rows) == n_sentences
        assert len(rows) <= n_sentences // (4096 // length) + math.log2(4096 / length)
        shapes |= set(rows)
    assert len(shapes) <= 1 + math.log2(4096 / length) + 192 / length


def test_long_texts_are_tokenised_in_portions_and_nothing_else_changes(tokenizer_path, monkeypatch):
    encoder = Encoder(tokenizer_path, max_length=6)
    texts = ["قالت موسكو " * n for n in (1, 9, 0, 2, 30, 1)]
    whole = encoder.encode(texts)
    monkeypatch.setattr(module, "PORTION_CHARACTERS", 40)
    assert [len(portion) for portion in portions(texts, max_characters=40)] == [1, 1, 2, 1, 1]
    assert [len(portion) for portion in portions(texts, max_characters=1000, max_texts=4)] == [4, 2]
    assert encoder.encode(texts) == whole == [encoder.encode([text])[0] for text in texts]
