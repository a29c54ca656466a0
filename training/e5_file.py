"""The E5S1 file: a BERT encoder with 4-bit weights and its SentencePiece vocabulary, little-endian.

It reads the file's bytes and unpacks tensors to float32. It executes and writes nothing, and it knows neither
wheels nor folders (`training.base_encoder` does).

Layout, in order: magic `E5S1`, version, header, vocabulary, character map (skipped: `tokenizer.json` holds
the same one), table of tensors, tensors. A 4-bit block is an f16 scale and 16 bytes; byte j holds weight j in
its low nibble and weight j+16 in its high nibble; weight = (nibble - 8) * scale.

Legend of shape suffixes: R rows, B blocks of a row, H bytes of a block (16), K weights of a block (32).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLOCK",
    "MAGIC",
    "VERSION",
    "Array",
    "E5File",
    "E5FileError",
    "E5Header",
    "TensorEntry",
    "bert_state",
    "dequantise",
    "parse",
]

MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32
_F32, _Q4 = 0, 1
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])

Array = npt.NDArray[np.float32]


class E5FileError(ValueError):
    """The bytes are not a whole E5S1 file of the kind this module reads."""


@dataclass(frozen=True, kw_only=True)
class E5Header:
    """Sizes of the encoder, as the file states them (counts; `layer_norm_eps` has no unit)."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True, kw_only=True)
