"""What an editor opens after a job: ``summary.html``, one page with no outside resources, and the same as CSV in ``summary/``."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from serving.batch.charts import lines, stacked_bar, stacked_columns
from serving.batch.dates import period_of, step_for
from serving.batch.manifest import Manifest
from serving.batch.parts import open_part
from serving.batch.shards import file_facts
from serving.batch.store import Store
from serving.batch.tally import OTHERS, Counts, Tally, tally
from tasrih.release import Release

__all__ = ["PAGE", "TABLES", "write_summary"]

PAGE = "summary.html"
TABLES = ("summary/sources.csv", "summary/time.csv", "summary/claims.csv", "summary/errors.csv")
SOURCES_SHOWN = 20
CLAIMS_SHOWN = 30
CLAIMS_WRITTEN = 1000
COLORS = 4


def write_summary(manifest: Manifest, store: Store, release: Release) -> list[dict[str, Any]]:
    """Write the page and the tables; gives what a manifest says of them."""
    found = tally(manifest, store.location, release.labels)
    files = [_write_csv(store, name, rows) for name, rows in zip(TABLES, _tables(found), strict=True)]
    with store.write(PAGE) as path:
        path.write_text(_page(found, manifest, release), encoding="utf-8")
        return [file_facts(PAGE, path), *files]


def _write_csv(store: Store, name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    with store.write(name) as path:
        writer = open_part(path, "csv", pa.schema([(column, pa.string()) for column in rows[0]]), {})
        # The first row stands for the header alone.
        writer.rows(rows[1:])
        writer.close()
        return file_facts(name, path)


def _tables(found: Tally) -> list[list[dict[str, Any]]]:
    """The rows of `TABLES`, each opening with an empty row that names its columns."""
    periods = _periods(found)
    none = _cells(found.none(), found)
    claim = {"count": 0, "claim_types": [], "sources": 0, "first_day": "", "last_day": "", "text": "", "articles": []}
    return [
        [{"source": "", **none}] + [{"source": name, **_cells(one, found)} for name, one in _by_size(found)],
        [{"period": "", **none}] + [{"period": name, **_cells(one, found)} for name, one in periods.items()],
        [claim] + [
            {
                "count": one.count, "claim_types": list(one.claims), "sources": len(one.sources),
                "first_day": one.first_day, "last_day": one.last_day, "text": one.text, "articles": one.articles,
            }
            for one in found.claims.most(CLAIMS_WRITTEN)
        ],
        [{"code": "", "rows": 0}] + [{"code": code, "rows": n} for code, n in sorted(found.errors.items())],
    ]  # fmt: skip


def _cells(counts: Counts, found: Tally) -> dict[str, Any]:
    return {
        "articles": counts.articles,
        "sentences": counts.sentences,
        "needs_review": counts.review,
        **dict(zip(found.labels.stance_names, counts.stances, strict=True)),
        **dict(zip(found.labels.claim_names, counts.claims, strict=True)),
    }


def _by_size(found: Tally) -> list[tuple[str, Counts]]:
    return sorted(found.sources.items(), key=lambda item: (-item[1].sentences, item[0]))


def _periods(found: Tally) -> dict[str, Counts]:
    """Counts by period, in order; articles without a day are left out."""
    step = step_for(day for day in found.days if day)
    periods: dict[str, Counts] = {}
    for day, counts in sorted((day, counts) for day, counts in found.days.items() if day):
        _add(periods.setdefault(period_of(day, step), found.none()), counts)
    return periods


def _add(total: Counts, more: Counts) -> None:
    total.articles += more.articles
    total.sentences += more.sentences
    total.review += more.review
    total.stances = [sum(pair) for pair in zip(total.stances, more.stances, strict=True)]
    total.claims = [sum(pair) for pair in zip(total.claims, more.claims, strict=True)]


def _page(found: Tally, manifest: Manifest, release: Release) -> str:
    labels = release.labels
    # The last stance is the plain one by custom.
    stances = [*(f"s{place % COLORS}" for place in range(len(labels.stances) - 1)), "plain"]
    claims = [f"c{place % COLORS}" for place in range(len(labels.claims))]
    first, rest = _by_size(found)[:SOURCES_SHOWN], _by_size(found)[SOURCES_SHOWN:]
    if rest:
        others = found.none()
        for _, counts in rest:
            _add(others, counts)
        first.append((OTHERS, others))
    periods = _periods(found)
    environment = Environment(
        loader=PackageLoader("serving.batch"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("summary.html.j2").render(
        release=release,
        manifest=manifest,
        found=found,
        legend=list(zip(labels.stances, stances, strict=True)),
        claim_legend=list(zip(labels.claims, claims, strict=True)),
        claim_labels={label.name: label for label in labels.claims},
        sources=[(name, counts, Markup(stacked_bar(counts.stances, stances))) for name, counts in first],  # noqa: S704
        n_undated=found.days[None].articles if None in found.days else 0,
        n_periods=len(periods),
        stances_over_time=Markup(  # noqa: S704  # our own shapes; names in it are escaped
            stacked_columns(list(periods), [one.stances for one in periods.values()], stances)
        ),
        claims_over_time=Markup(  # noqa: S704
            lines(
                list(periods), [[one.claims[place] for one in periods.values()] for place in range(len(claims))], claims
            )
        ),
        claims=found.claims.most(CLAIMS_SHOWN),
    )
    return page + "\n"
