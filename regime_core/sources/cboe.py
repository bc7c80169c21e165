"""Cboe's VIX_History.csv: daily VIX since 1990."""

from __future__ import annotations

from datetime import date

import numpy as np

from regime_core.bars import PRICES
from regime_core.errors import SourceError
from regime_core.sources import tables
from regime_core.sources.daily import Daily, daily
from regime_core.sources.download import fetch

BASE_URL = "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv"
HEADER = ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]


def load(series: str, *, base_url: str, today: date, timeout_seconds: float) -> Daily:
    """Daily VIX. Raises SourceError where the table is cut short or of another shape."""
    body = fetch(base_url, timeout_seconds=timeout_seconds)
    header, rows = tables.table(body, width=len(HEADER))
    if [name.upper() for name in header] != HEADER:
        raise SourceError("source.format", f"{body.url} begins with {','.join(header)[:80]}, not {','.join(HEADER)}.")
    days = [tables.day(body, line, cells[0], "%m/%d/%Y") for line, cells in rows]
    columns = {
        name: np.array([tables.number(body, line, name, cells[i]) for line, cells in rows])
        for i, name in enumerate(PRICES, start=1)
    }
    return daily(body.url, days, columns, today=today)
