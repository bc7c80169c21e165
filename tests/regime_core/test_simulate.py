"""The simulated market against its definition."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from regime_core import simulate
from regime_core.bars import normalise
from regime_core.evaluation import scores

S0, D = 0.002, 60.0
RATIO = np.array([0.7, 0.7, 1.0, 2.5, 0.4])
DRIFT = np.array([0.25, -0.25, 0.0, 0.0, 0.0])


@pytest.fixture(scope="module", params=["gaussian", "student"])
def market(request):
    return simulate.market(400_000, s0=S0, mean_duration=D, shocks=request.param, rng=np.random.default_rng(1))


def standardised(market):
    return np.log(market.bars.close / market.bars.open) / (RATIO * S0)[market.regimes]


def test_is_bars_and_opens_at_the_close_before(market):
    bars = market.bars
    columns = {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}
    _, warnings = normalise(bars.time, columns, strict=True)
    assert warnings == ()
    np.testing.assert_allclose(bars.open[1:], bars.close[:-1], rtol=1e-12)
    assert bars.open[0] == 100.0


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_drift_and_volatility_of_free_regimes(market, code):
    moves = standardised(market)[market.regimes == code]
    assert abs(moves.mean() - DRIFT[code]) < 5 / np.sqrt(len(moves))
    assert moves.std() == pytest.approx(1.0, rel=0.02)


def test_a_ranging_market_gives_back_a_seventh_of_its_distance_per_bar(market):
    """Regress the move on the distance of the open from the level, which is the open of the run's first bar."""
    x = np.log(market.bars.open)
    first = np.concatenate(([0], np.flatnonzero(np.diff(market.regimes)) + 1))
    level = np.repeat(x[first], scores.run_lengths(market.regimes))
    ranging = (market.regimes == 2) & (np.arange(len(x)) >= first[1])
    distance = (x - level)[ranging]
    move = np.log(market.bars.close / market.bars.open)[ranging]
    assert np.polyfit(distance, move, 1)[0] == pytest.approx(-0.15, abs=0.005)
    late = distance[np.abs(distance) > 0]
    stationary = S0 / np.sqrt(1 - 0.85**2)
    assert late.std() == pytest.approx(stationary, rel=0.08)  # a little less: runs begin at the level


def test_durations_are_geometric_and_changes_uniform(market):
    runs = scores.run_lengths(market.regimes)
    assert runs.mean() == pytest.approx(D, rel=0.05)
    assert runs.std() == pytest.approx(np.sqrt(D * (D - 1)), rel=0.08)
    starts = market.regimes[np.concatenate(([0], np.cumsum(runs)[:-1]))]
    for code in range(5):
        following = np.bincount(starts[1:][starts[:-1] == code], minlength=5)
        assert following[code] == 0
        assert stats.chisquare(np.delete(following, code)).pvalue > 1e-4


def test_shocks_have_the_stated_tails():
    gaussian, student = (
        standardised(simulate.market(400_000, s0=S0, mean_duration=D, shocks=shocks, rng=np.random.default_rng(2)))
        for shocks in ("gaussian", "student")
    )
    free = simulate.market(400_000, s0=S0, mean_duration=D, shocks="student", rng=np.random.default_rng(2)).regimes >= 3
    assert stats.kstest(student[free], stats.t(5, scale=np.sqrt(3 / 5)).cdf).pvalue > 1e-3
    assert np.mean(np.abs(student) > 5) > 20 * np.mean(np.abs(gaussian) > 5)


def test_the_range_is_that_of_a_walk_of_24_steps():
    """Oracle: cumulative sums of Gaussian steps, drawn anew."""
    market = simulate.market(200_000, s0=S0, mean_duration=D, shocks="gaussian", rng=np.random.default_rng(3))
    calm = market.regimes == 4
    reach = (np.log(market.bars.high / market.bars.low) / (0.4 * S0))[calm]
    walk = np.cumsum(np.random.default_rng(4).normal(scale=24**-0.5, size=(50_000, 24)), axis=1)
    expected = np.maximum(walk.max(axis=1), 0) - np.minimum(walk.min(axis=1), 0)
    assert reach.mean() == pytest.approx(expected.mean(), rel=0.01)


def test_volume_says_nothing_or_is_absent():
    market = simulate.market(100_000, s0=S0, mean_duration=D, shocks="gaussian", rng=np.random.default_rng(5))
    logs = np.log(market.bars.volume / 1e6)
    assert logs.std() == pytest.approx(0.3, rel=0.02)
    means = [logs[market.regimes == code].mean() for code in range(5)]
    assert np.ptp(means) < 0.02
    none = simulate.market(60, s0=S0, mean_duration=D, shocks="gaussian", rng=np.random.default_rng(5), volume=False)
    assert np.isnan(none.bars.volume).all()


