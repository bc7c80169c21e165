"""Symbols of a file of many: a table of where each stands, to sort and to pick from."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
import numpy as np
from dash import dcc, html

from components import tables
from components.theme import LOOKS
from regime_core.regimes import UNKNOWN_CODE
from regime_core.studies import Summary

MOST_HIGH = 9
_NOT_SOUGHT = {"function": "''"}
_SOUGHT = {"getQuickFilterText": {"function": "params.value"}}
"""Typing finds these columns, and not the digits of a date or a price."""


def grid(identifier: str) -> dag.AgGrid:
    """Empty table, to be filled with ``rows``; one row can be picked."""
    return dag.AgGrid(
        id=identifier,
        columnDefs=_columns(),
        rowData=[],
        getRowId="params.data.id",
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "getQuickFilterText": _NOT_SOUGHT},
        dashGridOptions={
            **tables.GRID_OPTIONS,
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        },
        eventListeners={"cellKeyDown": ["pickOnEnter(params)"]},
        className="grid",
        style=height(1),
    )


def search(identifier: str) -> html.Div:
    """Box to type part of a symbol or regime into."""
    box = dcc.Input(id=identifier, type="search", placeholder="Find a symbol or regime", className="form-control search")
    return html.Div([html.Label("Find", htmlFor=identifier, className="visually-hidden"), box])


def height(n_rows: int) -> dict[str, str]:
    """Style that shows all rows up to nine, and scrolls beyond."""
    return {"height": f"{tables.ROW_HEIGHT * (min(n_rows, MOST_HIGH) + 1) + 4}px", "width": "100%"}


def rows(summary: Summary) -> list[dict[str, Any]]:
    """Row of each symbol, in the order of the file."""
    first, last = (np.datetime_as_string(time.view("M8[ns]"), unit="D").tolist() for time in (summary.first, summary.last))
    return [
        {
            "id": str(i),
            "symbol": symbol,
            "regime": LOOKS[code].word,
            "sign": LOOKS[code].sign,
            "colour": LOOKS[code].ink,
            "confidence": None if code == UNKNOWN_CODE else float(summary.confidence[i]),
            "age": None if code == UNKNOWN_CODE else int(summary.age[i]),
            "bars": int(summary.bars[i]),
            "close": float(summary.close[i]),
            "first": first[i],
            "last": last[i],
        }
        for i, (symbol, code) in enumerate(zip(summary.symbol, summary.code.tolist(), strict=True))
    ]


def _columns() -> list[dict[str, Any]]:
    return [
        {"field": "symbol", "headerName": "Symbol", "minWidth": 110, "flex": 2, **_SOUGHT},
        {"field": "regime", "headerName": "Regime", "minWidth": 165, "flex": 2, "cellRenderer": "RegimeCell", **_SOUGHT},
        {"field": "confidence", "headerName": "Confidence", "minWidth": 110, "flex": 1, **tables.PERCENT},
        {"field": "age", "headerName": "For bars", "minWidth": 100, "flex": 1, **tables.COUNT},
        {"field": "close", "headerName": "Last close", "minWidth": 110, "flex": 1, **tables.PRICE},
        {"field": "bars", "headerName": "Bars", "minWidth": 90, "flex": 1, **tables.COUNT},
        {"field": "first", "headerName": "From", **tables.DAY},
        {"field": "last", "headerName": "To", **tables.DAY},
    ]
