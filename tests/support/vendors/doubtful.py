"""Files on which a hasty reader goes wrong: dates and numbers of two readings, headers that lie, mixed conventions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from vendors.known import VendorFile, daily, european, naive, one, round_the_clock, session, table, us, vendor

HEADER = "Date,Open,High,Low,Close,Volume"


def _rows(bars, date):
    return [[date(t), *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]


@vendor
def one_session_of_either_order() -> VendorFile:
    """05/04/2021 is a Monday in April or a Tuesday in May, and nothing else in the file tells."""
    start = datetime(2021, 4, 5, 9, 30)
    bars = naive(session(60)).dated([start + timedelta(minutes=5 * i) for i in range(60)])
    return one(
        "day.csv",
        table(HEADER, _rows(bars, lambda t: f"{t:%d/%m/%Y %H:%M}")),
        bars,
        status="ambiguous",
        warn=["ambiguous_dates"],
    )


@vendor
def three_days_of_either_order() -> VendorFile:
    """5, 6 and 7 January, or the first days of May, June and July, of which one is a Saturday."""
    days = [datetime(2021, 1, d) for d in (5, 6, 7)]
    bars = daily(3).dated(days)
    return one("few.csv", table(HEADER, _rows(bars, lambda t: f"{t:%d/%m/%Y}")), bars, may_ask=True)


@vendor
def day_first_without_a_name_for_it() -> VendorFile:
    """Day first, settled by days above twelve in most weeks, though the first rows could be either."""
    bars = daily(160, skip=20)
    return one("export.csv", table(HEADER, _rows(bars, lambda t: f"{t:%d/%m/%Y}")), bars)


@vendor
def two_orders_in_one_column() -> VendorFile:
    """A German spreadsheet took what it could for day first and left the rest as text.

    The American 01/13/2015 stands unchanged, 01/12/2015 became 01.12.2015; only the order of time tells.
    """
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%m.%d.%Y}" if t.day <= 12 else f"{t:%m/%d/%Y}")
    return one("damaged.csv", table(HEADER, rows), bars, may_ask=True)


@vendor
def decimal_or_thousands() -> VendorFile:
    """1,234 with three digits after every comma: 1.234 or 1234."""
    bars = daily().scaled(1, 0).without_volume()
    rows = [[f"{t:%Y-%m-%d}", *(us(p, 0) for p in (o, h, lo, c))] for t, o, h, lo, c, _ in bars]
    return one("index.csv", table("Date;Open;High;Low;Close", rows, sep=";"), bars, status="ambiguous")


@vendor
def high_and_low_exchanged() -> VendorFile:
    """The header calls the lowest price High."""
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, lo, h, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("swapped.csv", table(HEADER, rows), bars, warn=["mislabelled_columns"])


@vendor
def chinese_order_without_header() -> VendorFile:
    """Open, close, high, low: high and low show themselves, open and close do not for certain."""
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, c, h, lo)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("000300.txt", table(None, rows), bars, may_ask=True)


@vendor
def repeated_rows() -> VendorFile:
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%Y-%m-%d}")
    rows.insert(31, rows[30])
    return one("twice.csv", table(HEADER, rows), bars, warn=["duplicates"])


@vendor
def rows_out_of_order() -> VendorFile:
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%Y-%m-%d}")
    order = np.random.default_rng(3).permutation(len(rows))
    return one("shuffled.csv", table(HEADER, [rows[i] for i in order]), bars, warn=["out_of_order"])


@vendor
def opens_of_zero() -> VendorFile:
    """Old histories have an open of 0 where none was recorded; where such a bar opened is the reader's choice."""
    bars = daily(decimals=6)
    rows = [
        [f"{t:%Y-%m-%d}", "0.000000" if i < 60 else f"{o:.6f}", *(f"{p:.6f}" for p in (h, lo, c, c)), f"{v:.0f}"]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]
    return one("old.csv", table("Date,Open,High,Low,Close,Adj Close,Volume", rows), bars, unchecked=("open",))


@vendor
def partial_columns() -> VendorFile:
    """Open is empty in the first half of the file."""
    bars = daily()
    rows = [
        [cells[0], "" if i < 60 else cells[1], *cells[2:]] for i, cells in enumerate(_rows(bars, lambda t: f"{t:%Y-%m-%d}"))
    ]
    return one("half.csv", table(HEADER, rows), bars, unchecked=("open",), may_drop=True)


@vendor
def too_few_bars() -> VendorFile:
    bars = daily(12)
    return one("few.csv", table(HEADER, _rows(bars, lambda t: f"{t:%Y-%m-%d}")), bars, warn=["too_few_bars"])


@vendor
def no_header_at_all() -> VendorFile:
    bars = daily()
    return one("bare.csv", table(None, _rows(bars, lambda t: f"{t:%Y-%m-%d}")), bars, warn=["no_header"])


@vendor
def day_month_hours_of_a_year() -> VendorFile:
    """Month first with hours of AM and PM."""
    bars = naive(round_the_clock())
    rows = _rows(bars, lambda t: f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M:%S} {'AM' if t.hour < 12 else 'PM'}")
    return one("clock.csv", table(HEADER, rows), bars)


@vendor
def points_of_thousands_or_decimals() -> VendorFile:
    """Every price is like 102.910 and no other number tells whether that is 102910: volumes stay below a thousand."""
    bars = daily().scaled(50, 0)
    bars = bars.with_volume(np.arange(len(bars)) % 90 + 10)
    rows = [[f"{t:%Y-%m-%d}", *(european(p, 0) for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("index.csv", table(HEADER, rows), bars, status="ambiguous")


@vendor
def yen_of_three_decimals() -> VendorFile:
    """Every price is like 114.383, and volumes above a thousand are written without a mark: the point is a decimal one."""
    bars = daily().scaled(1 / 18, 3)
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.3f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("USDJPY.csv", table(HEADER, rows), bars)


@vendor
def volume_with_points() -> VendorFile:
    """Whole prices, and volumes like 2.529 that may be 2529: a volume is asked about or left unknown, not made a thousandth."""
    bars = daily().scaled(0.3, 0)
    bars = bars.with_volume(np.arange(len(bars)) * 37 + 1000)
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.0f}" for p in (o, h, lo, c)), european(v, 0)] for t, o, h, lo, c, v in bars]
    unknown = np.full(len(bars), np.nan)
    return one("volumes.csv", table(HEADER.replace(",", ";"), rows, sep=";"), bars, may_ask=True, volumes=(unknown,))


@vendor
def months_then_days() -> VendorFile:
    """Two years of months before the days: the part with the finer interval is what the file is read as."""
    bars = daily()
    months = daily(24, skip=200)
    months = months.dated([datetime(2013 + i // 12, i % 12 + 1, 1) for i in range(24)])
    rows = [*_rows(months, lambda t: f"{t:%Y-%m-%d}"), *_rows(bars, lambda t: f"{t:%Y-%m-%d}")]
    return one("mixed.csv", table(HEADER, rows), bars, warn=["irregular_interval"])


@vendor
def negative_prices() -> VendorFile:
    """Oil in April 2020: some closes below zero."""
    bars = daily().scaled(0.01, 2)
    low = bars.low.copy()
    close = bars.close.copy()
    low[100:102], close[100:102] = -40.32, -37.63
    bars = replace(bars, low=low, close=close)
    return one("CL.csv", table(HEADER, _rows(bars, lambda t: f"{t:%Y-%m-%d}")), bars, warn=["negative_prices"])
