"""The flow, end to end: documents in, reports out.

document -> read_article -> split_article -> normalise -> encode -> batches -> engine -> decide -> report
"""

import os
from collections.abc import Sequence

import numpy as np

from tasrih.article import read_article
from tasrih.encoding import Encoder, batches
from tasrih.engines import Engine, open_engine
from tasrih.normalise import normalise
from tasrih.release import Release, find_release
from tasrih.report import label_sentences, make_report
from tasrih.sentences import split_article
from tasrih.types import (
    ArticleReport,
    Decisions,
    Document,
    Encoded,
    FloatArray,
    Kind,
    LabelledSentence,
    Logits,
    Sentence,
)

__all__ = ["Labeller"]


class Labeller:
    """A release on an engine, ready to label. Threads may share one.

    Attributes:
        release: which model labels.
        engine: what executes it.
    """

    def __init__(self, release: Release, engine: Engine) -> None:
        self.release = release
        self.engine = engine
        self._encoder = Encoder(release.layout.tokenizer, max_length=release.max_length)

    @classmethod
    def open(
        cls,
        model: str | os.PathLike[str] | None = None,
        *,
        engine: str = "auto",
        precision: str = "auto",
    ) -> "Labeller":
        """Load a release; see `tasrih.release.find_release` and `tasrih.engines.open_engine`.

        Raises:
            ReleaseError: no release there, or a damaged one.
            EngineError: the engine is missing or cannot run it.
        """
        release = Release.load(find_release(model))
        return cls(release, open_engine(release.layout.folder, engine=engine, precision=precision))

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
        encoded = self._encode([sentence.text for sentence in sentences])
        return label_sentences(sentences, encoded, self._decide(encoded), self.release.labels)

    def decide(self, texts: Sequence[str]) -> Decisions:
        """What the release says of each text, in order, as arrays: for scoring and statistics."""
        return self._decide(self._encode(texts))

    def _encode(self, texts: Sequence[str]) -> list[Encoded]:
        scheme = self.release.normalisation
        return self._encoder.encode([normalise(text, scheme=scheme) for text in texts])

    def _decide(self, encoded: Sequence[Encoded]) -> Decisions:
        labels, release = self.release.labels, self.release
        placed = list(batches(encoded, pad_id=release.pad_id, max_length=release.max_length))
        logits = Logits(_blank(len(encoded), len(labels.stances)), _blank(len(encoded), len(labels.claims)))
        for one, answer in zip(placed, self.engine.run(one.batch for one in placed), strict=True):
            logits.stance_BS[list(one.places)] = answer.stance_BS
            logits.claims_BC[list(one.places)] = answer.claims_BC
        return release.calibration.decide(logits)


def _blank(n_rows: int, n_labels: int) -> FloatArray:
    return np.zeros((n_rows, n_labels), dtype=np.float32)
