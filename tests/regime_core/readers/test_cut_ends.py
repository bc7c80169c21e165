"""Files that break off anywhere in their last line: no number, time or name of which only the start is left is believed."""

import random
from datetime import date, timedelta

import numpy as np
import pytest

from regime_core.readers import read

DAYS = [date(2015, 1, 2) + timedelta(days=i) for i in range(90)]


def table(head, row):
    """A file whose rows have numbers of a random walk, and its rows."""
    noise, price, rows = random.Random(2), 2058.0, []
    for day in DAYS:
        price *= 1 + noise.gauss(0, 0.01)
        rows.append(row(day, price, noise.randrange(1_000_000, 9_000_000)))
    return head + "\n" + "".join(f"{one}\n" for one in rows)


def ends(text):
    """Every way to break off in the last field, with the whole of it first."""
    last = text.rstrip("\n").rsplit("\n", 1)[1]
    field = (
        last[max(last.rindex(mark) for mark in ",;" if mark in last) + 1 :] if '"' not in last else last[last.rindex(',"') :]
    )
    return [text[: len(text) - 1 - kept] for kept in range(len(field))]


LAYOUTS = {
    "volume": ("Date,Open,High,Low,Close,Volume", lambda d, p, v: f"{d},{p:.2f},{p + 9:.2f},{p - 9:.2f},{p:.2f},{v}"),
    "volume_with_unit": ("Date,Close,Volume", lambda d, p, v: f"{d},{p:.2f},{v / 1e6:.2f}M"),
    "volume_with_decimals": ("Date,Close,Volume", lambda d, p, v: f"{d},{p:.2f},{v / 1e6:.8f}"),
    "volume_in_quotes": ("Date,Close,Volume", lambda d, p, v: f'"{d}","{p:.2f}","{v:,}"'),
    "close": ("Date,Open,High,Low,Close", lambda d, p, v: f"{d},{p:.2f},{p + 9:.2f},{p - 9:.2f},{p:.2f}"),
    "whole_close": ("Date,Close", lambda d, p, v: f"{d},{100 * p:.0f}"),
    "decimal_comma": ("Date;Close", lambda d, p, v: f"{d};{p:.2f}".replace(".", ",")),
    "date": ("Close,Date", lambda d, p, v: f"{p:.2f},{d}"),
    "american_date": ("Close,Date", lambda d, p, v: f"{p:.2f},{d.month}/{d.day}/{d.year}"),
    "symbol": ("Date,Close,Name", lambda d, p, v: f"{d},{p:.2f},AAPL"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_whole_file_without_a_line_end_is_read_without_a_word(layout):
    text = table(*LAYOUTS[layout])
    whole, bare = read(text.encode()), read(ends(text)[0].encode())
    assert bare.warnings == whole.warnings
    np.testing.assert_array_equal(np.array(bare.series[0].bars), np.array(whole.series[0].bars))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_left_of_a_last_field_is_not_believed(layout):
    text = table(*LAYOUTS[layout])
    truth = read(text.encode()).series[0].bars
    for broken in ends(text)[1:]:
        reading = read(broken.encode())
        assert [one.symbol for one in reading.series] == [""] or layout == "symbol"
        bars = reading.series[0].bars
        n = bars.n_bars
        assert n >= len(DAYS) - 1
        np.testing.assert_array_equal(bars.close, truth.close[:n], err_msg=broken[-40:])
        np.testing.assert_array_equal(bars.time, truth.time[:n], err_msg=broken[-40:])
        same = (bars.volume == truth.volume[:n]) | np.isnan(truth.volume[:n])
        assert same[:-1].all()
        if n == len(DAYS) and not np.isnan(truth.volume[-1]):
            assert np.isnan(bars.volume[-1]) or bars.volume[-1] > 0.09 * truth.volume[-1], broken[-40:]
        said = [warned for warned in reading.warnings if "last line" in warned.detail]
        assert len(said) == 1 or n == len(DAYS), broken[-40:]


def test_a_volume_that_breaks_off_is_unknown_and_named_by_its_line():
    text = table(*LAYOUTS["volume"])
    reading = read(text[:-5].encode())
    assert reading.series[0].bars.n_bars == len(DAYS)
    assert np.isnan(reading.series[0].bars.volume).tolist() == [False] * 89 + [True]
    assert [(warned.code, warned.lines) for warned in reading.warnings] == [("no_volume", (91,))]


@pytest.mark.parametrize("volume", ["0", "", "1000001", "-"])
def test_a_last_volume_of_zero_or_none_is_whole(volume):
    text = table(*LAYOUTS["volume"])
    text = text[: text.rindex(",") + 1] + volume
    assert read(text.encode()).warnings == ()
