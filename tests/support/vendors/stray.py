"""What becomes of a vendor's file on its way: spreadsheets, scripts, downloads that break off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from vendors.containers import archive
from vendors.known import Known, VendorFile, comma, daily, naive, one, round_the_clock, session, table, vendor

HEADER = "Date,Open,High,Low,Close,Volume"


def _rows(bars, date=lambda t: f"{t:%Y-%m-%d}", price=lambda p: f"{p:.2f}"):
    return [[date(t), *(price(p) for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]


@vendor
def cells_as_formulas() -> VendorFile:
    """A broker's export writes ="102.50", so that a spreadsheet leaves it as it is."""
    bars = daily()
    rows = [",".join(f'="{cell}"' for cell in row) for row in _rows(bars)]
    return one("history.csv", "\n".join([HEADER, *rows]) + "\n", bars)


@vendor
def swiss_apostrophes() -> VendorFile:
    bars = daily()
    return one("smi.csv", table(HEADER, _rows(bars, price=lambda p: f"{p:,.2f}".replace(",", "'"))), bars)


@vendor
def indian_lakhs() -> VendorFile:
    """2,05,890.00: two digits a group from a lakh on."""
    bars = daily().scaled(100, 2)

    def price(p):
        return f"{int(p) // 100_000},{int(p) // 1000 % 100:02},{p % 1000:06.2f}"

    return one("sensex.csv", table(HEADER, _rows(bars, price=price)), bars)


@vendor
def running_day_twice() -> VendorFile:
    """The last day comes again with the time of its last trade, as Yahoo's chart service adds it."""
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%Y-%m-%d} 00:00:00-05:00")
    rows.insert(-1, [rows[-1][0], "1999.00", "2200.00", "1900.00", "2000.00", "17"])
    rows[-1][0] = rows[-1][0].replace("00:00:00", "16:00:02")
    return one("chart.csv", table(HEADER, rows), bars, warn=["duplicates"])


@vendor
def javascript_dates() -> VendorFile:
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%a %b %d %Y} 00:00:00 GMT-0500 (Eastern Standard Time)")
    return one("export.csv", table(HEADER, rows), bars)


@vendor
def times_without_marks() -> VendorFile:
    bars = naive(round_the_clock())
    return one("bars.csv", table(HEADER, _rows(bars, lambda t: f"{t:%Y%m%d%H%M%S}")), bars)


@vendor
def times_with_milliseconds_and_no_marks() -> VendorFile:
    """As baostock writes minutes."""
    bars = naive(round_the_clock())
    return one("minutes.csv", table(HEADER, _rows(bars, lambda t: f"{t:%Y%m%d%H%M%S}000")), bars)


@vendor
def clock_before_the_date() -> VendorFile:
    bars = naive(round_the_clock())
    return one("bars.csv", table(HEADER, _rows(bars, lambda t: f"{t:%H:%M %d/%m/%Y}")), bars)


@vendor
def weeks_then_days() -> VendorFile:
    bars = daily()
    weeks = [bars.when[0] - timedelta(days=7 * i) for i in range(90, 0, -1)]
    rows = [[f"{t:%Y-%m-%d}", "2000", "2010", "1990", "2005", "5"] for t in weeks] + _rows(bars)
    return one("weekly.csv", table(HEADER, rows), bars, warn=["irregular_interval"])


@vendor
def preamble_of_pairs() -> VendorFile:
    """What the file is about, as names and values of which some are words for columns."""
    bars = daily()
    return one("export.csv", "Symbol:,SPX\nPeriod:,Daily\nCurrency:,USD\n\n" + table(HEADER, _rows(bars)), bars)


