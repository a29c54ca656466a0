"""torch, sorted by length: the loop that is written when the pipeline is too slow."""

import argparse
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification

from benchmarks import machine, measure
from benchmarks.peers.by_length import add_batch, labels_by_length


def open_torch(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """The stock classifier, its weights in the precision asked for."""
    if arguments.precision == "bf16" and not machine.multiplies_bf16():
        raise SystemExit(machine.NO_BF16)
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    model = AutoModelForSequenceClassification.from_pretrained(arguments.model, dtype=dtype).eval()

    def forward(ids: Any, mask: Any) -> Any:
        with torch.inference_mode():
            answer = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        return answer.logits.float().numpy()

    facts = {"precision": arguments.precision, "threads": torch.get_num_threads()}
    return labels_by_length(arguments.model, forward, batch=arguments.batch), facts


if __name__ == "__main__":
    parser = add_batch(measure.parser())
    parser.add_argument("--precision", choices=("f32", "bf16"), required=True)
    measure.run(open_torch, parser.parse_args(), libraries=("torch", "transformers", "tokenizers", "numpy"))
