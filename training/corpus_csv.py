"""Labelled sentences in tables: a spreadsheet saved as CSV, or a public set's TSV.

The first line names the columns; which of them is what, `corpus.tables` of the config says. Two are needed, the text and its
stance. The others may be absent: without `split`, each article (or sentence) is dealt out by the hash of its id, so that it
stays where it is when rows are added.
"""

import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasrih.normalise import normalise
from training.config_inputs import TableConfig
from training.row_schema import SPLITS

__all__ = ["read_table", "split_by_hash"]

# Of a hundred articles so many go to validation and test: small tables need enough there for every label.
VALIDATION, TEST = 15, 15
# Between claim types of one cell; the second is what an Arabic keyboard gives.
SEPARATORS = str.maketrans("؛", ";")


def read_table(config: TableConfig) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
    """The rows of a table that exists, each with its place, and what is wrong with the others.

    A row has `id`, `text`, `stance`, `claim_types`, `split` and `article_id`, as rows of JSONL have. Whether its labels are
    those of the config is checked later, with the whole corpus.
    """
    path = config.path
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [], [f"{path}:{line}: not UTF-8 ({error.reason}); save the table as CSV in UTF-8"]
    except OSError as error:
        return [], [f"{path}: cannot be read ({error}); expected a CSV or TSV file"]
    separator = _separator(content.partition("\n")[0])
    # newline="": a line break inside quotation marks belongs to the cell.
    lines = io.StringIO(content, newline="")
    quotes: dict[str, Any] = {"quoting": csv.QUOTE_MINIMAL if config.quotes else csv.QUOTE_NONE, "strict": True}
    records = _records(csv.reader(lines, delimiter=separator, **quotes))
    rows: list[tuple[str, dict[str, Any]]] = []
    seen: Counter[str] = Counter()
    try:
        _, header = next(records, (1, []))
        names = [name.strip() for name in header]
        faults = _header_faults(names, config)
        if faults:
            return [], faults
        for line, cells in records:
            place = f"{path}:{line}"
            if len(cells) != len(names):
                faults.append(
                    f"{place}: {len(cells)} cells found, expected {len(names)} as in line 1 ({', '.join(names)}); mend the "
                    "row, and quote cells that hold the separator"
                )
                continue
            row, wrong = _row(dict(zip(names, cells, strict=True)), config, place, seen)
            faults += wrong
            if not wrong:
                rows.append((place, row))
    except csv.Error as error:
        way_out = 'set quotes: false where a " is a character like any other, or ' if config.quotes else ""
        faults = [f"{path}:{error}, in the row that begins there; {way_out}mend the row"]
    return rows, faults


def split_by_hash(key: str) -> str:
    """The split of an article or sentence with this id: always the same one."""
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % 100
    return "test" if place < TEST else "validation" if place < TEST + VALIDATION else "train"


def _separator(header: str) -> str:
    # A comma in most places, a semicolon where the comma is the decimal sign, a tab in TSV.
    return max("\t,;", key=header.count)


def _records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on: a cell may go over several."""
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(f"{begins}: {error}") from error
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _header_faults(names: Sequence[str], config: TableConfig) -> list[str]:
    place, columns = f"{config.path}:1", config.columns.model_dump()
    # Whoever gave a column a name of their own wants it there. Which keys a file set would not do: the resolved config that
    # a release or a search writes down sets them all.
    usual = type(config.columns)().model_dump()
    columns = {field: name for field, name in columns.items() if name is not None}
    wanted = {"text", "stance"} | {field for field, name in columns.items() if name != usual[field]}
    faults = [
        f"{place}: column {columns[field]}: missing, found {', '.join(names) or 'nothing'}; name the column of the "
        f"{field} under columns.{field}"
        for field in columns
        if field in wanted and columns[field] not in names
    ]
    faults += [f"{place}: column {name}: stands {n} times; keep one" for name, n in Counter(names).items() if n > 1]
    absent = [column for column in columns.values() if column not in names]
    for name in names:
        # A mistyped article_id would let an article into two splits unseen.
        meant = difflib.get_close_matches(name.lower(), absent, n=1, cutoff=0.8)
        if meant and name not in columns.values():
            faults.append(f"{place}: column {name}: unknown, and like {meant[0]}, which is missing; rename or map it")
    if config.split is not None and columns["split"] in names:
        faults.append(
            f"{place}: column {columns['split']}: the config gives the whole file to {config.split}; remove one"
        )
    return faults


def _row(
    cells: Mapping[str, str], config: TableConfig, place: str, seen: Counter[str]
) -> tuple[dict[str, Any], list[str]]:
    columns = config.columns
    text, label = cells[columns.text], cells[columns.stance].strip()
    claims = cells.get(columns.claim_types, "").translate(SEPARATORS).split(";")
    # Null names no column; a table that pandas wrote has one whose name is empty.
    article, given = ("" if name is None else cells.get(name, "").strip() for name in (columns.article_id, columns.id))
    faults = [
        f"{place}: column {column}: empty, expected {what}"
        for column, value, what in ((columns.text, text.strip(), "a sentence"), (columns.stance, label, "a stance"))
        if not value
    ]
    # Without an id the sentence is its own, whatever line it stands on; the same one again gets a number.
    own = hashlib.sha256(normalise(text, scheme="light").encode()).hexdigest()[:12]
    seen[own] += 1
    split = config.split or split_by_hash(article or given or own)
    if columns.split in cells:
        split = cells[columns.split].strip()
        if split not in SPLITS:
            faults.append(
                f"{place}: column {columns.split}: {split!r} found, expected one of {', '.join(SPLITS)}; or leave out the "
                "whole column, and the sentences are dealt out"
            )
    row = {
        "id": given or f"{config.path.stem}-{own}" + (f"-{seen[own]}" if seen[own] > 1 else ""),
        "text": text,
        "stance": config.stances.get(label, label),
        "claim_types": list(dict.fromkeys(claim.strip() for claim in claims if claim.strip())),
        "split": split,
        "article_id": article or None,
    }
    return row, faults
