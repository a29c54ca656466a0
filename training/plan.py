"""What a run would do, for `tasrih train CONFIG --dry-run`: nothing is fetched, trained or written."""

from collections.abc import Iterator

from tasrih.errors import ConfigError, CorpusError
from training.archive import missing_archives
from training.base_source import missing_base
from training.cast_swap import with_swaps
from training.config import Config
from training.corpus import missing_data, read_corpus
from training.corpus_checks import corpus_faults
from training.overlap import split_pairs
from training.registry import target_fault
from training.search_config import BEST_CONFIG

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
            faults += [f"warning: {line}" for line in split_pairs(written.rows)]
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
    yield f"training   {training.epochs} epochs of batches of {training.batch_size}{steps}{_together(config)}"
    yield f"rates      encoder {training.learning_rate:g}, heads {training.head_learning_rate:g}, seed {training.seed}"
    yield f"device     {training.device}, precision {training.precision}"
    yield from _purpose(config)
    if config.search is None and (in_the_way := target_fault(output.release, overwrite=output.overwrite)):
        faults.append(f"in the way: {in_the_way}")
    yield from faults
    yield from (f"missing: {line}" for line in missing_base(config.base))
    yield from (f"missing: {line}" for line in (*missing_archives(config.tracking.flips), *_missing_beside(config)))


def _purpose(config: Config) -> Iterator[str]:
    """What comes out: a release, or of a search the config for one."""
    output, search = config.output, config.search
    if search is not None:
        yield f"search     {search.trials} trials, seed {search.seed}; the best by its score on validation"
        yield from (f"  {key}: {space}" for key, space in search.space.items())
    stem = output.name if search is None else f"{output.name}-search"
    yield f"run        {output.run or config.tracking.runs / f'{stem}-TIMESTAMP'}"
    if search is not None:
        yield f"release    none; {BEST_CONFIG} in the run folder makes one"
    else:
        yield f"release    {output.release}" + (" (becomes the default)" if output.set_current else "")


def _missing_beside(config: Config) -> Iterator[str]:
    """Teachers and notes that are not there."""
    for folder in config.distillation.teachers if config.distillation is not None else ():
        if not (folder / "release.json").is_file():
            yield f"distillation.teachers: {folder}: no release there; train it, or name another: tasrih models"
    for key, path in (("card_notes", config.output.card_notes), ("card_subject", config.output.card_subject)):
        if path is not None and not path.is_file():
            yield f"output.{key}: {path}: no such file; name a UTF-8 Markdown file, or null"


def _together(config: Config) -> str:
    """How the work is divided, where it is."""
    training = config.training
    parts = [f", {training.gradient_accumulation} batches a step"] if training.gradient_accumulation > 1 else []
    return "".join([*parts, *([f", {training.processes} processes"] if training.processes else [])])
