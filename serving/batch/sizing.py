"""``--dry-run``: what would be read, how long it would take here, and what a million such articles cost on stated machines.

    seconds = sentences * mean padded tokens / (tokens a second of a core * cores)

`docs/batch.md` has the figures behind it. Cleaning, reading and writing overlap with the encoder and are left out.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from serving.batch.articles import clean
from serving.batch.options import Options
from serving.batch.reader import RowReader
from serving.batch.row import CsvForm
from serving.batch.sources import find_sources
from serving.batch.survey import Survey, survey
from tasrih.encoding import padded_length
from tasrih.inputs import name_of
from tasrih.pipeline import Labeller

__all__ = ["MACHINES", "TOKENS_PER_CORE_S", "Machine", "Sample", "cost_per_million", "dry_run", "hours"]

SAMPLE_ROWS = 200
TIMED_SENTENCES = 512


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that can be rented.

    Attributes:
        name: its maker's.
        cores: whole ones, not threads.
        dollars_per_hour: list price, on demand.
    """

    name: str
    cores: int
    dollars_per_hour: float


# AWS c7a: AMD EPYC of the fourth generation with AVX-512 BF16, the kind that the figure below was measured on; a vCPU is a core.
# List prices on demand in us-east-1, as last known to us: look yours up.
MACHINES = (
    Machine("c7a.xlarge", 4, 0.20528),
    Machine("c7a.4xlarge", 16, 0.82112),
    Machine("c7a.16xlarge", 64, 3.28448),
)
# Padded tokens a second of one core in bf16: 196 sentences of 47 padded tokens on two cores (docs/batch.md).
TOKENS_PER_CORE_S = 4_600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What some rows of the input look like.

    Attributes:
        rows: looked at.
        failed: of them.
        sentences: of an article, on average.
        tokens: padded, of a sentence, on average.
        per_second: sentences labelled here; None where there was none to time.
    """

    rows: int
    failed: int
    sentences: float
    tokens: float
    per_second: float | None


def hours(sentences: float, tokens: float, *, cores: int) -> float:
    """Hours that so many sentences of so many padded tokens take."""
    return sentences * tokens / (TOKENS_PER_CORE_S * cores) / 3600


def cost_per_million(sample: Sample, machine: Machine) -> float:
    """Dollars for a million articles like those of the sample."""
    return hours(1e6 * sample.sentences, sample.tokens, cores=machine.cores) * machine.dollars_per_hour


def dry_run(options: Options) -> str:
    """What a job would do, as text. Reads all of the input, labels a sample, writes nothing.

    Raises:
        InputError, ConfigError: as the job would.
    """
    found = survey(find_sources(options.inputs), options)
    labeller = Labeller.open(options.model, engine=options.encoder_engine, precision=options.precision)
    sample = _sample(found, options, labeller)
    return _text(found, options, sample, labeller)


def _sample(found: Survey, options: Options, labeller: Labeller) -> Sample:
    count = min(SAMPLE_ROWS, found.n_rows)
    numbers = [place * found.n_rows // count for place in range(count)]
    reader = RowReader(found, CsvForm(options.encoding, options.delimiter))
    cleaned = [clean(number, row, options) for number, row in zip(numbers, reader.read(numbers), strict=True)]
    good = [row for row in cleaned if row.error is None]
    texts = [sentence.text for row in good for sentence in row.sentences]
    per_second, tokens = _timed(texts, labeller)
    return Sample(
        rows=count,
        failed=count - len(good),
        sentences=len(texts) / max(1, len(good)),
        tokens=tokens,
        per_second=per_second,
    )


def _timed(texts: Sequence[str], labeller: Labeller) -> tuple[float | None, float]:
    # Spread over the sample, so that no one article decides.
    step = max(1, len(texts) // TIMED_SENTENCES)
    chosen = texts[::step][:TIMED_SENTENCES]
    if not chosen:
        return None, 0.0
    labeller.label_texts(chosen[:16])
    begun_s = time.perf_counter()
    labelled = labeller.label_texts(chosen)
    passed_s = time.perf_counter() - begun_s
    longest = labeller.release.max_length
    return len(chosen) / passed_s, fmean(padded_length(one.n_tokens or 1, max_length=longest) for one in labelled)


def _text(found: Survey, options: Options, sample: Sample, labeller: Labeller) -> str:
    articles = found.n_rows * (1 - sample.failed / sample.rows)
    sentences = articles * sample.sentences
    shards = -(-found.n_rows // options.shard_articles)
    release = labeller.release
    lines = [
        f"would read   {len(found.sources):,} inputs, {found.n_bytes:,} bytes, {found.n_rows:,} articles",
        *(
            f"             {name_of(source.name)}: {n:,} ({source.format})"
            for source, n in zip(found.sources[:10], found.rows, strict=False)
        ),
        f"columns      {', '.join(found.columns.names) or 'none (pages)'}",
        f"sampled      {sample.rows:,} articles: {sample.failed:,} would fail, {sample.sentences:.1f} sentences an article, "
        f"{sample.tokens:.0f} padded tokens a sentence",
        f"would label  about {sentences:,.0f} sentences with {release.name} {release.version} ({labeller.engine.precision})",
        f"would write  {shards:,} shards of {options.shard_articles:,} articles as {options.format} to {options.output}",
    ]
    if sample.per_second is None:
        return "\n".join([*lines, "takes        no sentence in the sample; nothing to reckon with", ""])
    lines += [
        f"takes here   about {_duration(sentences / sample.per_second)} at {sample.per_second:,.0f} sentences/s on "
        f"{os.cpu_count()} cores, if nothing repeats",
        "elsewhere    this job; a million such articles (prices: list, on demand; docs/batch.md)",
    ]
    for machine in MACHINES:
        takes = _duration(3600 * hours(sentences, sample.tokens, cores=machine.cores))
        cost = cost_per_million(sample, machine)
        lines.append(f"             {machine.name}, {machine.cores} cores: {takes}; ${cost:,.2f}")
    return "\n".join([*lines, ""])


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:,.1f} days"
