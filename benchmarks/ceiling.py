"""How fast this machine multiplies matrices: the ceiling for the encoder's arithmetic, and how much of it a sentence needs.

`python -m benchmarks.ceiling MODEL_FOLDER --precision f32|bf16` times the products of one encoder layer, with weights of the
encoder's own shapes, on all cores: by torch, and by an OpenVINO graph of nothing else. The faster one is the ceiling. No encoder
can reach it, because layer norms, softmax, GELU and memory come on top.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine

ROWS = 4096
LAYERS = 4
SECONDS = 2.0


def layer_shapes(config: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Inputs and outputs of the linear layers of one encoder layer: query, key, value, output, up, down."""
    width, inner = int(config["hidden_size"]), int(config["intermediate_size"])
    return [(width, width)] * 4 + [(width, inner), (inner, width)]


def flops_per_sentence(config: Mapping[str, Any], n_tokens: Sequence[int]) -> float:
    """Floating-point operations of the matrix products of a sentence, on average, without padding.

    Two a weight and token in the linear layers; in attention, two a pair of tokens and unit of width for the scores, and two for
    the weighted sum. The heads (0.01 %), embeddings and elementwise operations are left out.
    """
    longest = int(config["max_position_embeddings"])
    lengths = [min(length, longest) for length in n_tokens]
    linear = 2 * sum(inputs * outputs for inputs, outputs in layer_shapes(config))
    attention = 4 * int(config["hidden_size"])
    layer = sum(linear * length + attention * length**2 for length in lengths) / len(lengths)
    return int(config["num_hidden_layers"]) * layer


def measure_torch(shapes: Sequence[tuple[int, int]], precision: str, seconds: float) -> float:
    """Operations a second of torch's linear layers, one after the other."""
    import torch

    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    layers = [
        (torch.randn(ROWS, inputs).to(dtype), (torch.randn(outputs, inputs) / inputs**0.5).to(dtype))
        for inputs, outputs in shapes
    ]

    def step() -> None:
        for rows, weights in layers:
            torch.nn.functional.linear(rows, weights)

    with torch.inference_mode():
        return _operations(shapes) / _seconds_a_step(step, seconds)


def measure_openvino(shapes: Sequence[tuple[int, int]], precision: str, seconds: float) -> float:
    """Operations a second of a graph of matrix products alone; the better of one batch on all cores and of streams."""
    # OpenVINO's package reports its import to its maker; without this one it cannot.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import numpy as np
    import openvino
    from openvino import opset13 as ops

    random = np.random.default_rng(0)
    rows = ops.parameter([ROWS, shapes[0][0]], np.float32)
    node = rows
    for inputs, outputs in list(shapes) * LAYERS:
        weights = random.standard_normal((inputs, outputs), dtype=np.float32) / inputs**0.5
        node = ops.matmul(node, ops.constant(weights), False, False)
    graph = openvino.Model([node], [rows])
    hint = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16}[precision]
    batch = random.standard_normal((ROWS, shapes[0][0]), dtype=np.float32)
    best = 0.0
    for mode in ("LATENCY", "THROUGHPUT"):
        options = {"PERFORMANCE_HINT": mode, "INFERENCE_PRECISION_HINT": hint}
        compiled = openvino.Core().compile_model(graph, "CPU", options)
        requests = [
            compiled.create_infer_request()
            for _ in range(2 * int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))
        ]

        def step(requests: list[Any] = requests) -> None:
            for request in requests:
                request.start_async([batch])
            for request in requests:
                request.wait()

        operations = len(requests) * LAYERS * _operations(shapes)
        best = max(best, operations / _seconds_a_step(step, seconds))
    return best


def _operations(shapes: Sequence[tuple[int, int]]) -> int:
    return sum(2 * ROWS * inputs * outputs for inputs, outputs in shapes)


def _seconds_a_step(step: Callable[[], None], seconds: float) -> float:
    step()
    began_s, n_steps = time.perf_counter(), 0
    while (taken_s := time.perf_counter() - began_s) < seconds or not n_steps:
        step()
        n_steps += 1
    return taken_s / n_steps


def main() -> None:
    """Measure and print one line of JSON; a way that fails here is left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a folder with the encoder's config.json")
    parser.add_argument("--precision", choices=("f32", "bf16"), required=True)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement, at least")
    arguments = parser.parse_args()
    if arguments.precision == "bf16" and not machine.multiplies_bf16():
        raise SystemExit(machine.NO_BF16)
    shapes = layer_shapes(json.loads((arguments.model / "config.json").read_text(encoding="utf-8")))
    found: dict[str, float] = {}
    faults: dict[str, str] = {}
    for name, way in (("torch", measure_torch), ("openvino", measure_openvino)):
        try:
            found[name] = way(shapes, arguments.precision, arguments.seconds) / 1e9
        except (ImportError, RuntimeError) as fault:
            faults[name] = str(fault)
    if not found:
        raise SystemExit(f"nothing here multiplies {arguments.precision}: {faults}")
    best = max(found, key=lambda name: found[name])
    print(json.dumps({"precision": arguments.precision, "gflops": found[best], "by": best, "all": found}))


if __name__ == "__main__":
    main()
