"""State statistics against scipy and loops, and outcomes against what came of each day by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from regime_core.evaluation import outcomes, profiles, volatility
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
    squares = pd.Series(outcomes.ahead(bars.close, 5)["volatility"][300:-5] ** 2).groupby(labels[:-5])
    np.testing.assert_allclose(found.mean["volatility"][:3], np.sqrt(squares.mean()))
    assert (found.low["volatility"][:3] < found.mean["volatility"][:3]).all()
    assert (found.high["volatility"][:3] > found.mean["volatility"][:3]).all()
    assert np.isnan(found.low["return"][3])


def test_labels_vix_and_har_are_compared_on_the_days_that_all_spoke_of(history):
    bars, vix, codes = history
    late = np.where(np.arange(1000) < 420, np.nan, vix)
    labels = codes[300:]
    found = outcomes.outcomes(bars.time, bars.close, late, labels, k=4, horizon=5, draws=200)
    # the VIX is known from row 420 on: 252 days with an outcome lie before 2013 and not before 2012
    years = bars.time.view("M8[ns]").astype("M8[Y]").astype(int) + 1970
    start = int(np.searchsorted(years, 2013))
    assert start - 5 - 420 >= 252 > np.searchsorted(years, 2012) - 5 - 420
    compared = found.compared
    assert (compared.first, compared.last) == (bars.time[start], bars.time[994])
    said = codes[start:-5]
    np.testing.assert_array_equal(compared.n, [*np.bincount(said, minlength=3), 0])
    assert compared.n.sum() < found.n.sum() == len(labels) - 5
    came = pd.Series(outcomes.ahead(bars.close, 5)["volatility"][start:-5] ** 2).groupby(said)
    np.testing.assert_allclose(compared.came[:3], np.sqrt(came.mean()))
    implied = pd.Series((vix[start:-5] / 100) ** 2 / 252).groupby(said)
    np.testing.assert_allclose(compared.vix[:3], np.sqrt(implied.mean()))
    given = volatility.variance_forecasts(bars.time, bars.close, late, labels, k=4, horizon=5)
    np.testing.assert_allclose(compared.har[:3], np.sqrt(pd.Series(given["har"][start:-5]).groupby(said).mean()))
    assert (compared.low[:3] < compared.came[:3]).all()
    assert (compared.high[:3] > compared.came[:3]).all()
    variance = outcomes.ahead(bars.close, 5)["volatility"][start:-5] ** 2
    loss = {name: np.mean(np.log(values[start:-5]) + variance / values[start:-5]) for name, values in given.items()}
    assert compared.gain["vix"] == pytest.approx(loss["past"] - loss["vix"])
    assert compared.gain["vix"] > compared.gain["label"] > 0


def test_without_a_vix_or_without_a_past_there_is_less_to_compare(history):
    bars, vix, codes = history
    without = outcomes.outcomes(bars.time, bars.close, None, codes[300:], k=4, horizon=5, draws=50).compared
    assert np.isnan(without.gain["vix"])
    assert np.isnan(without.vix).all()
    assert np.isfinite(without.gain["har"])
    short = outcomes.outcomes(bars.time[:200], bars.close[:200], vix[:200], codes[:200], k=3, horizon=5, draws=50).compared
    assert (short.n.sum(), short.first, short.last) == (0, 0, 0)
    assert all(np.isnan(gain) for gain in short.gain.values())
