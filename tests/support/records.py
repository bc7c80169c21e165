"""Forecasts and records of past forecasts, made by hand."""

from __future__ import annotations

import numpy as np

from markets import FIRST_DAY
from regime_core.bars import DAY_NS
from regime_core.evaluation.forecasts import ForecastScores, forecast_scores
from regime_core.regimes import ModelRef
from regime_core.states import Contribution, Explanation, Fan, Forecast, WalkForward, YearModel


def walk_of(high: list[float], today: list[int], realised: list[int | None], *, horizon: int = 1) -> WalkForward:
    """Record of two states from 1 January 2018 on, a row a day; ``realised`` is None where not known yet."""
    n, chance = len(high), np.array(high)
    both = np.column_stack([1 - chance, chance])
    return WalkForward(
        k=2,
        time=(FIRST_DAY + np.arange(n, dtype=np.int64)) * DAY_NS,
        horizon=np.full(n, horizon, dtype=np.int64),
        today=np.array(today, dtype=np.int8),
        realised=np.array([state or 0 for state in realised], dtype=np.int8),
        known=np.array([state is not None for state in realised]),
        probabilities=both,
        markov=np.full((n, 2), 0.5),
        margin=0.5 * both + 0.25,
        stay=np.full(n, 0.9),
        models=(
            YearModel(2018, horizon, {"historical_simulation": 0.9, "margin": 0.1}, {}),
            YearModel(2019, horizon, {"historical_simulation": 1.0}, {}),
        ),
        years=np.array([2018], dtype=np.int64),
        centres=np.zeros((1, 2, 3)),
        columns=("return", "volatility", "vix"),
        notes=("A note.",),
    )


def scores_of(walk: WalkForward, *, draws: int = 200) -> ForecastScores:
    """Scores of a record of one horizon."""
    rows = walk.settled()
    given = {"model": rows.probabilities, "persistence": rows.persistence, "markov": rows.markov, "margin": rows.margin}
    return forecast_scores(rows.time, rows.today, rows.realised, given, horizon=int(rows.horizon[0]), draws=draws)


def forecast_of(changes: list[float], *, day: int = FIRST_DAY, fitted: int = FIRST_DAY) -> Forecast:
    """Forecast of two states: 96.6 % high stress tomorrow, 55 % low stress in 5 days, with contributions of these sizes."""
    parts = tuple(Contribution(f"input_{i}", f"Input {i}", value, (f"Part of {i}",)) for i, value in enumerate(changes))
    told = {
        horizon: Explanation(state, said - sum(changes), 64, 0, day * DAY_NS, parts)
        for horizon, state, said in ((1, 1, 0.966), (5, 0, 0.55))
    }
    return Forecast(
        as_of=day * DAY_NS,
        state_today=1,
        k=2,
        horizons={1: np.array([0.034, 0.966]), 5: np.array([0.55, 0.45])},
        persistence=1,
        stay={1: 0.95, 5: 0.9},
        markov={1: np.array([0.1, 0.9]), 5: np.array([0.2, 0.8])},
        margin={1: np.array([0.06, 0.94]), 5: np.array([0.3, 0.7])},
        explanations=told,
        model=ModelRef("forecaster", "1"),
        fitted_through=fitted * DAY_NS,
        in_sample=day < fitted,
        fan=Fan(
            days=np.arange(1, 6),
            fitted=(1, 5),
            probabilities=_both([0.966, 0.9, 0.7, 0.52, 0.45]),
            markov=_both([0.9, 0.87, 0.85, 0.82, 0.8]),
            persistence=_both([0.95, 0.94, 0.92, 0.91, 0.9]),
        ),
    )


def _both(high: list[float]) -> np.ndarray:
    """Probabilities of two states, given those of the higher."""
    return np.column_stack([1 - np.array(high), high])
