"""What a run would do, for `tasrih train CONFIG --dry-run`: nothing is fetched, trained or written."""

from collections.abc import Iterator

from tasrih.errors import ConfigError, CorpusError
from training.base_source import missing_base
from training.cast_swap import with_swaps
from training.config import Config
from training.corpus import missing_data, read_corpus
from training.corpus_checks import corpus_faults

__all__ = ["plan"]


def plan(config: Config) -> Iterator[str]:
    """Lines of the plan; those that begin with ``missing:`` name what a real run would stop for."""
    training, output = config.training, config.output
    yield f"base       {config.base.model or 'random weights'}, text normalised by {config.base.scheme}"
    yield f"stances    {', '.join(config.model.label_set().stance_names)}"
    yield f"claims     {', '.join(config.model.label_set().claim_names) or 'none'}"
    n_train: int | None = None
    faults = [f"missing: {line}" for line in missing_data(config.corpus)]
    if not faults:
        try:
            written = read_corpus(config.corpus)
            labels = config.model.label_set()
            faults += [f"corpus fault: {line}" for line in corpus_faults(written, labels)]
            corpus = with_swaps(written, config.corpus.cast_swap, labels, seed=training.seed)
            n_train = len(corpus.split("train"))
            counts = ", ".join(f"{split} {found['rows']}" for split, found in corpus.counts().items())
            yield f"corpus     {counts} sentences; sha256 {corpus.sha256[:16]}…"
            if config.corpus.cast_swap is not None:
                n_copies = len(corpus.rows) - len(written.rows)
                yield f"casts      {n_copies} of the train sentences are copies with another cast"
        except (ConfigError, CorpusError) as error:
            faults += [f"corpus fault: {line}" for line in str(error).splitlines()]
    steps = (
        ""
        if n_train is None
        else f", {-(-n_train // (training.batch_size * training.gradient_accumulation))} steps each"
    )
    yield f"training   {training.epochs} epochs of batches of {training.batch_size}{steps}"
    yield f"rates      encoder {training.learning_rate:g}, heads {training.head_learning_rate:g}, seed {training.seed}"
    yield f"device     {training.device}, precision {training.precision}"
    yield f"run        {output.run or config.tracking.runs / (output.name + '-TIMESTAMP')}"
    yield f"release    {output.release}" + (" (becomes the default)" if output.set_current else "")
    if output.release.exists() and not output.overwrite:
        faults.append(f"in the way: {output.release} exists; raise output.version or --set output.overwrite=true")
    yield from faults
    yield from (f"missing: {line}" for line in missing_base(config.base))
