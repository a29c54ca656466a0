"""Reports as one self-contained page, right to left, that opens with no network."""

from typing import TextIO

from jinja2 import Environment, PackageLoader

from tasrih.errors import InputError
from tasrih.release import Release
from tasrih.types import ArticleReport

__all__ = ["HtmlWriter"]


class HtmlWriter:
    """All reports on one page; it is written when they are complete."""

    def __init__(self, stream: TextIO, release: Release) -> None:
        self._stream = stream
        self._release = release
        self._reports: list[ArticleReport] = []
        self._failures: list[tuple[str, str]] = []

    def report(self, report: ArticleReport) -> None:
        self._reports.append(report)

    def failure(self, id: str, error: InputError) -> None:
        self._failures.append((id, str(error)))

    def finish(self) -> None:
        environment = Environment(loader=PackageLoader("tasrih"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        labels = self._release.labels
        page = environment.get_template("report.html.j2").render(
            reports=self._reports,
            failures=self._failures,
            release=self._release,
            stance_numbers={name: number for number, name in enumerate(labels.stance_names)},
            claims={label.name: label for label in labels.claims},
            stances={label.name: label for label in labels.stances},
        )
        self._stream.write(page + "\n")
