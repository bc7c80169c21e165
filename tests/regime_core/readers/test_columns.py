"""Columns that are missing, of unknown name or named by the caller; what a refusal advises works when it is followed."""

import random
from datetime import date, timedelta

import numpy as np
import pytest

from regime_core.errors import ReaderError
from regime_core.readers import Overrides, read

DAYS = [date(2015, 1, 2) + timedelta(days=i) for i in range(80)]


def known_bars():
    """Rows of open, high, low, close, volume."""
    noise, close, rows = random.Random(3), 100.0, []
    for _ in DAYS:
        opened, close = round(close + noise.gauss(0, 0.2), 2), round(close * (1 + noise.gauss(0, 0.01)), 2)
        rows.append(
            (opened, max(opened, close) + 0.5, min(opened, close) - 0.5, close, float(noise.randrange(100_000, 999_999)))
        )
    return np.array(rows)


BARS = known_bars()
OF = dict(zip("ohlcv", BARS.T, strict=True))


def table(header, letters, **more):
    """A file of a date and the columns of letters: ``ohlcv``, or an array of one's own."""
    columns = [{**OF, **more}[letter] for letter in letters]
    rows = "".join(
        f"{day}," + ",".join(f"{value:.2f}" for value in row) + "\n" for day, *row in zip(DAYS, *columns, strict=True)
    )
    return (f"{header}\n" + rows).encode()


def got(data, **columns):
    """Open, high, low, close, volume, (n, 5), and the codes of the warnings."""
    reading = read(data, name="bars.csv", overrides=Overrides(columns))
    assert len(reading.series) == 1
    return np.column_stack(reading.series[0].bars[1:]), [warned.code for warned in reading.warnings]


def refused(data, **columns):
    with pytest.raises(ReaderError) as caught:
        got(data, **columns)
    return caught.value.message


@pytest.mark.parametrize("close", ["Close", "Last Traded Price", "LTP"])
@pytest.mark.parametrize(
    ("letters", "standing_in"),
    [("hlc", {"o": "c"}), ("hlcv", {"o": "c"}), ("oc", {}), ("ocv", {}), ("c", {"o": "c", "h": "c", "l": "c"}), ("ohlcv", {})],
)
@pytest.mark.parametrize("extra", ["", "Trades"])
def test_time_and_close_are_enough(close, letters, standing_in, extra):
    names = {"o": "Open", "h": "High", "l": "Low", "c": close, "v": "Volume", "x": extra}
    written = letters + ("x" if extra else "")
    bars, codes = got(table("Date," + ",".join(names[letter] for letter in written), written, x=np.arange(80) * 17 + 3_000))
    np.testing.assert_array_equal(bars[:, 3], OF["c"])
    for i, letter in enumerate("ohl"):
        want = OF[letter] if letter in letters else OF[standing_in[letter]] if letter in standing_in else None
        if want is None:
            want = (np.maximum if letter == "h" else np.minimum)(OF["o"], OF["c"])
        np.testing.assert_array_equal(bars[:, i], want, err_msg=letter)
    assert ("close_only" if len(standing_in) == 3 else "partial_columns") in codes or letters == "ohlcv"
    assert ("no_volume" in codes) == ("v" not in letters)


@pytest.mark.parametrize(
    ("header", "letters", "field", "column"),
    [
        ("Date,Ouv1,High,Low,Close", "ohlc", "open", "Ouv1"),
        ("Date,Open,Top,Low,Close", "ohlc", "high", "Top"),
        ("Date,Open,High,Bottom,Close", "ohlc", "low", "Bottom"),
        ("Date,Open,High,Low,Zork,Volume", "ohlcv", "close", "Zork"),
        ("Date,Zork,Volume", "cv", "close", "Zork"),
    ],
)
def test_a_column_of_unknown_name_is_named_by_the_header_or_by_the_caller(header, letters, field, column):
    message = refused(table(header, letters))
    assert f"name it {field}" in message
    assert f"say which column is the {field}" in message
    want = {**dict.fromkeys("ohl", OF["c"]), **{letter: OF[letter] for letter in letters}}
    for bars, _ in (got(table(header.replace(column, field), letters)), got(table(header, letters), **{field: column})):
        for i, letter in enumerate("ohlc"):
            np.testing.assert_array_equal(bars[:, i], want[letter], err_msg=letter)


def test_a_column_that_may_be_a_price_can_be_left_out():
    assert "leave this one out" in refused(table("Date,Ouv1,High,Low,Close", "ohlc"))
    bars, codes = got(table("Date,High,Low,Close", "hlc"))
    np.testing.assert_array_equal(bars[:, :4], np.column_stack([OF["c"], OF["h"], OF["l"], OF["c"]]))
    assert codes == ["partial_columns", "no_volume"]


