from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core import bars as bars_
from regime_core.bars import DAY_NS, FIELDS, OHLCV, epoch_to_ns, from_frame, normalise, to_frame, with_arithmetic_moves
from regime_core.errors import BarsError
from regime_core.kernels import soundness


def columns(n=5, **changes):
    close = np.linspace(100, 104, n)
    made = {"open": close - 0.5, "high": close + 1, "low": close - 1, "close": close, "volume": np.full(n, 10.0)}
    made.update(changes)
    return made


def days(n=5):
    return np.arange(n, dtype=np.int64) * DAY_NS + 19_000 * DAY_NS


def test_clean_bars_pass_unchanged_and_without_warning():
    given_columns = columns()
    ohlcv, warnings = normalise(days(), given_columns)
    assert warnings == ()
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(ohlcv, name), given_columns[name])


def test_unsorted_bars_are_sorted_and_the_last_of_equal_times_wins():
    time = days(4)[[2, 0, 1, 1]]
    close = np.array([103.0, 101.0, 102.0, 102.5])
    ohlcv, warnings = normalise(time, {"open": close, "high": close, "low": close, "close": close})
    np.testing.assert_array_equal(ohlcv.close, [101.0, 102.5, 103.0])
    assert np.isnan(ohlcv.volume).all()
    assert any("sorted" in warning for warning in warnings)
    assert any("same timestamp" in warning for warning in warnings)


def test_a_close_slightly_outside_widens_the_range_and_says_which_bar():
    data = columns()
    data["close"][3] = data["high"][3] + 0.1
    ohlcv, warnings = normalise(days(), data)
    assert ohlcv.high[3] == data["close"][3]
    assert "bars[3]" in warnings[0]
    assert "0.5 %" not in warnings[0]


def test_a_close_far_outside_is_pointed_out():
    data = columns()
    data["close"][3] = data["high"][3] * 1.5
    assert "0.5 %" in normalise(days(), data)[1][0]


def test_normalise_leaves_its_input_alone():
    data = columns()
    data["close"][3] = data["high"][3] + 0.1
    before = {name: values.copy() for name, values in data.items()}
    normalise(days()[::-1], data)
    for name, values in data.items():
        np.testing.assert_array_equal(values, before[name])


def test_strict_refuses_what_would_be_repaired():
    with pytest.raises(BarsError, match="sorted") as caught:
        normalise(days()[::-1], columns(), strict=True)
    assert caught.value.code == "bars.needs_repair"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("open", 0.0, "bars.not_positive"),
        ("low", -1.0, "bars.not_positive"),
        ("high", np.nan, "bars.non_finite"),
        ("close", np.inf, "bars.non_finite"),
        ("volume", -5.0, "bars.volume"),
        ("volume", np.inf, "bars.volume"),
        ("high", 90.0, "bars.high_below_low"),
    ],
)
def test_what_cannot_be_used_is_refused_by_place(field, value, code):
    data = columns()
    data[field][2] = value
    with pytest.raises(BarsError, match=rf"bars\[2\]\.{field}") as caught:
        normalise(days(), data)
    assert caught.value.code == code


def test_the_first_high_below_its_low_is_named_and_the_others_are_counted():
    data = columns()
    data["high"][1:] = 90.0
    with pytest.raises(BarsError, match=r"^bars\[1\].high is 90, below low .* 3 more bar\(s\) are like it\.$"):
        normalise(days(), data)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(BarsError, match="volume has 3 values"):
        normalise(days(), columns(volume=np.ones(3)))


@given(st.lists(st.integers(700_000_000, 4_000_000_000), min_size=1, max_size=30, unique=True))
def test_the_unit_of_time_does_not_matter(seconds):
    expected = np.array(seconds, dtype=np.int64) * 1_000_000_000
    for factor in (1, 1_000, 1_000_000, 1_000_000_000):
        np.testing.assert_array_equal(epoch_to_ns(np.array(seconds, dtype=np.int64) * factor), expected)


def test_fractions_of_a_second_are_kept():
    assert epoch_to_ns([1_700_000_000.25])[0] == 1_700_000_000_250_000_000


def test_dates_before_1970_are_read_in_their_unit():
    assert epoch_to_ns([-315_619_200_000, 1_700_000_000_000])[0] == -315_619_200 * 1_000_000_000


def test_mixed_units_are_refused():
    with pytest.raises(BarsError, match=r"bars\[2\]\.timestamp") as caught:
        epoch_to_ns([1_700_000_000, 1_700_086_400, 1_700_172_800_000])
    assert caught.value.code == "bars.mixed_time_units"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e19])
def test_times_that_are_no_times_are_refused(value):
    with pytest.raises(BarsError, match=r"bars\[0\]\.timestamp"):
        epoch_to_ns([value])


def test_daily_frames_carry_plain_dates_and_intraday_ones_utc():
    close = np.full(5, 10.0)
    data = {"open": close, "high": close, "low": close, "close": close}
    at_half_past_two = days() + 14 * 3_600 * 1_000_000_000
    daily = to_frame(normalise(at_half_past_two, data)[0])
    assert daily.index.tz is None
    assert (daily.index == daily.index.normalize()).all()
    minutes = np.arange(5, dtype=np.int64) * 60_000_000_000
    assert str(to_frame(normalise(minutes, data)[0]).index.tz) == "UTC"


