import csv as std_csv
import io
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.bars import DAY_NS
from regime_core.errors import ReaderError
from regime_core.readers import Overrides, inspect, read_csv

HEAD = "Date,Open,High,Low,Close,Volume\n"
DAILY = HEAD + "2021-01-04,10,12,9,11,100\n2021-01-05,11,13,10,12,200\n2021-01-06,12,14,11,13,300\n"


def ns(*parts, tz=UTC):
    return int(datetime(*parts, tzinfo=tz).timestamp()) * 1_000_000_000


def refuse(text, *words):
    """The error of a text, after checking that it says all the words."""
    with pytest.raises(ReaderError) as caught:
        read_csv(text.encode() if isinstance(text, str) else text, name="bars.csv")
    for word in words:
        assert word in str(caught.value)
    return caught.value


def with_dates(dates):
    return HEAD + "".join(f"{date},10,12,9,11,100\n" for date in dates)


def test_plain_file_against_hand_written_bars():
    result = read_csv(DAILY.encode())
    np.testing.assert_array_equal(result.bars.time, [ns(2021, 1, 4), ns(2021, 1, 5), ns(2021, 1, 6)])
    np.testing.assert_array_equal(
        np.column_stack(result.bars[1:]), [[10, 12, 9, 11, 100], [11, 13, 10, 12, 200], [12, 14, 11, 13, 300]]
    )
    assert result.problems == ("3 bars are too few to label: 50 are needed.",)
    assert (result.rows_read, result.rows_skipped, result.intraday) == (3, 0, False)
    assert (result.start, result.end) == (ns(2021, 1, 4), ns(2021, 1, 6))
    assert result.columns == {
        "timestamp": "Date",
        "open": "Open",
        "high": "High",
        "low": "Low",
        "close": "Close",
        "volume": "Volume",
    }


def test_path_bytes_and_file_object_give_the_same(tmp_path):
    path = tmp_path / "bars.csv"
    path.write_text(DAILY)
    results = [read_csv(source) for source in (path, str(path), DAILY.encode(), io.BytesIO(DAILY.encode()))]
    for result in results[1:]:
        np.testing.assert_array_equal(np.array(result.bars), np.array(results[0].bars))
    assert results[0].name == "bars.csv"


