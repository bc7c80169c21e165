"""Historical simulation: its regressions against scikit-learn, its paths and shares against paths taken one by one."""

import numpy as np
import pytest
from sklearn.linear_model import GammaRegressor, Ridge

from regime_core import states
from regime_core.features import stress
from regime_core.models import historical, regressions
from regime_core.models.historical import HistoricalSimulation
from regime_core.models.kmeans import KMeans
from regime_core.models.members import CLIP, Past, Scale
from stress_markets import index_and_vix

K = 3


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1100))


def past_of(market, horizon, k=K):
    return Past.of(market, KMeans(k=k).fit(market), horizon)


@pytest.mark.parametrize("penalty", [0.01, 0.5])
def test_regressions_are_scikit_learns(rng, penalty):
    inputs = rng.standard_normal((800, 5))
    size = np.exp(inputs @ np.linspace(-0.5, 0.5, 5)) * rng.standard_normal(800) ** 2 * 1e-4
    oracle = GammaRegressor(alpha=penalty, tol=1e-10, max_iter=5000).fit(inputs, size / size.mean() + 1e-4)
    found = regressions.gamma(inputs, size, penalty=penalty)
    np.testing.assert_allclose(found[:-1], oracle.coef_, atol=1e-6)
    assert found[-1] == pytest.approx(oracle.intercept_ + np.log(size.mean()), abs=1e-6)
    started = regressions.gamma(inputs, size, penalty=penalty, start=found + 1.0)
    np.testing.assert_allclose(started, found, atol=1e-6)
    least = Ridge(1000 * penalty).fit(inputs, size)
    found = regressions.ridge(inputs, size, penalty=1000 * penalty)
    np.testing.assert_allclose(found, [*least.coef_, least.intercept_], rtol=1e-7, atol=1e-15)
    np.testing.assert_allclose(regressions.predicted(found, inputs), least.predict(inputs), rtol=1e-9)


def test_sizes_of_nothing_are_fitted_too(rng):
    inputs = rng.standard_normal((50, 2))
    assert np.isfinite(regressions.gamma(inputs, np.zeros(50), penalty=0.5)).all()
    assert np.isfinite(regressions.gamma(inputs, np.append(np.zeros(49), 1e9), penalty=1e-6)).all()


def test_the_return_is_told_in_units_of_the_level(market):
    model = HistoricalSimulation().fit(past_of(market, 5))
    column = historical.INPUTS.index("return_21")
    month = np.convolve(market.values[:, 0], np.ones(21), "valid")
    found = model._inputs(stress.ingredients(market, 5))[21:, column]
    np.testing.assert_allclose(found, month[1:] / market.vix[21:], rtol=1e-9, atol=1e-15)


