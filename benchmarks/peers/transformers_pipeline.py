"""`transformers.pipeline("text-classification")`, as its documentation shows it, at a batch size."""

import argparse
from typing import Any

import torch
from transformers import pipeline

from benchmarks import machine, measure


def open_pipeline(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """The pipeline on the CPU; a sentence alone is given as one, not as a list of one, which is the faster way."""
    if arguments.precision == "bf16" and not machine.multiplies_bf16():
        raise SystemExit(machine.NO_BF16)
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    folder = str(arguments.model)
    classify = pipeline("text-classification", model=folder, tokenizer=folder, device="cpu", dtype=dtype)

    def label(texts: list[str]) -> Any:
        return classify(texts if len(texts) > 1 else texts[0], batch_size=arguments.batch, truncation=True)

    return label, {"precision": arguments.precision}


if __name__ == "__main__":
    parser = measure.parser()
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    measure.run(open_pipeline, parser.parse_args(), libraries=("transformers", "torch", "tokenizers"))