class TensorEntry:
    """Where a tensor lies: `offset` and `length` in bytes from the start of the file, `elements` weights."""

    dtype: int
    elements: int
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class E5File:
    """A parsed file. `pieces[i]` is the text of vocabulary id i; `specials` has bos, eos, pad and unk ids."""

    header: E5Header
    pieces: tuple[str, ...]
    specials: dict[str, int]
    tensors: dict[str, TensorEntry]
    data: bytes

    def tensor(self, name: str, *, width: int | None = None, rows: Sequence[int] | None = None) -> Array:
        """Unpack one tensor.

        Args:
            name: its name in the file, such as `l0.q.w`.
            width: elements of a row; None gives a vector of shape (N,).
            rows: the rows to unpack, in this order (needs `width`); None unpacks all.

        Returns:
            float32, shape (N,) or (rows, width).

        Raises:
            E5FileError: no such tensor, or its size does not fit `width`.
        """
        if name not in self.tensors:
            raise E5FileError(
                f"tensor {name!r}: not in the file (it has {len(self.tensors)}, such as "
                f"{', '.join(list(self.tensors)[:3])}); expected a BERT encoder's tensors"
            )
        entry = self.tensors[name]
        step = width or entry.elements
        if step <= 0 or entry.elements % step or (entry.dtype == _Q4 and step % BLOCK):
            raise E5FileError(f"tensor {name!r}: {entry.elements} elements cannot be cut into rows of {width}")
        raw = self.data[entry.offset : entry.offset + entry.length]
        if entry.dtype == _F32:
            stored = np.frombuffer(raw, dtype="<f4").reshape(-1, step)
            picked = stored if rows is None else stored[np.asarray(rows)]
            unpacked = picked.astype(np.float32)
        else:
            blocks = np.frombuffer(raw, dtype=_BLOCK_DTYPE).reshape(-1, step // BLOCK)
            # Rows are picked before unpacking: the full word table would be 384 MB of float32.
            unpacked = dequantise(blocks if rows is None else blocks[np.asarray(rows)])
        return unpacked.reshape(-1) if width is None else unpacked


def dequantise(blocks: npt.NDArray[Any]) -> Array:
    """Unpack 4-bit blocks.

    Args:
        blocks: shape (rows, B) of the block dtype (f16 `scale`, 16 u8 `nibbles`).

    Returns:
        float32, shape (rows, B * 32): of each block its low nibbles, then its high nibbles.
    """
    nibbles_RBH = blocks["nibbles"]
    weights_RBK = np.concatenate([nibbles_RBH & 0x0F, nibbles_RBH >> 4], axis=-1).astype(np.float32) - 8.0
    scaled_RBK: Array = weights_RBK * blocks["scale"].astype(np.float32)[..., None]
    return scaled_RBK.reshape(blocks.shape[0], -1)


class _Cursor:
    """Reads values one after another and names what was being read when the file ends too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int, what: str) -> bytes:
        if length < 0 or self.at + length > len(self.data):
            raise E5FileError(
                f"{what}: the file ends at byte {len(self.data)}, expected {length} bytes from byte "
                f"{self.at}; the file is truncated, fetch it again"
            )
        self.at += length
        return self.data[self.at - length : self.at]

    def unpack(self, layout: str, what: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout), what))


def parse(data: bytes) -> E5File:
    """Read a whole file from its bytes.

    Raises:
        E5FileError: wrong magic, version or block size, a truncated file, a tensor outside the file, or text
            that is not UTF-8. The message says which part.
    """
    cursor = _Cursor(data)
    magic = cursor.take(4, "magic")
    if magic != MAGIC:
        raise E5FileError(f"magic: {magic!r}, expected {MAGIC!r}; this is not an E5S1 file")
    (version,) = cursor.unpack("<I", "version")
    if version != VERSION:
        raise E5FileError(f"version: {version}, expected {VERSION}; use the pinned package version")
    header = _header(cursor)
    pieces, specials = _vocabulary(cursor)
    _, map_length = cursor.unpack("<iI", "size of the character map")
    cursor.take(map_length, "character map")
    return E5File(header=header, pieces=pieces, specials=specials, tensors=_tensors(cursor), data=data)


def _header(cursor: _Cursor) -> E5Header:
    *sizes, eps, block = cursor.unpack("<7ifi", "header")
    if min(sizes) <= 0 or block != BLOCK:
        raise E5FileError(f"header: sizes {sizes} and block {block}; expected positive sizes and block {BLOCK}")
    hidden, layers, heads, feed_forward, rows, positions, token_types = sizes
    # The file holds a float32; its shortest decimal (1e-12, not 9.99999996e-13) is what was meant.
    return E5Header(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        rows=rows,
        positions=positions,
        token_types=token_types,
        layer_norm_eps=float(str(np.float32(eps))),
    )


def _vocabulary(cursor: _Cursor) -> tuple[tuple[str, ...], dict[str, int]]:
    count, bos, eos, pad, unk, blob_length = cursor.unpack("<5iQ", "vocabulary sizes")
    if count <= 0:
        raise E5FileError(f"vocabulary: {count} pieces, expected more than none")
    offsets = np.frombuffer(cursor.take(4 * (count + 1), "vocabulary offsets"), dtype="<u4").tolist()
    cursor.take(4 * count, "vocabulary scores")
    blob = cursor.take(blob_length, "vocabulary text")
    try:
        pieces = tuple(blob[start:end].decode("utf-8") for start, end in itertools.pairwise(offsets))
    except UnicodeDecodeError as error:
        raise E5FileError(f"vocabulary text: not UTF-8 ({error}); the file is damaged, fetch it again") from error
    return pieces, {"bos": bos, "eos": eos, "pad": pad, "unk": unk}


def _tensors(cursor: _Cursor) -> dict[str, TensorEntry]:
    (count,) = cursor.unpack("<i", "number of tensors")
    tensors: dict[str, TensorEntry] = {}
    for index in range(count):
        (name_length,) = cursor.unpack("<H", f"name of tensor {index}")
        name = cursor.take(name_length, f"name of tensor {index}").decode("utf-8", "replace")
        dtype, elements, offset, length = cursor.unpack("<BIQQ", f"entry of tensor {name!r}")
        if dtype not in (_F32, _Q4):
            raise E5FileError(f"tensor {name!r}: dtype {dtype}, expected {_F32} (float32) or {_Q4} (4-bit)")
        expected = elements * 4 if dtype == _F32 else elements // BLOCK * _BLOCK_DTYPE.itemsize
        if length != expected or (dtype == _Q4 and elements % BLOCK):
            raise E5FileError(f"tensor {name!r}: {length} bytes for {elements} elements, expected {expected}")
        if offset + length > len(cursor.data):
            raise E5FileError(
                f"tensor {name!r}: ends at byte {offset + length}, but the file ends at byte "
                f"{len(cursor.data)}; the file is truncated, fetch it again"
            )
        tensors[name] = TensorEntry(dtype=dtype, elements=elements, offset=offset, length=length)
    return tensors


def bert_state(file: E5File, *, rows: Sequence[int]) -> dict[str, Array]:
    """Unpack every tensor under the names of transformers' `BertModel`.

    Args:
        file: the parsed file.
        rows: the vocabulary rows to keep, in their new order.

    Returns:
        float32 arrays; `embeddings.word_embeddings.weight` has shape (len(rows), hidden). The file carries no
        pooler; an identity stands in, so that the model loads with no missing weight. Mean-pool instead.

    Raises:
        E5FileError: a tensor is missing or has the wrong size.
    """
    hidden, wide = file.header.hidden, file.header.feed_forward
    state = {
        "embeddings.word_embeddings.weight": file.tensor("emb.word", width=hidden, rows=rows),
        "embeddings.position_embeddings.weight": file.tensor("emb.pos", width=hidden),
        "embeddings.token_type_embeddings.weight": file.tensor("emb.type", width=hidden),
        "embeddings.LayerNorm.weight": file.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.tensor("emb.ln.b"),
        "pooler.dense.weight": np.eye(hidden, dtype=np.float32),
        "pooler.dense.bias": np.zeros(hidden, dtype=np.float32),
    }
    linear = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", hidden),
        "fo": ("output.dense", wide),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(file.header.layers):
        ours, theirs = f"encoder.layer.{layer}", f"l{layer}"
        for short, (long, width) in linear.items():
            state[f"{ours}.{long}.weight"] = file.tensor(f"{theirs}.{short}.w", width=width)
            state[f"{ours}.{long}.bias"] = file.tensor(f"{theirs}.{short}.b")
        for short, long in norms.items():
            state[f"{ours}.{long}.weight"] = file.tensor(f"{theirs}.{short}.w")
            state[f"{ours}.{long}.bias"] = file.tensor(f"{theirs}.{short}.b")
    return state
