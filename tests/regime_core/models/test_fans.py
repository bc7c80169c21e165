"""The days between fitted horizons: exact at the marks, near to what is fitted for the day itself between them."""

import json

import numpy as np
import pytest

from regime_core import states, walkforward
from regime_core.features import stress
from regime_core.models import fans
from regime_core.models.historical import HistoricalSimulation
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Past
from regime_core.regimes import ModelRef
from regime_core.states import Fan, Forecast
from stress_markets import index_and_vix

REF = ModelRef("forecaster", "test")


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1100))


@pytest.fixture(scope="module")
def model(market):
    return walkforward.fit(market, k=3)


@pytest.fixture(scope="module")
def forecast(model, market):
    return model.forecast(market, model=REF, explained=True)


def test_at_the_fitted_horizons_the_fan_is_the_forecast_itself(forecast):
    fan = forecast.fan
    assert fan.days.tolist() == list(range(1, 22))
    assert fan.fitted == (1, 5, 21)
    for horizon in fan.fitted:
        np.testing.assert_array_equal(fan.probabilities[horizon - 1], forecast.horizons[horizon])
        np.testing.assert_array_equal(fan.markov[horizon - 1], forecast.markov[horizon])
        assert fan.persistence[horizon - 1, forecast.persistence] == forecast.stay[horizon]


def test_every_day_has_probabilities(forecast):
    for table in (forecast.fan.probabilities, forecast.fan.markov, forecast.fan.persistence):
        assert table.shape == (21, 3)
        assert (table > 0).all()
        np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-12)


def test_a_forecast_has_a_fan_only_where_it_is_asked_for_and_the_same_one_every_time(model, market, forecast):
    assert model.forecast(market, model=REF).fan is None
    again = model.forecast(market, model=REF, explained=True).fan
    np.testing.assert_array_equal(again.probabilities, forecast.fan.probabilities)


def test_the_fan_of_a_day_rests_on_the_days_that_inputs_look_back_on(model, market):
    recent = market.rows(market.n_days - model.window)
    short, whole = (fans.fan(model.heads_, days, 1).probabilities for days in (recent, market))
    np.testing.assert_allclose(short, whole, atol=2e-3)  # a replay near a border may fall to its other side by rounding


def test_between_two_horizons_log_odds_are_mixed_by_the_logarithm_of_the_days():
    heads = {4: None, 16: None}
    said = {4: np.array([[0.9, 0.1]]), 16: np.array([[0.2, 0.8]])}
    mixed = fans.between(heads, 8, said.get)  # halfway on a logarithmic scale
    log_odds = 0.5 * np.log(0.9 / 0.1) + 0.5 * np.log(0.2 / 0.8)
    np.testing.assert_allclose(mixed, [[1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(log_odds))]])
    later = fans.between(heads, 12, said.get)
    share = np.log(12 / 4) / np.log(16 / 4)
    assert np.log(later[0, 0] / later[0, 1]) == pytest.approx((1 - share) * np.log(9) + share * np.log(0.25))
    np.testing.assert_array_equal(fans.between(heads, 2, said.get), said[4])
    np.testing.assert_array_equal(fans.between(heads, 40, said.get), said[16])


def test_paths_drawn_out_have_the_moments_of_a_walk(market):
    member = HistoricalSimulation().fit(Past.of(market, KMeans(k=2).fit(market), 5))
    assert member.over(5) is member
    longer = member.over(20)
    inputs = np.random.default_rng(3).standard_normal((50, member.scale_.mean.size))
    change, size, volatility = member.expected_.at(inputs)
    change_20, size_20, volatility_20 = longer.expected_.at(inputs)
    np.testing.assert_allclose(change_20, 4 * change)
    np.testing.assert_allclose(size_20, 2 * size)
    np.testing.assert_array_equal(volatility_20, volatility)  # a day's return is as volatile
    total, squares, last, shock = longer.paths_ / member.paths_
    assert np.allclose(total, 2)
    assert np.allclose(squares, 4)
    assert np.allclose(last, 1)
    assert np.allclose(shock, 1)
    # beyond the window only its 21 returns count
    np.testing.assert_allclose(longer.over(40).paths_[1], member.paths_[1] * 21 / 5)


@pytest.mark.parametrize("ahead", [2, 10, 15])
def test_a_day_between_is_nearer_to_what_is_fitted_for_it_than_its_neighbours_are(market, model, ahead):
    past = Past.of(market, model.states_, ahead)
    fitted = HistoricalSimulation().fit(past).probabilities(past.ingredients[stress.FIRST_ROW :])
    made = fans.probabilities(model.heads_, market, ahead)
    gap = np.abs(made - fitted).mean()
    for horizon in (1, 5, 21):
        own = model.probabilities(market, horizon)[stress.FIRST_ROW :]
        assert gap < 0.6 * np.abs(own - fitted).mean()


def test_a_fan_survives_json(forecast):
    again = Forecast.from_dict(json.loads(json.dumps(forecast.as_dict()))).fan
    assert again.as_dict() == forecast.fan.as_dict()
    assert again.days.dtype == np.int64


def test_the_likeliest_states_are_told_in_stretches():
    high = np.array([0.9, 0.6, 0.4, 0.3, 0.7])
    table = np.column_stack([1 - high, high])
    fan = Fan(np.arange(1, 6), (1, 5), table, table, table)
    assert fan.likeliest == ((1, 1, 2), (0, 3, 4), (1, 5, 5))
    assert fan.k == 2
