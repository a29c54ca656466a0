"""The OpenVINO engine: what CPUs run, without torch."""

from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from tasrih.errors import EngineError
from tasrih.types import EncodedBatch, Logits

__all__ = ["OpenVinoEngine"]

MODEL_FILE = "openvino_model.xml"
PRECISIONS = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16}


class OpenVinoEngine:
    """Runs ``openvino_model.xml`` of a release on the CPU.

    Batches go to as many streams as OpenVINO finds cores for; a stream runs one batch at a time.
    """

    def __init__(self, folder: Path, *, precision: str = "auto") -> None:
        core = openvino.Core()
        self.precision = _choose(core, precision)
        self.name = f"openvino {openvino.__version__.split('-')[0]}"
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": PRECISIONS[self.precision],
        }
        try:
            self._model = core.compile_model(folder / MODEL_FILE, "CPU", options)
        except RuntimeError as error:
            raise EngineError(
                f"{folder / MODEL_FILE}: OpenVINO {openvino.__version__} cannot load it ({error}); "
                "fetch the release again, or export it anew with `tasrih train`"
            ) from error
        # Twice the streams, so that a stream finds its next batch waiting.
        self._n_requests = 2 * int(self._model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    def run(self, batches: Iterable[EncodedBatch]) -> list[Logits]:
        """See `tasrih.engines.Engine`."""
        # Requests of its own for each call, so that threads sharing the engine never see each other's results. No Python
        # callback: OpenVINO's worker would still want the interpreter's lock after the last answer, and freeing the model
        # meanwhile waits for that worker while holding the lock, for ever.
        idle = [self._model.create_infer_request() for _ in range(self._n_requests)]
        running: deque[openvino.InferRequest] = deque()
        answers: list[Logits] = []
        for batch in batches:
            if not idle:
                idle.append(_finish(running.popleft(), answers))
            request = idle.pop()
            request.start_async([batch.ids_BL, batch.mask_BL])
            running.append(request)
        while running:
            _finish(running.popleft(), answers)
        return answers


def _finish(request: openvino.InferRequest, answers: list[Logits]) -> openvino.InferRequest:
    try:
        request.wait()
    except RuntimeError as error:
        raise EngineError(
            f"OpenVINO could not run a batch ({error}); run `tasrih info` and report it with its output"
        ) from error
    # Copied: the tensors are the request's own and are overwritten by its next batch.
    stance_BS, claims_BC = (np.array(tensor.data) for tensor in request.output_tensors)
    answers.append(Logits(stance_BS, claims_BC))
    return request


def _choose(core: openvino.Core, precision: str) -> str:
    capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "auto":
        return "bf16" if capable else "f32"
    if precision not in PRECISIONS:
        raise EngineError(f"precision: {precision!r} given; choose auto, {' or '.join(PRECISIONS)}")
    if precision == "bf16" and not capable:
        raise EngineError("precision: bf16 asked for, but this processor does not multiply it; choose f32 or auto")
    return precision
