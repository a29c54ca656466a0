"""What is written once before anything is measured: texts, and the models that peers load.

In commands, ``{name}`` stands for the path of what is called so: ``release``, ``small`` (its sibling), ``model``,
``optimum``, ``onnx``, ``int8``, ``infinity``, ``mix`` (of requests), and ``texts-N``, N sentences.
"""

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environments import ROOT, WORK, BenchError, run
from tasrih.release import Release

# Environment and command of each; the texts' are in `_recipe`.
RECIPES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "model": (None, ("benchmarks.model", "{model}")),
    "optimum": ("optimum", ("benchmarks.peers.optimum_openvino", "{model}", "{texts-100}", "--write", "{optimum}")),
    "onnx": ("transformers", ("benchmarks.peers.write_onnx", "{model}", "{onnx}")),
    "int8": ("onnxruntime", ("benchmarks.peers.onnx_runtime", "{onnx}", "{texts-100}", "--write", "{int8}")),
    "infinity": (None, ("benchmarks.load.infinity_model", "{model}", "{infinity}")),
    "mix": (None, ("benchmarks.load.mix", "{mix}")),
}
# What preparations are made from, besides the release: where it changes, they are made anew.
SOURCES = (
    "data/composed/*.jsonl", "tasrih/normalise.py", "tasrih/encoding.py", "benchmarks/texts.py", "benchmarks/model.py",
    "benchmarks/load/mix.py", "benchmarks/load/infinity_model.py", "benchmarks/peers/*.*",
)  # fmt: skip


class Prepared:
    """Writes what is asked for and is not there yet; what failed once is not tried again.

    Args:
        release: that everything is made from.

    Attributes:
        key: of release and sources; what has the same is equal.
    """

    def __init__(self, release: Release) -> None:
        hashed = hashlib.sha256(release.digest.encode())
        for pattern in SOURCES:
            for path in sorted(ROOT.glob(pattern)):
                hashed.update(path.read_bytes())
        self._release = release.layout.folder
        self.key = hashed.hexdigest()[:8]
        self._folder = WORK / f"prepared-{self.key}"
        self._faults: dict[str, str] = {}

    def fill(self, command: Sequence[str]) -> list[str]:
        """`command` with paths, of things that are there.

        Raises:
            BenchError: one of them could not be written.
        """
        return [re.sub(r"{(.+)}", lambda found: str(self.path(found[1])), word) for word in command]

    def path(self, name: str) -> Path:
        """The path of `name`, written if need be; see `fill`."""
        if name == "release":
            return self._release
        if name == "small":
            return self._sibling()
        path, made = self._folder / name, self._folder / f"{name}.made"
        if name in self._faults:
            raise BenchError(self._faults[name])
        if not made.is_file():
            environment, recipe = _recipe(name)
            try:
                words = self.fill([word.replace("{" + name + "}", str(path)) for word in recipe])
                print(f"writing {name}", file=sys.stderr, flush=True)
                self._folder.mkdir(parents=True, exist_ok=True)
                run(environment, words)
            except BenchError as fault:
                self._faults[name] = str(fault)
                raise
            made.touch()
        return path

    def _sibling(self) -> Path:
        name, dash, version = self._release.name.rpartition("-")
        folder = self._release.with_name(f"{name}-small{dash}{version}")
        if not folder.is_dir():
            raise BenchError(f"there is no {folder.name} beside the release")
        return folder


def _recipe(name: str) -> tuple[str | None, tuple[str, ...]]:
    if name.startswith("texts-"):
        n_sentences = name.removeprefix("texts-")
        return None, ("benchmarks.texts", "--sentences", n_sentences, "--output", "{" + name + "}")
    return RECIPES[name]