def test_a_frame_survives_the_round_trip():
    frame = to_frame(normalise(days(), columns())[0])
    again = to_frame(from_frame(frame)[0])
    pd.testing.assert_frame_equal(frame, again)
    assert frame.index.name == "timestamp"


def test_frames_without_dates_or_columns_are_refused():
    frame = to_frame(normalise(days(), columns())[0])
    with pytest.raises(BarsError, match="DatetimeIndex"):
        from_frame(frame.reset_index())
    with pytest.raises(BarsError, match="high"):
        from_frame(frame.drop(columns="high"))
    with pytest.raises(BarsError, match="Row 0"):
        from_frame(frame.set_axis(pd.DatetimeIndex([pd.NaT, *frame.index[1:]])))


def test_a_zoned_index_is_converted_to_utc():
    frame = to_frame(normalise(days(), columns())[0])
    zoned = frame.set_axis(frame.index.tz_localize("America/New_York"))
    assert from_frame(zoned)[0].time[0] == frame.index[0].tz_localize("America/New_York").value
    assert bars_.is_intraday(from_frame(zoned)[0].time) is False


def oil(n=200, below=120):
    """Bars of which some end far under zero, as oil did on 20 April 2020."""
    close = 20 + np.cumsum(np.random.default_rng(4).normal(0, 0.4, n))
    close[below : below + 2] = [-37.63, 10.01]
    opens = np.append(close[0], close[:-1])
    top, bottom = np.maximum(opens, close) + 0.3, np.minimum(opens, close) - 0.3
    return OHLCV(days(n), opens, top, bottom, close, np.full(n, np.nan))


def test_bars_above_zero_are_left_alone():
    above = oil().rows(None, 120)
    assert with_arithmetic_moves(above) is above


def test_moves_in_price_become_log_returns_over_the_level_before():
    bars = oil()
    moved = with_arithmetic_moves(bars)
    start = int(np.argmax(bars.low <= 0))
    level = np.median(bars.close[start - 50 : start])
    np.testing.assert_array_equal(moved.close[:start], bars.close[:start])
    before = np.append(bars.close[start - 1], bars.close[start:-1])
    returns = np.diff(np.log(moved.close))[start - 1 :]
    np.testing.assert_allclose(returns, (bars.close[start:] - before) / level, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.log(moved.high / moved.low)[start:], (bars.high - bars.low)[start:] / level, rtol=1e-9)
    assert all((getattr(moved, name) > 0).all() for name in ("open", "high", "low", "close"))


@pytest.mark.parametrize("cut", [1, 119, 120, 121, 122, 199])
def test_arithmetic_moves_see_no_future(cut):
    whole, part = with_arithmetic_moves(oil()), with_arithmetic_moves(oil().rows(None, cut))
    for name in OHLCV._fields:
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:cut])


@pytest.mark.parametrize("first", [-2.0, 0.0])
def test_a_spread_that_begins_at_zero_or_below(first):
    close = np.append(first, first + np.cumsum(np.random.default_rng(5).normal(0, 1, 99)))
    moved = with_arithmetic_moves(OHLCV(days(100), close, close + 1, close - 1, close, np.full(100, np.nan)))
    level = 100 * max(abs(first - 1), abs(first + 1))
    np.testing.assert_allclose(np.diff(np.log(moved.close)), np.diff(close) / level, rtol=1e-9, atol=1e-12)


def test_a_price_too_far_from_zero_is_named():
    bars = oil()
    bars.high[150] = 1e7
    with pytest.raises(BarsError, match="bar 150 ") as caught:
        with_arithmetic_moves(bars)
    assert caught.value.code == "bars.far_from_zero"


@given(st.integers(0, 2**32 - 1), st.sampled_from([*FIELDS, "time", ""]))
@settings(deadline=None)
def test_sound_bars_are_those_that_nothing_is_done_to(seed, spoiled):
    rng = np.random.default_rng(seed)
    time = DAY_NS * np.arange(1, 9)
    low, inner, high = np.sort(rng.integers(1, 5, (3, 8)).astype(float), axis=0)
    given_ = {"open": inner, "high": high, "low": low, "close": inner.copy(), "volume": rng.choice([0.0, 5.0, np.nan], 8)}
    row = int(rng.integers(8))
    if spoiled == "time":
        time[row] = rng.choice(time)
    elif spoiled:
        given_[spoiled][row] = rng.choice([-1.0, 0.0, 1.0, 4.0, 9.0, np.nan, np.inf])
    sound = soundness.are_sound(time, *given_.values())
    with mock.patch.object(soundness, "are_sound", lambda *_: False):
        try:
            found, _ = normalise(time, given_, strict=True)
        except BarsError:
            assert not sound
        else:
            assert sound
            for name in FIELDS:
                np.testing.assert_array_equal(getattr(found, name), given_[name])
