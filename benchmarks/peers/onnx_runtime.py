"""ONNX Runtime, sorted by length, without torch; float32, or int8 by its own dynamic quantisation.

The folder with the int8 graph is written once with ``--write FOLDER``, from that with the float32 one.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import onnxruntime

from benchmarks import measure
from benchmarks.peers.by_length import add_batch, labels_by_length

GRAPH = "model.onnx"


def open_session(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """A session of the graph, all optimisations on, which is the default."""
    session = onnxruntime.InferenceSession(str(arguments.model / GRAPH), providers=["CPUExecutionProvider"])

    def forward(ids: Any, mask: Any) -> Any:
        return session.run(["logits"], {"ids": ids, "mask": mask})[0]

    return labels_by_length(arguments.model, forward, batch=arguments.batch), {"precision": arguments.precision}


def write(arguments: argparse.Namespace) -> None:
    """Quantise the weights; activations are quantised as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    arguments.write.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(arguments.model / GRAPH, arguments.write / GRAPH, weight_type=QuantType.QInt8)
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(arguments.model / name, arguments.write / name)


if __name__ == "__main__":
    parser = add_batch(measure.parser())
    parser.add_argument("--precision", choices=("f32", "int8"), default="f32", help="of the graph")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="quantise and leave")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments)
    else:
        measure.run(open_session, arguments, libraries=("onnxruntime", "tokenizers", "numpy"))
