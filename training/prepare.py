"""All that a run needs before its first step: the corpus checked, the base opened, its folder made, sentences as tokens."""

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transformers import TrainerCallback, set_seed
from transformers.utils import logging

from tasrih.encoding import Encoder
from tasrih.engines.classifier import Classifier, Heads
from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from training.archive import check_archives
from training.base import Base, open_base
from training.cast_swap import SOURCE, with_swaps
from training.config import Config
from training.corpus import Corpus, read_corpus
from training.corpus_checks import check_corpus
from training.dataset import encode_rows
from training.device import Device, choose_device
from training.distillation import kept_soft_targets, take_heads
from training.export import check_target
from training.fit import Fitted, Split, fit
from training.overlap import split_pairs
from training.processes import Processes, join
from training.row_schema import SPLITS
from training.run_folder import new_run, run_to_resume
from training.search_config import share_faults

__all__ = ["Prepared", "check_run", "check_shares", "checked_corpus", "prepare", "quieten", "say", "warn_of_pairs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run, ready for its first step or its next one.

    Attributes:
        config: of the run.
        corpus: with its copies in another cast.
        labels: names of both heads, in order.
        device: where, and in which precision.
        processes: that train together.
        base: what is fine-tuned.
        run: the run folder.
        resume: whether to go on from the last checkpoint in it.
        splits: by name.
        model: on the device.
    """

    config: Config
    corpus: Corpus
    labels: LabelSet
    device: Device
    processes: Processes
    base: Base
    run: Path
    resume: bool
    splits: dict[str, Split]
    model: Classifier

    def fit(
        self,
        *,
        callbacks: Sequence[TrainerCallback] = (),
        goes_on: Callable[[int, float], bool] = lambda _epochs, _score: True,
    ) -> Fitted:
        """Fine-tune the model; `training.fit.fit` says how."""
        return fit(
            self.model,
            self.splits,
            self.config,
            self.labels,
            self.device,
            pad_id=self.base.pad_id,
            run=self.run,
            resume=self.resume,
            processes=self.processes,
            callbacks=callbacks,
            goes_on=goes_on,
        )


def prepare(config: Config, *, resume: bool = False) -> Prepared:
    """Prepare a run, in each of its processes.

    Raises:
        TasrihError: whatever stands in the way, before any training where it can be known before.
    """
    corpus, labels = checked_corpus(config)
    device = choose_device(config.training)
    processes = join(device.name)
    check_shares(config, processes)
    set_seed(config.training.seed)
    # Before there is a run folder: a base that cannot be opened leaves none.
    base = open_base(config, [row.text for row in corpus.split("train")])

    def begin() -> Path:
        run = (run_to_resume if resume else new_run)(config, corpus, device, n_processes=processes.n)
        together = f", {processes.n} processes" if processes.n > 1 else ""
        say(f"run {run}: {len(corpus.rows)} sentences, {device.name}, {device.precision}{together}")
        base.tokenizer.save(str(run / "tokenizer.json"))
        return run

    run = processes.from_first(begin)
    encoder = Encoder(run / "tokenizer.json", max_length=config.model.max_length)
    splits = {
        name: Split(rows, encode_rows(rows, encoder, scheme=base.normalisation))
        for name in SPLITS
        for rows in [corpus.split(name)]
    }
    model = Classifier(base.encoder, _heads(config, labels)).to(device.name)
    if (distillation := config.distillation) is not None:
        if distillation.pooled_weight and not resume:
            take_heads(model, distillation, labels)
        train = splits["train"]
        soft = processes.from_first(
            lambda: kept_soft_targets(run / "soft_targets.npz", distillation, train.rows, labels, device)
        )
        splits["train"] = replace(train, soft=soft)
    if config.training.gradient_checkpointing:
        model.save_memory()
    return Prepared(
        config=config,
        corpus=corpus,
        labels=labels,
        device=device,
        processes=processes,
        base=base,
        run=run,
        resume=resume,
        splits=splits,
        model=model,
    )


def checked_corpus(config: Config) -> tuple[Corpus, LabelSet]:
    """The corpus of a run with its copies in another cast, and the labels.

    Raises:
        CorpusError: it is missing, or not fit to train on.
    """
    corpus = read_corpus(config.corpus)
    labels = config.model.label_set()
    check_corpus(corpus, labels)
    # After the checks: copies share their sentence's document, and must not count as sentences of their own.
    return with_swaps(corpus, config.corpus.cast_swap, labels, seed=config.training.seed), labels


def check_run(config: Config, processes: Processes) -> None:
    """Look for what would stop a run before the processes are started, each of which would say it.

    Raises:
        TasrihError: what stands in the way.
    """
    if config.search is None:
        check_target(config.output)
        check_archives(config.tracking.flips)
    check_shares(config, processes)
    checked_corpus(config)


def warn_of_pairs(corpus: Corpus) -> None:
    """Tell near-duplicates in two splits. No fault: newswire repeats itself, and no rule tells that from a leak."""
    # Copies in another cast are of training sentences, which are looked at themselves.
    for line in split_pairs(row for row in corpus.rows if row.source != SOURCE):
        say(f"warning: {line}")


def check_shares(config: Config, processes: Processes) -> None:
    """Of processes that a launcher started, or one a GPU: a config names its own number, and was held against that.

    Raises:
        ConfigError: they cannot share a batch evenly.
    """
    faults = share_faults(config.training.batch_size, config.search, processes.n)
    if faults:
        raise ConfigError("\n".join(f"{'.'.join(map(str, keys))}: {fault}" for keys, fault in faults))


def quieten() -> None:
    """Keep transformers from telling what its makers, not ours, should act on (deprecations; the pooler we leave out)."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


def say(text: str) -> None:
    """Tell the person who waits."""
    sys.stderr.write(text + "\n")


def _heads(config: Config, labels: LabelSet) -> Heads:
    return Heads(
        stances=labels.stance_names,
        claims=labels.claim_names,
        pooling=config.model.pooling,
        dropout=config.model.dropout,
    )
