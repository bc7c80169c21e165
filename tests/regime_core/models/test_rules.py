"""The rules against the contract's sentences, worked out bar by bar with the standard library."""

import statistics

import numpy as np
import pytest

from markets import daily_bars
from regime_core.bars import OHLCV
from regime_core.kernels import detection
from regime_core.models import Rules
from regime_core.regimes import ALL_NAMES, MIN_BARS, UNKNOWN_CODE

ORDER = ["trending_bullish", "trending_bearish", "ranging", "volatile", "calm"]


def random_bars(n, *, drift=0.0, volatility=0.01):
    return daily_bars(100 * np.exp(np.cumsum(np.random.default_rng(3).normal(drift, volatility, n))))


def metrics_by_hand(high, low, close):
    """Volatility, trend strength, ATR in percent, range efficiency, momentum and convergence of averages, of all bars given."""
    returns = [close[i] / close[i - 1] - 1 for i in range(1, len(close))]
    slope = statistics.linear_regression(range(20), close[-20:]).slope
    last = range(len(close) - 14, len(close))
    ranges = [max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1])) for i in last]
    path = sum(abs(r) for r in returns) * statistics.fmean(close)
    return (
        statistics.stdev(returns[-20:]),
        slope / statistics.fmean(close),
        100 * statistics.fmean(ranges) / close[-1],
        abs(close[-1] - close[0]) / path if path else 0.0,
        close[-1] / close[-20] - 1,
        statistics.fmean(close[-10:]) / statistics.fmean(close[-50:]) - 1,
    )


def points_by_hand(volatility, trend, atr, efficiency, momentum, _convergence):
    points = dict.fromkeys(ORDER, 0)
    points["volatile"] += 40 * (volatility > 0.03) + 20 * (atr > 3)
    points["calm"] += 30 * (volatility < 0.01) + 20 * (atr < 1)
    points["trending_bullish"] += 50 * (trend > 0.01 and efficiency > 0.5) + 20 * (momentum > 0.05)
    points["trending_bearish"] += 50 * (trend < -0.01 and efficiency > 0.5) + 20 * (momentum < -0.05)
    points["ranging"] += 40 * (efficiency < 0.3 and 0.01 <= volatility <= 0.025)
    return points


@pytest.mark.parametrize("window", [0, 252])
@pytest.mark.parametrize(("drift", "volatility"), [(0, 0.004), (0, 0.018), (0.02, 0.01), (-0.02, 0.01), (0, 0.05), (0, 0.027)])
def test_metrics_points_and_label_are_those_of_the_contract(window, drift, volatility):
    bars = random_bars(300, drift=drift, volatility=volatility)
    filtered = Rules(window).filter(bars)
    metrics = detection.rule_metrics(bars.high, bars.low, bars.close, 0, window)
    for t in (49, 50, 251, 252, 299):
        first = 0 if window == 0 else max(0, t + 1 - window)
        expected = metrics_by_hand(*(column[first : t + 1].tolist() for column in (bars.high, bars.low, bars.close)))
        np.testing.assert_allclose(metrics[t], expected, rtol=1e-9, atol=1e-15)
        points = points_by_hand(*expected)
        best, total = max(points, key=points.get), sum(points.values())
        assert ALL_NAMES[filtered.codes[t]] == (best if total else "unknown")
        assert filtered.confidence[t] == points[best] / 100
        np.testing.assert_allclose(filtered.probabilities[t], [points[name] / total if total else 0.2 for name in ORDER])


@pytest.mark.parametrize("window", [0, 252])
def test_the_last_bars_alone_are_labelled_as_with_all_before_them(window):
    bars = random_bars(400, volatility=0.02)
    whole, part = Rules(window).filter(bars), Rules(window).filter(bars, start=333)
    for all_rows, rows in zip(whole, part, strict=True):
        np.testing.assert_array_equal(all_rows[333:], rows)


def test_a_long_series_is_labelled_in_one_pass():
    """Each label rests on all bars so far: summed anew for every bar, 200,000 of them would keep this test busy for minutes."""
    n = 200_000
    flat = np.full(n, 100.0)
    codes = Rules(window=0).filter(OHLCV(np.arange(n), flat, flat, flat, flat, flat)).codes
    assert (codes[: MIN_BARS - 1] == UNKNOWN_CODE).all()
    assert (codes[MIN_BARS - 1 :] == ORDER.index("calm")).all()


def test_evidence_names_the_points_that_decided():
    bars = random_bars(252, drift=0.02, volatility=0.01)
    assert "points: trending_bullish 70" in Rules().read(bars).evidence(0)
    falling = Rules().read(random_bars(252, drift=-0.02, volatility=0.01)).evidence(1)
    assert "trend −" in falling
    assert "-" not in falling


def test_evidence_of_the_smallest_prices_there_are():
    """A momentum that passes the largest double once it is in percent is no fault of the server's."""
    close = np.array([5e-324] * 41 + [1e-16] * 19)
    assert "momentum inf %" in Rules().read(daily_bars(close)).evidence(0)
