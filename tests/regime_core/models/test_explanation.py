"""What moved a forecast, against brute force over every order in which groups of inputs change."""

import itertools

import numpy as np
import pytest

from regime_core import states
from regime_core.features import stress
from regime_core.models import Forecaster, explanation
from regime_core.models.kmeans import KMeans
from regime_core.regimes import ModelRef
from stress_markets import index_and_vix

REF = ModelRef("forecaster", "1")
WITH_VIX = ("return", "volatility", "vix")


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1100))


@pytest.fixture(scope="module", params=["historical_simulation", "logistic", "random_forest", "xgboost"])
def fitted(request, market):
    past = market.rows(None, 900)
    return Forecaster(horizons=(1, 5), candidates=(request.param,)).fit(past, KMeans(k=3).fit(past))


def test_the_usual_day_and_all_contributions_are_the_forecast(fitted, market):
    for stop in (22, 23, 300, 1000):
        forecast = fitted.forecast(market.rows(None, stop), model=REF, explained=True)
        for horizon, told in forecast.explanations.items():
            assert told.state == forecast.most_likely(horizon)
            total = told.usual + sum(part.change for part in told.parts)
            assert total == pytest.approx(forecast.horizons[horizon][told.state], abs=1e-9)
            sizes = [abs(part.change) for part in told.parts]
            assert sizes == sorted(sizes, reverse=True)
            assert {part.name for part in told.parts} == set(explanation.TITLES)
    assert fitted.forecast(market, model=REF).explanations == {}


def test_they_rest_on_days_of_the_past_alone(fitted, market):
    forecast = fitted.forecast(market.rows(None, 500), model=REF, explained=True)
    told = forecast.explanations[1]
    assert forecast.in_sample  # fitted on later days: these may not be the background
    assert told.days == 64
    assert (told.first, told.last) == (market.time[stress.FIRST_ROW], market.time[499])
    rows = np.linspace(stress.FIRST_ROW, 499, 64).round().astype(int)
    assert told.usual == pytest.approx(fitted.probabilities(market, 1)[rows, told.state].mean(), abs=1e-12)


def test_contributions_are_the_mean_over_every_order(fitted, market):
    """Groups change one after the other from each of three days to today; the model is asked anew at every step."""
    head, horizon = fitted.heads_[5], 5
    ingredients = stress.ingredients(market, horizon)
    today, background = ingredients[950], ingredients[[100, 300, 640]]
    columns = market.columns

    def answer(rows):
        return head.probabilities(rows)[:, 1]

    # four groups, that the orders stay few: the others are as they are today
    belongs = np.array(explanation.groups(columns))
    moving = ["level", "volatility", "today", "moves"]
    background = np.where(np.isin(belongs, moving), background, today)
    usual, parts = explanation.contributions(today, background, columns, answer)
    assert usual == pytest.approx(answer(background).mean(), abs=1e-12)
    expected = dict.fromkeys(moving, 0.0)
    orders = list(itertools.permutations(moving))
    for order in orders:
        rows = background.copy()
        before = answer(rows).mean()
        for group in order:
            rows[:, belongs == group] = today[belongs == group]
            after = answer(rows).mean()
            expected[group] += (after - before) / len(orders)
            before = after
    for part in parts:
        assert part.change == pytest.approx(expected.get(part.name, 0.0), abs=1e-9)  # what does not move gets nothing


@pytest.mark.parametrize("columns", [WITH_VIX, ("return", "volatility", "parkinson"), ("return", "volatility")])
def test_every_ingredient_is_in_one_group_and_no_title_speaks_of_what_is_not_there(columns):
    found = explanation.groups(columns)
    assert len(found) == len(stress.ingredient_names(columns))
    row = np.zeros(len(found))
    _, parts = explanation.contributions(row, row[None], columns, lambda rows: rows[:, 0])
    inputs = [name for part in parts for name in part.inputs]
    assert len(inputs) == len(set(inputs)) == len(stress.NAMES)
    assert ("VIX" in str(parts)) == (columns == WITH_VIX)


def test_the_same_number_twice_is_one_input():
    """Without a VIX the level is the volatility of the ranges, or of the closes: it moves with its twin."""
    names = stress.ingredient_names(("return", "volatility", "parkinson"))
    belongs = dict(zip(names, explanation.groups(("return", "volatility", "parkinson")), strict=True))
    assert belongs["range_21"] == belongs["parkinson"] == belongs["level"] != belongs["range_5"]
    belongs = dict(zip((n for n in names if n != "parkinson"), explanation.groups(("return", "volatility")), strict=True))
    assert belongs["level"] == belongs["volatility_21"] == belongs["variance"]
