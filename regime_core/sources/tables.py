"""A source's CSV table as rows of text, refused where it was cut short."""

from __future__ import annotations

import csv
import io
import math
from datetime import date, datetime

from regime_core.errors import SourceError
from regime_core.sources.download import Body


def table(body: Body, *, width: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows of a CSV body, every row ``width`` fields.

    Raises SourceError where a row has another width, or the end shows that the rest did not come: no line end after the last
    row, unless that row's numbers all have as many decimals.
    """
    try:
        text = body.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError("source.format", f"{body.url} is not UTF-8 text.") from error
    reader = csv.reader(io.StringIO(text))
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise SourceError("source.format", f"{body.url}, line {reader.line_num} cannot be split: {error}.") from error
    for line, cells in rows:
        if len(cells) != width:
            raise SourceError(
                "source.truncated",
                f"{body.url}, line {line} has {len(cells)} field(s), not {width}: cut short or another file.",
            )
    if len(rows) < 2:
        raise SourceError("source.no_rows", f"{body.url} holds no rows.")
    if not text.endswith(("\n", "\r")) and not _looks_whole(rows[-1][1]):
        raise SourceError("source.truncated", f"{body.url} ends inside line {rows[-1][0]}: it was cut short.")
    return rows[0][1], rows[1:]


def number(body: Body, line: int, name: str, cell: str) -> float:
    """Value of a cell; NaN for ``.`` or nothing."""
    if cell in ("", "."):
        return math.nan
    try:
        return float(cell)
    except ValueError as error:
        raise SourceError("source.format", f'{body.url}, line {line}, {name}: "{cell[:40]}" is not a number.') from error


def day(body: Body, line: int, cell: str, form: str) -> date:
    """Date of a cell, in the form that ``strptime`` knows."""
    try:
        return datetime.strptime(cell, form).date()
    except ValueError as error:
        raise SourceError("source.format", f'{body.url}, line {line}: "{cell[:40]}" is not a date.') from error


def _looks_whole(cells: list[str]) -> bool:
    decimals = {len(cell.partition(".")[2]) for cell in cells[1:]}
    return len(cells) > 2 and len(decimals) == 1 and decimals != {0}
