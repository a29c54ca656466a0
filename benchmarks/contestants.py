"""Who runs in a comparison, in which environment, with which command; for ``{names}`` in commands see `benchmarks.prepare`."""

from collections.abc import Sequence
from dataclasses import dataclass

PIPELINE = "transformers-pipeline-32"
GROWTH_SENTENCES = (100, 1_000, 10_000, 30_000, 100_000)
# Single sentences of which each is timed alone.
LATENCY_SENTENCES = 300
# Growth above this is measured once: it takes longer than all else of a round, and is the steadiest.
GROWTH_EVERY_ROUND = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A process that measures something and prints a line of JSON.

    Attributes:
        name: for ``--only`` and in the results.
        title: in the table.
        kind: ``ours``, ``peer``, ``ceiling``, ``cold``, ``growth`` or ``profile``.
        environment: the requirements in ``benchmarks/peers/`` it runs with; None for our own.
        command: module and arguments.
        max_rounds: how many rounds it takes part in; 0 is all.
    """

    name: str
    title: str
    kind: str
    environment: str | None = None
    command: tuple[str, ...]
    max_rounds: int = 0


def contestants(n_sentences: int, growth: Sequence[int], n_singles: int) -> list[Contestant]:
    """In the order in which they run in each round; all but the growth's label `n_sentences`."""
    texts = _texts(n_sentences)
    latency = ("--latency", str(min(n_sentences, n_singles)))
    return [*_ceilings(), *_ours(texts, latency), *_peers(texts, latency), *_others(texts), *_growth(growth)]


def _texts(n_sentences: int) -> str:
    return "{" + f"texts-{n_sentences}" + "}"


def _ceilings() -> list[Contestant]:
    return [
        Contestant(
            name=f"ceiling-{precision}",
            title=f"matrix products alone, {precision}",
            kind="ceiling",
            command=("benchmarks.ceiling", "{model}", "--precision", precision),
        )
        for precision in ("bf16", "f32")
    ]


def _ours(texts: str, latency: tuple[str, str]) -> list[Contestant]:
    return [
        Contestant(
            name=f"ours-{engine}-{precision}",
            title=f"**tasrih**, {title}, {precision}",
            kind="ours",
            command=("benchmarks.ours", "{release}", texts, "--engine", engine, "--precision", precision, *latency),
        )
        for engine, title in (("openvino", "OpenVINO"), ("torch", "torch"))
        for precision in ("bf16", "f32")
    ]


def _peers(texts: str, latency: tuple[str, str]) -> list[Contestant]:
    rows = [
        # name, title, environment, module, path of the model, options
        *(
            (f"transformers-pipeline-{batch}", f"transformers `pipeline`, batch {batch}", "transformers",
             "transformers_pipeline", "{model}", ("--batch", str(batch), *(latency if batch == 32 else ())))
            for batch in (1, 8, 32)
        ),
        *(
            (f"torch-sorted-{precision}", f"torch, sorted by length, {precision}", "transformers",
             "torch_sorted", "{model}", ("--precision", precision, *latency))
            for precision in ("bf16", "f32")
        ),
        *(
            (f"optimum-{way}-{precision}", f"optimum-intel, {title}, {precision}", "optimum",
             "optimum_openvino", "{optimum}", ("--way", way, "--precision", precision, *timed))
            for way, title, timed in (("pipeline", "`pipeline`, batch 32", ()), ("sorted", "sorted by length", latency))
            for precision in ("default", "f32")
        ),
        ("onnxruntime-f32", "ONNX Runtime, sorted by length, f32", "onnxruntime",
         "onnx_runtime", "{onnx}", ("--precision", "f32", *latency)),
        ("onnxruntime-int8", "ONNX Runtime, sorted by length, int8 (labels not checked)", "onnxruntime",
         "onnx_runtime", "{int8}", ("--precision", "int8", *latency)),
    ]  # fmt: skip
    return [
        Contestant(
            name=name,
            title=title,
            kind="peer",
            environment=environment,
            command=(f"benchmarks.peers.{module}", model, texts, *options),
        )
        for name, title, environment, module, model, options in rows
    ]


def _others(texts: str) -> list[Contestant]:
    return [
        Contestant(name="cold", title="cold start", kind="cold", command=("benchmarks.cold",)),
        Contestant(name="profile", title="profile", kind="profile", command=("benchmarks.profile", texts, "--json")),
    ]


def _growth(sizes: Sequence[int]) -> list[Contestant]:
    return [
        Contestant(
            name=f"growth-{n}",
            title=f"{n:,} sentences",
            kind="growth",
            command=("benchmarks.ours", "{release}", _texts(n)),
            max_rounds=0 if n <= GROWTH_EVERY_ROUND else 1,
        )
        for n in sizes
    ]
