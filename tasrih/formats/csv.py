"""Reports as CSV that a spreadsheet opens with its Arabic whole: one row a sentence."""

import csv
from typing import TextIO

from tasrih.errors import InputError
from tasrih.release import Release
from tasrih.types import ArticleReport

__all__ = ["CsvWriter", "harmless"]

# A spreadsheet takes Latin-1 for granted unless this comes first.
BYTE_ORDER_MARK = "\ufeff"


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run as a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


class CsvWriter:
    """One row a sentence; inputs that failed are told on standard error alone."""

    def __init__(self, stream: TextIO, release: Release) -> None:
        self._labels = release.labels
        stream.write(BYTE_ORDER_MARK)
        self._writer = csv.writer(stream)
        self._writer.writerow([
            "id", "source", "published", "place", "kind", "text", "start", "end", "stance",
            *(f"p_{name}" for name in self._labels.stance_names),
            "claim_types",
            *(f"p_{name}" for name in self._labels.claim_names),
            "needs_review", "n_tokens", "truncated", "release",
        ])  # fmt: skip

    def report(self, report: ArticleReport) -> None:
        release = f"{report.release_name}-{report.release_version}"
        for place, sentence in enumerate(report.sentences):
            stances, claims = sentence.stance_probabilities or {}, sentence.claim_probabilities or {}
            self._writer.writerow([
                harmless(report.id or ""), harmless(report.source or ""), harmless(report.published or ""),
                place, sentence.kind.value, harmless(sentence.text), sentence.start, sentence.end,
                sentence.stance,
                *(stances.get(name) for name in self._labels.stance_names),
                ";".join(sentence.claim_types or ()),
                *(claims.get(name) for name in self._labels.claim_names),
                sentence.needs_review, sentence.n_tokens, sentence.truncated, release,
            ])  # fmt: skip

    def failure(self, id: str, error: InputError) -> None:
        pass

    def finish(self) -> None:
        pass
