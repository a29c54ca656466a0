"""Rows as a file that a caller saves: CSV, JSON lines or Excel.

The file is written aside and whole before its first byte is sent, so that an answer of 200 is never cut short by an error.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from serving.batch.columns import plain
from serving.batch.parts import open_part
from serving.errors import ServiceError

__all__ = ["EXCEL_ROWS", "MEDIA_TYPES", "Export", "send_file", "write_export"]

Export = Literal["jsonl", "csv", "xlsx"]
MEDIA_TYPES: Mapping[str, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A sheet's, without its header.
EXCEL_ROWS = 1_048_575
# A cell's.
EXCEL_CHARS = 32_767
_CHUNK = 1000
_BLOCK = 1 << 18


def write_export(
    folder: Path, format: Export, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, title: str
) -> IO[bytes]:
    """Write rows to a file of `folder` that has no name, and vanishes when it is closed.

    Args:
        folder: is made where it is missing.
        format: of the file.
        columns: of CSV and Excel; in JSON lines each row has its own keys.
        rows: one after the other, held in memory a few at a time.
        title: of the sheet.

    Raises:
        ServiceError: 422, more rows than a sheet has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix="export-")
    os.close(handle)
    path = Path(name)
    try:
        if format == "xlsx":
            _write_excel(path, columns, rows, title)
        else:
            part = open_part(path, format, pa.schema([(column, pa.string()) for column in columns]), {})
            rows = iter(rows)
            while chunk := list(islice(rows, _CHUNK)):
                part.rows(chunk)
            part.close()
        return path.open("rb")
    finally:
        path.unlink()


def _write_excel(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], title: str) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.sheet_view.rightToLeft = True
    sheet.freeze_panes = "A2"
    sheet.append(columns)
    for number, row in enumerate(rows):
        if number >= EXCEL_ROWS:
            book.close()
            message = f"xlsx: a sheet has {EXCEL_ROWS:,} rows; filter, or take csv"
            raise ServiceError(
                422, "invalid", f"format: {message}", details={"faults": [{"field": "format", "message": message}]}
            )
        sheet.append([_cell(sheet, row.get(column)) for column in columns])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    value = plain(value)
    if isinstance(value, list):
        value = ";".join(str(one) for one in value)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:EXCEL_CHARS])
    # A text that begins with "=" would else be a formula, and "#N/A" an error.
    cell.data_type = "s"
    return cell


def send_file(stream: IO[bytes], *, format: Export, name: str) -> Response:
    """The answer that a browser saves under a name; closes the file however it ends."""
    headers = {
        "Content-Length": str(os.fstat(stream.fileno()).st_size),
        "Content-Disposition": f'attachment; filename="{name}.{format}"',
    }
    return StreamingResponse(_blocks(stream), media_type=MEDIA_TYPES[format], headers=headers)


async def _blocks(stream: IO[bytes]) -> AsyncIterator[bytes]:
    with stream:
        while block := await run_in_threadpool(stream.read, _BLOCK):
            yield block
