"""Base models as the hub has them, file by file, but tiny and of random weights: `{file name: content}`.

What their names, settings and layouts are was read off the repositories; the weights and vocabularies are made here.
"""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_safetensors
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    ElectraConfig,
    ElectraForPreTraining,
    PreTrainedModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from tasrih.normalise import normalise

ROOT = Path(__file__).resolve().parents[2]
SMOKE_CORPUS = ROOT / "tests" / "fixtures" / "smoke_corpus.jsonl"
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# What AraBERT's normalisation writes for an address, a person and a link; pieces of its vocabulary.
PLACEHOLDERS = ("[رابط]", "[بريد]", "[مستخدم]")
TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}

Files = dict[str, bytes]


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put a model into a folder; returns it."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def arabert(*, safetensors: bool = False, seed: int = 0) -> Files:
    """AraBERT v0.2: BERT with a head for masked words, WordPiece; a pickle, or both kinds of weights as it is now."""
    pieces = _pieces()
    settings = {
        "do_lower_case": False,
        "max_len": 512,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")},
        "tokenize_chinese_chars": True,
        "strip_accents": None,
        "do_basic_tokenize": True,
        "never_split": list(PLACEHOLDERS),
        "special_tokens_map_file": None,
        "name_or_path": "aubmindlab/bert-base-arabertv02",
    }
    config: dict[str, Any] = {
        "architectures": ["BertForMaskedLM"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "max_position_embeddings": 512,
        "model_type": "bert",
        "type_vocab_size": 2,
        "vocab_size": len(pieces),
        **TINY,
    }
    state = _state(BertForMaskedLM, BertConfig(**config), seed)
    # Checkpoints of that time carry it.
    state["bert.embeddings.position_ids"] = torch.arange(512).unsqueeze(0)
    files = {
        ".gitattributes": b"*.bin filter=lfs\n",
        "README.md": b"# a model card\n",
        "config.json": _json(config),
        "vocab.txt": _vocab(pieces),
        "tokenizer.json": _word_piece(pieces).to_str().encode(),
        "tokenizer_config.json": _json(settings),
        "special_tokens_map.json": _json(
            {f"{n}_token": f"[{n.upper()}]" for n in ("unk", "sep", "pad", "cls", "mask")}
        ),
        "pytorch_model.bin": pickled(state),
        "tf_model.h5": b"for other programs",
        "flax_model.msgpack": b"for other programs",
    }
    return files | ({"model.safetensors": save_safetensors(state, {"format": "pt"})} if safetensors else {})


def camelbert() -> Files:
    """CAMeLBERT: as AraBERT, but a vocabulary is all there is of its tokenizer."""
    files = arabert()
    for name in ("tokenizer.json", "tf_model.h5", "flax_model.msgpack"):
        del files[name]
    return files | {"tokenizer_config.json": _json({"max_len": 512, "do_lower_case": False})}


def araelectra() -> Files:
    """AraELECTRA's discriminator, with embeddings narrower than the encoder, which small ones have."""
    pieces = _pieces()
    config: dict[str, Any] = {
        "architectures": ["ElectraForPreTraining"],
        "embedding_size": 16,
        "max_position_embeddings": 512,
        "model_type": "electra",
        "pad_token_id": 0,
        "type_vocab_size": 2,
        "vocab_size": len(pieces),
        **TINY,
    }
    return {
        "config.json": _json(config),
        "vocab.txt": _vocab(pieces),
        "tokenizer.json": _word_piece(pieces).to_str().encode(),
        "tokenizer_config.json": _json({"do_lower_case": False, "never_split": list(PLACEHOLDERS)}),
        "pytorch_model.bin": pickled(_state(ElectraForPreTraining, ElectraConfig(**config), 1)),
    }


def xlm_roberta(*, positions: int = 514) -> Files:
    """XLM-RoBERTa: RoBERTa's layout, its padding at id 1, and a Unigram tokenizer made of SentencePiece's."""
    tokenizer = _unigram()
    config: dict[str, Any] = {
        "architectures": ["XLMRobertaForMaskedLM"],
        "bos_token_id": 0,
        "eos_token_id": 2,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": positions,
        "model_type": "xlm-roberta",
        "pad_token_id": 1,
        "type_vocab_size": 1,
        "vocab_size": tokenizer.get_vocab_size(),
        **TINY,
    }
    state = _state(XLMRobertaForMaskedLM, XLMRobertaConfig(**config), 2)
    return {
        "config.json": _json(config),
        "tokenizer.json": tokenizer.to_str().encode(),
        "tokenizer_config.json": _json({"model_max_length": 512}),
        "sentencepiece.bpe.model": b"what the tokenizer was made of",
        "model.safetensors": save_safetensors(state, {"format": "pt"}),
    }


LAYOUTS: dict[str, Callable[[], Files]] = {
    "bert": arabert,
    "bert, no tokenizer.json": camelbert,
    "electra": araelectra,
    "xlm-roberta": xlm_roberta,
}


def pickled(value: Any) -> bytes:
    """As `pytorch_model.bin` holds it."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def _texts() -> list[str]:
    rows = [json.loads(line) for line in SMOKE_CORPUS.read_text(encoding="utf-8").splitlines()]
    return [normalise(row["text"], scheme="arabertv02") for row in rows]


def _pieces() -> list[str]:
    """Specials and placeholders first, as AraBERT's; then the frequent half of the words, and letters for the others."""
    words = sorted({word for text in _texts() for word in text.split()})
    letters = sorted({letter for word in words for letter in word})
    pieces = [*SPECIALS, *PLACEHOLDERS, *letters, *(f"##{letter}" for letter in letters), *words[::2]]
    return list(dict.fromkeys(pieces))


def _vocab(pieces: list[str]) -> bytes:
    return ("\n".join(pieces) + "\n").encode()


def _word_piece(pieces: list[str]) -> Tokenizer:
    ids = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=None)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    # Shipped so by some: cut and padded, which must not reach us.
    tokenizer.enable_truncation(128)
    tokenizer.enable_padding(length=128)
    return tokenizer


def _unigram() -> Tokenizer:
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=[*specials, "<mask>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def _state(kind: type[PreTrainedModel], config: Any, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    state = kind(config).state_dict()
    # Larger than what a model begins with, so that a wrong position or token shows; cloned, since heads share the embeddings.
    return {
        name: torch.randn(value.shape, generator=generator) * 0.2 + float(name.endswith("LayerNorm.weight"))
        if value.is_floating_point()
        else value.clone()
        for name, value in state.items()
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
