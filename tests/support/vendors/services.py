"""What the answers of data services look like once saved: Alpha Vantage, Alpaca, Polygon, Tiingo, Quandl, quantmod."""

from __future__ import annotations

from datetime import UTC

from vendors.known import NEW_YORK, Known, VendorFile, daily, one, session, table, vendor


def _cells(bars: Known, decimals: int = 4) -> list[list[str]]:
    return [[*(f"{p:.{decimals}f}" for p in (o, h, lo, c)), f"{v:.0f}"] for _, o, h, lo, c, v in bars]


@vendor
def alpha_vantage() -> VendorFile:
    bars = daily(decimals=4)
    rows = [[f"{t:%Y-%m-%d}", *cells] for t, cells in zip(bars.when, _cells(bars), strict=True)]
    return one("daily_SPY.csv", table("timestamp,open,high,low,close,volume", rows[::-1], end="\r\n"), bars)


@vendor
def alpha_vantage_adjusted() -> VendorFile:
    bars = daily(decimals=4)
    rows = [
        [f"{t:%Y-%m-%d}", *cells[:4], f"{float(cells[3]) * 0.97:.4f}", cells[4], "0.0000", "1.0"]
        for t, cells in zip(bars.when, _cells(bars), strict=True)
    ]
    header = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient"
    return one("daily_adjusted_SPY.csv", table(header, rows[::-1], end="\r\n"), bars)


@vendor
def alpha_vantage_numbered() -> VendorFile:
    bars = daily(decimals=4)
    rows = [
        [f"{t:%Y-%m-%d}", *cells[:4], f"{float(cells[3]) * 0.97:.4f}", cells[4], "0.0", "1.0"]
        for t, cells in zip(bars.when, _cells(bars), strict=True)
    ]
    header = "date,1. open,2. high,3. low,4. close,5. adjusted close,6. volume,7. dividend amount,8. split coefficient"
    return one("spy.csv", table(header, rows[::-1]), bars)


@vendor
def alpaca() -> VendorFile:
    """Half-hours in New York time: the offset changes on 8 March."""
    bars = session()
    rows = [
        ["SPY", t.isoformat(sep=" "), *cells, 120, f"{float(cells[3]) * 0.9999:.4f}"]
        for t, cells in zip(bars.when, _cells(bars, 2), strict=True)
    ]
    return one("bars.csv", table("symbol,timestamp,open,high,low,close,volume,trade_count,vwap", rows), bars)


@vendor
def alpaca_daily() -> VendorFile:
    """Days are shown as the UTC time of midnight in New York: 05:00 in winter, 04:00 in summer."""
    bars = daily()
    rows = [
        ["SPY", t.replace(tzinfo=NEW_YORK).astimezone(UTC).isoformat(sep=" "), *cells, "120.0", f"{float(cells[3]):.4f}"]
        for t, cells in zip(bars.when, _cells(bars, 2), strict=True)
    ]
    return one("bars.csv", table("symbol,timestamp,open,high,low,close,volume,trade_count,vwap", rows), bars)


@vendor
def polygon() -> VendorFile:
    """One-letter names; milliseconds of midnight in New York."""
    bars = daily()
    rows = [
        [cells[4], f"{float(cells[3]):.4f}", cells[0], cells[3], cells[1], cells[2], stamp, 500]
        for stamp, cells in zip(
            [int(t.replace(tzinfo=NEW_YORK).timestamp()) * 1000 for t in bars.when], _cells(bars, 2), strict=True
        )
    ]
    return one("aggs.csv", table("v,vw,o,c,h,l,t,n", rows), bars)


@vendor
def polygon_flat_file() -> VendorFile:
    bars = session()
    rows = [
        ["SPY", cells[4], cells[0], cells[3], cells[1], cells[2], int(t.timestamp()) * 10**9, 500]
        for t, cells in zip(bars.when, _cells(bars, 2), strict=True)
    ]
    return one("2015-02-23.csv", table("ticker,volume,open,close,high,low,window_start,transactions", rows), bars)


@vendor
def short_names() -> VendorFile:
    bars = session()
    rows = [[int(t.timestamp()), *cells] for t, cells in zip(bars.when, _cells(bars, 2), strict=True)]
    return one("candles.csv", table("t,o,h,l,c,v", rows), bars)


@vendor
def tiingo() -> VendorFile:
    """Raw and adjusted columns of each price; the raw ones are the bars."""
    bars = daily()
    rows = [
        [
            f"{t:%Y-%m-%d}",
            c[3],
            c[1],
            c[2],
            c[0],
            c[4],
            *(f"{float(c[i]) * 0.97:.6f}" for i in (3, 1, 2, 0)),
            c[4],
            "0.0",
            "1.0",
        ]
        for t, c in zip(bars.when, _cells(bars, 2), strict=True)
    ]
    header = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"
    return one("spy.csv", table(header, rows), bars)


@vendor
def quandl() -> VendorFile:
    bars = daily()
    rows = [
        ["SPY", f"{t:%Y-%m-%d}", *c, "0.0", "1.0", *(f"{float(x) * 0.97:.6f}" for x in c[:4]), c[4]]
        for t, c in zip(bars.when, _cells(bars, 2), strict=True)
    ]
    header = "ticker,date,open,high,low,close,volume,ex-dividend,split_ratio,adj_open,adj_high,adj_low,adj_close,adj_volume"
    return one("WIKI_PRICES.csv", table(header, rows), bars)


@vendor
def quantmod() -> VendorFile:
    """R writes row names without a header, quotes, and the symbol before each name."""
    bars = daily()
    rows = [[f'"{t:%Y-%m-%d}"', *c, f"{float(c[3]) * 0.97:.6f}"] for t, c in zip(bars.when, _cells(bars, 2), strict=True)]
    header = '"","SPY.Open","SPY.High","SPY.Low","SPY.Close","SPY.Volume","SPY.Adjusted"'
    return one("SPY.csv", table(header, rows), bars)


@vendor
def prefixed_columns() -> VendorFile:
    bars = daily().without_volume()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c))] for t, o, h, lo, c, _ in bars]
    return one("nikkei.csv", table("Date,N225_Open,N225_High,N225_Low,N225_Close", rows), bars)


@vendor
def pandas_index_column() -> VendorFile:
    """A frame saved with its row numbers in front."""
    bars = daily()
    rows = [[i, f"{t:%Y-%m-%d}", *c] for i, (t, c) in enumerate(zip(bars.when, _cells(bars, 2), strict=True))]
    return one("frame.csv", table("Unnamed: 0,Date,Open,High,Low,Close,Volume", rows), bars)


@vendor
def kaggle_open_interest() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *c, 0] for t, c in zip(bars.when, _cells(bars, 2), strict=True)]
    return one("spy.us.txt", table("Date,Open,High,Low,Close,Volume,OpenInt", rows), bars)
