"""What portals and terminals let people download: Yahoo, Stooq, Investing.com, Nasdaq, WSJ, Bloomberg, Barchart, CBOE, FRED."""

from __future__ import annotations

import numpy as np

from vendors.known import (
    FIFTY_SIX_YEARS,
    MONTHS,
    NEW_YORK,
    VendorFile,
    changes,
    comma,
    daily,
    european,
    month_name,
    one,
    rounded_volume,
    session,
    table,
    us,
    vendor,
)


@vendor
def yahoo_download() -> VendorFile:
    """Write the button of 2017 to 2024, with a row of ``null``."""
    bars = daily(decimals=6)
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.6f}" for p in (o, h, lo, c, c * 0.97)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    rows[70] = [rows[70][0], *["null"] * 6]
    kept = np.arange(len(bars)) != 70
    return one("^GSPC.csv", table("Date,Open,High,Low,Close,Adj Close,Volume", rows), bars.take(kept), warn=["missing_prices"])


@vendor
def yahoo_before_2017() -> VendorFile:
    """Newest first, adjusted close last."""
    bars = daily(decimals=6)
    rows = [
        [f"{t:%Y-%m-%d}", *(f"{p:.6f}" for p in (o, h, lo, c)), f"{v:.0f}", f"{c * 0.97:.6f}"] for t, o, h, lo, c, v in bars
    ]
    return one("table.csv", table("Date,Open,High,Low,Close,Volume,Adj Close", rows[::-1]), bars)


@vendor
def yahoo_lower_case() -> VendorFile:
    bars = daily(decimals=6)
    rows = [
        [f"{t:%Y-%m-%d}", f"{c * 0.97:.6f}", *(f"{p:.6f}" for p in (c, h, lo, o)), f"{v:.0f}"] for t, o, h, lo, c, v in bars
    ]
    return one("spx.csv", table("date,adj close,close,high,low,open,volume", rows), bars)


@vendor
def yfinance_history() -> VendorFile:
    """Daily bars of ``Ticker.history``: midnight in New York with an offset that changes in March."""
    bars = daily(decimals=6)
    rows = [
        [f"{t.replace(tzinfo=NEW_YORK).isoformat(sep=' ')}", *(repr(float(p)) for p in (o, h, lo, c)), f"{v:.0f}", "0.0", "0.0"]
        for t, o, h, lo, c, v in bars
    ]
    return one("history.csv", table("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits", rows), bars)