def test_wander_spreads_volatility_and_nothing_else():
    kwargs = {"s0": S0, "mean_duration": D, "shocks": "gaussian"}
    tidy = simulate.market(200_000, **kwargs, rng=np.random.default_rng(6))
    untidy = simulate.market(200_000, **kwargs, rng=np.random.default_rng(6), wander=0.4)
    np.testing.assert_array_equal(tidy.regimes, untidy.regimes)
    free = tidy.regimes >= 3
    spread = stats.kurtosis(standardised(untidy)[free])
    assert spread == pytest.approx(3 * np.exp(4 * 0.4**2) - 3, rel=0.25)  # of a Gaussian with log-normal scale
    assert abs(stats.kurtosis(standardised(tidy)[free])) < 0.1


@pytest.mark.parametrize("bad", [{"n_bars": 0}, {"s0": 0.0}, {"s0": float("nan")}, {"mean_duration": 0.5}, {"burn_in": -1}])
def test_refuses_parameters_that_make_no_market(bad):
    given = {"n_bars": 10, "s0": 0.01, "mean_duration": 30.0, "burn_in": 0} | bad
    with pytest.raises(ValueError, match="make no market"):
        simulate.market(given.pop("n_bars"), shocks="gaussian", rng=np.random.default_rng(0), **given)


def test_refuses_unknown_shocks():
    with pytest.raises(ValueError, match="'cauchy'"):
        simulate.market(10, s0=0.01, mean_duration=30, shocks="cauchy", rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def resampled(sp500):
    return simulate.resampled_market(200_000, s0=S0, mean_duration=D, daily=sp500, rng=np.random.default_rng(7))


def test_resampled_moments(resampled):
    moves = standardised(resampled)
    for code in (0, 1, 3, 4):
        mine = moves[resampled.regimes == code]
        assert mine.mean() == pytest.approx(DRIFT[code], abs=0.03)
        assert mine.std() == pytest.approx(1.0, rel=0.06)


def test_resampled_volatility_clusters_inside_a_regime(resampled):
    def lagged(values, codes):
        same = codes[1:] == codes[:-1]
        size = np.abs(values)
        return np.corrcoef(size[1:][same], size[:-1][same])[0, 1]

    free = simulate.market(200_000, s0=S0, mean_duration=D, shocks="gaussian", rng=np.random.default_rng(7))
    assert lagged(standardised(resampled), resampled.regimes) > 0.05 + lagged(standardised(free), free.regimes)


def test_resampled_durations_are_less_spread_than_geometric(resampled):
    runs = scores.run_lengths(resampled.regimes)
    assert runs.mean() == pytest.approx(D, rel=0.05)
    assert runs.std() == pytest.approx(D / np.sqrt(3), rel=0.1)


def test_resampled_is_bars(resampled):
    bars = resampled.bars
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()


def test_an_even_market_has_one_volatility_and_trends_that_are_named():
    market = simulate.even_market(60_000, s0=0.01, mean_duration=100, shocks="gaussian", rng=np.random.default_rng(41))
    moves = np.log(market.bars.close / market.bars.open)
    for code, drift in ((0, 0.0025), (1, -0.0025)):
        assert moves[market.regimes == code].std() == pytest.approx(0.01, rel=0.03)
        assert moves[market.regimes == code].mean() == pytest.approx(drift, rel=0.2)
    share = np.bincount(market.regimes, minlength=5) / 60_000
    assert share[2] == pytest.approx(0.2 + 0.4 * (1 - 0.8 * simulate.UNSURE), abs=0.03)
    np.testing.assert_allclose(share[3:], 0.4 * simulate.UNSURE / 5, atol=0.01)


def test_a_long_market_names_free_paths_by_the_volatility_before(monkeypatch):
    """What lasts becomes ranging; what follows a long calm at 2.5 times its volatility is volatile, whatever it was made of."""
    monkeypatch.setattr(simulate, "UNSURE", 0.0)
    market = simulate.long_market(30_000, s0=0.01, mean_duration=3000, shocks="gaussian", rng=np.random.default_rng(42))
    bars = market.bars
    log_variance = np.log(np.maximum(np.log(bars.high / bars.low) ** 2, 1e-12))
    local = pd.Series(log_variance / 2).rolling(100).mean()
    ratio = np.exp(local - (pd.Series(log_variance / 2).ewm(halflife=750).mean()))
    assert ratio[market.regimes == 3].median() > 1.4
    assert ratio[market.regimes == 4].median() < 0.75
    assert ratio[market.regimes == 2].median() == pytest.approx(1.0, abs=0.15)
    assert 0.005 < np.mean(market.regimes == 3) < 0.1  # 0.2 of the path is loud, most of it for long
