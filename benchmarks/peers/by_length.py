"""What a careful user does by hand: tokenise all, sort by length, run batches of neighbours, put labels back in order."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from benchmarks import measure

# Ids and mask of a batch, int64, to its logits.
Forward = Callable[[Any, Any], Any]


def add_batch(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The argument that `labels_by_length` takes."""
    parser.add_argument("--batch", type=int, default=32, help="sentences a batch")
    return parser


def labels_by_length(model: Path, forward: Forward, *, batch: int) -> measure.Label:
    """A function that labels texts with `forward`; `model` holds tokenizer and label names."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    names = [config["id2label"][str(place)] for place in range(len(config["id2label"]))]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(config["max_position_embeddings"])
    tokenizer.no_padding()

    def label(texts: list[str]) -> list[dict[str, object]]:
        tokens = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        answers: list[dict[str, object]] = [{}] * len(texts)
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            ids, mask = _pad([tokens[place] for place in places], config["pad_token_id"])
            probabilities = _softmax(forward(ids, mask))
            for place, row in zip(places, probabilities, strict=True):
                best = int(row.argmax())
                answers[place] = {"label": names[best], "score": float(row[best])}
        return answers

    return label


def _pad(rows: list[list[int]], pad_id: int) -> tuple[Any, Any]:
    length = max(map(len, rows))
    ids = np.full((len(rows), length), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


def _softmax(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
