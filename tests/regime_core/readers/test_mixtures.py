"""Files of several series in one: they come back apart, each whole, or are refused; marks and repeats divide nothing."""

import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from regime_core.errors import ReaderError
from regime_core.readers import read

HEAD = "Date,Open,High,Low,Close,Volume"
START = datetime(2021, 1, 4)


def walk(n, *, seed=1, start=100.0, move=0.004):
    """Bars (open, high, low, close, volume) of a random walk."""
    noise, close, bars = random.Random(seed), start, []
    for _ in range(n):
        opened, close = close, round(close * (1 + noise.gauss(0, move)), 2)
        bars.append((opened, max(opened, close) + 0.05, min(opened, close) - 0.05, close, noise.randrange(100, 9000)))
    return bars


def longer(bars, size):
    """Bars of so many bars each."""
    parts = [bars[i : i + size] for i in range(0, len(bars), size)]
    return [
        (part[0][0], max(b[1] for b in part), min(b[2] for b in part), part[-1][3], sum(b[4] for b in part)) for part in parts
    ]


def lines(times, bars, *more):
    """Rows of bars, with more cells at their end."""
    return [
        ",".join([f"{t:%Y-%m-%d %H:%M}", *(f"{value:.2f}" for value in bar), *more]) for t, bar in zip(times, bars, strict=True)
    ]


def weekdays(n):
    days = (START + timedelta(days=i) for i in range(2 * n))
    return [day for day in days if day.weekday() < 5][:n]


def file(rows, *more):
    return "\n".join([",".join([HEAD, *more]), *rows, ""]).encode()


HOURS, HOURLY = [START + timedelta(hours=i) for i in range(1440)], walk(1440)
DAYS, DAILY = HOURS[::24], longer(HOURLY, 24)


def closes(reading):
    return {one.symbol: one.bars.close.tolist() for one in reading.series}


def of(bars):
    return [bar[3] for bar in bars]


@pytest.mark.parametrize("name", ["PER", "<PER>", "Timeframe", "Interval", "Таймфрейм", "kind"])
@pytest.mark.parametrize(("hour", "day"), [("H1", "D1"), ("1h", "1d"), ("60", "1440"), ("hourly", "daily")])
@pytest.mark.parametrize("by_time", [True, False])
def test_hours_and_days_in_one_file_are_two_series(name, hour, day, by_time):
    rows = [*lines(HOURS, HOURLY, hour), *lines(DAYS, DAILY, day)]
    reading = read(file(sorted(rows) if by_time else rows, name))
    assert closes(reading) == {hour: of(HOURLY), day: of(DAILY)}
    assert [warned.code for warned in reading.warnings] == ["multi_symbol"]
    assert f'"{name}"' in reading.warnings[0].detail


def test_lengths_that_share_no_time_are_told_by_their_column():
    """Days stand at midnight, hours at the session's: no time is shared, and the steps alone would pass for one series."""
    open_hours = [(t, b) for t, b in zip(HOURS, HOURLY, strict=True) if 9 <= t.hour < 16]
    hours, bars = zip(*open_hours, strict=True)
    reading = read(file(sorted([*lines(hours, bars, "H1"), *lines(DAYS, DAILY, "D1")]), "Timeframe"))
    assert closes(reading) == {"D1": of(DAILY), "H1": of(bars)}


def test_a_symbol_and_a_length_name_a_series_together():
    rows = [f"{row},{name},{per}" for name in ("EURUSD", "GBPUSD") for row, per in _both()]
    reading = read(file(rows, "Ticker", "PER"))
    assert sorted(closes(reading)) == ["EURUSD D1", "EURUSD H1", "GBPUSD D1", "GBPUSD H1"]
    assert closes(reading)["GBPUSD D1"] == of(DAILY)


def _both():
    return [*((row, "H1") for row in lines(HOURS, HOURLY)), *((row, "D1") for row in lines(DAYS, DAILY))]


@pytest.mark.parametrize("stamp", [0, 4])
@pytest.mark.parametrize("named", [True, False])
def test_days_and_weeks_are_told_apart_or_refused(stamp, named):
    """A week stamped at its last day has that day's close, and another high and low."""
    days, bars = weekdays(300), walk(300, move=0.01)
    weeks = longer(bars, 5)
    rows = [*lines(days, bars, "D"), *lines(days[stamp::5], weeks, "W")]
    if named:
        assert closes(read(file(rows, "freq"))) == {"D": of(bars), "W": of(weeks)}
        return
    with pytest.raises(ReaderError, match="bars of two lengths are mixed"):
        read(file(sorted(row.rsplit(",", 1)[0] for row in rows)))


def test_hours_and_days_without_a_column_are_refused():
    with pytest.raises(ReaderError, match=r"60 rows share their time .* bars of two lengths"):
        read(file(sorted(row for row, _ in _both())))


