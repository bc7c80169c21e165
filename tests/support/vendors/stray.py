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
def close_first_without_header() -> VendorFile:
    """Close, open, high, low, oldest first: each open is near the last close."""
    bars = daily()
    rows = [[row[0], row[4], *row[1:4], row[5]] for row in _rows(bars)]
    return one("x.txt", table(None, rows), bars, warn=["no_header"])


@vendor
def close_and_open_exchanged_without_header() -> VendorFile:
    bars = daily()
    rows = [[row[0], row[4], row[2], row[3], row[1], row[5]] for row in _rows(bars)]
    return one("x.txt", table(None, rows), bars, warn=["no_header"])


@vendor
def four_funds_of_which_one_is_always_dearest() -> VendorFile:
    """Closes of four instruments beside each other, that are no open, high, low and close."""
    rng = np.random.default_rng(1)
    levels = dict(zip(("AAA", "BBB", "CCC", "DDD"), (50, 80, 55, 60), strict=True))
    bars = daily(120).without_volume()
    closes = {name: np.round(level * np.exp(np.cumsum(rng.normal(0, 0.01, 120))), 2) for name, level in levels.items()}
    truth = {name: replace(bars, open=close, high=close, low=close, close=close) for name, close in closes.items()}
    rows = [[f"{t:%Y-%m-%d}", *(f"{close[i]:.2f}" for close in closes.values())] for i, t in enumerate(bars.when)]
    return VendorFile("funds.csv", table("Date,AAA,BBB,CCC,DDD", rows).encode(), truth, warnings=frozenset(["close_only"]))


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


@vendor
def steps_of_all_lengths() -> VendorFile:
    """A series by event, not by the clock."""
    bars = naive(round_the_clock(120))
    steps = np.random.default_rng(2).exponential(3_000, 120).astype(int) + 1
    when = [datetime(2021, 1, 4) + timedelta(seconds=int(second)) for second in np.cumsum(steps)]
    rows = _rows(bars.dated(when), lambda t: f"{t:%Y-%m-%d %H:%M:%S}")
    return one("events.csv", table(HEADER, rows), bars.dated(when), warn=["irregular_interval"])


@vendor
def opendocument() -> VendorFile:
    bars = daily()
    cells = [[_ods_cell(value) for value in row] for row in [HEADER.split(","), *_rows(bars)]]
    rows = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    sheet = (
        f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    )
    content = f'<?xml version="1.0"?><office:document-content {names}>{sheet}</office:document-content>'
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    listed = f'<?xml version="1.0"?><m:manifest xmlns:m="{manifest}"/>'
    data = archive({"mimetype": kind, "content.xml": content.encode(), "META-INF/manifest.xml": listed.encode()})
    return one("prices.ods", data, bars)


def _ods_cell(value: str) -> str:
    try:
        kind = f'office:value-type="float" office:value="{float(value)!r}"'
    except ValueError:
        is_date = value[:1].isdigit()
        kind = f'office:value-type="date" office:date-value="{value}"' if is_date else 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"
