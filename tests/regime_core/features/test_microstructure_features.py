"""Liquidity proxies by their formulas, and on markets whose spread or impact is known."""

import numpy as np
import pytest
from scipy.stats import linregress

from regime_core import features
from regime_core.features import microstructure
from regime_core.kernels import spreads, volume


@pytest.fixture(params=["bars", "real_bars"])
def frame(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(frame):
    return features.table(frame, names=[feature.name for feature in microstructure.FEATURES])


def check(actual, expected, rtol=1e-8):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-14)


def test_amihud(table, frame):
    per_million = frame["close"].pct_change().abs() / (frame["close"] * frame["volume"] / 1e6)
    check(table["amihud_21"], per_million.rolling(21).mean())


def test_amihud_leaves_out_bars_without_trades(frame):
    quiet = frame.copy()
    quiet.iloc[300:310, quiet.columns.get_loc("volume")] = 0.0
    per_million = quiet["close"].pct_change().abs() / (quiet["close"] * quiet["volume"] / 1e6)
    expected = per_million.replace(np.inf, np.nan).rolling(21, min_periods=11).mean()
    check(features.table(quiet)["amihud_21"].iloc[21:], expected.iloc[21:])


@pytest.mark.parametrize("end", [21, 22, 100, 333, 599])
def test_roll(table, frame, end):
    returns = frame["close"].pct_change().to_numpy()[end - 20 : end + 1]
    covariance = np.cov(returns[1:], returns[:-1])[0, 1]
    check(table["roll_spread_21"].iloc[end], 2 * np.sqrt(max(0, -covariance)))


def test_roll_is_sometimes_positive_and_sometimes_none(table):
    known = table["roll_spread_21"].dropna()
    assert (known == 0).any()
    assert (known > 0).any()


def test_roll_finds_a_spread_that_was_simulated():
    """Trades at a wandering mid price plus or minus half of 1 %."""
    rng = np.random.default_rng(5)
    middle = np.exp(np.cumsum(rng.normal(0, 0.001, 20001)))
    close = middle * (1 + 0.005 * rng.choice([-1, 1], len(middle)))
    returns = close[1:] / close[:-1] - 1
    assert spreads.roll(returns, len(returns))[-1] == pytest.approx(0.01, rel=0.03)


def pair_spread(frame, t):
    """Corwin and Schultz, equations 14 and 18, on bars t-1 and t with the gap between them taken out."""
    before, now = frame.iloc[t - 1], frame.iloc[t]
    gap = max(now["low"] - before["close"], 0) - max(before["close"] - now["high"], 0)
    high, low = now["high"] - gap, now["low"] - gap
    beta = np.log(before["high"] / before["low"]) ** 2 + np.log(high / low) ** 2
    gamma = np.log(max(before["high"], high) / min(before["low"], low)) ** 2
    k = 3 - 2 * np.sqrt(2)
    alpha = (np.sqrt(2 * beta) - np.sqrt(beta)) / k - np.sqrt(gamma / k)
    return max(0.0, 2 * (np.exp(alpha) - 1) / (1 + np.exp(alpha)))


@pytest.mark.parametrize("end", [21, 22, 100, 333, 599])
def test_corwin_schultz(table, frame, end):
    check(table["corwin_schultz_21"].iloc[end], np.mean([pair_spread(frame, t) for t in range(end - 20, end + 1)]))


def test_corwin_schultz_finds_a_spread_that_was_simulated():
    """Wide spread, little volatility: highs are bought at the ask and lows sold at the bid, all else hardly moves."""
    rng = np.random.default_rng(6)
    middle = np.exp(np.cumsum(rng.normal(0, 0.002 / np.sqrt(200), (2000 * 200))).reshape(2000, 200))
    traded = middle * (1 + 0.005 * rng.choice([-1, 1], middle.shape))
    estimate = spreads.corwin_schultz(traded.max(axis=1), traded.min(axis=1), traded[:, -1])[1:]
    assert estimate.mean() == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("end", [63, 64, 300, 599])
def test_kyle_lambda(table, frame, end):
    window = slice(end - 62, end + 1)
    side = np.sign(frame["close"].diff()).replace(0, np.nan).ffill().to_numpy()[window]
    traded = frame["volume"].to_numpy()[window]
    returns = frame["close"].pct_change().to_numpy()[window]
    check(table["kyle_lambda_63"].iloc[end], linregress(side * traded / traded.mean(), returns).slope)


def test_impact_finds_a_slope_that_was_simulated():
    rng = np.random.default_rng(8)
    traded, side = rng.lognormal(10, 0.5, 5000), rng.choice([-1.0, 1.0], 5000)
    returns = 0.004 * side * traded / traded.mean() + rng.normal(0, 0.01, 5000)
    assert volume.impact(returns, side, traded, 5000)[-1] == pytest.approx(0.004, rel=0.05)
