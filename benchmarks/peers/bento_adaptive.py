"""What BentoML's documentation shows: a batchable endpoint around the model, its own adaptive batching, all at its defaults.

`bentoml serve benchmarks.peers.bento_adaptive:Adaptive` runs it. It has no limits, no errors of one shape
and no splitting: we alone pay for those.
"""

from typing import Any

import bentoml

from tasrih import Labeller
from tasrih.report import sentence_to_json


@bentoml.service(traffic={"timeout": 120}, logging={"access": {"enabled": False}})
class Adaptive:
    """Labels sentences."""

    def __init__(self) -> None:
        self._labeller = Labeller.open()

    @bentoml.api(batchable=True)
    def label(self, texts: list[str]) -> list[dict[str, Any]]:
        """One labelled sentence each; `texts` are those of several callers."""
        return [sentence_to_json(one) for one in self._labeller.label_texts(texts)]
