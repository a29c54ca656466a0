"""`transformers.pipeline("text-classification")`, as its documentation shows it, at a batch size."""

import argparse
from typing import Any

from transformers import pipeline

from benchmarks import measure


def open_pipeline(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """The pipeline on the CPU."""
    folder = str(arguments.model)
    classify = pipeline("text-classification", model=folder, tokenizer=folder, device="cpu")
    dtype = str(next(classify.model.parameters()).dtype)
    return (
        lambda texts: classify(texts, batch_size=arguments.batch, truncation=True),
        {"precision": {"torch.float32": "f32", "torch.bfloat16": "bf16"}.get(dtype, dtype)},
    )


if __name__ == "__main__":
    parser = measure.parser()
    parser.add_argument("--batch", type=int, required=True)
    measure.run(open_pipeline, parser.parse_args(), libraries=("transformers", "torch", "tokenizers"))
