"""What exchanges and national vendors publish: MOEX, Finam, Nasdaq Nordic, Nikkei, NSE, and Chinese vendors."""

from __future__ import annotations

import numpy as np

from vendors.known import MONTHS, VendorFile, changes, comma, daily, naive, one, session, table, us, vendor


def _spaced(value: float) -> str:
    """Thousands set apart by no-break spaces, as Nordic pages write them: 3 460 000."""
    return f"{value:,.0f}".replace(",", "\u00a0")


@vendor
def moex_history() -> VendorFile:
    """A line with the block's name, decimal commas, low before high, averages among the prices, a cursor at the end."""
    bars = daily()
    header = (
        "history\n\nBOARDID;TRADEDATE;SHORTNAME;SECID;NUMTRADES;VALUE;OPEN;LOW;HIGH;LEGALCLOSEPRICE;WAPRICE;CLOSE;VOLUME;"
        "MARKETPRICE2;MARKETPRICE3;ADMITTEDQUOTE"
    )
    rows = [
        [
            "TQBR",
            f"{t:%Y-%m-%d}",
            "Сбербанк",
            "SBER",
            70000 + i,
            comma(v * c),
            *map(comma, (o, lo, h)),
            comma(c),
            comma((h + lo) / 2),
            comma(c),
            f"{v:.0f}",
            comma((h + lo) / 2),
            comma((h + lo) / 2),
            "",
        ]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]
    text = table(header, rows, sep=";", end="\r\n") + "\r\nhistory.cursor\r\n\r\nINDEX;TOTAL;PAGESIZE\r\n0;180;100\r\n"
    return one("SBER.csv", text.replace("history\n\n", "history\r\n\r\n", 1), bars, encoding="cp1251")


@vendor
def moex_candles() -> VendorFile:
    """Open, close, high, low; value in roubles beside the volume; the begin of a bar and its end."""
    bars = naive(session())
    rows = [
        [*map(comma, (o, c, h, lo)), comma(v * c), f"{v:.0f}", f"{t:%Y-%m-%d %H:%M:%S}", f"{t:%Y-%m-%d %H:%M}:59"]
        for t, o, h, lo, c, v in bars
    ]
    return one("candles.csv", table("candles\n\nopen;close;high;low;value;volume;begin;end", rows, sep=";"), bars)


@vendor
def finam() -> VendorFile:
    bars = naive(session())
    rows = [
        ["SBER", 30, f"{t:%Y%m%d}", f"{t:%H%M%S}", *(f"{p:.7f}" for p in (o, h, lo, c)), f"{v:.0f}"]
        for t, o, h, lo, c, v in bars
    ]
    header = "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>"
    return one("SBER_150223_150313.csv", table(header, rows, sep=";", end="\r\n"), bars)


@vendor
def nordic() -> VendorFile:
    """``sep=;`` on line 1, bid and ask, a delimiter at the end of each line, newest first."""
    bars = daily()
    rows = [
        [
            f"{t:%Y-%m-%d}",
            comma(c - 0.1),
            comma(c + 0.1),
            *map(comma, (o, h, lo, c)),
            comma((h + lo) / 2),
            f"{v:.0f}",
            f"{v * c:.0f}",
            1000 + i,
            "",
        ]
        for i, (t, o, h, lo, c, v) in enumerate(bars)
    ]
    header = "sep=;\nDate;Bid;Ask;Opening price;High price;Low price;Closing price;Average price;Total volume;Turnover;Trades;"
    return one("ERIC-B-2015.csv", table(header, rows[::-1], sep=";"), bars)


@vendor
def nordic_spaced_thousands() -> VendorFile:
    bars = daily()
    rows = [
        [f"{t:%Y-%m-%d}", *(f"{_spaced(np.floor(p))}{comma(p % 1)[1:]}" for p in (h, lo, c, o)), _spaced(v)]
        for t, o, h, lo, c, v in bars
    ]
    bars = bars.scaled(1, 2)
    return one("OMXS30.csv", table("Datum;Högsta;Lägsta;Stängning;Öppning;Volym", rows, sep=";"), bars, encoding="cp1252")


@vendor
def nikkei() -> VendorFile:
    """Shift-JIS, Japanese names, close first, a line on copyright at the end."""
    bars = daily().without_volume()
    rows = [[f"{t:%Y/%m/%d}", *(f"{p:.2f}" for p in (c, o, h, lo))] for t, o, h, lo, c, _ in bars]
    text = table("データ日付,終値,始値,高値,安値", rows, quote=True)
    text += '"本資料は日経の著作物であり、本資料の全部又は一部を、いかなる形式によっても"\n'
    return one("nikkei_stock_average_daily_jp.csv", text, bars, encoding="shift_jis", warn=["no_volume"])


