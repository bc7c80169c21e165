"""Forecasts of variance against statsmodels' gamma regression, and their loss on days of no return."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod.families import Gamma, links
from statsmodels.genmod.generalized_linear_model import GLM

from regime_core.evaluation import volatility
from regime_core.evaluation.outcomes import outcomes
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def history():
    bars, vix = index_and_vix(1000)
    return bars, vix.close, (vix.close > np.median(vix.close)).astype(np.int8)


@pytest.mark.filterwarnings("ignore:The Identity link function")
def test_har_is_a_gamma_regression_on_the_past_alone(history):
    bars, vix, codes = history
    horizon = 5
    given = volatility.variance_forecasts(bars.time, bars.close, vix, codes, k=2, horizon=horizon)["har"]
    start = int(np.searchsorted(bars.time.view("M8[ns]").astype("M8[Y]").astype(int) + 1970, 2012))
    squares = pd.Series(bars.close).pct_change() ** 2
    columns = np.column_stack([np.full(1000, 1e-4), *(squares.rolling(days).mean() for days in (1, 5, 22))])
    target = squares.rolling(horizon).mean().shift(-horizon).to_numpy()
    past = slice(22, start - horizon)
    fitted = GLM(target[past] * 1e4, columns[past] * 1e4, family=Gamma(links.Identity())).fit(start_params=[0.5, 0.1, 0.2, 0.3])
    assert (fitted.params > 0).all()  # else weights of at least zero would be others
    np.testing.assert_allclose(given[start : start + 20], fitted.predict(columns[start : start + 20] * 1e4) / 1e4, rtol=2e-4)


def test_no_weight_is_negative_and_none_could_be_better(history):
    rng = np.random.default_rng(3)
    design = np.column_stack([np.ones(600), rng.gamma(2.0, 1.0, (600, 2))])
    target = (0.5 + 2.0 * design[:, 1]) * rng.chisquare(1, 600)
    weights = volatility.lowest_qlike(design, target)
    assert (weights >= 0).all()

    def loss(trial):
        return volatility.qlike(target, design @ trial).mean()

    for column in range(3):
        for step in (-1e-3, 1e-3):
            trial = weights.copy()
            trial[column] = max(0.0, trial[column] + step)
            assert loss(trial) >= loss(weights) - 1e-9
    assert np.isnan(volatility.lowest_qlike(design, np.zeros(600))).all()


def test_no_volatility_forecast_sees_the_future(history):
    bars, vix, codes = history
    whole = volatility.variance_forecasts(bars.time, bars.close, vix, codes, k=2, horizon=5)
    cut = volatility.variance_forecasts(bars.time[:700], bars.close[:700], vix[:700], codes[:700], k=2, horizon=5)
    for name, values in cut.items():
        np.testing.assert_allclose(values, whole[name][:700], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_volatility_har_expects_is_as_large_as_what_came(horizon):
    rng = np.random.default_rng(4)
    n = 4000
    time = (np.arange(n) * 86_400 * 10**9).astype(np.int64)
    close = 100 * np.cumprod(1 + 0.01 * rng.standard_normal(n))
    given = volatility.variance_forecasts(time, close, None, np.zeros(n, dtype=np.int8), k=1, horizon=horizon)["har"]
    there = np.isfinite(given) & np.isfinite(volatility.variance_ahead(close, horizon))
    assert there.sum() > 3000
    assert given[there].mean() == pytest.approx(volatility.variance_ahead(close, horizon)[there].mean(), rel=0.05)


def test_the_loss_is_lowest_at_the_truth_and_bears_nothing_realised():
    realised = np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(volatility.qlike(realised, np.ones(3)), realised)
    trials = np.linspace(0.2, 3, 200)
    best = trials[np.argmin([volatility.qlike(realised, np.full(3, trial)).mean() for trial in trials])]
    assert best == pytest.approx(realised.mean(), abs=0.02)


def test_a_day_without_a_return_is_a_day_like_any_other(history):
    bars, vix, codes = history
    calm = int(np.flatnonzero(codes[600:900] == 0)[50]) + 600
    usual = outcomes(bars.time, bars.close, vix, codes, k=2, horizon=1, draws=20).compared
    moved = {}
    for size in (0.0, 1e-6, 1e-3):
        steps = bars.close[1:] / bars.close[:-1]
        steps[calm - 1] = 1.0 + size
        close = bars.close[0] * np.concatenate([[1.0], np.cumprod(steps)])
        moved[size] = outcomes(bars.time, close, vix, codes, k=2, horizon=1, draws=20).compared.gain
    for name in volatility.FORECASTERS:
        # a logarithm would set it ten units off, half of all that is explained
        assert moved[0.0][name] == pytest.approx(moved[1e-6][name], abs=1e-6)
        assert moved[0.0][name] == pytest.approx(moved[1e-3][name], abs=2e-3)
        assert moved[0.0][name] == pytest.approx(usual.gain[name], abs=0.02)


def test_a_state_without_a_past_says_nothing_and_still_prices_none(history):
    bars, vix, codes = history
    late = codes.copy()
    late[-30:] = 2
    given = volatility.variance_forecasts(bars.time, bars.close, vix, late, k=3, horizon=1)
    assert np.isnan(given["label"][-30:]).all()
    assert np.isfinite(given["har+label"][-30:]).all()
    still = volatility.variance_forecasts(bars.time, np.full(1000, 7.0), vix, codes, k=2, horizon=1)
    assert all(np.isnan(values).all() for values in still.values())
