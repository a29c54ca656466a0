"""Converts the torch classifier to the OpenVINO graph that CPUs run, and compares the two.

OpenVINO's packages report their use to their maker: at import, and at every conversion. Here nothing may leave the
machine, so the reporting package is hidden from OpenVINO before its first import; it then uses its own empty stand-in.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from tasrih.encoding import batches
from tasrih.engines.classifier import Classifier
from tasrih.errors import EngineError
from tasrih.types import Encoded

__all__ = ["INPUTS", "OUTPUTS", "largest_difference", "silence_telemetry", "write_graph"]

INPUTS = ("ids_BL", "mask_BL")
OUTPUTS = ("stance_BS", "claims_BC")


def silence_telemetry() -> None:
    """Keep OpenVINO from reporting its use, in this process.

    ``None`` in `sys.modules` makes the import of the reporting package fail, which OpenVINO foresees. If OpenVINO was
    imported before, its converter already holds the reporter; it is then replaced there.
    """
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    from openvino.tools.ovc import convert_impl, telemetry_stub, telemetry_utils

    for module in (convert_impl, telemetry_utils):
        module.tm = telemetry_stub


class _Graph(nn.Module):
    """The classifier with a plain tuple as its output, which tracing wants."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> tuple[Tensor, Tensor]:
        """See `Classifier.forward`."""
        logits = self.model(ids_BL, mask_BL)
        return logits.stance_BS, logits.claims_BC


def write_graph(model: Classifier, path: Path, *, example: Sequence[Encoded], pad_id: int) -> None:
    """Write ``openvino_model.xml`` and its ``.bin``, weights in fp16, batch and length dynamic.

    Args:
        model: on the CPU, float32.
        path: of the ``.xml``.
        example: two sentences at least, of different lengths, so that tracing sees padding.
        pad_id: the token id of padding.
    """
    silence_telemetry()
    import openvino

    length = max(len(sentence.ids) for sentence in example)
    ids_BL = torch.full((len(example), length), pad_id, dtype=torch.int64)
    mask_BL = torch.zeros_like(ids_BL)
    for row, sentence in enumerate(example):
        ids_BL[row, : len(sentence.ids)] = torch.tensor(sentence.ids)
        mask_BL[row, : len(sentence.ids)] = 1
    with torch.no_grad(), warnings.catch_warnings():
        # Tracing warns of every Python `if`; that none of them mattered is shown by `largest_difference`.
        warnings.simplefilter("ignore", TracerWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch.jit.trace, which OpenVINO still uses
        graph = openvino.convert_model(
            _Graph(model).eval(),
            example_input=(ids_BL, mask_BL),
            input=[(openvino.PartialShape([-1, -1]), openvino.Type.i64)] * 2,
        )
    for port, name in zip((*graph.inputs, *graph.outputs), (*INPUTS, *OUTPUTS), strict=True):
        port.get_tensor().set_names({name})
    openvino.save_model(graph, path, compress_to_fp16=True)


def largest_difference(
    model: Classifier, folder: Path, encoded: Sequence[Encoded], *, pad_id: int, max_length: int
) -> float:
    """The largest absolute difference of any logit between torch and OpenVINO, both in float32; NaN where a logit is.

    Raises:
        EngineError: OpenVINO cannot run the graph, or its answers have another shape.
    """
    silence_telemetry()
    from tasrih.engines.openvino import OpenVinoEngine

    placed = list(batches(encoded, pad_id=pad_id, max_length=max_length))
    answers = OpenVinoEngine(folder, precision="f32").run(one.batch for one in placed)
    largest = 0.0
    for one, answer in zip(placed, answers, strict=True):
        with torch.inference_mode():
            expected = model(torch.from_numpy(one.batch.ids_BL), torch.from_numpy(one.batch.mask_BL))
        for theirs, ours in ((answer.stance_BS, expected.stance_BS), (answer.claims_BC, expected.claims_BC)):
            if theirs.shape != tuple(ours.shape):
                raise EngineError(f"{folder}: OpenVINO gives logits of shape {theirs.shape}, torch {tuple(ours.shape)}")
            if theirs.size:
                largest = float(np.maximum(largest, np.abs(theirs - ours.numpy()).max()))  # unlike max, keeps a NaN
    return largest
