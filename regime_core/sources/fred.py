"""FRED's VIXCLS: the daily close of the VIX since 1990."""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from regime_core.bars import PRICES
from regime_core.errors import SourceError
from regime_core.sources import tables
from regime_core.sources.daily import Daily, daily
from regime_core.sources.download import fetch

BASE_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv"
SERIES_ID = "VIXCLS"
CLOSE_NOTE = "FRED has closes only: open, high and low repeat the close."


def load(series: str, *, base_url: str, today: date, timeout_seconds: float) -> Daily:
    """Daily closes of the VIX; holidays, which FRED lists without a value, are no rows.

    Raises SourceError where the table is cut short or of another shape.
    """
    body = fetch(base_url, params={"id": SERIES_ID}, timeout_seconds=timeout_seconds)
    header, rows = tables.table(body, width=2)
    if header[0].lower() not in ("observation_date", "date") or header[1].upper() != SERIES_ID:
        raise SourceError("source.format", f"{body.url} begins with {','.join(header)[:80]}, not observation_date,{SERIES_ID}.")
    closes = [
        (tables.day(body, line, cells[0], "%Y-%m-%d"), tables.number(body, line, SERIES_ID, cells[1])) for line, cells in rows
    ]
    known = [(day, close) for day, close in closes if not math.isnan(close)]
    close = np.array([value for _, value in known], dtype=np.float64)
    return daily(
        body.url, [day for day, _ in known], dict.fromkeys(PRICES, close), today=today, notes=(CLOSE_NOTE,), close_only=True
    )
