"""Writes the ONNX graph, in the environment that has torch: `python -m benchmarks.peers.write_onnx MODEL FOLDER`."""

import shutil
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

GRAPH = "model.onnx"


class _Graph(nn.Module):
    """The classifier with a plain tensor as its output."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.model(input_ids=ids, attention_mask=mask).logits


def write_onnx(model: Path, folder: Path) -> None:
    """Write ``model.onnx`` (float32, batch and length dynamic), and tokenizer and config beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    classifier = AutoModelForSequenceClassification.from_pretrained(model, dtype=torch.float32).eval()
    ids = torch.randint(5, 1000, (2, 16))
    sizes = {0: torch.export.Dim("batch", min=1, max=1024), 1: torch.export.Dim("length", min=2, max=512)}
    torch.onnx.export(
        _Graph(classifier),
        (ids, torch.ones_like(ids)),
        str(folder / GRAPH),
        input_names=["ids", "mask"],
        output_names=["logits"],
        dynamic_shapes={"ids": sizes, "mask": sizes},
        dynamo=True,
        external_data=False,
    )
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(model / name, folder / name)


if __name__ == "__main__":
    write_onnx(Path(sys.argv[1]), Path(sys.argv[2]))
