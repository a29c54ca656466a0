"""The OpenVINO engine: what CPUs run, without torch."""

import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from platformdirs import user_cache_path

from tasrih.errors import EngineError
from tasrih.types import EncodedBatch, Logits

__all__ = ["OpenVinoEngine"]

MODEL_FILE = "openvino_model.xml"
_TYPES = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16}
# OpenVINO makes its tables of types at the first use of a tensor's data, and lets go of the interpreter's lock meanwhile. Two
# threads whose first batches end together would wait for each other for ever: one for the lock, the other for the tables.
openvino.Tensor(np.zeros((1, 1), dtype=np.float32)).data  # noqa: B018
openvino.Tensor(np.zeros((1, 1), dtype=np.int64)).data  # noqa: B018
# Compiled releases kept in the user's cache folder, under a megabyte each; those used longest ago go first.
COMPILED_KEPT = 4
# Tokens of a batch, so that its products are summed as those of any larger one. Without AVX-512, f32 products of up to 80 tokens
# meet another kernel (OpenVINO 2026.4), and a sentence's logits would depend on its company.
LEAST_TOKENS = 81


class OpenVinoEngine:
    """Runs ``openvino_model.xml`` of a release on the CPU.

    Batches go to as many streams as OpenVINO finds cores for; a stream runs one batch at a time.

    Args:
        folder: of the release.
        digest: of the release; what OpenVINO compiles is then kept for the next start, in a folder named after it.
        precision: see `tasrih.engines.open_engine`.
    """

    def __init__(self, folder: Path, digest: str | None = None, *, precision: str = "auto") -> None:
        core = openvino.Core()
        self.precision = _choose(core, precision)
        self.name = f"openvino {openvino.__version__.split('-')[0]}"
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": _TYPES[self.precision],
        }
        if digest is not None:
            options |= _compiled(digest)
        try:
            self._model = core.compile_model(folder / MODEL_FILE, "CPU", options)
        except RuntimeError as error:
            raise EngineError(
                f"{folder / MODEL_FILE}: OpenVINO {openvino.__version__} cannot load it ({error}); "
                "fetch the release again, or export it anew with `tasrih train`"
            ) from error
        streams = int(self._model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self.device = f"CPU, {streams} streams"
        # Twice the streams, so that a stream finds its next batch waiting.
        self._n_requests = 2 * streams
        self._least_tokens = 0
        if self.precision == "f32" and self._company_matters():
            self._least_tokens = LEAST_TOKENS

    def run(self, batches: Iterable[EncodedBatch]) -> Iterator[Logits]:
        """See `tasrih.engines.Engine`."""
        # Requests of its own for each call, so that threads sharing the engine never see each other's results. No Python
        # callback: OpenVINO's worker would still want the interpreter's lock after the last answer, and freeing the model
        # meanwhile waits for that worker while holding the lock, for ever.
        idle: list[openvino.InferRequest] = []
        running: deque[tuple[openvino.InferRequest, int]] = deque()
        n_made = 0
        try:
            for batch in batches:
                if not idle and n_made < self._n_requests:
                    idle.append(self._model.create_infer_request())
                    n_made += 1
                elif not idle:
                    oldest, n_rows = running.popleft()
                    yield _finish(oldest, n_rows)
                    idle.append(oldest)
                request = idle.pop()
                _start(request, _filled(batch, self._least_tokens))
                running.append((request, len(batch.ids_BL)))
            while running:
                yield _finish(*running.popleft())
        finally:
            # A caller that stops early leaves batches running, whose inputs must outlive them.
            for request, _ in running:
                with suppress(RuntimeError):  # the first fault has been told
                    request.wait()

    def _company_matters(self) -> bool:
        """Whether a sentence's logits differ by a bit alone and among others: tried, since no property tells."""
        row = np.arange(4, dtype=np.int64)[None]
        several = np.repeat(row, -(-LEAST_TOKENS // row.size), axis=0)
        try:
            alone, among = self.run(EncodedBatch(ids, np.ones_like(ids)) for ids in (row, several))
        except EngineError:
            return False  # nothing runs; the first batch tells
        return not np.array_equal(alone.stance_BS, among.stance_BS[:1])


def _start(request: openvino.InferRequest, batch: EncodedBatch) -> None:
    try:
        request.start_async([batch.ids_BL, batch.mask_BL])
    except RuntimeError as error:
        raise _failed(error) from error


def _filled(batch: EncodedBatch, least_tokens: int) -> EncodedBatch:
    """The batch with copies of its first sentence behind it, as many as make it that large."""
    n_rows, length = batch.ids_BL.shape
    more = -(-least_tokens // length) - n_rows
    if more <= 0:
        return batch
    return EncodedBatch(
        *(np.concatenate([one, np.repeat(one[:1], more, axis=0)]) for one in (batch.ids_BL, batch.mask_BL))
    )


def _finish(request: openvino.InferRequest, n_rows: int) -> Logits:
    """The logits of a request's first rows: what it was filled up with is nobody's."""
    try:
        request.wait()
    except RuntimeError as error:
        raise _failed(error) from error
    # Copied: the tensors are the request's own and are overwritten by its next batch.
    stance_BS, claims_BC = (np.array(tensor.data[:n_rows]) for tensor in request.output_tensors)
    return Logits(stance_BS, claims_BC)


def _failed(error: RuntimeError) -> EngineError:
    return EngineError(f"OpenVINO could not run a batch ({error}); run `tasrih info` and report it with its output")


def _compiled(digest: str) -> dict[str, str]:
    """Options that keep what is compiled, without the weights; none where the user has no folder that can be written.

    OpenVINO itself knows a model by path, time and size. The folder's name is the hash of the release, so that nothing
    compiled from other contents is ever taken for it.
    """
    try:
        caches = user_cache_path("tasrih", appauthor=False) / "openvino"
        folder = caches / digest[:32]
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()
        for old in sorted(caches.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[COMPILED_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return {}
    return {"CACHE_DIR": str(folder), "CACHE_MODE": "OPTIMIZE_SIZE"}


def _choose(core: openvino.Core, precision: str) -> str:
    capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "auto":
        return "bf16" if capable else "f32"
    if precision == "bf16" and not capable:
        raise EngineError("precision: bf16 asked for, but this processor does not multiply it; choose f32 or auto")
    return precision
