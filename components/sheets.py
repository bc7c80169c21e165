"""Sheets: tables of results that are shown in a card and saved as CSV, both from the same rows."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

Row = dict[str, Any]
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.])")
"""Words that a spreadsheet would take for a formula: a file's names are its sender's."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is shown: its title, what it means, and what a cell says of a row."""

    title: str
    hint: str
    show: Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    label : what it holds, for screen readers. rows : plain values by column of the CSV, all with the same keys.
    columns : what is shown; the first names the row. group : words of a line above each run of rows of which they are the same.
    strong : rows that are set off.
    """

    label: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    group: Callable[[Row], str] | None = None
    strong: Callable[[Row], bool] | None = None


def table(sheet: Sheet) -> html.Div:
    """A sheet as a table that scrolls inside its card."""
    first, *others = sheet.columns
    head = html.Tr(
        [
            html.Th(first.title, scope="col", title=first.hint or None),
            *(html.Th(column.title, scope="col", title=column.hint or None, className="figure") for column in others),
        ]
    )
    lines: list[html.Tr] = []
    above = None
    for row in sheet.rows:
        words = sheet.group(row) if sheet.group else None
        if words is not None and words != above:
            lines.append(
                html.Tr(html.Th(html.Span(words), scope="colgroup", colSpan=len(sheet.columns)), className="sheet-group")
            )
            above = words
        lines.append(_line(sheet, row))
    made = html.Table([html.Thead(head), html.Tbody(lines)], className="plain sheet", **{"aria-label": sheet.label})
    return html.Div(made, className="scroll", tabIndex="0", role="region", **{"aria-label": sheet.label})


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header line; NaN and None are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0] if rows else [])
    writer.writerows([_plain(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _line(sheet: Sheet, row: Row) -> html.Tr:
    first, *others = sheet.columns
    cells = [html.Td(column.show(row), className="figure") for column in others]
    strong = sheet.strong is not None and sheet.strong(row)
    return html.Tr([html.Th(first.show(row), scope="row"), *cells], className="sheet-strong" if strong else None)


def _plain(value: object) -> object:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return f"{value:.10g}" if isinstance(value, float) else value
