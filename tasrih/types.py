"""The stops of the flow, one frozen dataclass each.

    Document -> Article -> Sentence -> Encoded -> EncodedBatch -> Logits -> Decisions -> LabelledSentence -> ArticleReport

Offsets are half-open and count Unicode code points (Python ``str`` indices). Shape suffixes:
``B`` sentences of a batch, ``L`` tokens of a padded sentence, ``S`` stances, ``C`` claim types.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "Answers",
    "Article",
    "ArticleReport",
    "BoolArray",
    "Decisions",
    "Document",
    "Encoded",
    "EncodedBatch",
    "FloatArray",
    "FloatArray64",
    "IntArray",
    "Kind",
    "LabelledSentence",
    "Line",
    "Logits",
    "Sentence",
    "Summary",
]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
FloatArray64 = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Kind(StrEnum):
    """What a line of a page, or a sentence, is.

    `SENTENCE` is the kind of a sentence that a caller had already split: its page is not known.
    """

    HEADLINE = "headline"
    BODY = "body"
    CAPTION = "caption"
    BOILERPLATE = "boilerplate"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What came in: text or HTML, decoded, not yet understood.

    Attributes:
        text: the whole input, at least one Arabic letter.
        is_html: whether `text` is markup, to be extracted first.
        id: the caller's name for it; a path for files.
        source: the outlet, where known.
        published: when, as the caller wrote it.
    """

    text: str
    is_html: bool = False
    id: str | None = None
    source: str | None = None
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: ``article.text[line.start:line.end]``, never empty, white space trimmed off its ends."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A page whose lines are told apart.

    Attributes:
        text: of plain-text input the input itself; of HTML the extracted text.
        lines: every line that is not white space, in order, boilerplate included; they do not overlap.
        offsets_of: which text the offsets count in.
    """

    text: str
    lines: tuple[Line, ...]
    offsets_of: Literal["input", "extracted"] = "input"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article: ``text == article.text[start:end]``."""

    text: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sentence's tokens.

    Attributes:
        ids: at most the release's maximum length, specials included.
        n_tokens: how many there were before any cut.
    """

    ids: tuple[int, ...]
    n_tokens: int

    @property
    def truncated(self) -> bool:
        return self.n_tokens > len(self.ids)


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """Sentences of one padded length, ready for an engine.

    Attributes:
        ids_BL: token ids, int64, padded at the end.
        mask_BL: 1 at tokens, 0 at padding, int64.
    """

    ids_BL: IntArray
    mask_BL: IntArray

    def __post_init__(self) -> None:
        for name in ("ids_BL", "mask_BL"):
            array = getattr(self, name)
            assert array.ndim == 2 and array.dtype == np.int64, f"{name}: {array.dtype}, rank {array.ndim}"
        assert self.ids_BL.shape == self.mask_BL.shape, f"{self.ids_BL.shape} is not {self.mask_BL.shape}"


@dataclass(frozen=True, slots=True)
class Logits:
    """What the encoder's two heads say, before calibration.

    Attributes:
        stance_BS: float32, one row a sentence.
        claims_BC: float32, one row a sentence; C may be 0.
    """

    stance_BS: FloatArray
    claims_BC: FloatArray

    def __post_init__(self) -> None:
        assert self.stance_BS.ndim == self.claims_BC.ndim == 2
        assert len(self.stance_BS) == len(self.claims_BC)
        assert self.stance_BS.dtype == self.claims_BC.dtype == np.float32


@dataclass(frozen=True, slots=True)
class Answers:
    """What the engine says of sentences, and how long they were; all of one length and order.

    Attributes:
        logits: of both heads.
        n_tokens_B: tokens before any cut, specials included, int64.
        truncated_B: whether the end was cut off.
    """

    logits: Logits
    n_tokens_B: IntArray
    truncated_B: BoolArray


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a batch of logits comes to.

    Attributes:
        stance_BS: calibrated probabilities, float64, each row sums to 1 up to rounding.
        claims_BC: calibrated probabilities, float64, each in [0, 1].
        stance_B: index of the likeliest stance.
        given_BC: whether a claim type's probability reaches its threshold.
        review_B: whether the whole answer is too unsure.
    """

    stance_BS: FloatArray64
    claims_BC: FloatArray64
    stance_B: IntArray
    given_BC: BoolArray
    review_B: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSentence:
    """A sentence with what the release says of it. Boilerplate has no labels: its label fields are None.

    Attributes:
        stance: the likeliest stance.
        stance_probabilities: calibrated, in the release's order; they sum to 1.
        claim_types: the claim types whose probability reaches its threshold; any number.
        claim_probabilities: calibrated, each in [0, 1], independent of each other.
        needs_review: whether the release is too unsure to be relied on here.
        n_tokens: tokens the sentence takes, specials included, before any truncation.
        truncated: whether tokens past the release's maximum length were cut off.
    """

    text: str
    start: int
    end: int
    kind: Kind
    stance: str | None = None
    stance_probabilities: Mapping[str, float] | None = None
    claim_types: tuple[str, ...] | None = None
    claim_probabilities: Mapping[str, float] | None = None
    needs_review: bool | None = None
    n_tokens: int | None = None
    truncated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An article at a glance.

    Attributes:
        stance_shares: of labelled sentences, in the release's order; they sum to 1, or are all 0 where there are none.
        claims: for each claim type the indexes, into the report's sentences, of those that carry it.
        n_sentences: labelled sentences.
        n_review: of them, those that need review.
        n_boilerplate_lines: lines left out, or shown without labels.
    """

    stance_shares: Mapping[str, float]
    claims: Mapping[str, tuple[int, ...]]
    n_sentences: int
    n_review: int
    n_boilerplate_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReport:
    """All that is said of one article.

    Attributes:
        text: the extracted text that offsets count in; None where they count in the input.
        reason: why there is no sentence, where there is none.
    """

    id: str | None
    source: str | None
    published: str | None
    sentences: tuple[LabelledSentence, ...]
    summary: Summary
    release_name: str
    release_version: str
    offsets_of: Literal["input", "extracted"] = "input"
    text: str | None = None
    reason: str | None = None