def test_an_input_never_met_counts_as_the_farthest_there_is():
    scale = Scale.of(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_array_equal(scale.apply(np.array([[2.5, 5.5], [99.0, -99.0]])), [[0.5, 0.5], [CLIP, -CLIP]])


def test_the_paths_kept_are_spread_evenly_over_all(market):
    past = past_of(market, 5)
    everything, some = (HistoricalSimulation(paths=paths).fit(past).paths_ for paths in (10**6, 101))
    assert everything.shape[1] == len(past.rows)
    assert (np.diff(everything[3]) >= 0).all()
    np.testing.assert_array_equal(some, everything[:, np.linspace(0, len(past.rows) - 1, 101).round().astype(int)])


@pytest.mark.parametrize("horizon", [1, 5, 21, 40])
def test_what_came_is_read_off_the_days_after(market, horizon):
    past = past_of(market, horizon)
    found = historical._Ahead.of(past, 0.0004)
    returns, day, row = market.values[:, 0], int(past.rows[77]), 77
    came = returns[day + 1 : day + horizon + 1]
    entered = came[-21:] - 0.0004
    assert found.total[row] == pytest.approx(entered.sum(), abs=1e-12)
    assert found.squares[row] == pytest.approx((entered**2).sum(), abs=1e-12)
    assert found.last[row] == pytest.approx(returns[day + horizon] - 0.0004, abs=1e-12)
    assert found.variance[row] == pytest.approx((came**2).mean(), abs=1e-12)
    assert found.change[row] == pytest.approx(np.log(market.vix[day + horizon] / market.vix[day]))
    assert past.rows[-1] + horizon == market.n_days - 1


@pytest.mark.parametrize("horizon", [1, 5, 21, 40])
@pytest.mark.parametrize("third", ["vix", "parkinson", None])
def test_shares_are_those_of_windows_laid_out_day_by_day(horizon, third):
    """The known returns followed by each path's scaled ones, labelled by the clustering itself."""
    bars, vix = index_and_vix(700)
    if third is None:
        bars = bars._replace(open=bars.close, high=bars.close, low=bars.close)
    market = states.market(bars, vix if third == "vix" else None)
    past = past_of(market, horizon)
    model = HistoricalSimulation(paths=10_000).fit(past)
    day, new = market.n_days - 1, min(horizon, 21)
    ingredients = stress.ingredients(market, horizon)
    given = model.probabilities(ingredients[day:])[0]
    returns, mean = market.values[:, 0], model.mean_return_
    inputs = model.scale_.apply(model._inputs(ingredients[past.rows]))
    own_change, own_size, own_volatility = (
        part[0] for part in model.expected_.at(model.scale_.apply(model._inputs(ingredients[day:])))
    )
    counts = np.zeros(K)
    measured = {}
    for fold in np.array_split(np.arange(len(past.rows)), model.folds):
        first, last = past.rows[fold[0]], past.rows[fold[-1]]
        kept = np.flatnonzero((past.rows + horizon < first) | (past.rows > last + horizon))
        expected = model._expected(inputs, historical._Ahead.of(past, mean), kept, None)
        change, size, volatility = expected.at(inputs[fold])
        measured |= {int(past.rows[row]): (change[i], size[i], volatility[i]) for i, row in enumerate(fold)}
    level = np.log(stress.stress(market))
    for row, (change, size, volatility) in measured.items():
        came = returns[row + 1 : row + horizon + 1][-new:]
        window = np.append(returns[day + 1 - (21 - new) : day + 1], mean + (came - mean) / volatility * own_volatility)
        raised = level[day] + own_change + (level[row + horizon] - level[row] - change) / size * own_size
        unit = 1.0 if third == "vix" else 1 / (100 * np.sqrt(252))
        values = [window[-1], window.std(ddof=1), np.exp(raised) * unit][: len(market.columns)]
        counts[past.states.label(np.array([values]))[0]] += 1
    expected = (counts + 0.5) / (counts.sum() + 0.5 * K)
    np.testing.assert_allclose(given, expected, atol=0.6 / counts.sum())  # a path on a border may fall to either side


def test_paths_rest_on_expectations_of_other_years(market, monkeypatch):
    """Each path is measured by a fit that saw neither its fold nor a day whose outcome reaches into it."""
    fits, expected = [], HistoricalSimulation._expected
    monkeypatch.setattr(
        HistoricalSimulation,
        "_expected",
        lambda self, inputs, ahead, kept, like: (fits.append(kept), expected(self, inputs, ahead, kept, like))[1],
    )
    past = past_of(market, 5)
    HistoricalSimulation().fit(past)
    whole, *folds = fits
    assert len(whole) == len(past.rows)
    assert len(folds) == 8
    for kept, inside in zip(folds, np.array_split(np.arange(len(past.rows)), 8), strict=True):
        assert np.abs(past.rows[kept][:, None] - past.rows[inside]).min() > 5


def test_paths_of_other_years_are_wider(market):
    """In sample the size of the level's change is 1 on average; what was expected of other years misses by more."""
    past = past_of(market, 21)
    paths = HistoricalSimulation(paths=10_000).fit(past).paths_
    assert np.mean(paths[3] ** 2) > 1.05


@pytest.mark.parametrize("horizon", [1, 63])
@pytest.mark.parametrize("k", [2, 5])
def test_a_members_contract(market, horizon, k):
    past = past_of(market, horizon, k)
    model = HistoricalSimulation().fit(past)
    rows = past.ingredients[past.rows]
    given = model.probabilities(rows)
    assert given.shape == (len(rows), k)
    assert (given > 0).all()
    np.testing.assert_allclose(given.sum(axis=1), 1)
    again = HistoricalSimulation.of(model.arrays(), past.states, horizon)
    np.testing.assert_array_equal(again.probabilities(rows), given)
    np.testing.assert_array_equal(HistoricalSimulation().fit(past).probabilities(rows), given)
    for part in (slice(0, 1), slice(7, 90), slice(-1, None)):
        np.testing.assert_array_equal(model.probabilities(rows[part]), given[part])
    assert all(array.dtype != object for array in model.arrays().values())


def test_thinned_paths_say_nearly_the_same(market):
    past = past_of(market, 5)
    rows = past.ingredients[past.rows[::20]]
    every, some = (HistoricalSimulation(paths=n).fit(past).probabilities(rows) for n in (10_000, 400))
    assert np.abs(every - some).mean() < 0.025  # standard error of a share of 400
    assert HistoricalSimulation(paths=400).fit(past).paths_.shape == (4, 400)