@vendor
def nse() -> VendorFile:
    """A byte order mark, spaces after each name, quotes, thousands commas, previous close and last price among the columns."""
    bars = daily()
    previous = [bars.open[0], *bars.close[:-1]]
    rows = [
        [
            f"{t:%d}-{MONTHS[t.month - 1]}-{t:%Y}",
            "EQ",
            us(o),
            us(h),
            us(lo),
            us(p),
            us(c - 0.05),
            us(c),
            us((h + lo) / 2),
            us(2134.72),
            us(1804.5),
            f"{v:,.0f}",
            us(v * c),
            f"{7000 + i:,}",
        ]
        for i, ((t, o, h, lo, c, v), p) in enumerate(zip(bars, previous, strict=True))
    ]
    header = (
        '\ufeff"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H ","52W L ","VOLUME ",'
        '"VALUE ","No of trades "'
    )
    return one("Quote-Equity-RELIANCE-EQ.csv", table(header, rows[::-1], quote=True), bars)


@vendor
def nse_index() -> VendorFile:
    bars = daily()
    rows = [
        [f"{t:%d}-{MONTHS[t.month - 1].upper()}-{t:%Y}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}", f"{v * c / 1e7:.2f}"]
        for t, o, h, lo, c, v in bars
    ]
    header = "\ufeffDate ,Open ,High ,Low ,Close ,Shares Traded ,Turnover (₹ Cr)"
    return one("NIFTY 50-02-01-2015-to-30-09-2015.csv", table(header, rows[::-1]), bars)


@vendor
def eastmoney() -> VendorFile:
    """Open, close, high, low, with the volume before the turnover."""
    bars = daily()
    rows = [
        [
            f"{t:%Y-%m-%d}",
            *(f"{p:.2f}" for p in (o, c, h, lo)),
            f"{v:.0f}",
            f"{v * c:.1f}",
            "1.20",
            f"{x:.2f}",
            f"{x * c / 100:.2f}",
            "0.55",
        ]
        for (t, o, h, lo, c, v), x in zip(bars, changes(bars), strict=True)
    ]
    return one("000300.csv", table("日期,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率", rows), bars)


@vendor
def netease() -> VendorFile:
    """GBK, an apostrophe before the code, previous close after open, newest first."""
    bars = daily()
    previous = [bars.open[0], *bars.close[:-1]]
    rows = [
        [
            f"{t:%Y-%m-%d}",
            "'000300",
            "沪深300",
            *(f"{p:.2f}" for p in (c, h, lo, o, before)),
            f"{c - before:.2f}",
            f"{(c / before - 1) * 100:.4f}",
            f"{v:.0f}",
            f"{v * c:.2f}",
        ]
        for (t, o, h, lo, c, v), before in zip(bars, previous, strict=True)
    ]
    header = "日期,股票代码,名称,收盘价,最高价,最低价,开盘价,前收盘,涨跌额,涨跌幅,成交量,成交金额"
    return one("000300.csv", table(header, rows[::-1], end="\r\n"), bars, encoding="gbk")


@vendor
def tushare() -> VendorFile:
    bars = daily()
    previous = [bars.open[0], *bars.close[:-1]]
    rows = [
        [
            "000300.SH",
            f"{t:%Y%m%d}",
            *(f"{p:.2f}" for p in (o, h, lo, c, before)),
            f"{c - before:.2f}",
            f"{(c / before - 1) * 100:.4f}",
            f"{v:.2f}",
            f"{v * c / 1000:.3f}",
        ]
        for (t, o, h, lo, c, v), before in zip(bars, previous, strict=True)
    ]
    header = "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount"
    return one("000300.SH.csv", table(header, rows[::-1]), bars)


@vendor
def baostock() -> VendorFile:
    """English names in the Chinese order."""
    bars = daily()
    rows = [
        ["sh.000300", f"{t:%Y-%m-%d}", *(f"{p:.4f}" for p in (o, c, h, lo)), f"{v:.0f}", f"{v * c:.4f}"]
        for t, o, h, lo, c, v in bars
    ]
    return one("sh.000300.csv", table("code,date,open,close,high,low,volume,amount", rows), bars)


@vendor
def euronext() -> VendorFile:
    """Four lines before the header, day first, semicolons, decimal points."""
    bars = daily()
    head = (
        '"Historical Data"\n"From 2015-01-02 to 2015-09-30"\nFR0003500008\n'
        'Date;Open;High;Low;Last;Close;"Number of Shares";"Number of Trades";Turnover;vwap'
    )
    rows = [
        [f"{t:%d/%m/%Y}", *(f"{p:.2f}" for p in (o, h, lo, c, c)), f"{v:.0f}", 900, f"{v * c:.2f}", f"{(h + lo) / 2:.4f}"]
        for t, o, h, lo, c, v in bars
    ]
    return one("PX1_XPAR_historical.csv", table(head, rows[::-1], sep=";"), bars)


@vendor
def italian_spaces() -> VendorFile:
    """Columns set apart by runs of spaces."""
    bars = daily()
    lines = [f"{t:%d/%m/%Y}   {o:>9.2f} {h:>9.2f} {lo:>9.2f} {c:>9.2f} {v:>12.0f}" for t, o, h, lo, c, v in bars]
    head = "Data         Apertura   Massimo    Minimo  Chiusura       Volume"
    return one("ftsemib.txt", "\n".join([head, *lines]) + "\n", bars)
