"""The prediction set of a forecast: from days its members were not fitted on, and from what came since."""

import json

import numpy as np
import pytest

from regime_core import states
from regime_core.evaluation import conformal
from regime_core.models import pool
from regime_core.models.forecaster import MEMBERS, Forecaster
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Past
from regime_core.regimes import ModelRef
from regime_core.states import Forecast
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1200))


@pytest.fixture(scope="module")
def fitted(market):
    """A forecaster that knows the first 1,000 days."""
    past = market.rows(None, 1000)
    return Forecaster(horizons=(1, 5)).fit(past, KMeans().fit(past))


def test_a_forecast_s_set_follows_what_came_since_the_fit(market, fitted):
    codes = fitted.states_.label(market.values)
    seen = set()
    for last in (1000, 1004, 1005, 1006, *range(1010, market.n_days, 7)):
        found = fitted.forecast(market.rows(None, last + 1), model=ModelRef("forecaster", "1"))
        for horizon, head in fitted.heads_.items():
            given = fitted.probabilities(market, horizon)
            held = [head.threshold]
            for day in range(1001, last + 1):
                came = day - horizon  # the day whose outcome is known since this one
                missed = came >= 1000 and 1 - given[came, codes[day]] > held[came - 1000]
                held.append(conformal.moved(held[-1], missed=missed) if came >= 1000 else held[-1])
            inside = {state for state in range(2) if 1 - given[last, state] <= held[-1]}
            assert set(found.prediction_sets[horizon]) == inside
            assert found.prediction_sets[horizon][:1] == ((found.most_likely(horizon),) if inside else ())
            seen.add((horizon, len(inside)))
    assert len(seen) > 2


def test_a_day_of_the_past_has_the_set_of_the_fit(market, fitted):
    found = fitted.forecast(market.rows(None, 1000), model=ModelRef("forecaster", "1"))
    for horizon, head in fitted.heads_.items():
        inside = conformal.members(found.horizons[horizon][None], head.threshold)[0]
        assert set(found.prediction_sets[horizon]) == set(np.flatnonzero(inside))


def test_the_threshold_rests_on_days_the_members_were_not_fitted_on(market, fitted):
    past = Past.of(market.rows(None, 1000), fitted.states_, 5)
    candidates = {name: MEMBERS[name] for name in fitted.candidates}
    shares = [fitted.heads_[5].weights.get(name, 0.0) for name in candidates]
    scores = np.sort(1 - pool.out_of_fold(past, candidates) @ shares)
    assert fitted.heads_[5].threshold == pytest.approx(scores[int(np.ceil(0.9 * (len(scores) + 1))) - 1])


def test_a_set_survives_the_file_and_json(market, fitted, tmp_path):
    fitted.save(tmp_path)
    found = fitted.forecast(market, model=ModelRef("forecaster", "1"))
    again = Forecaster.load(tmp_path).forecast(market, model=ModelRef("forecaster", "1"))
    assert again.prediction_sets == found.prediction_sets
    assert set(found.prediction_sets) == {1, 5}
    assert Forecast.from_dict(json.loads(json.dumps(found.as_dict()))).prediction_sets == found.prediction_sets