prices = st.floats(0.001, 1e6, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    closes=st.lists(prices, min_size=2, max_size=12),
    order=st.permutations(range(6)),
    names=st.sampled_from(
        [
            ("Date", "Open", "High", "Low", "Close", "Volume"),
            ("timestamp", "o", "h", "l", "c", "v"),
            ("DATETIME", "OPEN", "HIGH", "LOW", "CLOSE", "VOL"),
            (" time ", "<Open>", "High", "low", "Close", "vol."),
        ]
    ),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([std_csv.QUOTE_MINIMAL, std_csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    blank=st.booleans(),
    bom=st.booleans(),
    time_form=st.sampled_from(["iso", "s", "ms", "us", "ns", "slash", "compact"]),
)
def test_layout_does_not_change_the_bars(closes, order, names, delimiter, quoting, line_end, blank, bom, time_form):
    days = [datetime(2020, 1, 20, tzinfo=UTC) + timedelta(days=i) for i in range(len(closes))]
    seconds = [int(day.timestamp()) for day in days]
    shown = {
        "iso": [day.strftime("%Y-%m-%d") for day in days],
        "slash": [day.strftime("%m/%d/%Y") for day in days],
        "compact": [day.strftime("%Y%m%d") for day in days],
        "s": seconds,
        "ms": [value * 10**3 for value in seconds],
        "us": [value * 10**6 for value in seconds],
        "ns": [value * 10**9 for value in seconds],
    }[time_form]
    rows = [
        (when, repr(close), repr(close * 1.5), repr(close / 1.5), repr(close), str(i))
        for i, (when, close) in enumerate(zip(shown, closes, strict=True))
    ]
    text = io.StringIO(newline="")
    writer = std_csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    for row in (names, *rows):
        writer.writerow([row[i] for i in order])
        if blank:
            text.write(line_end + "   " + line_end)
    bars = read_csv((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()).bars
    np.testing.assert_array_equal(bars.time, [second * 10**9 for second in seconds])
    np.testing.assert_array_equal(bars.close, closes)
    np.testing.assert_array_equal(bars.open, closes)
    np.testing.assert_array_equal(bars.high, [close * 1.5 for close in closes])
    np.testing.assert_array_equal(bars.low, [close / 1.5 for close in closes])
    np.testing.assert_array_equal(bars.volume, range(len(closes)))


def test_yahoo_file_with_null_rows_and_adjusted_close():
    text = (
        "Date,Open,High,Low,Close,Adj Close,Volume\n2021-01-04,10,12,9,11,5,100\n2021-01-05,null,null,null,null,null,null\n"
        "2021-01-06,12,null,11,13,6,300\n2021-01-07,12,14,11,13,6,\n2021-01-08,12,14,11,13,6,3\n"
    )
    result = read_csv(text.encode())
    np.testing.assert_array_equal(result.bars.close, [11, 13, 13])
    assert np.isnan(result.bars.volume[1])
    assert (result.rows_read, result.rows_skipped) == (5, 2)
    said = " ".join(result.problems)
    assert "1 row(s) have no close and were left out, first line 3" in said
    assert "lack a price and were left out (0 of them without any), first line 4" in said
    assert '"Adj Close" is not' in said


@pytest.mark.parametrize("mark", ["", "NaN", "null", "N/A", "-", "None"])
def test_ways_to_say_missing(mark):
    result = read_csv((DAILY + f"2021-01-07,{mark},{mark},{mark},{mark},{mark}\n").encode())
    assert (result.bars.n_bars, result.rows_skipped) == (3, 1)


def test_rows_left_out_do_not_shift_the_lines_that_are_named():
    empty = "2021-01-03,,,,,\n"
    refuse(HEAD + empty + "2021-01-04,10,12,9,11,1\n2021-01-05,10,8,9,11,1\n", "line 4", '"High"')


def test_volume_may_be_absent():
    result = read_csv(b"date,open,high,low,close\n2021-01-04,1,1,1,1\n2021-01-05,1,1,1,1\n")
    assert np.isnan(result.bars.volume).all()
    assert "volume" not in result.columns
    assert any("no volume" in problem for problem in result.problems)


def test_unsorted_and_repeated_rows_are_named_by_line():
    text = with_dates(["2021-01-06", "2021-01-04"]) + "2021-01-06,20,22,19,21,7\n"
    result = read_csv(text.encode())
    np.testing.assert_array_equal(result.bars.close, [11, 21])
    assert any("not in order" in problem and "first line 3" in problem for problem in result.problems)
    assert any("same time" in problem and "first line 2" in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (["2021-03-01T09:30:00Z", "2021-03-01T09:35:00Z"], ns(2021, 3, 1, 9, 30)),
        (["2021-03-01 09:30", "2021-03-01 09:35"], ns(2021, 3, 1, 9, 30)),
        (["2021-03-01T09:30:00-05:00", "2021-03-01T09:35:00-05:00"], ns(2021, 3, 1, 9, 30, tz=timezone(timedelta(hours=-5)))),
        (
            ["2021-03-01 09:30:00+0530", "2021-03-01 09:35:00+0530"],
            ns(2021, 3, 1, 9, 30, tz=timezone(timedelta(hours=5, minutes=30))),
        ),
        (["2021-03-01 9:30", "2021-03-01 9:35"], ns(2021, 3, 1, 9, 30)),
        (["2021.03.01 09:30", "2021.03.01 09:35"], ns(2021, 3, 1, 9, 30)),
        (["2021-03-01 09:30:00 UTC", "2021-03-01 09:35:00 UTC"], ns(2021, 3, 1, 9, 30)),
        (["2021-03-01 09:30:00Z", "2021-03-01 11:35:00+02:00"], ns(2021, 3, 1, 9, 30)),
        (["2021-03-01T10:30:00+01", "2021-03-01T10:35:00+01"], ns(2021, 3, 1, 9, 30)),
        (["13/03/2021 09:30", "13/03/2021 09:35"], ns(2021, 3, 13, 9, 30)),
        (["2021-03-01T09:30:00.250000Z", "2021-03-01T09:35:00.250000Z"], ns(2021, 3, 1, 9, 30) + 250_000_000),
        (["1614591000.25", "1614591300.25"], ns(2021, 3, 1, 9, 30) + 250_000_000),
    ],
)
def test_intraday_times_are_utc(shown, expected):
    result = read_csv(with_dates(shown).encode())
    assert result.intraday
    np.testing.assert_array_equal(result.bars.time, [expected, expected + 300_000_000_000])


def test_times_agree_with_pandas():
    stamps = pd.date_range("2021-03-12 20:00", periods=400, freq="17min", tz="America/New_York")
    result = read_csv(with_dates(stamps.strftime("%Y-%m-%dT%H:%M:%S%z")).encode())
    np.testing.assert_array_equal(result.bars.time, stamps.as_unit("ns").asi8)
    assert "Times were converted to UTC." in result.problems


@pytest.mark.parametrize("offset", ["+09:00", "-05:00", "Z", ""])
def test_daily_bars_keep_their_own_calendar_date(offset):
    result = read_csv(with_dates([f"2021-03-0{day} 00:00:00{offset}" for day in (1, 2, 3)]).encode())
    np.testing.assert_array_equal(result.bars.time, [ns(2021, 3, day) for day in (1, 2, 3)])


@pytest.mark.parametrize("shape", ["{day:02}/{month:02}/{year}", "{day}.{month}.{year}", "{day:02}-{month:02}-{year}"])
def test_a_day_above_twelve_settles_day_first(shape):
    dates = [(2021, 3, day) for day in range(10, 15)]
    result = read_csv(with_dates([shape.format(year=y, month=m, day=d) for y, m, d in dates]).encode())
    np.testing.assert_array_equal(result.bars.time, [ns(*date) for date in dates])


def test_dates_that_may_be_either_way_round_are_refused():
    refuse(with_dates(["03/04/2021", "05/04/2021"]), "line 2", '"Date"', "03/04/2021", "yyyy-mm-dd")
    refuse(with_dates(["03/24/2021", "24/03/2021"]), "line 2", "03/24/2021", "month first")


@pytest.mark.parametrize(
    ("dates", "line"),
    [
        (["2021-02-29", "2021-03-01"], 2),
        (["2021-02-27", "2021-02-30"], 3),
        (["2021-01-04", "yesterday"], 3),
        (["2021-01-04T10:00:00Z", "2021-01-04T25:00:00Z"], 3),
        (["2021-01-04T10:00:00Z", "2021-01-04T10:05:00"], 3),
        (["13/01/21", "14/01/21"], 2),
        (["2021-01-04", "1609804800"], 3),
        (["9999-01-04", "9999-01-05"], 2),
        (["43831", "43832"], 2),
        (["1609718400", "1609804800000"], 3),
        (["2021-01-04", ""], 3),
        (["99999999999999999999", "99999999999999999999"], 2),
        (["1609718400", "9999999999999999999"], 3),
        (["13/01/2021", "14/01/2021", "15/01/2021", "soon"], 5),
    ],
)
def test_a_bad_time_is_named(dates, line):
    refuse(with_dates(dates), f"line {line}", '"Date"')


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2021-01-07,10,12,9,abc,100", "Close"),
        ("2021-01-07,1_0,12,9,11,100", "Open"),
        ("2021-01-07,10,12,0x9,11,100", "Low"),
        ("2021-01-07,10,12,9,inf,100", "Close"),
        ("2021-01-07,10,12,9,1e999,1", "Close"),
    ],
)
@pytest.mark.parametrize("before", ["", "\n\n  \n", '"2021-01-09",10,12,9,11,1\n'])
def test_a_bad_value_is_named_by_line_and_column(row, column, before):
    line = 5 + before.count("\n")
    refuse(DAILY + before + row + "\n2021-01-08,10,12,9,11,100\n", f"line {line},", f'column "{column}"')


