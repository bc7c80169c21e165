"""What once came back as other bars without a word: each is read right now, or refused by a sentence that says what to do."""

import gzip
import random
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from regime_core.bars import DAY_NS
from regime_core.errors import ReaderError
from regime_core.readers import inspect, read_csv

DAYS = [date(2015, 1, 2) + timedelta(days=i) for i in range(80)]


def closes(times):
    return ("Date,Close\n" + "".join(f"{t},{100 + i % 7 + 0.25}\n" for i, t in enumerate(times))).encode()


def refusal(data):
    with pytest.raises(ReaderError) as caught:
        read_csv(data, name="bars.csv")
    return caught.value


@pytest.mark.parametrize("written", ["%y%m%d%H%M", "%d%m%Y%H%M"])
@pytest.mark.parametrize("zero", [True, False])
def test_dates_and_clocks_in_other_digits_are_no_seconds_of_1970(written, zero):
    times = [day.strftime(written) for day in DAYS]
    error = refusal(closes(times if zero else [text.lstrip("0") for text in times]))
    assert "yyyy-mm-dd" in error.message or not zero


@pytest.mark.parametrize("count", [[735_966 + i for i in range(80)], [2_457_024.5 + i for i in range(80)]])
def test_counts_of_days_are_no_seconds_of_1970(count):
    assert "yyyy-mm-dd" in refusal(closes(count)).message


def test_dates_kept_as_numbers_are_dates():
    time = read_csv(closes([f"{day:%Y%m%d}.0" for day in DAYS])).bars.time
    np.testing.assert_array_equal(time, [(day - date(1970, 1, 1)).days * DAY_NS for day in DAYS])


@pytest.mark.parametrize("first", [-40 * 86_400 + 52_200, 0, 14_400, 86_400 * 400])
def test_seconds_about_1970_stay_seconds(first):
    seconds = [first + i * 86_400 for i in range(80)]
    time = read_csv(closes(seconds)).bars.time
    np.testing.assert_array_equal(time, np.array(seconds) // 86_400 * DAY_NS)


def test_a_close_of_zeros_is_said_to_be_none():
    rows = "".join(f"{day},10,12,9,0,11\n" for day in DAYS)
    message = refusal(("Date,Open,High,Low,Close,Adj Close\n" + rows).encode()).message
    assert '"Close" holds only zeros' in message
    assert inspect(("Date,Open,High,Low,Close\n" + "".join(f"{day},0,0,0,0\n" for day in DAYS)).encode()).status == "rejected"


def test_a_symbol_of_zeros_is_left_out_with_a_word():
    rows = "".join(f"B,{day},0\nA,{day},{10 + i % 5}\n" for i, day in enumerate(DAYS))
    reading = inspect(("Name,Date,Close\n" + rows).encode())
    assert reading.status == "ok"
    assert any(w.code == "missing_prices" and "left out: B" in w.detail for w in reading.warnings)


def test_a_gzip_file_cut_short_is_said_to_be_damaged():
    noise = random.Random(5)
    rows = "".join(f"{day},{noise.uniform(10, 11):.9f}\n" for day in DAYS)
    packed = gzip.compress(("Date,Close\n" + rows).encode())
    for kept in range(40, len(packed) - 1, 7):
        with pytest.raises(ReaderError) as caught:
            read_csv(packed[:kept], name="bars.csv.gz")
        assert caught.value.code == "reader.damaged", (kept, caught.value.message)


@pytest.mark.parametrize(
    "prices",
    [
        [f"51{i % 9}'{i % 8}" for i in range(80)],
        [f"51{i % 9} {2 * (i % 4)}" for i in range(80)],
        [f"102'{i % 32:02d}" for i in range(80)],
        [f"102'{i % 32:02d}{'0257'[i % 4]}" for i in range(80)],
        [f"109'{i % 32:02d}5" for i in range(80)],
    ],
)
def test_fractions_of_futures_are_no_thousands(prices):
    rows = "".join(f"{day},{price}\n" for day, price in zip(DAYS, prices, strict=True))
    assert "fractions or ticks" in refusal(("Date,Close\n" + rows).encode()).message


@pytest.mark.parametrize("gap", [" ", "'", "’", "\u00a0", "\u202f"])
def test_thousands_set_apart_stay_thousands(gap):
    rows = "".join(f"{day};1{gap}{100 + i}.50\n" for i, day in enumerate(DAYS))
    close = read_csv(("Date;Close\n" + rows).encode()).bars.close
    np.testing.assert_array_equal(close, 1100.5 + np.arange(80))


def test_a_whole_volume_does_not_settle_the_point_of_prices():
    rows = "".join(f"{day};20.{100 + i};{2_708_700_000 + i}\n" for i, day in enumerate(DAYS))
    assert refusal(("Date;Close;Volume\n" + rows).encode()).code == "reader.ambiguous_numbers"


def test_prices_about_a_thousand_are_read_by_their_jumps():
    prices = [960 + i for i in range(80)]
    rows = "".join(
        f"{day};{price:,};{2_708_700_000 + price}\n".replace(",", ".") for day, price in zip(DAYS, prices, strict=True)
    )
    bars = read_csv(("Date;Close;Volume\n" + rows).encode()).bars
    np.testing.assert_array_equal(bars.close, prices)
    np.testing.assert_array_equal(bars.volume, 2_708_700_000 + np.array(prices))


@pytest.mark.parametrize("written", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%b-%Y", "%Y-%m-%d"])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("order", ["ohlc", "chlo"])
def test_open_and_close_without_a_header_are_told_under_any_date(written, newest_first, order):
    noise = random.Random(7)
    walk = [100.0]
    for _ in range(400):
        walk.append(walk[-1] + noise.choice([-2, -1, 1, 2]))
    bars = [
        {"o": opened + 0.01, "h": max(opened, closed) + 1, "l": min(opened, closed) - 1, "c": closed}
        for opened, closed in pairwise(walk)
    ]
    days = [date(2015, 1, 2) + timedelta(days=i) for i in range(400)]
    lines = [f"{day:{written}}," + ",".join(f"{bar[f]:.2f}" for f in order) for day, bar in zip(days, bars, strict=True)]
    got = read_csv(("\n".join(lines[::-1] if newest_first else lines) + "\n").encode()).bars
    np.testing.assert_array_equal(got.close, [bar["c"] for bar in bars])
    np.testing.assert_allclose(got.open, [bar["o"] for bar in bars])


def test_a_terminal_of_names_in_angle_brackets_writes_decimal_points():
    """A pair quoted in three decimals, below a thousand and with tabs, which would else be asked about."""
    head = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
    rows = (f"2021.01.{4 + i:02}\t00:00:00\t102.945\t103.112\t102.801\t103.0{10 + i}\t41{i}22\t0\t3\n" for i in range(5))
    bars = read_csv((head + "".join(rows)).encode()).bars
    assert bars.close.tolist() == [103.010, 103.011, 103.012, 103.013, 103.014]
    assert bars.volume.tolist() == [41022, 41122, 41222, 41322, 41422]
