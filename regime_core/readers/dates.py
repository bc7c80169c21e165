"""Which number of a date is the day: decided over the whole column, and left open where nothing decides it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ReaderError

Int = NDArray[np.int64]
ORDERS: dict[str, tuple[int, int, int]] = {
    "day/month/year": (2, 1, 0),
    "month/day/year": (2, 0, 1),
    "year/month/day": (0, 1, 2),
}
"""Words for an order of three numbers -> where year, month and day stand among them."""
WEEKDAYS_NEEDED = 15
"""Days that must all fall on Monday to Friday under one order, and not under another, before that settles it."""
REGULAR_NEEDED = 12
CROOKED = 0.02
"""Share of steps back in time up to which rows count as in order of time."""
PIVOT = 69
"""Two-digit years from here on are of the last century, unless the order of the rows says otherwise."""


@dataclass(frozen=True, slots=True)
class DateReading:
    """One way to read a column of dates. first, last : earliest and latest day it would give, as ISO dates."""

    order: str
    first: str
    last: str


class AmbiguousDates(ReaderError):
    """Dates that may be read in several ways; ``readings`` are those ways."""

    def __init__(self, message: str, readings: tuple[DateReading, ...]) -> None:
        super().__init__("reader.ambiguous_dates", message)
        self.readings = readings


class ImpossibleDates(Exception):
    """No order makes every row a date. row : the first that rules out the likeliest order."""

    def __init__(self, row: int, order: str) -> None:
        super().__init__(row)
        self.row = row
        self.order = order


def days_of(year: Int, month: Int, day: Int) -> tuple[Int, NDArray[np.bool_]]:
    """Days since 1970 of dates, (n,), and which of them exist."""
    possible = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1678) & (year <= 2261)
    safe_year, safe_month = np.where(possible, year, 1970), np.where(possible, month, 1)
    first = (safe_year - 1970).astype("M8[Y]").astype("M8[M]") + (safe_month - 1)
    found = first.astype("M8[D]") + (np.where(possible, day, 1) - 1)
    exists = possible & (found.astype("M8[M]") == first)
    return found.astype(np.int64), exists


def decide(parts: Int, orders: tuple[str, ...], *, where: str) -> tuple[Int, str]:
    """Days since 1970 of dates given as three numbers, (n, 3), as written; and the order found.

    orders : keys of ``ORDERS`` that are possible. Impossible days rule an order out; then falling back in time, weekends and
    uneven steps do. Raises AmbiguousDates where two orders remain that give different days, ImpossibleDates where none does.
    """
    found = {order: _read(parts, order) for order in orders}
    possible = {order: days for order, (days, exists) in found.items() if exists.all()}
    if not possible:
        order = min(found, key=lambda name: int((~found[name][1]).sum()))
        raise ImpossibleDates(int(np.flatnonzero(~found[order][1])[0]), order)
    if len(possible) == 1:
        order = next(iter(possible))
        _refuse_mixture(parts, order, possible[order], where)
        return possible[order], order
    first = next(iter(possible))
    if all((days == possible[first]).all() for days in possible.values()):
        return possible[first], first
    for rule in (_ordered, _on_weekdays, _evenly_spaced):
        kept = rule(possible)
        if len(kept) == 1:
            order = next(iter(kept))
            return kept[order], order
    readings = tuple(DateReading(order, _iso(days.min()), _iso(days.max())) for order, days in possible.items())
    shown = " or ".join(f"{reading.order} ({reading.first} to {reading.last})" for reading in readings)
    raise AmbiguousDates(
        f"{where} may be {shown}, and no line settles which: name the order, or write dates as yyyy-mm-dd.", readings
    )


def _read(parts: Int, order: str) -> tuple[Int, NDArray[np.bool_]]:
    year, month, day = (parts[:, i] for i in ORDERS[order])
    return days_of(full_years(year), month, day)


def full_years(year: Int) -> Int:
    """Years in full: those of two digits get their century, so that rows in order of time stay so."""
    short = year < 100
    if not short.any():
        return year
    full = np.where(short, np.where(year < PIVOT, 2000, 1900) + year, year)
    if short.all() and len(year) > 1:
        unwrapped = _unwrapped(year)
        steps = np.diff(unwrapped)
        if ((steps >= 0).all() or (steps <= 0).all()) and not ((np.diff(full) >= 0).all() or (np.diff(full) <= 0).all()):
            return unwrapped
    return full


def _unwrapped(year: Int) -> Int:
    """Years that pass a century's end at most where ``99`` meets ``00``; the newest is of this century below the pivot."""
    falls = np.cumsum(np.append(0, np.where(np.diff(year) < -50, 1, np.where(np.diff(year) > 50, -1, 0))))
    full = year + 100 * falls
    newest = int(full.argmax())
    shifted: Int = full - full[newest] + (2000 if year[newest] < PIVOT else 1900) + year[newest]
    return shifted


def _ordered(possible: dict[str, Int]) -> dict[str, Int]:
    """Orders under which rows (nearly) never step back in time, where others often do."""
    turns = {order: _turns(days) for order, days in possible.items()}
    straight = {order: possible[order] for order, share in turns.items() if share <= CROOKED}
    crooked = [order for order, share in turns.items() if share >= 0.1]
    return straight if len(straight) + len(crooked) == len(possible) and straight else possible


def _refuse_mixture(parts: Int, order: str, days: Int, where: str) -> None:
    """Raise ReaderError where rows step to and fro in time, and would not if those of two readings had the other order.

    So a spreadsheet leaves a file of the other country: it swaps the days up to the twelfth and keeps the rest.
    """
    other = {"day/month/year": "month/day/year", "month/day/year": "day/month/year"}.get(order)
    if other is None or _turns(days) <= CROOKED:
        return
    swapped, exists = _read(parts, other)
    if _turns(np.where(exists, swapped, days)) <= CROOKED / 2:
        raise ReaderError(
            "reader.mixed_dates",
            f"{where}: some dates are {order} and others {other}, as after a spreadsheet has read them in its own order: "
            "export the file again with dates as yyyy-mm-dd.",
        )


def _turns(days: Int) -> float:
    steps = np.diff(days)
    steps = steps[steps != 0]
    return 0.0 if len(steps) < 3 else float(min((steps < 0).mean(), (steps > 0).mean()))


def _on_weekdays(possible: dict[str, Int]) -> dict[str, Int]:
    unique = {order: np.unique(days) for order, days in possible.items()}
    weekends = {order: int((((days + 3) % 7) >= 5).sum()) for order, days in unique.items()}
    clean = {order: possible[order] for order in possible if weekends[order] == 0 and len(unique[order]) >= WEEKDAYS_NEEDED}
    others = [order for order in possible if order not in clean]
    return clean if clean and others and all(weekends[order] >= 2 for order in others) else possible


def _evenly_spaced(possible: dict[str, Int]) -> dict[str, Int]:
    even = {}
    for order, days in possible.items():
        steps = np.abs(np.diff(np.unique(days)))
        if len(steps) >= REGULAR_NEEDED and steps.max() <= 1.5 * np.median(steps) + 4:
            even[order] = days
    uneven = [order for order in possible if order not in even]
    wild = all(_unevenness(possible[order]) > 10 for order in uneven)
    return even if even and uneven and wild else possible


def _unevenness(days: Int) -> float:
    steps = np.abs(np.diff(np.unique(days)))
    return float(steps.max() / np.median(steps)) if len(steps) else 1.0


def _iso(day: np.int64) -> str:
    return str(np.datetime64(int(day), "D"))