@pytest.mark.parametrize("name", ["VWAP", "Average Price", "Prev Close", "Typical"])
def test_averages_and_the_day_before_are_no_open(name):
    bars, _ = got(table(f"Date,High,Low,Close,{name}", "hlcx", x=(OF["h"] + OF["l"]) / 2))
    np.testing.assert_array_equal(bars[:, 0], OF["c"])


@pytest.mark.parametrize("field", ["open", "volume", "timestamp", "symbol"])
def test_a_close_that_is_to_be_something_else_leaves_none(field):
    message = refused(table("Date,Open,High,Low,Close,Other", "ohlcx", x=OF["c"] + 0.25), **{field: "Close"})
    assert f'where "Close" is the {field}, no column is left for the close' in message
    assert "say which column is the close, too" in message


def test_both_columns_named_by_the_caller_are_exchanged():
    data = table("Date,Close,High,Low,Open,Volume", "ohlcv")
    np.testing.assert_array_equal(got(data, open="Close", close="Open")[0], BARS)
    np.testing.assert_array_equal(got(data, open="close", close="OPEN ")[0], BARS)


def test_the_time_that_is_to_be_something_else_is_asked_for():
    data = table("Date,Close,Day", "cx", x=OF["o"])
    assert "no column is left for the timestamp" in refused(data, close="Date")


def test_one_column_cannot_be_two_fields():
    message = refused(table("Date,Open,High,Low,Close", "ohlc"), open="Close", close="Close")
    assert '"Close" cannot be both open and close' in message


def test_a_column_that_is_not_there_is_answered_with_those_that_are():
    data = table("Date,Open,High,Low,Close,Mid", "ohlcx", x=OF["c"] + 0.25)
    assert "name one of Date, Open, High, Low, Close, Mid" in refused(data, close="Foo")
    np.testing.assert_array_equal(got(data, close="Mid")[0][:, 3], OF["c"] + 0.25)


def test_the_second_of_two_columns_of_one_name_has_a_name_of_its_own():
    data = table("Date,High,Low,Close,Close", "hlcx", x=OF["c"] + 0.25)
    assert "both name the close" in refused(data)
    np.testing.assert_array_equal(got(data, close="Close")[0][:, 3], OF["c"])
    np.testing.assert_array_equal(got(data, close="Close_2")[0][:, 3], OF["c"] + 0.25)


@pytest.mark.parametrize("header", ["index", "Index", "#", "", "No", "Unnamed: 0"])
@pytest.mark.parametrize("start", [0, 1])
def test_a_count_of_rows_is_no_price(header, start):
    rows = "".join(f"{start + i},{day},{close:.2f}\n" for i, (day, close) in enumerate(zip(DAYS, OF["c"], strict=True)))
    bars, _ = got(f"{header},Date,AAPL\n{rows}".encode())
    np.testing.assert_array_equal(bars[:, 3], OF["c"])


def test_an_index_is_the_close_where_it_counts_nothing():
    np.testing.assert_array_equal(got(table("Date,Index", "c"))[0][:, 3], OF["c"])
    counted = "".join(f"{day},{i}\n" for i, day in enumerate(DAYS, 1))
    np.testing.assert_array_equal(got(f"Date,Close\n{counted}".encode())[0][:, 3], np.arange(1, 81))


def test_a_value_beside_a_volume_may_be_the_money_traded():
    data = table("Date,Px,Value,Volume", "cxv", x=OF["c"] * OF["v"])
    assert "say which column is the close" in refused(data)
    np.testing.assert_array_equal(got(data, close="Px")[0][:, 3], OF["c"])
    np.testing.assert_array_equal(got(table("Date,Value,Volume", "cv"))[0][:, 3], OF["c"])


@pytest.mark.parametrize(
    "header",
    [
        "Date,Close,Close Change,High,High Change",
        "Date,Close,Close SMA20,High,High SMA20",
        "Date,Close,Close_lag1,High,High_lag1",
        "Date,Close,Predicted Close,High,Predicted High",
        "Date,Close,Prev Close,High,Prev High",
    ],
)
def test_what_is_reckoned_from_prices_is_no_second_series(header):
    bars, _ = got(table(header, "cxhy", x=OF["c"] * 0.9, y=OF["h"] * 0.9))
    np.testing.assert_array_equal(bars[:, [1, 3]], np.column_stack([OF["h"], OF["c"]]))


def test_an_average_of_volumes_is_no_volume():
    bars, codes = got(table("Date,Open,High,Low,Close,Volume MA20", "ohlcv"))
    np.testing.assert_array_equal(bars[:, :4], BARS[:, :4])
    assert np.isnan(bars[:, 4]).all()
    assert codes == ["no_volume"]
