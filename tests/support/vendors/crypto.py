"""What crypto exchanges and their collectors write: Binance, CryptoDataDownload, Kraken, CoinGecko, CoinMarketCap."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from vendors.known import Known, VendorFile, daily, naive, one, round_the_clock, table, vendor

BINANCE = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"


def _binance(bars: Known, unit: int) -> list[list[object]]:
    """Twelve columns: two times, base and quote volume, trades, the takers' part, and a zero."""
    return [
        [
            int(t.timestamp()) * unit,
            *(f"{p:.8f}" for p in (o, h, lo, c)),
            f"{v:.8f}",
            (int(t.timestamp()) + 3600) * unit - 1,
            f"{v * c:.8f}",
            1000 + i,
            f"{v * 0.4:.8f}",
            f"{v * 0.4 * c:.8f}",
            0,
        ]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]


@vendor
def binance() -> VendorFile:
    bars = round_the_clock()
    return one("BTCUSDT-1h-2015-02.csv", table(None, _binance(bars, 1000)), bars, warn=["no_header"])


@vendor
def binance_with_header() -> VendorFile:
    bars = round_the_clock()
    return one("BTCUSDT-1h-2015-02.csv", table(BINANCE, _binance(bars, 1000)), bars)


@vendor
def binance_microseconds() -> VendorFile:
    """Spot files since 2025."""
    bars = round_the_clock()
    return one("BTCUSDT-1h-2025-02.csv", table(None, _binance(bars, 1_000_000)), bars, warn=["no_header"])


@vendor
def binance_titles() -> VendorFile:
    """Headers as people copy them from the documentation."""
    bars = round_the_clock()
    header = (
        "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,"
        "Taker buy base asset volume,Taker buy quote asset volume,Ignore"
    )
    return one("btc.csv", table(header, _binance(bars, 1000)), bars)


@vendor
def cryptodatadownload() -> VendorFile:
    """An address on line 1, two times, two volumes, newest first."""
    bars = round_the_clock()
    rows = [
        [
            int(t.timestamp()),
            f"{t:%Y-%m-%d %H:%M:%S}",
            "BTC/USD",
            *(f"{p:.2f}" for p in (o, h, lo, c)),
            f"{v:.0f}",
            f"{v * c:.2f}",
        ]
        for t, o, h, lo, c, v in bars
    ]
    header = "https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD"
    return one("Bitstamp_BTCUSD_1h.csv", table(header, rows[::-1]), bars)


@vendor
def cryptodatadownload_am_pm() -> VendorFile:
    """Older files: the hour as 11-PM."""
    bars = round_the_clock()
    rows = [
        [
            f"{t:%Y-%m-%d} {t.hour % 12 or 12:02}-{'AM' if t.hour < 12 else 'PM'}",
            "BTCUSD",
            *(f"{p:.2f}" for p in (o, h, lo, c)),
            f"{v:.0f}",
            f"{v * c:.2f}",
        ]
        for t, o, h, lo, c, v in bars
    ]
    header = "https://www.CryptoDataDownload.com\nDate,Symbol,Open,High,Low,Close,Volume BTC,Volume USD"
    return one("Coinbase_BTCUSD_1h.csv", table(header, rows[::-1]), naive(bars))


@vendor
def kraken() -> VendorFile:
    """No header; the last column counts trades."""
    bars = round_the_clock(decimals=1)
    rows = [
        [int(t.timestamp()), *(f"{p:.1f}" for p in (o, h, lo, c)), f"{v:.8f}", 40 + i]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]
    return one("XBTUSD_60.csv", table(None, rows), bars, warn=["no_header"])


@vendor
def kraken_daily() -> VendorFile:
    bars = daily(decimals=1)
    rows = [
        [t, *(f"{p:.1f}" for p in (o, h, lo, c)), f"{v:.8f}", 40]
        for t, (_, o, h, lo, c, v) in zip(bars.epochs, bars, strict=True)
    ]
    return one("XBTUSD_1440.csv", table(None, rows), bars, warn=["no_header"])


