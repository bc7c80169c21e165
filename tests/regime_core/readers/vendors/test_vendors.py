import pytest

from regime_core.readers import Inspection
from vendors import FORMATS
from vendors.reading import difference, read

NOT_YET = {
    "alpha_vantage_numbered",
    "backtrader_intraday",
    "barchart",
    "binance",
    "binance_microseconds",
    "binance_titles",
    "binance_with_header",
    "bitfinex",
    "bloomberg",
    "bloomberg_last_only",
    "cboe_vix_current",
    "chinese_order_without_header",
    "close_named_by_its_ticker",
    "closes_side_by_side",
    "coingecko",
    "cryptodatadownload",
    "cryptodatadownload_am_pm",
    "day_month_hours_of_a_year",
    "dukascopy",
    "dukascopy_daily",
    "dukascopy_gmt",
    "eastmoney",
    "euronext",
    "excel",
    "excel_intraday",
    "excel_notes_first",
    "excel_text_dates",
    "finam",
    "fred",
    "fred_empty_cells",
    "gzipped",
    "high_and_low_exchanged",
    "interactive_brokers_named_zone",
    "interactive_brokers_two_spaces",
    "investing",
    "investing_brazil",
    "investing_france",
    "investing_germany",
    "investing_numeric_dates",
    "investing_saved_by_european_excel",
    "italian_spaces",
    "kraken",
    "kraken_daily",
    "metastock",
    "metatrader_4",
    "metatrader_5",
    "moex_candles",
    "moex_history",
    "nasdaq",
    "nasdaq_index",
    "negative_prices",
    "netease",
    "nikkei",
    "ninjatrader",
    "ninjatrader_daily",
    "no_header_at_all",
    "nordic",
    "nordic_spaced_thousands",
    "nse",
    "nse_index",
    "opens_of_zero",
    "pasted_cells_german",
    "pipes",
    "polygon_flat_file",
    "prefixed_columns",
    "prefixed_symbols",
    "quantmod",
    "semicolons_and_decimal_commas",
    "sierra_chart",
    "stooq_bulk",
    "stooq_polish",
    "three_days_of_either_order",
    "tradestation",
    "tradingview_indicators",
    "tushare",
    "two_digit_years_of_the_last_century",
    "unicode_text",
    "utf16_big_endian",
    "wsj",
    "yahoo_web_paste",
    "yfinance_several_tickers",
    "yfinance_three_header_rows",
    "yfinance_three_header_rows_adjusted",
    "zip_of_symbols",
    "zipped",
}
"""Formats that are refused so far, or asked about. One that is read comes off this list."""

READ_WRONG: set[str] = {
    "bitcoin_minutes",
    "five_hundred_symbols",
    "kaggle_names",
    "metastock_intraday",
    "months_then_days",
    "points_of_thousands_or_decimals",
    "symbols_interleaved",
    "volume_with_points",
}
"""Formats that are read wrongly so far: the worst that can happen. One that is mended comes off this list."""

ALL = sorted(FORMATS)
READ = [name for name in ALL if name not in NOT_YET | READ_WRONG and FORMATS[name]().status == "ok"]
ASKED = [name for name in ALL if name not in READ_WRONG and FORMATS[name]().status != "ok"]


@pytest.mark.parametrize("name", READ)
def test_a_vendors_file_is_read_right(name):
    file = FORMATS[name]()
    got = read(file)
    if file.may_ask and got.status == "ambiguous":
        return
    assert got.status == "ok", got.message
    assert difference(file, got) == ""


@pytest.mark.skipif("status" not in Inspection.__dataclass_fields__, reason="inspection gives no codes of warnings")
@pytest.mark.parametrize("name", [name for name in READ if FORMATS[name]().warnings])
def test_what_is_odd_in_a_file_is_said(name):
    file = FORMATS[name]()
    got = read(file)
    assert file.may_ask or file.warnings <= got.codes


@pytest.mark.parametrize("name", ASKED)
def test_what_nothing_settles_is_asked_or_refused(name):
    assert read(FORMATS[name]()).status in ("ambiguous", "rejected")


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_a_format_not_read_yet_is_refused(name):
    got = read(FORMATS[name]())
    assert got.status in ("ambiguous", "rejected"), difference(FORMATS[name](), got) or "it is read right: take it off NOT_YET"
    assert got.message


@pytest.mark.xfail(strict=True, reason="known to be read wrongly")
@pytest.mark.parametrize("name", sorted(READ_WRONG))
def test_a_wrong_reading_is_mended(name):
    file = FORMATS[name]()
    got = read(file)
    assert got.status != "ok" or (file.status == "ok" and difference(file, got) == "")


def test_lists_name_formats_that_exist():
    assert set(FORMATS) >= NOT_YET | READ_WRONG
    assert not NOT_YET & READ_WRONG
