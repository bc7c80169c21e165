"""How a walk-forward went: scores of its forecasts, the sets they make, and what followed its labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ModelError
from regime_core.evaluation import conformal
from regime_core.evaluation.forecasts import ForecastScores, forecast_scores
from regime_core.evaluation.outcomes import Outcomes
from regime_core.evaluation.outcomes import outcomes as label_outcomes
from regime_core.evaluation.significance import DRAWS
from regime_core.states import Market, WalkForward


def scores(walk: WalkForward, *, draws: int = DRAWS) -> dict[int, ForecastScores]:
    """Scores of model and baselines by horizon, over the rows whose outcome is known; a horizon without any is left out."""
    found = {}
    for horizon in walk.horizons:
        rows = walk.at(horizon).settled()
        if not len(rows):
            continue
        given = {"model": rows.probabilities, "persistence": rows.persistence, "markov": rows.markov, "margin": rows.margin}
        found[horizon] = forecast_scores(rows.time, rows.today, rows.realised, given, horizon=horizon, draws=draws)
    return found


def prediction_sets(walk: WalkForward) -> NDArray[np.bool_]:
    """Whether each state is in the set of a row, (n_rows, k): nine sets in ten hold the state that came.

    walk : the record from its first day on. A row's threshold rests on the outcomes known on its day, see
    ``evaluation.conformal.tracked_thresholds``; that of the first days is a guess.
    """
    sets = np.zeros(walk.probabilities.shape, dtype=np.bool_)
    for horizon in walk.horizons:
        rows = walk.at(horizon)
        held = conformal.tracked_thresholds(rows.probabilities, rows.realised, horizon=horizon)
        sets[walk.horizon == horizon] = conformal.members(rows.probabilities, held)
    return sets


def outcomes(market: Market, walk: WalkForward, *, draws: int = DRAWS) -> dict[int, Outcomes]:
    """What followed each causal label of a walk-forward, by horizon.

    market : the one walked; days after the last label are not needed. Labels are those of the earliest horizon's rows.
    """
    labels = walk.at(walk.horizons[0])
    stop = int(np.searchsorted(market.time, labels.time[-1], side="right"))
    days = market.rows(None, stop)
    if not np.array_equal(days.time[-len(labels) :], labels.time):
        raise ModelError("market.other", "These labels are of other days than this market's: give the market that was walked.")
    return {
        horizon: label_outcomes(days.time, days.bars.close, days.vix, labels.today, k=walk.k, horizon=horizon, draws=draws)
        for horizon in walk.horizons
    }