@vendor
def oanda_candles() -> VendorFile:
    """Prices of the middle, each named by a letter after its side."""
    bars = round_the_clock()
    rows = [[*row, "True"] for row in _rows(bars, lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.000000000Z")]
    return one("EUR_USD.csv", table("time,mid.o,mid.h,mid.l,mid.c,volume,complete", rows), bars)


@vendor
def hungarian() -> VendorFile:
    bars = daily()
    return one(
        "bux.csv", table("Dátum;Nyitó;Max;Min;Záró;Forgalom", _rows(bars, lambda t: f"{t:%Y.%m.%d}.", comma), sep=";"), bars
    )


@vendor
def names_of_an_unknown_language() -> VendorFile:
    """Only the close is known by its name; the three columns before it show what they are."""
    bars = daily().without_volume()
    rows = [row[:5] for row in _rows(bars)]
    return one("x.csv", table("Date,Vavaina,Avo,Ambany,Close", rows), bars)


@vendor
def low_called_open() -> VendorFile:
    bars = daily()
    return one("lies.csv", table("Date,Low,High,Open,Close,Volume", _rows(bars)), bars, warn=["mislabelled_columns"])


@vendor
def cut_off_last_line() -> VendorFile:
    """A download that broke off in the last line."""
    bars = daily()
    whole = bars.take(np.arange(len(bars) - 1))
    return one("part.csv", table(HEADER, _rows(bars))[:-25], whole, warn=["missing_prices"])


@vendor
def spreadsheet_of_the_other_country() -> VendorFile:
    """American dates in a British spreadsheet: it exchanged day and month up to the twelfth and kept the rest."""
    bars = daily()
    rows = _rows(bars, lambda t: f"{t:%m/%d/%Y}" if t.day <= 12 else f"{t:%d/%m/%Y}")
    return one("damaged.csv", table(HEADER, rows), bars, status="rejected")


@vendor
def epochs_rounded_by_a_spreadsheet() -> VendorFile:
    """1.42465E+12: whole hours share one time."""
    bars = naive(round_the_clock())
    rows = _rows(bars, lambda t: f"{(t - datetime(1970, 1, 1)).total_seconds() * 1000:.5E}")
    return one("binance.csv", table(HEADER, rows), bars, status="rejected")


@vendor
def new_york_clock_over_the_end_of_summer_time() -> VendorFile:
    """An hour comes twice, and only the offset tells."""
    start = datetime(2021, 11, 5, 12, tzinfo=session().when[0].tzinfo)
    when = [datetime.fromtimestamp(start.timestamp() + 3600 * i, start.tzinfo) for i in range(100)]
    bars = replace(round_the_clock(100), when=tuple(when), time=np.array([int(t.timestamp()) * 10**9 for t in when]))
    return one("hours.csv", table(HEADER, _rows(bars, lambda t: f"{t:%Y-%m-%d %H:%M:%S} {t.tzname()}")), bars)


def _several(column: str, names: tuple[str, ...]) -> VendorFile:
    truth = {name: daily(120).scaled(1 + i, 2) for i, name in enumerate(names)}
    rows = [[name, *row] for name, bars in truth.items() for row in _rows(bars)]
    data = table(f"{column},{HEADER}", rows).encode()
    return VendorFile("many.csv", data, truth, warnings=frozenset(["multi_symbol"]))


@vendor
def symbols_in_a_column_called_index() -> VendorFile:
    """Kaggle's stock exchange data: Index names the index, elsewhere it is the price."""
    return _several("Index", ("NYA", "IXIC", "HSI"))


@vendor
def contracts_told_apart_by_expiry() -> VendorFile:
    return _several("Expiry", ("2021-03-19", "2021-06-18", "2021-09-17"))


@vendor
def assets_by_number() -> VendorFile:
    return _several("Asset_ID", ("0", "1", "6"))


@vendor
def series_without_a_column_of_names() -> VendorFile:
    """Three series below each other, and nothing says which row is whose."""
    rows = [row for i in range(3) for row in _rows(daily(120).scaled(1 + i, 2))]
    return one("mixed.csv", table(HEADER, rows), daily(120), status="rejected")


@vendor
def zip_with_a_report() -> VendorFile:
    """HistData: the bars, and a text on their gaps."""
    bars = daily()
    data = archive({"DAT.csv": table(HEADER, _rows(bars)).encode(), "DAT.txt": b"Gap of 61s found between 1 and 2.\n"})
    return one("DAT.zip", data, bars)


@vendor
def zip_with_a_list_of_symbols() -> VendorFile:
    truth: dict[str, Known] = {name: daily(120).scaled(1 + i, 2) for i, name in enumerate(("AAPL", "MSFT"))}
    files = {f"{name}.csv": table(HEADER, _rows(bars)).encode() for name, bars in truth.items()}
    data = archive({**files, "symbols.csv": b"Symbol,Name\nAAPL,Apple\nMSFT,Microsoft\n"})
    return VendorFile("stocks.zip", data, truth, warnings=frozenset(["multi_symbol"]))