@vendor
def coingecko() -> VendorFile:
    """Closes, and a market value that is no price."""
    bars = daily()
    volume = np.round(bars.volume, 1)
    rows = [
        [f"{t:%Y-%m-%d} 00:00:00 UTC", repr(float(c)), repr(float(c) * 1.9e7), repr(float(v))]
        for t, *_, c, v in bars.with_volume(volume)
    ]
    known = bars.closes_only().with_volume(volume)
    return one("btc-usd-max.csv", table("snapped_at,price,market_cap,total_volume", rows), known, warn=["close_only"])


@vendor
def coinmarketcap() -> VendorFile:
    """Four times a row, semicolons, quoted, newest first."""
    bars = daily()
    rows = [
        [
            f"{t:%Y-%m-%d}T00:00:00.000Z",
            f"{t:%Y-%m-%d}T23:59:59.999Z",
            f"{t:%Y-%m-%d}T13:02:00.000Z",
            f"{t:%Y-%m-%d}T05:17:00.000Z",
            "2781",
            *(f"{p:.10f}" for p in (o, h, lo, c)),
            f"{v:.2f}",
            f"{c * 1.9e7:.2f}",
            f"{t:%Y-%m-%d}T23:59:59.999Z",
        ]
        for t, o, h, lo, c, v in bars
    ]
    header = "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp"
    return one("Bitcoin_historical_data_coinmarketcap.csv", table(header, rows[::-1], sep=";", quote=True), bars)


@vendor
def coinmarketcap_kaggle() -> VendorFile:
    """The last second of each day, and high before open."""
    bars = daily()
    rows = [
        [
            i + 1,
            "Bitcoin",
            "BTC",
            f"{t:%Y-%m-%d} 23:59:59",
            *(f"{p:.8f}" for p in (h, lo, o, c)),
            f"{v:.1f}",
            f"{c * 1.9e7:.1f}",
        ]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]
    return one("coin_Bitcoin.csv", table("SNo,Name,Symbol,Date,High,Low,Open,Close,Volume,Marketcap", rows), bars)


@vendor
def coinbase() -> VendorFile:
    """Low, high, open, close, as the candle service orders them."""
    bars = round_the_clock()
    rows = [[int(t.timestamp()), *(f"{p:.2f}" for p in (lo, h, o, c)), f"{v:.6f}"] for t, o, h, lo, c, v in bars]
    return one("candles.csv", table("time,low,high,open,close,volume", rows[::-1]), bars)


@vendor
def bitcoin_minutes() -> VendorFile:
    """Minutes without a trade hold NaN."""
    bars = round_the_clock(minutes=1)
    rows = [
        [int(t.timestamp()), *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.2f}", f"{v * c:.2f}", f"{c:.4f}"]
        for t, o, h, lo, c, v in bars
    ]
    empty = (3, 4, 5, 80)
    for i in empty:
        rows[i] = [rows[i][0], *["NaN"] * 7]
    kept = ~np.isin(np.arange(len(bars)), empty)
    header = "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price"
    return one("bitstampUSD_1-min.csv", table(header, rows), bars.take(kept))


@vendor
def bitfinex() -> VendorFile:
    """No header, open, close, high, low: which of the middle columns is what only the content tells."""
    bars = round_the_clock()
    rows = [[int(t.timestamp()) * 1000, *(f"{p:.2f}" for p in (o, c, h, lo)), f"{v:.6f}"] for t, o, h, lo, c, v in bars]
    return one("tBTCUSD.csv", table(None, rows), bars, may_ask=True)


@vendor
def shifted_hours() -> VendorFile:
    """Hours that stand in a zone with a half hour's offset."""
    bars = round_the_clock()
    rows = [
        [f"{t + timedelta(hours=5, minutes=30):%Y-%m-%dT%H:%M:%S}+0530", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"]
        for t, o, h, lo, c, v in bars
    ]
    return one("btcinr.csv", table("timestamp,open,high,low,close,volume", rows), bars)
