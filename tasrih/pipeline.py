"""The flow, end to end: documents in, reports out.

document -> read_article -> split_article -> run (normalise, encode, batches, engine) -> decide -> report
"""

import os
from collections.abc import Sequence
from functools import partial

from tasrih.article import read_article
from tasrih.encoding import Encoder
from tasrih.engines import Engine, open_engine
from tasrih.normalise import normalise
from tasrih.release import Release, find_release
from tasrih.report import label_sentences, make_report
from tasrih.runner import Runner
from tasrih.sentences import split_article
from tasrih.types import (
    ArticleReport,
    Decisions,
    Document,
    Kind,
    LabelledSentence,
    Sentence,
)

__all__ = ["Labeller"]


class Labeller:
    """A release on an engine, ready to label. Threads may share one.

    Attributes:
        release: which model labels.
        engine: what executes it.
    """

    def __init__(self, release: Release, engine: Engine, *, cache_sentences: int = 0) -> None:
        self.release = release
        self.engine = engine
        self._runner = Runner(
            partial(normalise, scheme=release.normalisation),
            Encoder(release.layout.tokenizer, max_length=release.max_length),
            engine,
            pad_id=release.pad_id,
            n_stances=len(release.labels.stances),
            n_claims=len(release.labels.claims),
            cache_sentences=cache_sentences,
        )

    @classmethod
    def open(
        cls,
        model: str | os.PathLike[str] | None = None,
        *,
        engine: str = "auto",
        precision: str = "auto",
        cache_sentences: int = 0,
    ) -> "Labeller":
        """Load a release; see `tasrih.release.find_release`, `tasrih.engines.open_engine` and `tasrih.runner.Runner`.

        Raises:
            ReleaseError: no release there, or a damaged one.
            EngineError: the engine is missing or cannot run it.
        """
        release = Release.load(find_release(model))
        opened = open_engine(release.layout.folder, release.digest, engine=engine, precision=precision)
        return cls(release, opened, cache_sentences=cache_sentences)

    def label_articles(self, documents: Sequence[Document], *, keep_boilerplate: bool = False) -> list[ArticleReport]:
        """One report a document, in order; the sentences of all of them share batches."""
        articles = [read_article(document) for document in documents]
        split = [split_article(article) for article in articles]
        labelled = iter(self.label_sentences([sentence for sentences in split for sentence in sentences]))
        return [
            make_report(
                document,
                article,
                [next(labelled) for _ in sentences],
                labels=self.release.labels,
                release=(self.release.name, self.release.version),
                keep_boilerplate=keep_boilerplate,
            )
            for document, article, sentences in zip(documents, articles, split, strict=True)
        ]

    def label_texts(self, texts: Sequence[str]) -> list[LabelledSentence]:
        """Label sentences that the caller has split; their offsets count in themselves."""
        return self.label_sentences([Sentence(text, 0, len(text), Kind.SENTENCE) for text in texts])

    def label_sentences(self, sentences: Sequence[Sentence]) -> list[LabelledSentence]:
        """One labelled sentence each, in order."""
        answers = self._runner.run([sentence.text for sentence in sentences])
        decisions = self.release.calibration.decide(answers.logits)
        return label_sentences(sentences, answers, decisions, self.release.labels)

    def decide(self, texts: Sequence[str]) -> Decisions:
        """What the release says of each text, in order, as arrays: for scoring and statistics."""
        return self.release.calibration.decide(self._runner.run(texts).logits)
