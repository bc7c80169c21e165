"""Thinning keeps what the eye would see."""

import numpy as np
import pytest

from components.figures import decimate
from markets import daily_bars


@pytest.mark.parametrize("n", [3_001, 10_000, 123_457])
def test_extremes_keeps_ends_highs_and_lows(n):
    values = np.random.default_rng(n).normal(size=n)
    shown = decimate.extremes(values, 3_000)
    assert len(shown) <= 3_000
    assert (np.diff(shown) > 0).all()
    assert {0, n - 1, int(values.argmax()), int(values.argmin())} <= set(shown.tolist())


def test_a_single_spike_survives_anywhere():
    for place in (0, 1, 5_003, 9_998, 9_999):
        values = np.zeros(10_000)
        values[place] = 1.0
        assert values[decimate.extremes(values, 100)].max() == 1.0


def test_a_short_series_is_left_whole():
    assert decimate.extremes(np.arange(10.0), 10).tolist() == list(range(10))


def test_merged_candles_by_hand():
    bars = daily_bars([10.0, 30.0, 20.0, 40.0, 15.0])
    merged, size = decimate.candles(bars, max_candles=3)
    assert size == 2
    assert merged.open.tolist() == [10, 20, 15]
    assert merged.close.tolist() == [30, 40, 15]
    np.testing.assert_allclose(merged.high, [30.3, 40.4, 15.15])
    np.testing.assert_allclose(merged.low, [9.9, 19.8, 14.85])
    assert merged.time.tolist() == bars.time[[0, 2, 4]].tolist()
    assert decimate.candles(bars, max_candles=5) == (bars, 1)


def test_a_column_of_a_table_is_thinned_too():
    values = np.random.default_rng(1).normal(size=(5_000, 3))
    np.testing.assert_array_equal(decimate.extremes(values[:, 1], 100), decimate.extremes(values[:, 1].copy(), 100))
