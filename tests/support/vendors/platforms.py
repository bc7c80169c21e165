"""What trading platforms write: TradingView, Interactive Brokers, MetaTrader, MetaStock, Dukascopy, NinjaTrader, backtrader."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from vendors.known import (
    FIFTY_SIX_YEARS,
    NEW_YORK,
    Known,
    VendorFile,
    daily,
    naive,
    one,
    round_the_clock,
    session,
    table,
    vendor,
)


def _prices(bars: Known, decimals: int = 2) -> list[list[str]]:
    """Open, high, low, close and volume of each bar as text."""
    return [[*(f"{p:.{decimals}f}" for p in (o, h, lo, c)), f"{v:.0f}"] for _, o, h, lo, c, v in bars]


@vendor
def tradingview() -> VendorFile:
    """Daily bars carry the second at which the New York session opens."""
    bars = daily()
    opens = [int((t.replace(hour=9, minute=30, tzinfo=NEW_YORK)).timestamp()) for t in bars.when]
    rows = [[second, *cells] for second, cells in zip(opens, _prices(bars), strict=True)]
    return one("SP_SPX, 1D.csv", table("time,open,high,low,close,Volume", rows), bars)


@vendor
def tradingview_before_1970() -> VendorFile:
    bars = daily()
    bars = bars.dated([t - FIFTY_SIX_YEARS for t in bars.when])
    rows = [[second + 52_200, *cells[:4]] for second, cells in zip(bars.epochs, _prices(bars), strict=True)]
    return one("SP_SPX, 1D.csv", table("time,open,high,low,close", rows), bars.without_volume(), warn=["no_volume"])


@vendor
def tradingview_across_1970() -> VendorFile:
    bars = daily()
    bars = bars.dated([t - timedelta(days=16_520) for t in bars.when])
    rows = [[second, *cells] for second, cells in zip(bars.epochs, _prices(bars), strict=True)]
    return one("SP_SPX, 1D.csv", table("time,open,high,low,close,Volume", rows), bars)


@vendor
def tradingview_indicators() -> VendorFile:
    """Thirty columns of indicators after the bars, many of one name, empty while they warm up."""
    bars = session()
    names = [
        "Plot",
        "Plot",
        "MA",
        "MA",
        "MA",
        "Upper",
        "Lower",
        "Basis",
        "Volume",
        "Volume MA",
        "RSI",
        "RSI-based MA",
        "Histogram",
    ]
    names += ["MACD", "Signal", "Upper", "Lower", "%K", "%D", "ATR", "Open", "High", "Low", "Close", *["Shapes"] * 6]
    drift = np.linspace(0.9, 0.95, len(names))
    rows = []
    for i, (t, cells) in enumerate(zip(bars.when, _prices(bars), strict=True)):
        close = float(cells[3])
        extra = [f"{close * x:.2f}" if i >= 14 else "" for x in drift]
        extra[8] = cells[4]
        rows.append([int(t.timestamp()), *cells[:4], *extra])
    header = "time,open,high,low,close," + ",".join(names)
    return one("CME_MINI_ES1!, 30.csv", table(header, rows), bars)


@vendor
def tradingview_iso_times() -> VendorFile:
    bars = session()
    rows = [[t.isoformat(), *cells, "NaN"] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("AMEX_SPY, 30.csv", table("time,open,high,low,close,Volume,Volume MA", rows), bars)


@vendor
def interactive_brokers() -> VendorFile:
    """Bars of ib_insync: an offset in each time, of winter and of summer in one column."""
    bars = session()
    rows = [
        [i, t.isoformat(sep=" "), *cells, f"{float(cells[3]) * 0.9995:.3f}", 40 + i]
        for i, (t, cells) in enumerate(zip(bars.when, _prices(bars), strict=True))
    ]
    return one("SPX_30mins.csv", table(",date,open,high,low,close,volume,average,barCount", rows), bars)


@vendor
def interactive_brokers_named_zone() -> VendorFile:
    bars = session()
    rows = [
        [f"{t:%Y%m%d %H:%M:%S} US/Eastern", *cells, f"{float(cells[3]) * 0.9995:.3f}", 40]
        for t, cells in zip(bars.when, _prices(bars), strict=True)
    ]
    return one("SPX_30mins.csv", table("date,open,high,low,close,volume,wap,count", rows), bars)


@vendor
def interactive_brokers_two_spaces() -> VendorFile:
    """Older versions of the platform put two spaces between date and time, and no zone."""
    bars = naive(session())
    rows = [[f"{t:%Y%m%d  %H:%M:%S}", *cells] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("SPX.csv", table("Date,Open,High,Low,Close,Volume", rows), bars)


@vendor
def metatrader_4() -> VendorFile:
    """History centre: no header."""
    bars = naive(round_the_clock(decimals=5, minutes=15).scaled(1 / 1800, 5))
    rows = [[f"{t:%Y.%m.%d}", f"{t:%H:%M}", *cells] for t, cells in zip(bars.when, _prices(bars, 5), strict=True)]
    return one("EURUSD15.csv", table(None, rows, end="\r\n"), bars, warn=["no_header"])


@vendor
def metatrader_5() -> VendorFile:
    """Write two volumes: ticks, and a real one that is zero on currencies."""
    bars = naive(round_the_clock(minutes=15).scaled(1 / 1800, 5))
    rows = [[f"{t:%Y.%m.%d}", f"{t:%H:%M:%S}", *cells, 0, 12] for t, cells in zip(bars.when, _prices(bars, 5), strict=True)]
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    text = table(header, rows, sep="\t", end="\r\n")
    return one("EURUSD_M15.csv", text, bars, volumes=(np.zeros(len(bars)), np.full(len(bars), np.nan)))


@vendor
def metatrader_5_daily() -> VendorFile:
    """Daily bars of a stock have no time, and a real volume."""
    bars = daily()
    rows = [
        [f"{t:%Y.%m.%d}", *cells[:4], 5000 + i, cells[4], 1]
        for i, (t, cells) in enumerate(zip(bars.when, _prices(bars), strict=True))
    ]
    header = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    text = table(header, rows, sep="\t", end="\r\n")
    return one("SPY_Daily.csv", text, bars, volumes=(5000.0 + np.arange(len(bars)),))


@vendor
def metastock() -> VendorFile:
    bars = daily()
    rows = [["SPX", f"{t:%Y%m%d}", *cells] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("SPX.txt", table("<TICKER>,<DTYYYYMMDD>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>", rows, end="\r\n"), bars)


@vendor
def metastock_intraday() -> VendorFile:
    """Date and time are two columns of digits, the time without colons and without its leading zero."""
    bars = naive(session())
    rows = [
        ["SPX", "I", f"{t:%Y%m%d}", f"{t:%H%M%S}".lstrip("0"), *cells, 0]
        for t, cells in zip(bars.when, _prices(bars), strict=True)
    ]
    return one("SPX.txt", table("<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>", rows), bars)


@vendor
def dukascopy() -> VendorFile:
    """Local time with its offset; the hours belong eight hours earlier."""
    bars = round_the_clock(decimals=3)
    rows = [
        [f"{t + timedelta(hours=8):%d.%m.%Y %H:%M:%S}.000 GMT+0800", *cells]
        for t, cells in zip(bars.when, _prices(bars, 3), strict=True)
    ]
    return one(
        "USA500.IDXUSD_Candlestick_1_Hour_BID.csv", table("Local time,Open,High,Low,Close,Volume", rows, end="\r\n"), bars
    )


@vendor
def dukascopy_daily() -> VendorFile:
    bars = daily(decimals=3)
    rows = [[f"{t:%d.%m.%Y} 00:00:00.000 GMT+0800", *cells] for t, cells in zip(bars.when, _prices(bars, 3), strict=True)]
    return one("USA500.IDXUSD_Candlestick_1_D_BID.csv", table("Local time,Open,High,Low,Close,Volume", rows, end="\r\n"), bars)


@vendor
def dukascopy_gmt() -> VendorFile:
    bars = round_the_clock(decimals=3)
    rows = [[f"{t:%d.%m.%Y %H:%M:%S}.000", *cells] for t, cells in zip(bars.when, _prices(bars, 3), strict=True)]
    return one("USA500.IDXUSD_Candlestick_1_Hour_BID.csv", table("Gmt time,Open,High,Low,Close,Volume", rows, end="\r\n"), bars)


@vendor
def ninjatrader() -> VendorFile:
    bars = naive(session())
    rows = [[f"{t:%Y%m%d %H%M%S}", *cells] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("ES 03-15.Last.txt", table(None, rows, sep=";", end="\r\n"), bars, warn=["no_header"])


@vendor
def ninjatrader_daily() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%Y%m%d}", *cells] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("ES 03-15.Last.txt", table(None, rows, sep=";", end="\r\n"), bars, warn=["no_header"])


@vendor
def backtrader() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *cells, 0] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("2015-day-001.txt", table("Date,Open,High,Low,Close,Volume,OpenInterest", rows), bars)


@vendor
def backtrader_intraday() -> VendorFile:
    bars = naive(session())
    rows = [[f"{t:%Y-%m-%d}", f"{t:%H:%M:%S}", *cells, 0] for t, cells in zip(bars.when, _prices(bars), strict=True)]
    return one("2015-min-001.txt", table("Date,Time,Open,High,Low,Close,Volume,OpenInterest", rows), bars)


@vendor
def sierra_chart() -> VendorFile:
    """Spaces after the commas, trades and both sides of the volume beside the volume."""
    bars = naive(session())
    rows = [
        [f"{t.year}/{t.month}/{t.day}", f" {t:%H:%M:%S}", *(f" {cell}" for cell in cells), " 40", " 100", " 200"]
        for t, cells in zip(bars.when, _prices(bars), strict=True)
    ]
    header = "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume"
    return one("ESH15.txt", table(header, rows), bars)


@vendor
def tradestation() -> VendorFile:
    """Up and down volume instead of one volume."""
    bars = naive(session())
    rows = [
        [f"{t:%m/%d/%Y}", f"{t:%H:%M}", *cells[:4], f"{float(cells[4]) - 7:.0f}", 7]
        for t, cells in zip(bars.when, _prices(bars), strict=True)
    ]
    known = bars
    up = bars.volume - 7
    header = '"Date","Time","Open","High","Low","Close","Up","Down"'
    return one("ES.txt", table(header, rows), known, volumes=(np.full(len(bars), np.nan), up))
