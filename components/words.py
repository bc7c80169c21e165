"""Dates, counts and shares in words, the same on every page."""

from __future__ import annotations

import math
import re
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components import theme
from regime_core.bars import DAY_NS
from regime_core.regimes import ALL_NAMES, MIN_BARS, UNKNOWN, Detection

NBSP = "\u00a0"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SOURCES = {
    "arch": "arch package",
    "yahoo": "Yahoo",
    "cboe": "CBOE",
    "fred": "FRED",
    "csv": "CSV file",
    "upload": "upload",
    "shared": "shared with you",
}


def percent(fraction: float, digits: int = 0) -> str:
    """``0.7213`` as ``72 %``; a dash for NaN."""
    return "–" if math.isnan(fraction) else f"{fraction * 100:.{digits}f}{NBSP}%"


def chance(probability: float, digits: int = 0) -> str:
    """Probability of what is foretold, as ``percent``; ``> 99 %`` for more: no forecast is certain."""
    return percent(probability, digits) if probability < 0.995 else f">{NBSP}99{NBSP}%"


def signed_percent(fraction: float, digits: int = 1) -> str:
    """``-0.0213`` as ``−2.1 %``; a dash for NaN."""
    if math.isnan(fraction):
        return "–"
    return f"{fraction * 100:+.{digits}f}{NBSP}%".replace("-", "−")


def percents(fractions: NDArray[np.float64], digits: int, *, signed: bool = False) -> list[str]:
    """Each as ``percent``, or as ``signed_percent``: several times as fast for many, none of which is NaN."""
    pattern = f"%{'+' if signed else ''}.{digits}f{NBSP}%%"
    found = [pattern % percent for percent in (100 * fractions).tolist()]
    return [text.replace("-", "−") for text in found] if signed else found


def count(number: int, unit: str) -> str:
    """``1 bar``, ``2,500 bars``."""
    return f"{number:,}{NBSP}{unit}{'' if number == 1 else 's'}"


def moment(time_ns: int, *, intraday: bool) -> str:
    """``20 Nov 2026``, with the time of day in UTC for intraday bars."""
    stamp = pd.Timestamp(int(time_ns))
    return f"{_day(stamp)}, {stamp:%H:%M}{NBSP}UTC" if intraday else _day(stamp)


def days(time_ns: NDArray[np.int64]) -> list[str]:
    """Each as ``20 Nov 2026``: what ``moment`` makes of days, several times as fast for many."""
    return [_day(day) for day in time_ns.view("M8[ns]").astype("M8[D]").tolist()]


def second(time_ns: int) -> str:
    """``20 Nov 2026, 14:05:09 UTC``."""
    stamp = pd.Timestamp(int(time_ns))
    return f"{_day(stamp)}, {stamp:%H:%M:%S}{NBSP}UTC"


def told(text: str) -> str:
    """A sentence of the library with its ISO dates written as everywhere on the pages: ``1991-03-01`` as ``1 Mar 1991``.

    Not for errors in a file, which quote what stands there.
    """
    return _ISO_DATE.sub(lambda found: _written(found[0]), text)


def span(first_ns: int, last_ns: int, *, intraday: bool) -> str:
    """``3 Jan 2018 – 31 Dec 2018``."""
    return f"{moment(first_ns, intraday=intraday)} – {moment(last_ns, intraday=intraday)}"


def bars_in_span(n_bars: int, first_ns: int, last_ns: int, *, intraday: bool) -> str:
    """``180 bars, 2 Jan 2015 – 18 Sep 2015``."""
    return f"{count(n_bars, 'bar')}, {span(first_ns, last_ns, intraday=intraday)}"


def source(name: str) -> str:
    """Name of a source for people."""
    return _SOURCES.get(name, name)


def bar_unit(time_ns: NDArray[np.int64]) -> str:
    """``day`` for daily bars, ``bar`` for any others."""
    return unit_of(_median_step(time_ns))


def unit_of(step_ns: int) -> str:
    """``day`` for bars that are a day apart, ``bar`` for any others."""
    return "day" if step_ns == DAY_NS else "bar"


def answer(detection: Detection, unit: str) -> str:
    """``72 % likely trending bullish, for 17 days``; points instead of a likelihood for rules, which know none."""
    if detection.regime is UNKNOWN:
        few = detection.bars_used < MIN_BARS
        return f"Unknown: {count(detection.bars_used, 'bar')}, need {MIN_BARS}" if few else "No regime stands out"
    word = theme.LOOKS[ALL_NAMES.index(detection.regime.name)].word
    held = f"for {'at least ' if detection.regime_age_censored else ''}{count(detection.regime_age, unit)}"
    if detection.model.name == "rules":
        return f"{word} with {detection.confidence * 100:.0f} of 100 points, {held}"
    return f"{percent(detection.confidence)} likely {word.lower()}, {held}"


def _written(text: str) -> str:
    """A date; what only looks like one stays as it is."""
    try:
        return _day(date.fromisoformat(text))
    except ValueError:
        return text


def _day(day: date) -> str:
    return f"{day.day}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def _median_step(time_ns: NDArray[np.int64]) -> int:
    return int(np.median(np.diff(time_ns))) if len(time_ns) > 1 else 0
