"""Forecasts of a market's state: a pool of members, weighed by the past, beside three baselines."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.evaluation import baselines, conformal
from regime_core.features import stress
from regime_core.models import fans, pool
from regime_core.models.explanation import background_rows, contributions
from regime_core.models.heads import Head
from regime_core.models.historical import HistoricalSimulation
from regime_core.models.kmeans import KMeans
from regime_core.models.members import (
    BORDERS,
    ForestMember,
    LogisticMember,
    Margin,
    Markov,
    Member,
    Past,
    XGBoostMember,
    under,
)
from regime_core.regimes import ModelRef
from regime_core.states import HORIZONS, WINDOW, Explanation, Forecast, Market

WEIGHTS = "forecaster.npz"
SETTINGS = "forecaster.json"
MEMBERS: dict[str, type[Member]] = {
    member.name: member for member in (HistoricalSimulation, LogisticMember, Margin, Markov, ForestMember, XGBoostMember)
}
CANDIDATES = (HistoricalSimulation.name, Margin.name, Markov.name)
PLAIN_FIELDS = ("weights", "log_loss", "threshold", "stay")


class Forecaster:
    """Probabilities of the states ``horizons`` days ahead.

    horizons : trading days. candidates : names in ``MEMBERS``, of which those stay that the past gives a weight.

    Fitted: ``states_`` (the clustering), ``heads_`` (horizon -> Head), ``fitted_through_`` (int nanoseconds since 1970 UTC).
    """

    name: ClassVar[str] = "forecaster"
    window = stress.LONGEST + WINDOW

    def __init__(self, *, horizons: tuple[int, ...] = HORIZONS, candidates: tuple[str, ...] = CANDIDATES) -> None:
        self.horizons = horizons
        self.candidates = candidates

    def fit(self, past: Market, states: KMeans) -> Self:
        """Weigh and fit on the days of ``past``; no outcome later than its last day is used.

        states : a clustering fitted on these days or fewer.
        Raises ModelError ``model.one_state`` where the past knows one state only.
        """
        states.require_columns(past)
        self.states_ = states
        self.heads_ = {horizon: self._fit_head(Past.of(past, states, horizon)) for horizon in self.horizons}
        self.fitted_through_ = int(past.time[-1])
        return self

    def groups(self) -> tuple[str, ...]:
        """Names of what the members look at: columns of ``features.stress``, and the kinds of distances of ``BORDERS``."""
        return (*stress.NAMES, *BORDERS)

    def probabilities(self, days: Market, horizon: int) -> Float:
        """Probabilities of each day, (n_days, k); NaN in the first ``stress.FIRST_ROW`` rows."""
        return _beyond_first(stress.ingredients(days, horizon), self.heads_[horizon].probabilities)

    def margin(self, days: Market, horizon: int) -> Float:
        """Probabilities of the baseline that knows nothing but the distances, (n_days, k); NaN as above."""
        return _beyond_first(stress.ingredients(days, horizon), self.heads_[horizon].margin.probabilities)

    def forecast(self, days: Market, *, model: ModelRef, explained: bool = False) -> Forecast:
        """Forecast from the last of these days; with what moved it and all days on the way where ``explained``.

        That takes some tenths of a second.

        Raises ModelError on too few days or other values.
        """
        self.states_.require_columns(days)
        if days.n_days <= stress.FIRST_ROW:
            raise ModelError(
                "market.short", f"A forecast looks back {stress.FIRST_ROW} days, and here are {days.n_days}: send more."
            )
        explanations = {horizon: self._explanation(days, horizon) for horizon in self.heads_} if explained else {}
        thresholds = {horizon: self._threshold(days, horizon) for horizon in self.heads_}
        days = days.rows(max(0, days.n_days - self.window))
        today = int(self.states_.label(days.values[-1:])[0])
        probabilities = {horizon: self.probabilities(days, horizon)[-1] for horizon in self.heads_}
        return Forecast(
            as_of=int(days.time[-1]),
            state_today=today,
            k=self.states_.k,
            horizons=probabilities,
            persistence=today,
            stay={horizon: head.stay for horizon, head in self.heads_.items()},
            markov={horizon: head.markov[today] for horizon, head in self.heads_.items()},
            margin={horizon: self.margin(days, horizon)[-1] for horizon in self.heads_},
            explanations=explanations,
            model=model,
            fitted_through=self.fitted_through_,
            in_sample=int(days.time[-1]) < self.fitted_through_,
            notes=days.notes,
            prediction_sets={horizon: _inside(given, thresholds[horizon]) for horizon, given in probabilities.items()},
            fan=fans.fan(self.heads_, days, today) if explained else None,
        )

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write weights, settings and the clustering they rest on, and return the names; the same fit gives the same bytes."""
        arrays: dict[str, NDArray[Any]] = {}
        settings: dict[str, Any] = {"fitted_through": self.fitted_through_, "heads": {}}
        for horizon, head in self.heads_.items():
            settings["heads"][str(horizon)] = {name: getattr(head, name) for name in PLAIN_FIELDS}
            arrays[f"{horizon}/chain"] = head.markov
            for name, member in {**head.members, Margin.name: head.margin}.items():
                arrays |= {f"{horizon}/{name}/{part}": array for part, array in member.arrays().items()}
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        (folder / WEIGHTS).write_bytes(content.getvalue())
        (folder / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n")
        return (WEIGHTS, SETTINGS, *self.states_.save(folder))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote: answers are the same bit for bit."""
        settings = json.loads((folder / SETTINGS).read_text())
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            arrays = dict(stored.items())
        model = cls(horizons=tuple(int(horizon) for horizon in settings["heads"]))
        model.states_ = KMeans.load(folder)
        model.fitted_through_ = settings["fitted_through"]
        model.heads_ = {
            int(horizon): _head(plain, under(arrays, horizon), model.states_, int(horizon))
            for horizon, plain in settings["heads"].items()
        }
        return model

    def _fit_head(self, past: Past) -> Head:
        if len(np.unique(past.outcomes)) < 2:
            raise ModelError(
                "model.one_state",
                f"The {len(past.rows)} past days have one state only: ask for another k, or send a longer history.",
            )
        candidates = {name: MEMBERS[name] for name in self.candidates}
        weights, log_loss, threshold = pool.weighted(past, candidates)
        members = {name: candidates[name]().fit(past) for name in weights}
        given = members.get(Margin.name)
        return Head(
            members=members,
            weights=weights,
            log_loss=log_loss,
            threshold=threshold,
            margin=given if isinstance(given, Margin) else Margin().fit(past),
            markov=baselines.markov(past.codes, past.horizon, self.states_.k),
            stay=baselines.stay(past.codes, past.horizon),
        )

    def _threshold(self, days: Market, horizon: int) -> float:
        """Threshold of the last day's set: that of the fit, moved by what came of the forecasts of days since."""
        since = int(np.searchsorted(days.time, self.fitted_through_, side="right"))
        first = max(stress.FIRST_ROW, min(since, self.window))
        recent = days.rows(max(0, since - self.window))
        held = self.heads_[horizon].threshold
        if recent.n_days - first <= horizon:
            return held
        codes = self.states_.label(recent.values)[first:]
        came = np.append(codes[horizon:], np.zeros(horizon, dtype=np.int8))  # the last of them are not known, and not read
        given = self.probabilities(recent, horizon)[first:]
        return float(conformal.tracked_thresholds(given, came, horizon=horizon, first=held)[-1])

    def _explanation(self, days: Market, horizon: int) -> Explanation:
        """What moved the forecast of the last day, against days spread over all before it."""
        answer = self.heads_[horizon].probabilities
        ingredients = stress.ingredients(days, horizon)
        state = int(answer(ingredients[-1:])[0].argmax())
        rows = background_rows(days.n_days)
        usual, parts = contributions(ingredients[-1], ingredients[rows], days.columns, lambda mixed: answer(mixed)[:, state])
        return Explanation(state, usual, len(rows), int(days.time[rows[0]]), int(days.time[rows[-1]]), parts)


def _inside(probabilities: Float, threshold: float) -> tuple[int, ...]:
    """States in a prediction set, likeliest first."""
    inside = conformal.members(probabilities[None], threshold)[0]
    return tuple(int(state) for state in np.argsort(-probabilities, kind="stable") if inside[state])


def _beyond_first(inputs: Float, answer: Callable[[Float], Float]) -> Float:
    """Answers to all rows but the first, which lack a window and are NaN."""
    given = answer(inputs[stress.FIRST_ROW :])
    return np.vstack([np.full((min(stress.FIRST_ROW, len(inputs)), given.shape[1]), np.nan), given])


def _head(plain: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], states: KMeans, horizon: int) -> Head:
    members = {name: MEMBERS[name].of(under(arrays, name), states, horizon) for name in plain["weights"]}
    return Head(
        members=members,
        margin=Margin.of(under(arrays, Margin.name), states, horizon),
        markov=arrays["chain"],
        **{name: plain[name] for name in PLAIN_FIELDS},
    )
