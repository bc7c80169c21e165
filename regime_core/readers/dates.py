"""Which number of a date is the day: decided over the whole column, and left open where nothing decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ReaderError

Int = NDArray[np.int64]
ORDERS: dict[str, tuple[int, int, int]] = {
    "day/month/year": (2, 1, 0),
    "month/day/year": (2, 0, 1),
    "year/month/day": (0, 1, 2),
    "year/day/month": (0, 2, 1),
}
"""Words for an order of three numbers -> where year, month and day stand among them; the last is nobody's but by mistake."""
EXCHANGED = {
    "day/month/year": "month/day/year",
    "month/day/year": "day/month/year",
    "year/month/day": "year/day/month",
}
"""An order -> that with day and month exchanged."""
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


def decide(parts: Int, orders: tuple[str, ...], *, where: Callable[[], str]) -> tuple[Int, str]:
    """Days since 1970 of dates given as three numbers, (n, 3), as written; and the order found.

    orders : keys of ``ORDERS`` that are possible. Impossible days rule an order out, as does a mixture of two; then falling
    back in time, weekends and uneven steps do. An order that is offered is taken where it is the only one given.
    Raises AmbiguousDates where two orders remain that give different days, ImpossibleDates where none does, ReaderError where
    each that does is a mixture.
    """
    found = {order: _read(parts, order) for order in orders}
    possible = {order: days for order, (days, exists) in found.items() if exists.all()}
    if not possible:
        order = min(found, key=lambda name: int((~found[name][1]).sum()))
        raise ImpossibleDates(int(np.flatnonzero(~found[order][1])[0]), order)
    whole = {order: days for order, days in possible.items() if not _is_mixture(parts, order, days)}
    if not whole:
        raise _mixture(next(iter(possible)), where())
    for rule in (_different, _ordered, _on_weekdays, _evenly_spaced):
        whole = rule(whole)
        if len(whole) == 1:
            order = next(iter(whole))
            return whole[order], order
    readings = tuple(DateReading(order, _iso(days.min()), _iso(days.max())) for order, days in whole.items())
    shown = " or ".join(f"{reading.order} ({reading.first} to {reading.last})" for reading in readings)
    raise AmbiguousDates(
        f"{where()} may be {shown}, and no line settles which: name the order, or write dates as yyyy-mm-dd.", readings
    )


def refuse_exchanged(days: Int, *, where: Callable[[], str]) -> None:
    """Raise ReaderError where days, (n,), read as year/month/day, jump to and fro in time, and their exchange would not.

    Day and month are exchanged in those of them that then exist.
    """
    step = np.diff(days)
    if (step >= 0).all() or (step <= 0).all() or turns(days) <= CROOKED:
        return
    months = days.astype("M8[D]").astype("M8[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    parts = np.column_stack([year + 1970, month + 1, days - months.astype("M8[D]").astype(np.int64) + 1])
    if _is_mixture(parts, "year/month/day", days):
        raise _mixture("year/month/day", where())


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


def _different(possible: dict[str, Int]) -> dict[str, Int]:
    """One order of those that give the same days."""
    kept: dict[str, Int] = {}
    for order, days in possible.items():
        if not any((days == other).all() for other in kept.values()):
            kept[order] = days
    return kept


def _ordered(possible: dict[str, Int]) -> dict[str, Int]:
    """Orders under which rows (nearly) never step back in time, where under the others they do several times as often."""
    back = {order: turns(days) for order, days in possible.items()}
    least = min(back.values())
    if least > CROOKED:
        return possible
    return {order: days for order, days in possible.items() if back[order] <= max(CROOKED, 4 * least)}


def _is_mixture(parts: Int, order: str, days: Int) -> bool:
    """Whether rows step to and fro in time, and would not if those of two readings had the other order.

    So a spreadsheet leaves a file of the other country: it swaps the days up to the twelfth and keeps the rest. Where every
    row has two readings, nothing tells such a file from one of the other order, except that no file is year/day/month by right.
    """
    if turns(days) <= CROOKED:
        return False
    swapped, exists = _read(parts, EXCHANGED[order])
    told = order == "year/month/day" or not exists.all()
    return told and turns(np.where(exists, swapped, days)) <= CROOKED / 2


def _mixture(order: str, where: str) -> ReaderError:
    return ReaderError(
        "reader.mixed_dates",
        f"{where}: some dates are {order} and others {EXCHANGED[order]}, as after a spreadsheet has read them in its own "
        "order: export the file again with dates as yyyy-mm-dd.",
    )


def turns(days: Int) -> float:
    """Share of the rarer direction among the steps of days, (n,), that are not zero; 0 for fewer than three of them."""
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
