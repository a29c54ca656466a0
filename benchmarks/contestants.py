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
        kind: ``ours``, ``sibling`` (ours, of half the layers), ``peer``, ``ceiling``, ``cold``, ``growth`` or ``profile``.
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
    ours = (*_ours(texts, latency), _sibling(texts, latency))
    return [*_ceilings(), *ours, *_peers(texts, latency), *_others(texts), *_growth(growth)]


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


def _sibling(texts: str, latency: tuple[str, str]) -> Contestant:
    return Contestant(
        name="small",
        title="**tasrih**, the smaller sibling, OpenVINO, default",
        kind="sibling",
        command=("benchmarks.ours", "{small}", texts, *latency),
    )


def _peers(texts: str, latency: tuple[str, str]) -> list[Contestant]:
    rows = [
        # name, title, environment, module, path of the model, options
        *(
            (f"transformers-pipeline-{batch}", f"transformers `pipeline`, batch {batch}, f32", "transformers",
             "transformers_pipeline", "{model}", ("--batch", str(batch), *(latency if batch == 32 else ())))
            for batch in (1, 8, 32)
        ),
        ("transformers-pipeline-32-bf16", "transformers `pipeline`, batch 32, bf16", "transformers",
         "transformers_pipeline", "{model}", ("--batch", "32", "--precision", "bf16")),
        *(
            (f"torch-sorted-{batch}-{precision}", f"torch, sorted by length, batch {batch}, {precision}", "transformers",
             "torch_sorted", "{model}",
             ("--batch", str(batch), "--precision", precision, *(latency if batch == 32 else ())))
            for batch in (32, 128) for precision in ("bf16", "f32")
        ),
        *(
            (f"optimum-{way}-{batch}-{precision}", f"optimum-intel, {title}, batch {batch}, {precision}", "optimum",
             "optimum_openvino", "{optimum}",
             ("--way", way, "--batch", str(batch), "--precision", precision, *timed))
            for way, title, batch, timed in (
                ("pipeline", "`pipeline`", 32, ()), ("sorted", "sorted by length", 32, latency),
                ("sorted", "sorted by length", 128, ()),
            )
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
