"""Dates, counts and ranges, by hand."""

import numpy as np
import pytest

from components import ranges, sheets, words
from markets import daily_bars
from regime_core.bars import DAY_NS

HOUR_NS = DAY_NS // 24
YEARS = daily_bars(np.ones(3000)).time  # 1 January 2018 to 18 March 2026


def plain(text):
    return text.replace("\u00a0", " ")


def test_numbers():
    assert plain(words.percent(0.7213)) == "72 %"
    assert plain(words.percent(float("nan"))) == "–"
    assert plain(words.signed_percent(-0.0213)) == "−2.1 %"
    assert [*map(plain, words.percents(np.array([0.7213, -0.0213]), 1))] == ["72.1 %", "-2.1 %"]
    assert words.percents(np.array([-0.0213, 0.5]), 1, signed=True) == [*map(words.signed_percent, (-0.0213, 0.5))]
    assert words.percents(np.empty(0), 1) == []
    assert plain(words.count(1, "bar")) == "1 bar"
    assert plain(words.count(2500, "bar")) == "2,500 bars"


def test_times():
    noon = 1_699_012_800 * 10**9  # 2023-11-03 12:00 UTC
    assert plain(words.moment(noon, intraday=False)) == "3 Nov 2023"
    assert plain(words.moment(noon, intraday=True)) == "3 Nov 2023, 12:00 UTC"
    assert words.bar_unit(YEARS) == "day"
    assert words.bar_unit(YEARS * 7) == "bar"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4 days without the VIX fell out, first 1991-03-01.", "4 days without the VIX fell out, first 1 Mar 1991."),
        ("(2014-01-03 to 2018-12-31)", "(3 Jan 2014 to 31 Dec 2018)"),
        ("no day: 2014-13-01, 2014-01-03T10:00, 2014-01-033", "no day: 2014-13-01, 2014-01-03T10:00, 2014-01-033"),
        ("2014-02-31 was no day", "2014-02-31 was no day"),
    ],
)
def test_dates_of_a_sentence_are_written_as_on_the_pages(text, told):
    assert plain(words.told(text)) == told


@pytest.mark.parametrize(
    ("text", "first", "stop"),
    [
        ("all", 0, 3000),
        ("1y", 2999 - 365, 3000),
        ("1m", 2999 - 28, 3000),  # back from 19 March to 19 February
        ("2018-01-03T00:00:00..2018-01-05T00:00:00", 2, 5),
        ("2018-01-05T00:00:00..2018-01-03T00:00:00", 2, 5),
        ("2018-01-03T12:00:00..2018-01-05T12:00:00", 3, 5),
        ("2018-01-03T12:00:00..2018-01-03T13:00:00", 2, 4),  # no bar inside: its neighbours
        ("2050-01-01..2060-01-01", 2998, 3000),
        ("1900-01-01..1910-01-01", 0, 2),
        (None, 2999 - 365, 3000),
        ("nonsense", 2999 - 365, 3000),
        ("2018-99-99..x", 2999 - 365, 3000),
        ("..", 2999 - 365, 3000),
        ("9999-01-01..99999-01-01", 2999 - 365, 3000),
    ],
)
def test_bounds(text, first, stop):
    assert ranges.bounds(text, YEARS) == (first, stop)


def test_bounds_of_hardly_any_bars():
    assert ranges.bounds("1y", YEARS[:0]) == (0, 0)
    assert ranges.bounds("1y", YEARS[:1]) == (0, 1)


def test_words_that_a_spreadsheet_would_run_are_marked_as_words():
    rows = [{"name": "=1+1", "change": -0.5}, {"name": "-", "change": "-0.5"}, {"name": "@A", "change": "+2 %"}]
    assert sheets.csv_text(rows).splitlines() == ["name,change", "'=1+1,-0.5", "'-,-0.5", "'@A,+2 %"]
