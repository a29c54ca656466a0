"""The parser of the E5S1 file, on files built in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.e5_file import E5FileError, bert_state, dequantise, parse

TinyE5 = Callable[..., bytes]
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])


def test_two_blocks_unpack_low_nibbles_then_high_nibbles() -> None:
    # Block 1: byte j holds weight j = j in its low nibble and 15 - j in its high one. Block 2: all 0x9F.
    first = np.array([0.5], "<f2").tobytes() + bytes((15 - j) << 4 | j for j in range(16))
    second = np.array([-2.0], "<f2").tobytes() + bytes([0x9F] * 16)
    blocks = np.frombuffer(first + second, _BLOCK).reshape(1, 2)
    expected = [(j - 8) * 0.5 for j in range(16)] + [(15 - j - 8) * 0.5 for j in range(16)]
    expected += [(15 - 8) * -2.0] * 16 + [(9 - 8) * -2.0] * 16
    unpacked = dequantise(blocks)
    assert unpacked.shape == (1, 64)
    assert unpacked.dtype == np.float32
    assert unpacked[0].tolist() == expected


def test_a_whole_file_is_read(tiny_e5: TinyE5) -> None:
    file = parse(tiny_e5())
    assert (file.header.hidden, file.header.layers, file.header.rows, file.header.positions) == (32, 1, 15, 8)
    assert file.header.layer_norm_eps == 1e-12
    assert file.pieces[:5] == ("<s>", "<pad>", "</s>", "<unk>", "\u2581")
    assert file.pieces[8] == "\u2581قال"
    assert file.specials == {"bos": 0, "eos": 2, "pad": 1, "unk": 3}


def test_picked_rows_are_those_of_the_whole_table_in_the_order_asked(tiny_e5: TinyE5) -> None:
    file = parse(tiny_e5())
    table = file.tensor("emb.word", width=32)
    assert table.shape == (15, 32)
    np.testing.assert_array_equal(file.tensor("emb.word", width=32, rows=[9, 2]), table[[9, 2]])
    plain = file.tensor("emb.pos", width=32)
    np.testing.assert_array_equal(file.tensor("emb.pos", width=32, rows=[3]), plain[[3]])


def test_bert_state_has_the_picked_rows_and_no_gap(tiny_e5: TinyE5) -> None:
    file = parse(tiny_e5())
    state = bert_state(file, rows=[0, 1, 2, 3, 8])
    assert len(state) == 5 + 2 + 16
    assert state["embeddings.word_embeddings.weight"].shape == (5, 32)
    np.testing.assert_array_equal(state["encoder.layer.0.output.dense.weight"], file.tensor("l0.fo.w", width=32))
    assert all(array.dtype == np.float32 for array in state.values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"magic": b"GGUF"}, r"magic: b'GGUF', expected b'E5S1'"),
        ({"version": 9}, r"version: 9, expected 1"),
        ({"pieces": ()}, r"vocabulary: 0 pieces"),
    ],
)
def test_another_kind_of_file_is_refused(tiny_e5: TinyE5, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(E5FileError, match=message):
        parse(tiny_e5(**wrong))


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (2, "magic: the file ends at byte 2"),
        (20, "header: the file ends"),
        (60, "vocabulary sizes: the file ends"),
        (-1, "the file is truncated, fetch it again"),
    ],
)
def test_a_truncated_file_is_refused_and_the_part_named(tiny_e5: TinyE5, length: int, message: str) -> None:
    with pytest.raises(E5FileError, match=message):
        parse(tiny_e5()[:length])


def test_a_missing_tensor_and_a_wrong_width_are_named(tiny_e5: TinyE5) -> None:
    file = parse(tiny_e5())
    with pytest.raises(E5FileError, match=r"tensor 'l7\.q\.w': not in the file"):
        file.tensor("l7.q.w")
    with pytest.raises(E5FileError, match=r"tensor 'emb\.word': 480 elements cannot be cut into rows of 48"):
        file.tensor("emb.word", width=48)
