import json

import pandas as pd
import pytest

from regime_core.readers import inspect


def table(stamps):
    return ("date,open,high,low,close\n" + "".join(f"{stamp},1,2,1,2\n" for stamp in stamps)).encode()


@pytest.mark.parametrize(
    ("freq", "words", "intraday"),
    [
        ("5min", "5 minutes", True),
        ("1h", "1 hour", True),
        ("30s", "30 seconds", True),
        ("90min", "1.5 hours", True),
        ("D", "1 day", False),
        ("B", "1 day", False),
        ("W", "1 week", False),
        ("MS", "1 month", False),
        ("QS", "1 quarter", False),
        ("YS", "1 year", False),
    ],
)
def test_interval_in_words_and_no_gap_in_a_regular_file(freq, words, intraday):
    stamps = pd.date_range("2020-01-01", periods=40, freq=freq).strftime("%Y-%m-%dT%H:%M:%SZ")
    seen = inspect(table(stamps))
    assert (seen.interval, seen.intraday, seen.gaps, seen.bars) == (words, intraday, 0, 40)


def test_gaps_of_a_market_that_closes_at_weekends():
    days = pd.bdate_range("2020-01-01", periods=100)
    assert inspect(table(days.delete([30, 31, 32, 33, 34]).strftime("%Y-%m-%d"))).gaps == 1
    assert inspect(table(days.delete(30).strftime("%Y-%m-%d"))).gaps == 0


def test_gaps_of_a_market_that_never_closes():
    days = pd.date_range("2020-01-01", periods=100)
    seen = inspect(table(days.delete(30).strftime("%Y-%m-%d")))
    assert (seen.gaps, seen.longest_step, seen.longest_step_from) == (1, "2 days", "2020-01-30")


def test_the_end_of_a_session_is_no_gap():
    sessions = [pd.date_range(f"2020-01-0{day} 14:30", periods=78, freq="5min") for day in (6, 7, 8)]
    stamps = sessions[0].append(sessions[1:])
    assert inspect(table(stamps.strftime("%Y-%m-%d %H:%M"))).gaps == 0
    assert inspect(table(stamps.delete(100).strftime("%Y-%m-%d %H:%M"))).gaps == 1


def test_everything_found_is_said():
    stamps = (1609718400000, 1609718400000, 1609804800000, 1609891200000)
    rows = [f"{stamp};;;;;" if i == 2 else f"{stamp};1;2;1;2;1" for i, stamp in enumerate(stamps)]
    data = "\n".join(["\ufeffTime;Open;High;Low;Close;Adj Close", *rows])
    seen = inspect(data.encode(), name="odd.csv")
    assert (seen.delimiter, seen.encoding, seen.time_format) == ("semicolon", "utf-8-sig", "epoch milliseconds")
    assert (seen.rows, seen.rows_skipped, seen.bars) == (4, 1, 2)
    assert (seen.start, seen.end, seen.interval) == ("2021-01-04", "2021-01-06", "2 days")
    as_json = json.loads(json.dumps(seen.as_dict()))
    assert as_json["columns"]["timestamp"] == "Time"
    assert as_json["status"] == "ok"
    assert as_json["symbols"] == [
        {"symbol": "", "rows": 2, "first": "2021-01-04", "last": "2021-01-06", "first_close": 2.0, "last_close": 2.0}
    ]
    assert {warning["code"]: warning["rows"] for warning in as_json["warnings"]} == {
        **{"missing_prices": [4], "duplicates": [2], "no_volume": [], "too_few_bars": []},
    }
    for word in ("odd.csv", "semicolon", "2 days", "same time", "Adj Close"):
        assert word in str(seen)


def test_one_bar_has_no_interval():
    seen = inspect(table(["2020-01-01"]))
    assert (seen.interval, seen.gaps, seen.longest_step, seen.start) == ("", 0, "", "2020-01-01")
    assert "one bar" in str(seen)
