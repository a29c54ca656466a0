"""optimum-intel's OpenVINO classifier, in the pipeline of transformers or sorted by length.

Its folder is written once with ``--write FOLDER``, from a plain one of transformers.
"""

# ruff: noqa: E402  what is hidden below must be so before anything imports it

import argparse
import sys
from typing import Any

# OpenVINO's package reports its import to its maker; without this one it cannot.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
# optimum-intel brings it for pictures. The one that indexes give is built for GPUs and does not load beside a CPU's torch.
sys.modules["torchvision"] = None  # type: ignore[assignment]

import torch
from optimum.intel import OVModelForSequenceClassification
from transformers import AutoTokenizer, pipeline

from benchmarks import measure
from benchmarks.peers.by_length import add_batch, labels_by_length


def open_optimum(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """The classifier compiled with optimum-intel's own settings, at a precision or at OpenVINO's choice."""
    hint = {} if arguments.precision == "default" else {"INFERENCE_PRECISION_HINT": arguments.precision}
    model = OVModelForSequenceClassification.from_pretrained(str(arguments.model), export=False, ov_config=hint)
    model.compile()
    found = model.request if hasattr(model.request, "get_property") else model.request.get_compiled_model()
    facts = {"precision": found.get_property("INFERENCE_PRECISION_HINT").get_type_name()}
    if arguments.way == "pipeline":
        tokenizer = AutoTokenizer.from_pretrained(arguments.model)
        classify = pipeline("text-classification", model=model, tokenizer=tokenizer)
        return lambda texts: classify(texts, batch_size=arguments.batch, truncation=True), facts

    def forward(ids: Any, mask: Any) -> Any:
        return model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()

    return labels_by_length(arguments.model, forward, batch=arguments.batch), facts


def write(arguments: argparse.Namespace) -> None:
    """Convert the folder of transformers into one of optimum-intel."""
    model = OVModelForSequenceClassification.from_pretrained(str(arguments.model), export=True, compile=False)
    model.save_pretrained(arguments.write)
    AutoTokenizer.from_pretrained(arguments.model).save_pretrained(arguments.write)


if __name__ == "__main__":
    parser = add_batch(measure.parser())
    parser.add_argument("--precision", choices=("f32", "default"), default="default")
    parser.add_argument("--way", choices=("pipeline", "sorted"), default="pipeline")
    parser.add_argument("--write", metavar="FOLDER", help="convert and leave")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments)
    else:
        measure.run(open_optimum, arguments, libraries=("optimum-intel", "openvino", "transformers", "torch"))
