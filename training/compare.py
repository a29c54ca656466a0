"""Two releases side by side: scores on the same labelled rows, labels that flip, speed, size.

The first is called `before`, the second `after`: the one that labels now, and the one that might.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.errors import ConfigError, CorpusError
from tasrih.labels import LabelSet
from tasrih.pipeline import Labeller
from tasrih.release import Release
from tasrih.scores import score
from tasrih.types import Decisions
from training.cast_swap import with_swaps
from training.config import Config, load_config
from training.corpus import Corpus, Row, read_corpus
from training.flips import Flips, aligned, check_labels, find_flips
from training.paired import Difference, paired
from training.predict import gold_of
from training.shown import Shown, for_page, of_rows
from training.speed import Speed, measure_speed

__all__ = ["Comparison", "HeldOut", "compare", "held_out"]

DRAWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it.

    Attributes:
        before: the first release.
        after: the second.
        labels: names and order of both heads, the second's.
        texts: what they were compared on, in words.
        n: sentences.
        scores: of each, as `tasrih.scores` tells them; None where labels are not known.
        differences: paired, by name (`training.paired`); None likewise.
        flips: labels that changed.
        speed: None where it was not measured.
    """

    before: Release
    after: Release
    labels: LabelSet
    texts: str
    n: int
    scores: tuple[Mapping[str, Any], Mapping[str, Any]] | None
    differences: Mapping[str, Difference] | None
    flips: Flips
    speed: Speed | None

    @property
    def bytes(self) -> tuple[int, int]:
        """What each takes on disk, all files together."""
        before, after = (
            sum(int(entry["bytes"]) for entry in release.facts["files"].values())
            for release in (self.before, self.after)
        )
        return before, after


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Labelled rows to compare on.

    Attributes:
        rows: of the test split.
        told: where they are from, in words.
        trained_on: sha256 of the corpus as a run would read it now; what a release that learnt from it records.
    """

    rows: tuple[Row, ...]
    told: str
    trained_on: str


def held_out(config: Path | None, release: Release) -> HeldOut:
    """The test split of a config, or of the corpus that the release was trained on.

    Raises:
        ConfigError: the config is not valid, or the release's own, recorded by another tasrih, can no longer be read.
        CorpusError: data are missing or broken, there is no test row, or a row has a label that the release does not know.
    """
    if config is not None:
        read, told = load_config(config), str(config)
    else:
        told = f"the corpus of {release.name} {release.version}"
        try:
            read = Config.model_validate(release.facts["training_config"])
        except (KeyError, ValueError) as error:
            raise ConfigError(
                f"{release.layout.manifest}: training_config: cannot be read by this tasrih ({error}); "
                "name a config with --corpus"
            ) from error
    corpus = read_corpus(read.corpus)
    rows = corpus.split("test")
    if not rows:
        raise CorpusError(f"{told}: no row of the test split; name a config with --corpus whose corpus has some")
    for row in rows:
        unknown = {row.stance} - set(release.labels.stance_names) | set(row.claim_types) - set(
            release.labels.claim_names
        )
        if unknown:
            raise CorpusError(
                f"{row.place}: {', '.join(sorted(unknown))}: not among the labels of {release.name} {release.version}; "
                "name a config with --corpus whose labels are the release's"
            )
    return HeldOut(rows, f"{told}, test split", _hash(corpus, read, release.labels))


def _hash(corpus: Corpus, config: Config, labels: LabelSet) -> str:
    return with_swaps(corpus, config.corpus.cast_swap, labels, seed=config.training.seed).sha256


def compare(
    before: Labeller,
    after: Labeller,
    on: Sequence[Row] | Sequence[Shown],
    *,
    told: str,
    page: Path | None = None,
    draws: int = DRAWS,
    rounds: int = 0,
) -> Comparison:
    """Run two releases on the same sentences.

    Args:
        before: the first release.
        after: the second.
        on: labelled rows, or sentences without labels; one at least.
        told: what these are, in words.
        page: where examples will be shown, which decides whose texts they may hold (`training.shown`).
        draws: bootstrap draws of the intervals.
        rounds: in which speed is measured; 0 measures none.

    Raises:
        ConfigError: the releases' labels are not the same names.
    """
    labels = after.release.labels
    check_labels(before.release.labels, labels)
    rows = [one for one in on if isinstance(one, Row)]
    sentences = of_rows(rows) or [one for one in on if isinstance(one, Shown)]
    texts = [one.text or "" for one in sentences]
    said = _said(before, texts, labels), _said(after, texts, labels)
    gold = gold_of(rows, labels) if rows else None
    return Comparison(
        before=before.release,
        after=after.release,
        labels=labels,
        texts=told,
        n=len(sentences),
        scores=(
            None
            if gold is None
            else (
                score(*gold, said[0], labels, draws=draws).to_json(),
                score(*gold, said[1], labels, draws=draws).to_json(),
            )
        ),
        differences=None if gold is None else paired(*gold, *said, labels, draws=draws),
        flips=find_flips(*said, labels, for_page(sentences, page), gold),
        speed=measure_speed(before, after, texts, rounds=rounds) if rounds else None,
    )


def _said(labeller: Labeller, texts: Sequence[str], labels: LabelSet) -> Decisions:
    return aligned(labeller.decide(texts), labeller.release.labels, labels)