@pytest.mark.parametrize("name", ["Exchange", "Source", "mkt"])
@pytest.mark.parametrize("symbol", ["AAPL", ""])
def test_venues_that_share_five_days_are_two_series(name, symbol):
    days, first, second = weekdays(285), walk(150), walk(140, seed=3, start=80)
    rows = [*lines(days[:150], first, "NYSE"), *lines(days[145:], second, "LSE")]
    reading = read(file([f"{row},{symbol}" for row in rows], name, "Symbol" if symbol else ""))
    assert closes(reading) == {f"{symbol} NYSE".strip(): of(first), f"{symbol} LSE".strip(): of(second)}
    with pytest.raises(ReaderError, match="far other price"):
        read(file([row.rsplit(",", 1)[0] for row in rows]))


@pytest.mark.parametrize("value", ["H1", "60", "D"])
def test_a_length_that_is_the_same_throughout_divides_nothing(value):
    reading = read(file(lines(HOURS, HOURLY, value), "PER"))
    assert closes(reading) == {"": of(HOURLY)}
    assert not reading.warnings


def corrected(extra):
    """Days of which twelve come twice, the second time with a close that was put right; one more cell a row."""
    days, bars, noise = weekdays(290), walk(290, move=0.01), random.Random(4)
    twice, rows, truth = set(noise.sample(range(290), 12)), [], []
    for i, (day, bar) in enumerate(zip(days, bars, strict=True)):
        fixed = (*bar[:3], round(bar[3] * 1.0003, 2), bar[4])
        for turn, one in enumerate([bar, fixed] if i in twice else [bar]):
            rows += lines([day], [one], extra(noise, turn))
        truth.append(fixed if i in twice else bar)
    return rows, of(truth)


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("Trades", lambda noise, turn: str(noise.randrange(1, 40))),
        ("Dir", lambda noise, turn: noise.choice(["up", "down"])),
        ("Exchange", lambda noise, turn: noise.choice(["NYSE", "ARCA", "BATS"])),
        ("Flag", lambda noise, turn: "C" if turn else ""),
        ("State", lambda noise, turn: "revised" if turn else "first"),
    ],
)
def test_counts_and_marks_of_corrected_bars_divide_nothing(name, extra):
    rows, truth = corrected(extra)
    reading = read(file(rows, name))
    assert closes(reading) == {"": truth}
    assert [warned.code for warned in reading.warnings] == ["duplicates"]


def test_two_series_a_day_are_not_told_by_a_count_of_trades():
    noise, days = random.Random(4), weekdays(290)
    both = zip(lines(days, walk(290)), lines(days, walk(290, seed=3, start=80)), strict=True)
    rows = [f"{row},{noise.randrange(1, 110)},{noise.choice(['up', 'down'])}" for pair in both for row in pair]
    with pytest.raises(ReaderError, match="several series are mixed"):
        read(file(rows, "Trades", "Dir"))
    told = read(file([f"{row},{'AB'[i % 2]}" for i, row in enumerate(rows)], "Trades", "Dir", "X"))
    assert closes(told) == {"A": of(walk(290)), "B": of(walk(290, seed=3, start=80))}


def test_the_hour_that_summer_time_repeats_is_no_second_series():
    """Bars of ten seconds by a local clock: 360 come twice, with prices far from those an hour before."""
    seconds = [10 * i if i < 1080 else 10 * i - 3600 for i in range(10_000)]
    times = [datetime(2021, 10, 31) + timedelta(seconds=second) for second in seconds]
    bars = [(100 + i / 50, 101 + i / 50, 99 + i / 50, 100 + i / 50, 5) for i in range(10_000)]
    rows = [f"{t:%Y-%m-%d %H:%M:%S}," + ",".join(map(str, bar)) for t, bar in zip(times, bars, strict=True)]
    reading = read(file(rows))
    assert [one.bars.n_bars for one in reading.series] == [9_640]
    assert "duplicates" in [warned.code for warned in reading.warnings]


def test_closes_of_several_instruments_keep_their_names_beside_a_column_of_lengths():
    rows = [f"{t:%Y-%m-%d %H:%M},{10 + i % 7},50,{50 + i % 5},9,H1" for i, t in enumerate(HOURS)]
    rows += [f"{t:%Y-%m-%d %H:%M},{20 + i % 7},60,{60 + i % 5},9,D1" for i, t in enumerate(DAYS)]
    reading = read(("Date,AAA Close,AAA Volume,BBB Close,BBB Volume,PER\n" + "\n".join(rows) + "\n").encode())
    assert sorted(one.symbol for one in reading.series) == ["D1 AAA", "D1 BBB", "H1 AAA", "H1 BBB"]
    np.testing.assert_array_equal(reading.series[0].bars.close[:3], [10, 11, 12])