def test_line_numbers_count_lines_inside_quotes():
    text = 'note,date,open,high,low,close\n"a\nb\nc",2021-01-04,1,1,1,1\nd,2021-01-05,1,1,1,x\n'
    refuse(text, "line 5", '"close"', '"x"')


@pytest.mark.parametrize(
    "text",
    [DAILY + "2021-01-07,10\n", DAILY + "2021-01-07,10,12,9,11,100,7\n", DAILY + '2021-01-07,"10,12,9,11,100\n'],
)
def test_a_row_of_another_length_is_named(text):
    line = text.rstrip("\n").count("\n") + 1
    refuse(text, f"line {line} has", "field(s) but the header has 6")


def test_thousands_commas_only_where_nothing_else_is_possible():
    rows = '2021-01-04,"1,010.5","1,012","1,009","1,011","1,000,000"\n2021-01-05,999,1012,990,1000,5\n'
    result = read_csv((HEAD + rows).encode())
    np.testing.assert_array_equal(np.column_stack(result.bars[1:])[0], [1010.5, 1012, 1009, 1011, 1_000_000])
    assert any("thousands" in problem for problem in result.problems)
    refuse("date;open;high;low;close\n2021-01-04;1,010;1,012;1,009;1,011\n", "line 2", "decimal comma")
    european = read_csv(b"date;open;high;low;close\n2021-01-04;10,5;12,5;9,5;11,5\n")
    np.testing.assert_array_equal(np.column_stack(european.bars[1:5])[0], [10.5, 12.5, 9.5, 11.5])


