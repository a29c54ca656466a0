"""Reports as a table in a terminal.

The Arabic stands in the last column with nothing drawn to its right, each line a single right-to-left run: terminals that
reorder (GNOME, KDE, macOS, Windows) then show it as it reads, and none moves the labels.
"""

import shutil
import unicodedata
from itertools import cycle
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasrih.errors import InputError
from tasrih.release import Release
from tasrih.types import ArticleReport, Kind, LabelledSentence

__all__ = ["TableWriter"]

# By place in the release's order: its labels are not known here. The last stance is the plain one by custom.
STANCE_STYLES = ("bold magenta", "bold cyan", "bold yellow", "bold green", "bold blue")
PLAIN = "default"
CLAIM_STYLES = ("red", "green", "yellow", "blue")
WIDTH_IN_A_PIPE = 110


class TableWriter:
    """One table an article, a legend with shares below it."""

    def __init__(self, stream: TextIO, release: Release, *, color: bool | None = None) -> None:
        self._labels = release.labels
        *voiced, plain = self._labels.stance_names
        self._stance_styles = {**dict(zip(voiced, cycle(STANCE_STYLES), strict=False)), plain: PLAIN}
        self._claim_styles = dict(zip(self._labels.claim_names, cycle(CLAIM_STYLES), strict=False))
        width = shutil.get_terminal_size().columns if stream.isatty() else WIDTH_IN_A_PIPE
        self._console = Console(
            file=stream,
            width=max(60, min(width, 140)),
            force_terminal=color,
            no_color=True if color is False else None,
            highlight=False,
        )

    def report(self, report: ArticleReport) -> None:
        title = f"{_printable(report.id or 'article')} · {report.release_name} {report.release_version}"
        self._console.print(Text(f"\n{title}", style="bold"))
        if report.reason:
            self._console.print(Text(f"  no sentences: {report.reason}", style="yellow"))
        if not report.sentences:
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), show_header=False, expand=True)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(min_width=30, max_width=36)
        table.add_column(justify="right", ratio=1)
        for number, sentence in enumerate(report.sentences, 1):
            table.add_row(str(number), self._marks(sentence), self._prose(sentence))
        self._console.print(table)
        self._console.print(self._legend(report))

    def _marks(self, sentence: LabelledSentence) -> Text:
        marks = Text()
        if sentence.stance is None or sentence.stance_probabilities is None:
            return Text(sentence.kind.value, style="dim")
        marks.append(
            f"{sentence.stance} {sentence.stance_probabilities[sentence.stance]:.2f}",
            style=self._stance_styles[sentence.stance],
        )
        for claim in sentence.claim_types or ():
            probability = (sentence.claim_probabilities or {})[claim]
            marks.append(f"\n+ {claim} {probability:.2f}", style=self._claim_styles[claim])
        if sentence.needs_review:
            marks.append("\n? needs review", style="italic dim")
        return marks

    def _prose(self, sentence: LabelledSentence) -> Text:
        style = "dim" if sentence.kind is Kind.BOILERPLATE else "bold" if sentence.kind is Kind.HEADLINE else ""
        return Text(_printable(sentence.text), style=style, overflow="fold")

    def _legend(self, report: ArticleReport) -> Padding:
        summary = report.summary
        legend = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        for label in self._labels.stances:
            share = f"{summary.stance_shares[label.name]:.0%}"
            legend.add_row(Text(label.name, style=self._stance_styles[label.name]), share, label.english, label.arabic)
        for label in self._labels.claims:
            places = ", ".join(str(place + 1) for place in summary.claims[label.name]) or "none"
            name = Text(f"+ {label.name}", style=self._claim_styles[label.name])
            legend.add_row(name, str(len(summary.claims[label.name])), f"{label.english}: {places}", label.arabic)
        legend.add_row(Text("? needs review", style="italic dim"), str(summary.n_review), "too unsure to rely on", "")
        legend.add_row(
            Text("left out", style="dim"),
            str(summary.n_boilerplate_lines),
            "lines of menus, links and forms",
            "",
        )
        return Padding(legend, (0, 0, 1, 0))

    def failure(self, id: str, error: InputError) -> None:
        pass

    def finish(self) -> None:
        pass


def _printable(text: str) -> str:
    """The text without what would steer a terminal: control characters become spaces, marks without width go."""
    shown = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return "".join(c for c in shown if unicodedata.category(c) not in ("Cf", "Co", "Cs"))
