"""Why a sentence got its labels: how far each label's probability falls when a word is left out.

Occlusion (Zeiler and Fergus, 2014, "Visualizing and Understanding Convolutional Networks") of words, as Li, Monroe and Jurafsky
(2016, "Understanding Neural Networks through Representation Erasure") do it: the sentence is labelled once whole and once without
each word, nothing put in its place. A word's weight for a label is the calibrated probability with it less the one without it;
below 0 the word spoke against the label. Words that carry a label only together each weigh little: the method does not see that.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from serving.errors import ServiceError
from serving.items import Item, Reading
from serving.releases import Releases
from serving.schemas import ExplanationRequest, parse
from serving.settings import Settings
from tasrih.types import Kind, LabelledSentence, Sentence

__all__ = ["MAX_WORDS", "METHOD", "read_explanation", "shape_explanation", "words_of"]

METHOD = "occlusion"
# Each is a pass through the encoder.
MAX_WORDS = 300
DECIMALS = 6

# Vowel marks and joiners are part of a word, which `\w` does not say.
_WORD = re.compile("[\\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08d3-\u08ff\u200c\u200d]+")


def words_of(text: str) -> Iterator[tuple[int, int]]:
    """Where its words start and end; marks of punctuation are none."""
    return (found.span() for found in _WORD.finditer(text))


def read_explanation(body: bytes, releases: Releases, settings: Settings) -> Reading:
    """The one item of a `POST /v1/explanations`: the sentence, and the sentence without each word."""
    request = parse(body, ExplanationRequest)
    text = request.text
    spans = list(words_of(text))
    if len(text) > settings.max_sentence_chars:
        raise _too_much(f"holds {len(text):,} characters, at most {settings.max_sentence_chars:,} make a sentence")
    if len(spans) > MAX_WORDS:
        raise _too_much(f"holds {len(spans):,} words, at most {MAX_WORDS} can be explained")
    texts = [text, *(text[:start] + text[end:] for start, end in spans)]

    def finish(labelled: Sequence[LabelledSentence]) -> dict[str, Any]:
        return _explain(text, spans, labelled)

    item = Item(None, finish, [Sentence(one, 0, len(one), Kind.SENTENCE) for one in texts])
    return Reading(releases.named(request.release), iter([item]))


def _too_much(found: str) -> ServiceError:
    message = f"{found}; send a sentence, not an article"
    return ServiceError(422, "invalid", f"text: {message}", details={"faults": [{"field": "text", "message": message}]})


def _explain(text: str, spans: Sequence[tuple[int, int]], labelled: Sequence[LabelledSentence]) -> dict[str, Any]:
    whole, without = labelled[0], labelled[1:]
    with_all = _probabilities(whole)
    words = []
    for (start, end), one in zip(spans, without, strict=True):
        left = _probabilities(one)
        weights = {name: round(with_all[name] - left[name], DECIMALS) for name in with_all}
        words.append({"text": text[start:end], "start": start, "end": end, "weights": weights})
    return {
        "text": text,
        "stance": whole.stance,
        "stance_probabilities": dict(whole.stance_probabilities or {}),
        "claim_types": list(whole.claim_types or ()),
        "claim_probabilities": dict(whole.claim_probabilities or {}),
        "words": words,
        "method": METHOD,
    }


def _probabilities(sentence: LabelledSentence) -> dict[str, float]:
    # A release's labels differ across its two heads, so that one table holds both.
    return {**(sentence.stance_probabilities or {}), **(sentence.claim_probabilities or {})}


def shape_explanation(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer: what stands for its one item."""
    (answer,) = answers
    if "error" in answer:
        raise ServiceError(500, "internal", "the service could not label the sentence. Report it, please.")
    return answer