def test_spaces_around_fields():
    result = read_csv(
        b"Date, Open, High, Low, Close\n2021-01-04, 10, 12, 9, 11\n2021-01-05 , 10 , 12 , 9 , null\n2021-01-06, 1, 2, 1, 2\n"
    )
    np.testing.assert_array_equal(result.bars.close, [11, 2])


def test_missing_columns_name_what_was_found():
    refuse("Date,Open,Close,Foo\n2021-01-04,1,1,1\n", "high, low", "Date, Open, Close, Foo")
    refuse("2021-01-04,10,12,9\n", "no header", "header line")
    refuse("Date,Open,High,Low,Volume,Close,open\n2021-01-04,1,1,1,1,1,2\n", '"Open"', '"open"', "keep one")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (HEAD.encode(), "no rows"),
        (HEAD.encode() + b"\n \n", "no rows"),
        (b"\x80\x04\x95\x10\x00\x00\x00", "pickle"),
        (b"PK\x03\x04\x14\x00", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PAR1\x15\x00", "Parquet"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'{"bars": []}', "JSON"),
        (DAILY.encode() + b"\x00\x01", "binary"),
        (DAILY.encode() + "2021-01-07,10,12,9,11,ü\n".encode("latin-1"), "line 5"),
        (b"(dp0\nS'bars'\np1\n", "header"),
    ],
)
def test_what_is_no_csv_is_refused_in_words(data, word):
    refuse(data, "bars.csv", word)


def test_quotes_that_do_not_work_out():
    refuse(
        "note," + DAILY.replace("\n2021", '\n"n",2021') + '"' + "x" * 200_000 + '",2021-01-07,1,1,1,1,y\n',
        "line 5",
        "check its quotes",
    )


def test_a_time_column_without_times():
    refuse(with_dates(["", ""]), '"Date" is empty')


def test_paths_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path, "a\x00b"):
        with pytest.raises(ReaderError):
            read_csv(path)


def test_size_is_bounded():
    with pytest.raises(ReaderError, match="more than 2 rows"):
        read_csv(DAILY.encode(), max_bars=2)
    assert read_csv((DAILY + "\n\n\n").encode(), max_bars=3).bars.n_bars == 3
    with pytest.raises(ReaderError, match="larger than"):
        read_csv(io.BytesIO(DAILY.encode() + b" " * 70_000), max_bars=3)


