"""The vocabulary of the base encoder: the pieces an Arabic classifier keeps, and the proof that it may.

The source vocabulary has 250,002 pieces for a hundred languages. `kept_ids` states the rule, `prune` applies
it to a Hugging Face `tokenizer.json` (Unigram), `compare` measures on real text what it changed.

Why dropping pieces leaves other text alone: a Unigram tokenizer splits a word into the pieces of the highest
summed score. If that best split uses kept pieces only, it is still there and still the best of fewer. The one
score that depends on the vocabulary is that of an unknown character (the lowest score minus 10). It counts
only where a character has no piece of its own; so the rule keeps the piece of every character that occurs in
a kept piece.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

__all__ = [
    "PREFIX_PIECES",
    "RULE",
    "SPECIALS",
    "UNKNOWN_ID",
    "WORD_START",
    "TokenComparison",
    "VocabularyError",
    "compare",
    "is_arabic_letter",
    "is_kept",
    "kept_ids",
    "pieces_of",
    "prune",
    "read_texts",
]

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
UNKNOWN_ID = 3
WORD_START = "\u2581"  # the sign SentencePiece puts where a word begins
# The model was trained with "query: " or "passage: " before every text; these pieces make the two words.
PREFIX_PIECES = (f"{WORD_START}que", "ry", f"{WORD_START}passage")
RULE = (
    "special; has an Arabic letter; has no letter and only ASCII, Latin-1, Arabic, punctuation, currency, "
    "symbol or emoji characters; ASCII of at most 3 characters with at most 2 letters; a single Latin, "
    "Cyrillic, Greek or Hebrew letter; the prefixes query and passage; the piece of every character of a "
    "kept piece"
)
_PLAIN_BLOCKS = (
    (0x0020, 0x007E),
    (0x00A0, 0x00BF),
    (0x00D7, 0x00D7),
    (0x00F7, 0x00F7),  # ASCII, signs of Latin-1
    (0x0600, 0x06FF),
    (0x0750, 0x077F),
    (0x08A0, 0x08FF),
    (0xFD3E, 0xFD3F),  # Arabic digits, marks, punctuation
    (0x2000, 0x206F),
    (0x20A0, 0x20CF),
    (0x2100, 0x2BFF),
    (0xFE0F, 0xFE0F),  # punctuation, currency, symbols
    (0x1F300, 0x1FAFF),  # emoji
)
_SPELLED_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "HEBREW")
_BATCH = 512


class VocabularyError(ValueError):
    """A tokenizer is not the kind this module can prune, or a file of texts cannot be read."""


def is_arabic_letter(char: str) -> bool:
    """Whether a character is a letter of the Arabic script (tatweel included, digits and marks not)."""
    return char.isalpha() and unicodedata.name(char, "").startswith("ARABIC")


def is_kept(piece: str) -> bool:
    """Whether the rule keeps an ordinary piece, by its own text alone."""
    text = piece.replace(WORD_START, "")
    if any(is_arabic_letter(char) for char in text) or piece in PREFIX_PIECES:
        return True
    letters = sum(char.isalpha() for char in text)
    if not letters:
        return all(_is_plain(char) for char in text)
    if len(text) == 1:
        return unicodedata.name(text, "").startswith(_SPELLED_SCRIPTS)
    return text.isascii() and len(text) <= 3 and letters <= 2


def _is_plain(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _PLAIN_BLOCKS)


def kept_ids(pieces: Sequence[str]) -> list[int]:
    """The ids of the pieces to keep, ascending, so that the specials stay 0 to 3.

    Raises:
        VocabularyError: the first four pieces are not the specials.
    """
    if tuple(pieces[:4]) != SPECIALS:
        raise VocabularyError(f"vocabulary: begins with {list(pieces[:4])}, expected {list(SPECIALS)}")
    kept = {id_ for id_, piece in enumerate(pieces) if id_ < len(SPECIALS) or is_kept(piece)}
    characters = {char for id_ in kept if id_ >= len(SPECIALS) for char in pieces[id_]}
    kept.update(id_ for id_, piece in enumerate(pieces) if piece in characters)
    return sorted(kept)


def pieces_of(tokenizer: dict[str, Any]) -> list[str]:
    """The pieces of a parsed `tokenizer.json`, by id.

    Raises:
        VocabularyError: not a Unigram tokenizer whose unknown id is 3.
    """
    model = tokenizer.get("model", {})
    if model.get("type") != "Unigram" or model.get("unk_id") != UNKNOWN_ID:
        raise VocabularyError(
            f"tokenizer: type {model.get('type')!r} with unk_id {model.get('unk_id')!r}, expected "
            f"'Unigram' with {UNKNOWN_ID}; use the pinned package version"
        )
    return [piece for piece, _ in model["vocab"]]


def prune(tokenizer: dict[str, Any], *, keep: Sequence[int]) -> dict[str, Any]:
    """A copy of a parsed `tokenizer.json` with only the pieces `keep`, renumbered in that order.

    Scores, normaliser, pre-tokeniser and post-processor stay: they name the specials only, whose ids stay.

    Raises:
        VocabularyError: `keep` does not begin with the four specials, or has an id the tokenizer has not.
    """
    vocabulary = tokenizer["model"]["vocab"]
    if list(keep[:4]) != [0, 1, 2, 3] or max(keep) >= len(vocabulary):
        raise VocabularyError(
            f"keep: begins with {list(keep[:4])}, highest {max(keep, default=None)}; expected "
            f"[0, 1, 2, 3] first and ids below {len(vocabulary)}"
        )
    new_id = {old: new for new, old in enumerate(keep)}
    added = [{**token, "id": new_id[token["id"]]} for token in tokenizer["added_tokens"] if token["id"] in new_id]
    model = {**tokenizer["model"], "vocab": [vocabulary[old] for old in keep]}
    return {**tokenizer, "added_tokens": added, "model": model}


@dataclass(frozen=True, kw_only=True)
class TokenComparison:
    """What pruning changed on a sample, counted without the specials.

    `equal` of `texts` have exactly the same tokens. `kept_only` are split into kept pieces by the full
    tokenizer; `broken` lists those of them that the pruned one splits otherwise: the proof is that there are
    none. `full_unknown` and `unknown` count unknown tokens of the two; `texts_with_unknown` counts texts in
    which the pruned one has any.
    """

    texts: int
    equal: int
    kept_only: int
    broken: tuple[str, ...]
    full_tokens: int
    full_unknown: int
    tokens: int
    unknown: int
    texts_with_unknown: int

    def lines(self) -> list[str]:
        """The figures for people, one a line."""
        share = 100 / max(self.texts, 1)
        return [
            f"texts: {self.texts}; tokens: {self.tokens} (full vocabulary: {self.full_tokens})",
            f"tokenised exactly as with the full vocabulary: {self.equal} texts ({self.equal * share:.2f} %)",
            f"full tokenizer used kept pieces only: {self.kept_only}; split otherwise: {len(self.broken)}",
            f"unknown tokens: {self.unknown} ({100 * self.unknown / max(self.tokens, 1):.4f} % of tokens; "
            f"full vocabulary: {self.full_unknown}), in {self.texts_with_unknown} texts "
            f"({self.texts_with_unknown * share:.2f} %)",
        ]


def read_texts(path: Path) -> list[str]:
    """The texts of a file: the `text` field of each line of a `.jsonl`, else each line that is not blank.

    Raises:
        VocabularyError: not UTF-8, a `.jsonl` line that is not an object with a text, or no text at all.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{path}: not UTF-8 ({error}); expected UTF-8 text: convert the file") from error
    texts = []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        if path.suffix != ".jsonl":
            texts.append(line.strip())
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError) as error:
            raise VocabularyError(
                f"{path}, line {number}: {error!r}; expected a JSON object with a field text, or "
                "give plain text under another suffix than .jsonl"
            ) from error
        texts.append(str(text))
    if not texts:
        raise VocabularyError(f"{path}: no text in it; expected one text a line")
    return texts


