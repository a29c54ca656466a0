"""The release as the service uses it: the flow of `tasrih.pipeline`, cut where the queue stands.

read and split and encode (callers' threads) | the engine (the queue's owner) | decide and report (callers' threads)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.settings import Settings
from tasrih.article import read_article
from tasrih.encoding import Encoder, batches
from tasrih.engines import Engine, open_engine
from tasrih.normalise import normalise
from tasrih.release import Release, find_release
from tasrih.report import label_sentences
from tasrih.sentences import split_article
from tasrih.types import Answers, Article, Document, Encoded, Kind, LabelledSentence, Logits, Sentence

__all__ = ["Model"]

# Of the full length, in the warm-up: they make all code ready. A full batch of eight only took longer, on one core.
WARM_UP_SENTENCES = 2
_PAGE = (
    "<html><body><h1>وصول الوفد إلى مسقط</h1>"
    "<p>وصل الوفد إلى مسقط صباح الخميس لإجراء محادثات تستمر يومين.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Model:
    """A release on an engine. All but `engine` is for many threads."""

    release: Release
    engine: Engine
    encoder: Encoder

    @classmethod
    def open(cls, settings: Settings, model: Path | None) -> "Model":
        """Load a release.

        Args:
            settings: which engine, at which precision.
            model: its folder; None is the default release.

        Raises:
            ReleaseError, EngineError: see `tasrih.pipeline.Labeller.open`.
        """
        release = Release.load(find_release(model))
        engine = open_engine(
            release.layout.folder, release.digest, engine=settings.engine, precision=settings.precision
        )
        return cls(release, engine, Encoder(release.layout.tokenizer, max_length=release.max_length))

    def read(self, document: Document) -> tuple[Article, list[Sentence]]:
        """The lines of a document and the sentences in them."""
        article = read_article(document)
        return article, list(split_article(article))

    def encode(self, sentences: Sequence[Sentence]) -> list[Encoded]:
        scheme = self.release.normalisation
        return self.encoder.encode([normalise(sentence.text, scheme=scheme) for sentence in sentences])

    def label(
        self, sentences: Sequence[Sentence], encoded: Sequence[Encoded], logits: Logits
    ) -> list[LabelledSentence]:
        """Labels of sentences; the three are of one length and order."""
        answers = Answers(
            logits,
            n_tokens_B=np.array([tokens.n_tokens for tokens in encoded], dtype=np.int64),
            truncated_B=np.array([tokens.truncated for tokens in encoded], dtype=np.bool_),
        )
        return label_sentences(sentences, answers, self.release.calibration.decide(logits), self.release.labels)

    def warm_up(self) -> None:
        """Take a page, and sentences of the full length, through all stages, so that the first caller does not wait."""
        _, sentences = self.read(Document(text=_PAGE, is_html=True))
        # A word takes a token at least, so this is cut at the full length.
        text = "وصل الوفد إلى مسقط " * self.release.max_length
        sentences += [Sentence(text, 0, len(text), Kind.SENTENCE)] * WARM_UP_SENTENCES
        encoded = self.encode(sentences)
        cut = batches(encoded, pad_id=self.release.pad_id, max_length=self.release.max_length)
        for logits in self.engine.run(one.batch for one in cut):
            self.release.calibration.decide(logits)
