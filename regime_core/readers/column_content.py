"""What the first rows of a column hold, and prices told by it where names do not tell them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regime_core.bars import PRICES, Float
from regime_core.errors import ReaderError
from regime_core.readers.cells import is_clock, is_date, is_epoch, is_missing, is_number
from regime_core.readers.layout import Layout
from regime_core.readers.ohlc import apart, ohlc_of, told_ends

SAMPLE_ROWS = 200
COUNTED = 10
"""Rows from which on consecutive numbers are a count."""
BORNE_OUT = 0.98
"""Share of rows in which a column must stand as a price does."""


@dataclass(frozen=True, slots=True)
class Content:
    """Shares of the first rows' filled cells, of one column, that look like each kind; filled : how many there are."""

    date: float
    epoch: float
    clock: float
    number: float
    filled: int
    cells: tuple[str, ...]


def content_of(layout: Layout, column: int) -> Content:
    """What a column's first rows hold."""
    cells = tuple(row[column].strip() for row in layout.sample[:SAMPLE_ROWS])
    filled = [cell for cell in cells if not is_missing(cell)]
    n = max(len(filled), 1)
    share = [sum(map(test, filled)) / n for test in (is_date, is_epoch, is_clock, is_number)]
    return Content(share[0], share[1], share[2], share[3], len(filled), cells)


def counts_rows(seen: Content) -> bool:
    """Whether a column counts the rows, from 0 or 1."""
    return len(seen.cells) >= COUNTED and any(
        all(cell == str(i) for i, cell in enumerate(seen.cells, start)) for start in (0, 1)
    )


def prices_by_content(
    layout: Layout, name: str, candidates: list[int], content: list[Content], direction: int
) -> dict[str, dict[str, int]]:
    """Prices told by what they hold: four columns of which one is the row's maximum and one its minimum, or closes alone."""
    values = {i: floats(content[i].cells) for i in candidates}
    for start in range(len(candidates) - 3):
        four = candidates[start : start + 4]
        if four != list(range(four[0], four[0] + 4)):
            continue
        prices = np.column_stack([values[i] for i in four])
        fields = ohlc_of(prices)
        if fields is not None and not apart(prices, fields):
            told = told_ends(prices, fields, direction)
            if told is None:
                raise ReaderError(
                    "reader.ambiguous_columns",
                    f"{name} has no header, and nothing settles which of columns {four[fields['open']] + 1} and "
                    f"{four[fields['close']] + 1} is the open and which the close: add a header line.",
                )
            found = {field: four[at] for field, at in told.items()}
            volume = next((i for i in candidates if i > four[-1] and (values[i] >= 0).mean() > 0.9), None)
            return {"": found if volume is None else {**found, "volume": volume}}
    if not layout.has_header and len(candidates) != 1:
        raise ReaderError(
            "reader.no_header",
            f"{name} has no header and no four columns beside each other that look like prices (open, high, low, close): "
            "add a header line that names the columns.",
        )
    left = [i for i in range(layout.width) if i not in candidates and not counts_rows(content[i])]
    others = [i for i in left if content[i].filled and content[i].date < 0.5]
    closes = [i for i in candidates if looks_like_prices(values[i])]
    if not closes or others or len(closes) != len(candidates):
        raise ReaderError(
            "reader.missing_columns",
            f"{name} has no column that its name tells to be the close (found: {found_in(layout)}): name it close, or say "
            "which column is the close.",
        )
    return {layout.header[i] if len(closes) > 1 else "": {"close": i} for i in closes}


def completed(series: dict[str, dict[str, int]], unnamed: list[int], content: list[Content]) -> dict[str, dict[str, int]]:
    """A series of which the header names the close alone, with the three columns beside it that are its open, high and low."""
    if len(series) != 1 or set(PRICES) & set(next(iter(series.values()))) != {"close"}:
        return series
    name, fields = next(iter(series.items()))
    close = fields["close"]
    for start in range(close - 3, close + 1):
        four = list(range(start, start + 4))
        if not set(four) <= {*unnamed, close}:
            continue
        prices_ = np.column_stack([floats(content[i].cells) for i in four])
        found = ohlc_of(prices_)
        if found is not None and not apart(prices_, found) and four[found["high"]] != close != four[found["low"]]:
            ends = {four[found["open"]], four[found["close"]]} - {close}
            prices = {"open": ends.pop(), "high": four[found["high"]], "low": four[found["low"]], "close": close}
            return {name: {**prices, **fields}}
    return series


def may_be(field: str, values: Float, known: dict[str, Float]) -> bool:
    """Whether a column may be the price that is lacking, by where it stands to those known, all (n,)."""
    others = np.column_stack(list(known.values()))
    whole = np.isfinite(values) & np.isfinite(others).all(axis=1) & (others > 0).all(axis=1)
    if not whole.any():
        return False
    values, others = values[whole], others[whole]
    top, bottom = others.max(axis=1), others.min(axis=1)
    above, below = (values >= top) & (values < 2 * top), (values <= bottom) & (values > bottom / 2)
    within = {"high": above, "low": below}.get(field, (values >= bottom) & (values <= top))
    if not {"high", "low"} <= set(known) and field == "open":
        within = (values < 2 * bottom) & (values > top / 2)
    return bool(within.mean() >= BORNE_OUT)


def looks_like_prices(values: Float) -> bool:
    """Whether numbers, (n,), are all positive and none moves by more than a factor of e."""
    known = values[np.isfinite(values)]
    if not len(known) or (known <= 0).any():
        return False
    return len(known) < 2 or float(np.abs(np.diff(np.log(known))).max()) < 1.0


def floats(cells: tuple[str, ...]) -> Float:
    """Numbers of plainly written cells, (n,), NaN where one is none."""

    def number(cell: str) -> float:
        try:
            return float(cell.replace(",", "."))
        except ValueError:
            return float("nan")

    return np.array([number(cell) for cell in cells])


def found_in(layout: Layout) -> str:
    """Names of the columns, as messages list them."""
    names = [cell[:40] for cell in layout.header[:20]]
    return ", ".join(names) + (", …" if layout.width > 20 else "")