@vendor
def yfinance_intraday() -> VendorFile:
    bars = session(decimals=6)
    rows = [[t.isoformat(sep=" "), *(f"{p:.6f}" for p in (o, h, lo, c, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("30m.csv", table("Datetime,Open,High,Low,Close,Adj Close,Volume", rows), bars)


@vendor
def yfinance_three_header_rows() -> VendorFile:
    bars = daily(decimals=6)
    header = "Price,Close,High,Low,Open,Volume\nTicker" + ",^GSPC" * 5 + "\nDate,,,,,"
    rows = [[f"{t:%Y-%m-%d}", *(repr(float(p)) for p in (c, h, lo, o)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("gspc.csv", table(header, rows), bars)


@vendor
def yfinance_three_header_rows_adjusted() -> VendorFile:
    """Write the three rows with ``auto_adjust=False``: an adjusted close stands first."""
    bars = daily(decimals=6)
    header = "Price,Adj Close,Close,High,Low,Open,Volume\nTicker" + ",^GSPC" * 6 + "\nDate,,,,,,"
    rows = [[f"{t:%Y-%m-%d}", *(repr(float(p)) for p in (c * 0.97, c, h, lo, o)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("gspc.csv", table(header, rows), bars)


@vendor
def yahoo_web_paste() -> VendorFile:
    """Write the table of the web page, copied: tabs, thousands commas, dividend lines, explained headers."""
    bars = daily()
    header = (
        "Date\tOpen\tHigh\tLow\tClose Close price adjusted for splits.\t"
        "Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions.\tVolume"
    )
    lines = [
        "\t".join([month_name(t).replace(" 0", " "), us(o), us(h), us(lo), us(c), us(c * 0.97), f"{v:,.0f}"])
        for t, o, h, lo, c, v in bars
    ]
    lines.insert(40, f"{month_name(bars.when[40])}\t0.93 Dividend")
    lines.insert(120, f"{month_name(bars.when[119])}\t2:1 Stock Splits")
    return one("pasted.txt", "\n".join([header, *reversed(lines)]) + "\n", bars)


@vendor
def stooq() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("^spx_d.csv", table("Date,Open,High,Low,Close,Volume", rows, end="\r\n"), bars)


@vendor
def stooq_polish() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("^spx_d.csv", table("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen", rows, end="\r\n"), bars)


@vendor
def stooq_bulk() -> VendorFile:
    bars = daily()
    rows = [
        ["^SPX", "D", f"{t:%Y%m%d}", "000000", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}", "0"]
        for t, o, h, lo, c, v in bars
    ]
    return one(
        "^spx.txt", table("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>", rows, end="\r\n"), bars
    )


def _investing(bars, header: str, date, number, percent, *, volume=lambda text: text) -> tuple[str, np.ndarray]:
    """Rows of Investing.com, newest first and quoted, and the volumes that its short forms stand for."""
    short = [rounded_volume(v) for v in bars.volume]
    short[9], short[10] = ("-", np.nan), ("-", np.nan)
    rows = [
        [date(t), number(c), number(o), number(h), number(lo), volume(text), percent(change)]
        for (t, o, h, lo, c, _), (text, _), change in zip(bars, short, changes(bars), strict=True)
    ]
    return table(header, rows[::-1], quote=True), np.array([value for _, value in short])


@vendor
def investing() -> VendorFile:
    bars = daily()
    header = '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"'
    text, volume = _investing(bars, header, month_name, us, lambda x: f"{x:.2f}%")
    return one("S&P 500 Historical Data.csv", text, bars.with_volume(volume))


@vendor
def investing_numeric_dates() -> VendorFile:
    bars = daily()
    header = '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"'
    text, volume = _investing(bars, header, lambda t: f"{t:%m/%d/%Y}", us, lambda x: f"{x:.2f}%")
    return one("S&P 500 Historical Data.csv", text, bars.with_volume(volume))


@vendor
def investing_brazil() -> VendorFile:
    """Index points without decimals: 102.910 means 102910, which only the other columns show."""
    bars = daily().scaled(50, 0)
    header = '\ufeff"Data","Último","Abertura","Máxima","Mínima","Vol.","Var%"'
    text, volume = _investing(
        bars,
        header,
        lambda t: f"{t:%d.%m.%Y}",
        lambda x: european(x, 0),
        lambda x: comma(x) + "%",
        volume=lambda v: v.replace(".", ","),
    )
    return one("Ibovespa Dados Históricos.csv", text, bars.with_volume(volume))


@vendor
def investing_germany() -> VendorFile:
    bars = daily()
    header = '\ufeff"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"'
    text, volume = _investing(
        bars, header, lambda t: f"{t:%d.%m.%Y}", european, lambda x: comma(x) + "%", volume=lambda v: v.replace(".", ",")
    )
    return one("DAX Historische Daten.csv", text, bars.with_volume(volume))


@vendor
def investing_france() -> VendorFile:
    bars = daily()
    header = '\ufeff"Date","Dernier","Ouv."," Plus Haut","Plus Bas","Vol.","Variation %"'
    text, volume = _investing(
        bars, header, lambda t: f"{t:%d/%m/%Y}", european, lambda x: comma(x) + "%", volume=lambda v: v.replace(".", ",")
    )
    return one("CAC 40 - Données Historiques.csv", text, bars.with_volume(volume))


@vendor
def investing_saved_by_european_excel() -> VendorFile:
    """Opened and saved by a German Excel: semicolons, decimal commas, dates as 29.01.2021, volumes as they were."""
    bars = daily()
    rows = [
        [f"{t:%d.%m.%Y}", comma(c), comma(o), comma(h), comma(lo), rounded_volume(v)[0], f"{comma(change)}%"]
        for (t, o, h, lo, c, v), change in zip(bars, changes(bars), strict=True)
    ]
    volume = [rounded_volume(v)[1] for v in bars.volume]
    text = table("Date;Price;Open;High;Low;Vol.;Change %", rows[::-1], sep=";", end="\r\n")
    return one("S&P 500.csv", text, bars.with_volume(volume), encoding="cp1252")


@vendor
def nasdaq() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%m/%d/%Y}", f"${c:.2f}", f"{v:.0f}", f"${o:.2f}", f"${h:.2f}", f"${lo:.2f}"] for t, o, h, lo, c, v in bars]
    return one("HistoricalData_1612.csv", table("Date,Close/Last,Volume,Open,High,Low", rows[::-1]), bars)


@vendor
def nasdaq_index() -> VendorFile:
    """Older files: leading spaces, and ``--`` for the volume of an index."""
    bars = daily().without_volume()
    rows = [
        [f"{t:%m/%d/%Y}", *(f" {x}" for x in (f"{c:.2f}", "--", f"{o:.2f}", f"{h:.2f}", f"{lo:.2f}"))]
        for t, o, h, lo, c, _ in bars
    ]
    return one("HistoricalQuotes.csv", table("Date, Close/Last, Volume, Open, High, Low", rows[::-1]), bars, warn=["no_volume"])


@vendor
def wsj() -> VendorFile:
    bars = daily().without_volume()
    rows = [[f"{t:%m/%d/%y}", *(f" {p:.2f}" for p in (o, h, lo, c))] for t, o, h, lo, c, _ in bars]
    return one("HistoricalPrices.csv", table("Date, Open, High, Low, Close", rows[::-1]), bars, warn=["no_volume"])


@vendor
def bloomberg() -> VendorFile:
    bars = daily()
    rows = [[f"{t.month}/{t.day}/{t.year}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return one("spx_bdh.csv", table("Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME", rows), bars)


@vendor
def bloomberg_last_only() -> VendorFile:
    """History as the terminal saves it, lines about the security first."""
    bars = daily().closes_only()
    head = "Security,SPX Index,\nStart Date,1/2/2015,\nEnd Date,9/30/2015,\nPeriod,D,\nCurrency,USD,\n,,\nDate,PX_LAST,"
    rows = [[f"{t.month}/{t.day}/{t.year}", f"{c:.2f}", ""] for t, *_, c, _ in bars]
    return one("grid1.csv", table(head, rows), bars, warn=["close_only"])


@vendor
def barchart() -> VendorFile:
    bars = daily()
    rows = [
        [f"{t:%m/%d/%Y}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{change * c / 100:.2f}", f"{change:+.2f}%", f"{v:.0f}"]
        for (t, o, h, lo, c, v), change in zip(bars, changes(bars), strict=True)
    ]
    text = table("Time,Open,High,Low,Last,Change,%Chg,Volume", rows[::-1])
    return one("spx_price-history.csv", text + '"Downloaded from Barchart.com as of 01-30-2021 05:21pm CST"\n', bars)


@vendor
def cboe_vix_history() -> VendorFile:
    bars = daily(decimals=6).without_volume()
    rows = [[f"{t:%m/%d/%Y}", *(f"{p:.6f}" for p in (o, h, lo, c))] for t, o, h, lo, c, _ in bars]
    return one("VIX_History.csv", table("DATE,OPEN,HIGH,LOW,CLOSE", rows, end="\r\n"), bars, warn=["no_volume"])


@vendor
def cboe_vix_current() -> VendorFile:
    bars = daily().without_volume()
    head = '"* VIX data since the change of methodology, updated daily",,,,\nDate,VIX Open,VIX High,VIX Low,VIX Close'
    rows = [[f"{t.month}/{t.day}/{t.year}", *(f"{p:.2f}" for p in (o, h, lo, c))] for t, o, h, lo, c, _ in bars]
    return one("vixcurrent.csv", table(head, rows), bars)


def _fred(header: str, missing: str) -> VendorFile:
    bars = daily().closes_only()
    rows = [[f"{t:%Y-%m-%d}", missing if i in (20, 90) else f"{c:.2f}"] for i, (t, *_, c, _) in enumerate(bars)]
    kept = ~np.isin(np.arange(len(bars)), (20, 90))
    return one("SP500.csv", table(header, rows), bars.take(kept), warn=["close_only"])


@vendor
def fred() -> VendorFile:
    return _fred("DATE,SP500", ".")


@vendor
def fred_empty_cells() -> VendorFile:
    return _fred("observation_date,VIXCLS", "")


@vendor
def close_named_by_its_ticker() -> VendorFile:
    bars = daily().closes_only()
    rows = [[f"{t:%Y-%m-%d}", f"{c:.2f}"] for t, *_, c, _ in bars]
    return one("closes.csv", table("Date,^GSPC", rows), bars, warn=["close_only"])


@vendor
def google_finance() -> VendorFile:
    """GOOGLEFINANCE of a US spreadsheet, saved as CSV: the close at 16:00."""
    bars = daily()
    rows = [
        [f"{t.month}/{t.day}/{t.year} 16:00:00", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars
    ]
    return one("Untitled spreadsheet - Sheet1.csv", table("Date,Open,High,Low,Close,Volume", rows), bars)


@vendor
def two_digit_years_of_the_last_century() -> VendorFile:
    """Old quote pages: 5-Jan-87 is of 1987."""
    bars = daily()
    bars = bars.dated([t - FIFTY_SIX_YEARS / 2 for t in bars.when])
    rows = [
        [f"{t.day}-{MONTHS[t.month - 1]}-{t:%y}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"]
        for t, o, h, lo, c, v in bars
    ]
    return one("quotes.csv", table("Date,Open,High,Low,Close,Volume", rows[::-1]), bars)
