"""Excel workbooks as text: the first sheet that looks like prices, with dates written as ISO."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from regime_core.errors import ReaderError
from regime_core.readers.archives import too_large
from regime_core.readers.names import recognised

HEADER_ROWS = 60


def sheet_as_csv(data: bytes, shown: str, *, max_bytes: int) -> bytes:
    """First sheet with prices of an ``.xlsx`` workbook as UTF-8 CSV; the first that is not empty where none names prices.

    Raises ReaderError where the workbook is damaged, locked, empty, or unpacks to more than ``max_bytes``.
    """
    import python_calamine

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(info.file_size for info in parts.infolist()) > max_bytes:
                raise too_large(f"{shown}, unpacked,", max_bytes)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        first = b""
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if not any(cell != "" for row in rows for cell in row):
                continue
            named = max(recognised([str(cell) for cell in row]) for row in rows[:HEADER_ROWS])
            if named >= 3 or len(book.sheet_names) == 1:
                return _csv(rows)
            first = first or _csv(rows)
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReaderError(
            "reader.damaged", f"{shown} cannot be opened as a workbook ({error}): save the sheet as CSV."
        ) from error
    if not first:
        raise ReaderError("reader.empty", f"{shown} has no sheet with anything in it: save the prices in its first sheet.")
    return first


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_shown(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _shown(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
