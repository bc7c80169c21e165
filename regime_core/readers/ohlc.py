"""Open, high, low and close told by what four columns hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from regime_core.bars import Float
from regime_core.readers.month_names import numbered_months

HANDOVER_ERRORS = 4.0
"""Standard errors by which an open must lie nearer to the last close more often than a close to the last open."""
YEAR_FIRST = re.compile(r"(?:1[6-9]|2[01])\d\d\D?[01]|\d{10,19}$")
YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})((?:[ T,]+\d{2}:\d{2}(?::\d{2})?)?)$")
WIDEST_RANGE = 15.0
"""Median of high over low, as a log, in median absolute log moves from row to row: about 2 for bars of one instrument."""


def ohlc_of(four: Float) -> dict[str, int] | None:
    """Field -> place among four columns, (n, 4), by their content; None where no column is the maximum and one the minimum.

    Of the two that remain the first is the open.
    """
    rows = four[np.isfinite(four).all(axis=1) & (four > 0).all(axis=1)]
    if not len(rows) or float(rows.max() / rows.min()) > 1e6:
        return None
    tops = (rows >= rows.max(axis=1, keepdims=True)).mean(axis=0)
    bottoms = (rows <= rows.min(axis=1, keepdims=True)).mean(axis=0)
    high = 1 if tops[1] >= 0.98 else int(tops.argmax())
    low = 2 if bottoms[2] >= 0.98 else int(bottoms.argmax())
    if tops[high] < 0.98 or bottoms[low] < 0.98 or high == low:
        return None
    if np.median(rows[:, high] / rows[:, low]) > 2:
        return None
    first, second = (i for i in range(4) if i not in (high, low))
    return {"open": first, "high": high, "low": low, "close": second}


def told_ends(four: Float, fields: dict[str, int], direction: int) -> dict[str, int] | None:
    """Fields with open and close as they stand first and last, or as one bar hands over to the next; None where neither tells.

    direction : 1 where rows are oldest first, -1 newest first, 0 where that is not known: then they may only bear out that the
    first is the open, as rows stand.
    """
    rows = four[np.isfinite(four).all(axis=1)][:: direction or 1]
    stand = (fields["open"], fields["close"]) == (0, 3)
    opens, closes = rows[:, fields["open"]], rows[:, fields["close"]]
    lead = np.abs(closes[1:] - opens[:-1]) - np.abs(opens[1:] - closes[:-1])
    wins, losses = int((lead > 0).sum()), int((lead < 0).sum())
    if abs(wins - losses) < HANDOVER_ERRORS * np.sqrt(max(wins + losses, 1)):
        return fields if stand else None
    if not direction:
        return fields if stand and wins > losses else None
    return fields if wins > losses else {**fields, "open": fields["close"], "close": fields["open"]}


def direction_of(cells: tuple[str, ...]) -> int:
    """Whether times are oldest first (1) or newest first (-1); 0 where their text does not tell."""
    texts = numbered_months(pa.array(cells, pa.string()))[0].to_pylist()
    if all(YEAR_FIRST.match(text) for text in texts) and len({len(text) for text in texts}) == 1:
        return _sorted([(text,) for text in texts])
    found = [YEAR_LAST.match(text) for text in texts]
    parts = [(match[1].zfill(2), match[2].zfill(2), match[3], match[4]) for match in found if match]
    if len(parts) < len(cells) or len({(len(year), len(clock)) for *_, year, clock in parts}) != 1:
        return 0
    day_first = _sorted([(year, month, day, clock) for day, month, year, clock in parts])
    month_first = _sorted([(year, month, day, clock) for month, day, year, clock in parts])
    return day_first if day_first == month_first or not month_first else 0 if day_first else month_first


def _sorted(keys: Sequence[tuple[str, ...]]) -> int:
    steps = list(pairwise(keys))
    return int(all(earlier <= later for earlier, later in steps)) - int(all(earlier >= later for earlier, later in steps))


def apart(four: Float, fields: dict[str, int]) -> bool:
    """Whether maximum and minimum lie so much further apart than a bar moves that they are two instruments."""
    rows = four[np.isfinite(four).all(axis=1) & (four > 0).all(axis=1)]
    if len(rows) < 5:
        return False
    moves = np.median(np.abs(np.diff(np.log(rows), axis=0)))
    ranges = np.log(rows[:, fields["high"]] / rows[:, fields["low"]])
    return bool(moves > 0 and np.median(ranges) > WIDEST_RANGE * moves)
