"""The numbers of a corpus as plain tables."""

from collections.abc import Iterable, Mapping, Sequence

from training.corpus_stats import ALL, CorpusStats, quantiles
from training.row_schema import SPLITS

__all__ = ["tables"]

SHARES = {"5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95, "longest": 1.0}


def tables(stats: CorpusStats) -> str:
    """All of them, an empty line between two; a table that would hold no row is left out."""
    parts = [_counts(what, counts, (*SPLITS, ALL)) for what, counts in stats.rows.items()]
    lengths = {
        half: dict(zip(SHARES, quantiles(n, list(SHARES.values())), strict=True)) for half, n in stats.words.items()
    }
    parts.append(_counts("words a sentence", lengths, list(SHARES)))
    names = list(stats.together)
    # Columns by number, since label names may be long.
    numbered = {
        f"{place} {name}": {str(column): stats.together[name][other] for column, other in enumerate(names, 1)}
        for place, name in enumerate(names, 1)
    }
    parts.append(_counts("labels together", numbered, [str(column) for column in range(1, len(names) + 1)]))
    parts.append(_counts("articles", stats.documents, ["articles", "sentences"]))
    parts.append(_counts("contrasts", {"": stats.groups} if stats.groups["groups"] else {}, ["groups", "sentences"]))
    if stats.sure:
        told = [(half, [f"{100 * share:.1f} %"]) for half, share in stats.sure.items()]
        parts.append(_table([("reader was sure", ["share"]), *told]))
    return "\n".join(part for part in parts if part) + f"\nsha256 {stats.sha256}\n"


def _counts(title: str, counts: Mapping[str, Mapping[str, int]], columns: Sequence[str]) -> str:
    if not counts:
        return ""
    return _table(
        [(title, columns), *((name, [f"{row[column]:,}" for column in columns]) for name, row in counts.items())]
    )


def _table(rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    lines = list(rows)
    first = max(len(name) for name, _ in lines)
    widths = [max(len(cell) for cell in column) for column in zip(*(cells for _, cells in lines), strict=True)]
    return "".join(
        "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))]) + "\n"
        for name, cells in lines
    )