def compare(full: Tokenizer, pruned: Tokenizer, texts: Iterable[str]) -> TokenComparison:
    """Tokenise texts with both tokenizers and count the differences (ids compared after renumbering)."""
    sample = list(texts)
    new_id: Callable[[int], int | None] = _Renumbering(full, pruned)
    equal = kept_only = full_tokens = full_unknown = tokens = unknown = with_unknown = 0
    broken: list[str] = []
    for start in range(0, len(sample), _BATCH):
        batch = sample[start : start + _BATCH]
        pairs = zip(
            batch,
            full.encode_batch(batch, add_special_tokens=False),
            pruned.encode_batch(batch, add_special_tokens=False),
            strict=True,
        )
        for text, before, after in pairs:
            expected = [new_id(id_) for id_ in before.ids]
            same, only_kept = expected == after.ids, None not in expected
            equal += same
            kept_only += only_kept
            if only_kept and not same:
                broken.append(text)
            misses = after.ids.count(UNKNOWN_ID)
            full_tokens, full_unknown = (
                full_tokens + len(before.ids),
                full_unknown + before.ids.count(UNKNOWN_ID),
            )
            tokens, unknown, with_unknown = (
                tokens + len(after.ids),
                unknown + misses,
                with_unknown + (misses > 0),
            )
    return TokenComparison(
        texts=len(sample),
        equal=equal,
        kept_only=kept_only,
        broken=tuple(broken),
        full_tokens=full_tokens,
        full_unknown=full_unknown,
        tokens=tokens,
        unknown=unknown,
        texts_with_unknown=with_unknown,
    )


class _Renumbering:
    """Maps an id of the full vocabulary to that of the same piece in the pruned one, or None."""

    def __init__(self, full: Tokenizer, pruned: Tokenizer) -> None:
        new = pruned.get_vocab(with_added_tokens=True)
        self._ids = {id_: new.get(piece) for piece, id_ in full.get_vocab(with_added_tokens=True).items()}

    def __call__(self, id_: int) -> int | None:
        return self._ids[id_]
