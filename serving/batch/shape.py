"""What comes out: the columns of sentences and articles, their types, and the rows.

The labels' columns are named after the release's labels; the caller's own columns follow in the articles' rows. A caller's
column with the name of one of ours becomes ``input_NAME``, unless it is the column that ours is made of.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from serving.batch.articles import Cleaned
from serving.batch.columns import fit
from serving.batch.options import Options
from tasrih.errors import ReleaseError
from tasrih.labels import LabelSet
from tasrih.types import ArticleReport

__all__ = ["Shape"]


class Shape:
    """The schemas of a job's parts, and how reports become their rows.

    Raises:
        ReleaseError: two columns would have one name, such as `n_review` where a claim type is called `review`.

    Attributes:
        sentences: the schema of the sentences' rows.
        articles: the schema of the articles' rows.
    """

    def __init__(self, labels: LabelSet, columns: pa.Schema, options: Options) -> None:
        self._labels = labels
        self._columns = columns
        self.sentences = _sentence_schema(labels)
        ours = _article_schema(labels)
        self._names = _caller_names(columns, set(ours.names), options)
        self.articles = pa.schema(
            [*ours, *(pa.field(self._names[name], columns.field(name).type) for name in self._names)]
        )
        twice = next((name for name in ours.names if ours.names.count(name) > 1), None)
        if twice:
            raise ReleaseError(
                f"the release's label {twice.removeprefix('n_')!r}: {twice!r} would stand twice among the articles' columns; "
                "train with another name for it, or take another release with --model"
            )

    def article_row(self, cleaned: Cleaned, report: ArticleReport) -> dict[str, Any]:
        """An article's row."""
        summary = report.summary
        row: dict[str, Any] = {
            "article_id": cleaned.id,
            "article_row": cleaned.number,
            "source": report.source,
            "published": report.published,
            "offsets_of": report.offsets_of,
            "n_sentences": summary.n_sentences,
            "n_review": summary.n_review,
            "n_boilerplate_lines": summary.n_boilerplate_lines,
            **{f"share_{name}": round(share, 6) for name, share in summary.stance_shares.items()},
            **{f"n_{name}": len(places) for name, places in summary.claims.items()},
            "reason": report.reason,
            "extracted_text": report.text,
            "release": f"{report.release_name}-{report.release_version}",
        }
        for name, written in self._names.items():
            row[written] = fit(name, cleaned.fields.get(name), self._columns.field(name).type)
        return row

    def sentence_rows(self, cleaned: Cleaned, report: ArticleReport) -> Iterator[dict[str, Any]]:
        """A row for each sentence of an article."""
        for place, sentence in enumerate(report.sentences):
            stances, claims = sentence.stance_probabilities or {}, sentence.claim_probabilities or {}
            yield {
                "article_id": cleaned.id,
                "article_row": cleaned.number,
                "source": report.source,
                "published": report.published,
                "place": place,
                "kind": sentence.kind.value,
                "text": sentence.text,
                "start": sentence.start,
                "end": sentence.end,
                "stance": sentence.stance,
                **{f"p_{name}": stances.get(name) for name in self._labels.stance_names},
                "claim_types": None if sentence.claim_types is None else list(sentence.claim_types),
                **{f"p_{name}": claims.get(name) for name in self._labels.claim_names},
                "needs_review": sentence.needs_review,
                "n_tokens": sentence.n_tokens,
                "truncated": sentence.truncated,
                "release": f"{report.release_name}-{report.release_version}",
            }


def _sentence_schema(labels: LabelSet) -> pa.Schema:
    return pa.schema([
        ("article_id", pa.string()), ("article_row", pa.int64()), ("source", pa.string()), ("published", pa.string()),
        ("place", pa.int32()), ("kind", pa.string()), ("text", pa.string()), ("start", pa.int32()), ("end", pa.int32()),
        ("stance", pa.string()), *((f"p_{name}", pa.float64()) for name in labels.stance_names),
        ("claim_types", pa.list_(pa.string())), *((f"p_{name}", pa.float64()) for name in labels.claim_names),
        ("needs_review", pa.bool_()), ("n_tokens", pa.int32()), ("truncated", pa.bool_()), ("release", pa.string()),
    ])  # fmt: skip


def _article_schema(labels: LabelSet) -> pa.Schema:
    return pa.schema([
        ("article_id", pa.string()), ("article_row", pa.int64()), ("source", pa.string()), ("published", pa.string()),
        ("offsets_of", pa.string()), ("n_sentences", pa.int32()), ("n_review", pa.int32()),
        ("n_boilerplate_lines", pa.int32()), *((f"share_{name}", pa.float64()) for name in labels.stance_names),
        *((f"n_{name}", pa.int32()) for name in labels.claim_names),
        ("reason", pa.string()), ("extracted_text", pa.string()), ("release", pa.string()),
    ])  # fmt: skip


def _caller_names(columns: pa.Schema, ours: set[str], options: Options) -> Mapping[str, str]:
    """The caller's columns that are kept, and what each is called in the articles' rows."""
    mapped = (("source", options.source_column), ("published", options.published_column))
    same = {name for name, column in mapped if name == column}
    taken = set(ours)
    names: dict[str, str] = {}
    for name in columns.names:
        if name in same or (options.keep_columns is not None and name not in options.keep_columns):
            continue
        written = name
        while written in taken:
            written = f"input_{written}"
        taken.add(written)
        names[name] = written
    return names
