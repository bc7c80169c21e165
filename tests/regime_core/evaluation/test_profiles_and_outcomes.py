"""State statistics against scipy and loops, and outcomes against what came of each day by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests

from regime_core.evaluation import outcomes, profiles
from regime_core.evaluation.persistence import run_bounds
from stress_markets import index_and_vix

COLUMNS = ("return", "volatility", "vix")


@pytest.fixture(scope="module")
def history():
    bars, vix = index_and_vix(1000)
    codes = (vix.close > np.median(vix.close)).astype(np.int8) + (vix.close > np.quantile(vix.close, 0.9))
    return bars, vix.close, codes.astype(np.int8)


def test_statistics_by_state(history):
    bars, vix, codes = history
    returns = np.append(0.0, bars.close[1:] / bars.close[:-1] - 1)
    values = np.column_stack([returns, np.abs(returns), vix])
    found = profiles.state_table(codes, values, bars.close, k=4, columns=COLUMNS)
    frame = pd.DataFrame(values, columns=COLUMNS).groupby(codes)
    np.testing.assert_allclose(found.mean[:3], frame.mean())
    np.testing.assert_allclose(found.sd[:3], frame.std())
    np.testing.assert_array_equal(found.days, [*frame.size(), 0])
    assert np.isnan(found.mean[3]).all()
    assert np.isnan(found.return_low[3])
    start, stop = run_bounds(codes)
    assert found.mean_duration[1] == pytest.approx(np.mean((stop - start)[codes[start] == 1]))
    worst = 0.0
    for first, last in zip(start, stop, strict=True):
        if codes[first] == 2:
            path = bars.close[first - 1 : last]
            worst = min(worst, *(path[j] / path[: j + 1].max() - 1 for j in range(len(path))))
    assert found.worst_drawdown[2] == pytest.approx(worst)
    low, high = stats.t.interval(0.95, found.days[0] - 1, loc=found.mean[0, 0], scale=stats.sem(returns[codes == 0]))
    assert (found.return_low[0], found.return_high[0]) == pytest.approx((low, high))
    expected = stats.ttest_ind(returns[codes == 0], returns[codes == 2], equal_var=False)
    assert (found.welch_t[0, 2], found.welch_p[0, 2]) == pytest.approx((expected.statistic, expected.pvalue))
    pairs = ([0, 0, 1], [1, 2, 2])
    np.testing.assert_allclose(found.holm_p[pairs], multipletests(found.welch_p[pairs], method="holm")[1])
    np.testing.assert_allclose(found.holm_p, found.holm_p.T)
    assert np.isnan(found.holm_p[3]).all()


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_what_came_after_each_day(history, horizon):
    close = history[0].close
    found = outcomes.ahead(close, horizon)
    for t in (0, 17, 500, len(close) - 1 - horizon):
        path = close[t : t + horizon + 1]
        steps = np.diff(path) / path[:-1]
        assert found["return"][t] == pytest.approx(path[-1] / path[0] - 1)
        assert found["volatility"][t] == pytest.approx(np.sqrt(np.mean(steps**2)))
        assert found["drawdown"][t] == pytest.approx(min(path[j] / path[: j + 1].max() - 1 for j in range(horizon + 1)))
    assert all(np.isnan(values[-horizon:]).all() for values in found.values())


def test_outcomes_by_label(history):
    bars, vix, codes = history
    labels = codes[300:]
    found = outcomes.outcomes(bars.time, bars.close, vix, labels, k=4, horizon=5, draws=400)
    after = pd.Series(outcomes.ahead(bars.close, 5)["return"][300:-5]).groupby(labels[:-5])
    np.testing.assert_allclose(found.mean["return"][:3], after.mean())
    np.testing.assert_array_equal(found.n, [*after.size(), 0])
    assert (found.low["volatility"][:3] < found.mean["volatility"][:3]).all()
    assert (found.high["volatility"][:3] > found.mean["volatility"][:3]).all()
    assert np.isnan(found.low["return"][3])
    np.testing.assert_allclose(found.vix_volatility[0], vix[300:-5][labels[:-5] == 0].mean() / 100 / np.sqrt(252))
    assert (np.diff(found.har_volatility[:3]) > 0).all()
    assert 0 < found.explained["vix"] < 1
    without = outcomes.outcomes(bars.time, bars.close, None, labels, k=4, horizon=5, draws=50)
    assert np.isnan(without.explained["vix"])
    assert np.isfinite(without.explained["har"])


def test_har_is_least_squares_on_the_past_alone(history):
    bars, vix, codes = history
    horizon = 5
    given = outcomes.volatility_forecasts(bars.time, bars.close, vix, codes, k=3, horizon=horizon)["har"]
    years = bars.time.view("M8[ns]").astype("M8[Y]").astype(int) + 1970
    start = np.searchsorted(years, 2012)
    returns = pd.Series(bars.close).pct_change() ** 2
    columns = np.column_stack(
        [np.ones(1000), *(np.log(np.sqrt(returns.rolling(d).mean()).clip(lower=1e-4)) for d in (1, 5, 22))]
    )
    target = np.log(outcomes.ahead(bars.close, horizon)["volatility"])
    past = slice(22, start - horizon)
    expected = OLS(target[past], columns[past]).fit().predict(columns[start : start + 20])
    np.testing.assert_allclose(given[start : start + 20], expected, rtol=1e-6)


def test_no_volatility_forecast_sees_the_future(history):
    bars, vix, codes = history
    whole = outcomes.volatility_forecasts(bars.time, bars.close, vix, codes, k=3, horizon=5)
    cut = outcomes.volatility_forecasts(bars.time[:700], bars.close[:700], vix[:700], codes[:700], k=3, horizon=5)
    for name, values in cut.items():
        np.testing.assert_allclose(values, whole[name][:700], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_volatility_har_expects_is_as_large_as_what_came(horizon):
    rng = np.random.default_rng(4)
    n = 4000
    time = (np.arange(n) * 86_400 * 10**9).astype(np.int64)
    close = 100 * np.cumprod(1 + 0.01 * rng.standard_normal(n))
    expected = outcomes.har_volatility(time, close, horizon)
    there = np.isfinite(expected)
    came = outcomes.ahead(close, horizon)["volatility"]
    assert there.sum() > 3000
    assert np.nanmean(expected[there]) == pytest.approx(np.nanmean(came[there]), rel=0.05)
    cut = 3000
    np.testing.assert_array_equal(outcomes.har_volatility(time[:cut], close[:cut], horizon), expected[:cut])
