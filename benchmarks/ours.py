"""Our row of the comparison: texts to labelled sentences, nothing cached."""

import argparse
from typing import Any

from benchmarks import measure
from tasrih import Labeller


def open_ours(arguments: argparse.Namespace) -> tuple[measure.Label, dict[str, Any]]:
    """The release in `arguments.model`, on the engine and at the precision asked for."""
    labeller = Labeller.open(arguments.model, engine=arguments.engine, precision=arguments.precision)
    engine = labeller.engine
    return labeller.label_texts, {"precision": engine.precision, "engine": engine.name, "device": engine.device}


if __name__ == "__main__":
    parser = measure.parser()
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    measure.run(open_ours, parser.parse_args(), libraries=("tasrih", "openvino", "tokenizers", "numpy"))
