"""From decisions to labelled sentences, to an article's report, and to the one JSON shape of every channel."""

from collections.abc import Sequence
from itertools import compress
from typing import Any

from tasrih.labels import LabelSet
from tasrih.types import (
    Answers,
    Article,
    ArticleReport,
    Decisions,
    Document,
    Kind,
    LabelledSentence,
    Line,
    Sentence,
    Summary,
)

__all__ = ["label_sentences", "make_report", "report_to_json", "sentence_to_json"]


def label_sentences(
    sentences: Sequence[Sentence], answers: Answers, decisions: Decisions, labels: LabelSet
) -> list[LabelledSentence]:
    """Put names on what was decided; the three sequences are of one length and order."""
    stances, claims = labels.stance_names, labels.claim_names
    # Whole arrays become Python's own numbers at once: one by one takes twice as long.
    columns = (
        decisions.stance_B,
        decisions.stance_BS,
        decisions.given_BC,
        decisions.claims_BC,
        decisions.review_B,
        answers.n_tokens_B,
        answers.truncated_B,
    )
    rows = zip(sentences, *(column.tolist() for column in columns), strict=True)
    return [
        LabelledSentence(
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            kind=sentence.kind,
            stance=stances[stance],
            stance_probabilities=dict(zip(stances, stance_S, strict=True)),
            claim_types=tuple(compress(claims, given_C)),
            claim_probabilities=dict(zip(claims, claims_C, strict=True)),
            needs_review=review,
            n_tokens=n_tokens,
            truncated=truncated,
        )
        for sentence, stance, stance_S, given_C, claims_C, review, n_tokens, truncated in rows
    ]


def make_report(
    document: Document,
    article: Article,
    labelled: Sequence[LabelledSentence],
    *,
    labels: LabelSet,
    release: tuple[str, str],
    keep_boilerplate: bool = False,
) -> ArticleReport:
    """Sum an article up.

    Args:
        document: what came in.
        article: its lines.
        labelled: its sentences, in order.
        labels: of the release.
        release: its name and version.
        keep_boilerplate: whether boilerplate lines stand among the sentences, unlabelled.
    """
    furniture = [line for line in article.lines if line.kind is Kind.BOILERPLATE]
    shown = list(labelled)
    if keep_boilerplate:
        shown = sorted([*labelled, *(_unlabelled(article, line) for line in furniture)], key=lambda s: s.start)
    return ArticleReport(
        id=document.id,
        source=document.source,
        published=document.published,
        sentences=tuple(shown),
        summary=_summarise(shown, labels, len(furniture)),
        release_name=release[0],
        release_version=release[1],
        offsets_of=article.offsets_of,
        text=article.text if article.offsets_of == "extracted" else None,
        reason=None if labelled else _reason(article),
    )


def _unlabelled(article: Article, line: Line) -> LabelledSentence:
    return LabelledSentence(text=article.text[line.start : line.end], start=line.start, end=line.end, kind=line.kind)


def _reason(article: Article) -> str:
    if article.lines:
        return f"all {len(article.lines)} lines are boilerplate (menus, links, forms); keep_boilerplate shows them"
    return "no text was found on the page"


def _summarise(shown: Sequence[LabelledSentence], labels: LabelSet, n_boilerplate: int) -> Summary:
    stances = [sentence.stance for sentence in shown if sentence.stance is not None]
    return Summary(
        stance_shares={name: stances.count(name) / max(1, len(stances)) for name in labels.stance_names},
        claims={
            name: tuple(i for i, sentence in enumerate(shown) if name in (sentence.claim_types or ()))
            for name in labels.claim_names
        },
        n_sentences=len(stances),
        n_review=sum(bool(sentence.needs_review) for sentence in shown),
        n_boilerplate_lines=n_boilerplate,
    )


def sentence_to_json(sentence: LabelledSentence) -> dict[str, Any]:
    """A labelled sentence as every channel gives it."""
    return {
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        "kind": sentence.kind.value,
        "stance": sentence.stance,
        "stance_probabilities": _copy(sentence.stance_probabilities),
        "claim_types": None if sentence.claim_types is None else list(sentence.claim_types),
        "claim_probabilities": _copy(sentence.claim_probabilities),
        "needs_review": sentence.needs_review,
        "n_tokens": sentence.n_tokens,
        "truncated": sentence.truncated,
    }


def _copy(probabilities: Any) -> dict[str, float] | None:
    return None if probabilities is None else dict(probabilities)


def report_to_json(report: ArticleReport) -> dict[str, Any]:
    """An article's report as every channel gives it."""
    data: dict[str, Any] = {
        "id": report.id,
        "source": report.source,
        "published": report.published,
        "offsets_of": report.offsets_of,
        "sentences": [sentence_to_json(sentence) for sentence in report.sentences],
        "summary": {
            "stance_shares": {name: round(share, 6) for name, share in report.summary.stance_shares.items()},
            "claims": {name: list(places) for name, places in report.summary.claims.items()},
            "n_sentences": report.summary.n_sentences,
            "n_review": report.summary.n_review,
            "n_boilerplate_lines": report.summary.n_boilerplate_lines,
        },
        "release": {"name": report.release_name, "version": report.release_version},
    }
    if report.text is not None:
        data["text"] = report.text
    if report.reason is not None:
        data["reason"] = report.reason
    return data