def test_a_column_without_numbers_is_refused_or_said():
    refuse(HEAD + "2021-01-04,1,12,9,,1\n2021-01-05,1,12,9,,1\n", '"Close"', "no number")
    result = read_csv((HEAD + "2021-01-04,,12,9,11,1\n2021-01-05,,12,9,11,1\n").encode())
    np.testing.assert_array_equal(result.bars.open, [11, 11])
    assert any("open is missing" in problem and "line 2" in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("row", "code", "bar"),
    [
        ("2021-01-07,$10,$12,$9,$11,100", None, [10, 12, 9, 11, 100]),
        ("2021-01-07,10,12,9,11,1.2M", None, [10, 12, 9, 11, 1.2e6]),
        ("2021-01-07,0,12,9,11,100", "partial_columns", [11, 12, 9, 11, 100]),
        ("2021-01-07,10,8,9,11,100", "ohlc_violation", [10, 11, 8, 11, 100]),
        ("2021-01-07,10,12,9,11,-1", "no_volume", [10, 12, 9, 11, np.nan]),
    ],
)
def test_what_is_repaired_is_said_with_its_line(row, code, bar):
    data = (DAILY + row + "\n").encode()
    np.testing.assert_array_equal(np.column_stack(read_csv(data).bars[1:])[-1], bar)
    said = {warned["code"]: warned["rows"] for warned in inspect(data).as_dict()["warnings"]}
    assert code is None or said[code] == [5]


def test_prices_below_zero_are_read_and_not_labelled():
    data = (DAILY + "2021-01-07,10,12,-9,11,100\n").encode()
    assert "negative_prices" in {warned["code"] for warned in inspect(data).as_dict()["warnings"]}
    refuse(data, "zero or below", "leave those bars out")


def test_exchanged_columns_are_recognised_and_said():
    rows = "".join(f"2021-01-{day:02},{day + 10},{day + 5},{day + 20},{day + 12},1\n" for day in range(1, 29))
    seen = inspect((HEAD + rows).encode())
    np.testing.assert_array_equal(read_csv((HEAD + rows).encode()).bars.high, np.arange(1, 29) + 20)
    assert "mislabelled_columns" in {warned["code"] for warned in seen.as_dict()["warnings"]}


def test_overrides_settle_what_the_file_leaves_open():
    data = with_dates(["03/04/2021", "05/04/2021"]).encode()
    assert inspect(data).status == "ambiguous"
    assert len(inspect(data).readings) == 2
    day_first = read_csv(data, overrides=Overrides(order="day/month/year")).bars
    np.testing.assert_array_equal(day_first.time, [ns(2021, 4, 3), ns(2021, 4, 5)])
    prices = b"when,a,b\n2021-01-04,1,2\n2021-01-05,3,4\n"
    np.testing.assert_array_equal(read_csv(prices, overrides=Overrides({"close": "b"})).bars.close, [2, 4])
    local = with_dates(["2021-07-01 09:30", "2021-07-01 09:35"]).encode()
    assert read_csv(local, overrides=Overrides(zone="America/New_York")).bars.time[0] == ns(2021, 7, 1, 13, 30)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(DAILY)))
def test_any_bytes_are_read_or_refused(noise, at):
    data = DAILY.encode()
    for damaged in (noise, data[:at] + noise + data[at:], data[:at]):
        try:
            bars = read_csv(damaged).bars
        except ReaderError:
            continue
        assert np.isfinite(bars.close).all() and (np.diff(bars.time) > 0).all()


def test_reads_the_bundled_history(pytestconfig):
    path = pytestconfig.rootpath / "data" / "sp500.csv"
    expected = pd.read_csv(path, parse_dates=["date"])
    bars = read_csv(path).bars
    np.testing.assert_array_equal(bars.time // DAY_NS, expected["date"].to_numpy().astype("M8[D]").astype(np.int64))
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(bars, name), expected[name].to_numpy(dtype=float))
