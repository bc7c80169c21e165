"""Files of several symbols: a column of names, names side by side, an archive of files."""

from __future__ import annotations

from vendors.containers import archive
from vendors.known import Known, VendorFile, daily, table, vendor

SYMBOLS = ("AAL", "AAPL", "MSFT")


def _known(n: int = 120) -> dict[str, Known]:
    """Three series that share their dates and nothing else."""
    return {symbol: daily(n, skip=0).scaled(1 + i, 2) for i, symbol in enumerate(SYMBOLS)}


def _many(name: str, data: str | bytes, truth: dict[str, Known]) -> VendorFile:
    return VendorFile(name, data if isinstance(data, bytes) else data.encode(), truth, warnings=frozenset(["multi_symbol"]))


@vendor
def kaggle_names() -> VendorFile:
    """A column Name at the end, one symbol after another."""
    truth = _known()
    rows = [
        [f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}", symbol]
        for symbol, bars in truth.items()
        for t, o, h, lo, c, v in bars
    ]
    return _many("all_stocks_5yr.csv", table("date,open,high,low,close,volume,Name", rows), truth)


@vendor
def symbols_interleaved() -> VendorFile:
    """Every day lists every symbol."""
    truth = _known()
    rows = [
        (t, symbol, [f"{t:%Y-%m-%d}", symbol, *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"])
        for symbol, bars in truth.items()
        for t, o, h, lo, c, v in bars
    ]
    return _many("day_by_day.csv", table("Date,Ticker,Open,High,Low,Close,Volume", [row for *_, row in sorted(rows)]), truth)


@vendor
def five_hundred_symbols() -> VendorFile:
    truth = {f"S{i:03}": daily(60).scaled(0.5 + i / 100, 2) for i in range(500)}
    rows = [
        [f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}", symbol]
        for symbol, bars in truth.items()
        for t, o, h, lo, c, v in bars
    ]
    return _many("all.csv", table("date,open,high,low,close,volume,Name", rows), truth)


@vendor
def yfinance_several_tickers() -> VendorFile:
    """Three header rows; the fields of all symbols side by side."""
    truth = _known()
    names = ("Close", "High", "Low", "Open", "Volume")
    header = ",".join(["Price", *(name for name in names for _ in SYMBOLS)])
    header += "\n" + ",".join(["Ticker", *(symbol for _ in names for symbol in SYMBOLS)]) + "\nDate" + "," * 15
    rows = []
    for i, when in enumerate(daily(120).when):
        cells = [f"{getattr(truth[symbol], name.lower())[i]:.2f}" for name in names[:4] for symbol in SYMBOLS]
        rows.append([f"{when:%Y-%m-%d}", *cells, *(f"{truth[symbol].volume[i]:.0f}" for symbol in SYMBOLS)])
    return _many("prices.csv", table(header, rows), truth)


@vendor
def closes_side_by_side() -> VendorFile:
    """One column of closes for each ticker."""
    truth = {symbol: bars.closes_only() for symbol, bars in _known().items()}
    rows = [
        [f"{when:%Y-%m-%d}", *(f"{truth[symbol].close[i]:.2f}" for symbol in SYMBOLS)] for i, when in enumerate(daily(120).when)
    ]
    return _many("closes.csv", table("Date," + ",".join(SYMBOLS), rows), truth)


@vendor
def prefixed_symbols() -> VendorFile:
    """The columns of two symbols side by side, each name with its symbol before it."""
    truth = {symbol: _known()[symbol].without_volume() for symbol in SYMBOLS[:2]}
    fields = ("open", "high", "low", "close")
    header = "Date," + ",".join(f"{symbol}_{field.title()}" for symbol in truth for field in fields)
    rows = [
        [f"{when:%Y-%m-%d}", *(f"{getattr(bars, field)[i]:.2f}" for bars in truth.values() for field in fields)]
        for i, when in enumerate(daily(120).when)
    ]
    return _many("two.csv", table(header, rows), truth)


@vendor
def zip_of_symbols() -> VendorFile:
    """Several files in one archive, each a symbol by its name."""
    truth = _known()
    files = {
        f"stocks/{symbol}.csv": table(
            "Date,Open,High,Low,Close,Volume",
            [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars],
        ).encode()
        for symbol, bars in truth.items()
    }
    files["__MACOSX/stocks/._AAL.csv"] = b"\x00\x05\x16\x07"
    return _many("stocks.zip", archive(files), truth)
