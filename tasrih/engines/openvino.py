"""The OpenVINO engine: what CPUs run, without torch."""

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

    def run(self, batches: Iterable[EncodedBatch]) -> list[Logits]:
        """See `tasrih.engines.Engine`."""
        found: dict[int, Logits] = {}

        def keep(request: openvino.InferRequest, place: int) -> None:
            # Copied: the tensors are the request's own and are overwritten by its next batch.
            stance_BS, claims_BC = (np.array(tensor.data) for tensor in request.output_tensors)
            found[place] = Logits(stance_BS, claims_BC)

        # A queue of its own for each call, so that threads sharing the engine never see each other's results.
        queue = openvino.AsyncInferQueue(self._model)
        queue.set_callback(keep)
        for place, batch in enumerate(batches):
            queue.start_async([batch.ids_BL, batch.mask_BL], userdata=place)
        queue.wait_all()
        return [found[place] for place in range(len(found))]


def _choose(core: openvino.Core, precision: str) -> str:
    capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "auto":
        return "bf16" if capable else "f32"
    if precision not in PRECISIONS:
        raise EngineError(f"precision: {precision!r} given; choose auto, {' or '.join(PRECISIONS)}")
    if precision == "bf16" and not capable:
        raise EngineError("precision: bf16 asked for, but this processor does not multiply it; choose f32 or auto")
    return precision
