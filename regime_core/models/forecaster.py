"""Forecasts of a market's state: three classifiers, of which the past chooses one for each horizon, and three baselines."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.evaluation import baselines, splits
from regime_core.evaluation.forecasts import daily_log_loss
from regime_core.features import stress
from regime_core.models.classifiers import CLASSIFIERS, Classifier, Logistic, floored
from regime_core.models.explanation import background_rows, contributions
from regime_core.models.kmeans import KMeans
from regime_core.regimes import ModelRef
from regime_core.states import HORIZONS, WINDOW, YEAR, Codes, Explanation, Forecast, Market

WEIGHTS = "forecaster.npz"
SETTINGS = "forecaster.json"
TEMPERATURES = np.exp(np.linspace(np.log(0.6), np.log(1.7), 53))
CLIP = 6.0
"""Standard deviations beyond which an input counts as that: a crash never seen must not carry a forecast off the scale."""
BORDERS = {
    "border_today": "Distances to the states' centres today",
    "border_mean_return": "Distances, with an average return today",
    "border_ahead": "Distances, with the volatility expected ahead",
}


class Scale(NamedTuple):
    """Mean and standard deviation of each input over the days fitted on."""

    mean: Float
    spread: Float

    @classmethod
    def of(cls, inputs: Float) -> Scale:
        """Scale of inputs, (n_inputs,) each; an input that never changes keeps its unit."""
        spread = inputs.std(axis=0)
        return cls(inputs.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def apply(self, inputs: Float) -> Float:
        """Inputs in standard deviations, within ``CLIP``."""
        return np.asarray(np.clip((inputs - self.mean) / self.spread, -CLIP, CLIP))


@dataclass(frozen=True, slots=True)
class Head:
    """What forecasts at one horizon.

    name : of the classifier chosen. temperature : log-probabilities are divided by it. log_loss : of each candidate on the
    block of past days they were chosen on. mean_return, ratio : see ``features.stress.expected_ahead``.
    markov, stay : see ``evaluation.baselines``.
    """

    name: str
    classifier: Classifier
    scale: Scale
    temperature: float
    log_loss: Mapping[str, float]
    mean_return: float
    ratio: float
    margin: Classifier
    margin_scale: Scale
    markov: Float
    stay: float


PLAIN_FIELDS = ("name", "temperature", "log_loss", "mean_return", "ratio", "stay")


class Forecaster:
    """Probabilities of the states ``horizons`` days ahead.

    horizons : trading days. candidates : names in ``CLASSIFIERS``. validation_days : the last days of the past, at most a
    third, on which a candidate and its temperature are chosen before it is fitted on the whole past.

    Fitted: ``states_`` (the clustering), ``heads_`` (horizon -> Head), ``fitted_through_`` (int nanoseconds since 1970 UTC).
    """

    name: ClassVar[str] = "forecaster"
    window = stress.LONGEST + WINDOW

    def __init__(
        self,
        *,
        horizons: tuple[int, ...] = HORIZONS,
        candidates: tuple[str, ...] = tuple(CLASSIFIERS),
        validation_days: int = 5 * YEAR,
    ) -> None:
        self.horizons = horizons
        self.candidates = candidates
        self.validation_days = validation_days

    def fit(self, past: Market, states: KMeans) -> Self:
        """Choose, calibrate and fit on the days of ``past``; no outcome later than its last day is used.

        states : a clustering fitted on these days or fewer.
        Raises ModelError ``model.one_state`` where the past knows one state only.
        """
        states.require_columns(past)
        self.states_ = states
        self.heads_ = {horizon: self._fit_head(past, horizon) for horizon in self.horizons}
        self.fitted_through_ = int(past.time[-1])
        return self

    def inputs(self, days: Market, horizon: int, *, mean_return: float, ratio: float) -> Float:
        """Inputs of each day, (n_days, n_inputs): distances today, with an average return, and ahead; then ``stress.table``."""
        return self._inputs(stress.ingredients(days, horizon), horizon, mean_return=mean_return, ratio=ratio)

    def groups(self) -> tuple[str, ...]:
        """Group that each input belongs to, (n_inputs,): of ``BORDERS``, or a column of ``features.stress``."""
        return tuple(name for name in BORDERS for _ in range(2 * self.states_.k - 1)) + stress.NAMES

    def probabilities(self, days: Market, horizon: int) -> Float:
        """Calibrated probabilities of each day, (n_days, k); NaN in the first ``stress.FIRST_ROW`` rows."""
        head = self.heads_[horizon]
        inputs = self.inputs(days, horizon, mean_return=head.mean_return, ratio=head.ratio)
        return _beyond_first(inputs, lambda rows: self._answer(head, rows))

    def margin(self, days: Market, horizon: int) -> Float:
        """Probabilities of the baseline that knows nothing but the distances, (n_days, k); NaN as above."""
        head = self.heads_[horizon]
        inputs = self._border(days.values)
        return _beyond_first(inputs, lambda rows: head.margin.probabilities(head.margin_scale.apply(rows)))

    def forecast(self, days: Market, *, model: ModelRef, explained: bool = False) -> Forecast:
        """Forecast from the last of these days; with what moved it where ``explained``, which takes some tenths of a second.

        Raises ModelError on too few days or other values.
        """
        self.states_.require_columns(days)
        if days.n_days <= stress.FIRST_ROW:
            raise ModelError(
                "market.short", f"A forecast looks back {stress.FIRST_ROW} days, and here are {days.n_days}: send more."
            )
        explanations = {horizon: self._explanation(days, horizon) for horizon in self.heads_} if explained else {}
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
        )

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write weights, settings and the clustering they rest on, and return the names; the same fit gives the same bytes."""
        arrays: dict[str, NDArray[Any]] = {}
        settings: dict[str, Any] = {"fitted_through": self.fitted_through_, "heads": {}}
        for horizon, head in self.heads_.items():
            settings["heads"][str(horizon)] = {name: getattr(head, name) for name in PLAIN_FIELDS}
            arrays[f"{horizon}/markov"] = head.markov
            for part in ("classifier", "margin"):
                arrays |= {f"{horizon}/{part}/{name}": array for name, array in getattr(head, part).arrays().items()}
            for part in ("scale", "margin_scale"):
                arrays |= {f"{horizon}/{part}/{name}": array for name, array in getattr(head, part)._asdict().items()}
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
        model.heads_ = {int(horizon): _head(plain, _under(arrays, horizon)) for horizon, plain in settings["heads"].items()}
        return model

    def _fit_head(self, past: Market, horizon: int) -> Head:
        codes = self.states_.label(past.values)
        mean_return, ratio = float(past.values[:, 0].mean()), stress.variance_ratio(past)
        inputs = self.inputs(past, horizon, mean_return=mean_return, ratio=ratio)
        target = np.append(codes[horizon:], np.zeros(horizon, dtype=np.int8))
        rows = splits.purged(stress.FIRST_ROW, past.n_days, horizon)
        name, temperature, losses = self._choose(inputs, target, past.n_days, horizon)
        scale, classifier = self._fitted(name, inputs[rows], target[rows])
        distances = self._border(past.values)
        margin_scale = Scale.of(distances[rows])
        return Head(
            name=name,
            classifier=classifier,
            scale=scale,
            temperature=temperature,
            log_loss=losses,
            mean_return=mean_return,
            ratio=ratio,
            margin=Logistic(strength=1.0).fit(margin_scale.apply(distances[rows]), target[rows], self.states_.k),
            margin_scale=margin_scale,
            markov=baselines.markov(codes, horizon, self.states_.k),
            stay=baselines.stay(codes, horizon),
        )

    def _choose(self, inputs: Float, target: Codes, n_days: int, horizon: int) -> tuple[str, float, dict[str, float]]:
        """Best candidate on the last block of the past, fitted on what lies before it; its temperature; all log-losses."""
        before, block = splits.with_validation(stress.FIRST_ROW, n_days, horizon, days=self.validation_days)
        losses, temperatures = {}, {}
        for name in self.candidates:
            scale, classifier = self._fitted(name, inputs[before], target[before])
            given = classifier.probabilities(scale.apply(inputs[block]))
            by_temperature = [daily_log_loss(target[block], tempered(given, t)).mean() for t in TEMPERATURES]
            best = int(np.argmin(by_temperature))
            losses[name], temperatures[name] = float(by_temperature[best]), float(TEMPERATURES[best])
        name = min(losses, key=lambda candidate: losses[candidate])
        return name, temperatures[name], losses

    def _fitted(self, name: str, inputs: Float, target: Codes) -> tuple[Scale, Classifier]:
        if len(np.unique(target)) < 2:
            raise ModelError(
                "model.one_state",
                f"The {len(target)} past days have one state only: ask for another k, or send a longer history.",
            )
        scale = Scale.of(inputs)
        return scale, CLASSIFIERS[name]().fit(scale.apply(inputs), target, self.states_.k)

    def _answer(self, head: Head, inputs: Float) -> Float:
        return tempered(head.classifier.probabilities(head.scale.apply(inputs)), head.temperature)

    def _inputs(self, ingredients: Float, horizon: int, *, mean_return: float, ratio: float) -> Float:
        n_values = len(self.states_.columns_)
        values, window, table = np.split(ingredients, [n_values, n_values + len(stress.WINDOW_AHEAD)], axis=1)
        average = values.copy()
        average[:, 0] = mean_return
        ahead = stress.expected_ahead(values, window, horizon, mean_return=mean_return, ratio=ratio)
        borders = [self._border(given) for given in (values, average, ahead)]
        return np.column_stack([*borders, table])

    def _explanation(self, days: Market, horizon: int) -> Explanation:
        """What moved the forecast of the last day, against days spread over all before it."""
        head = self.heads_[horizon]

        def answer(ingredients: Float) -> Float:
            return self._answer(head, self._inputs(ingredients, horizon, mean_return=head.mean_return, ratio=head.ratio))

        ingredients = stress.ingredients(days, horizon)
        state = int(answer(ingredients[-1:])[0].argmax())
        rows = background_rows(days.n_days)
        usual, parts = contributions(ingredients[-1], ingredients[rows], days.columns, lambda mixed: answer(mixed)[:, state])
        return Explanation(state, usual, len(rows), int(days.time[rows[0]]), int(days.time[rows[-1]]), parts)

    def _border(self, values: Float) -> Float:
        """Distance to each centre, and its square less that to the first, (n_days, 2 k - 1)."""
        distances = self.states_.distances(values)
        squared = distances**2
        return np.column_stack([distances, squared[:, 1:] - squared[:, :1]])


def tempered(probabilities: Float, temperature: float) -> Float:
    """Probabilities whose logarithms are divided by a temperature: above 1 less sure, below 1 surer."""
    raised = probabilities ** (1.0 / temperature)
    return floored(raised / raised.sum(axis=1, keepdims=True))


def _beyond_first(inputs: Float, answer: Callable[[Float], Float]) -> Float:
    """Answers to all rows but the first, which lack a window and are NaN."""
    given = answer(inputs[stress.FIRST_ROW :])
    return np.vstack([np.full((min(stress.FIRST_ROW, len(inputs)), given.shape[1]), np.nan), given])


def _head(plain: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Head:
    return Head(
        classifier=CLASSIFIERS[plain["name"]].of(_under(arrays, "classifier")),
        scale=Scale(**_under(arrays, "scale")),
        margin=Logistic.of(_under(arrays, "margin")),
        margin_scale=Scale(**_under(arrays, "margin_scale")),
        markov=arrays["markov"],
        **{name: plain[name] for name in PLAIN_FIELDS},
    )


def _under(arrays: Mapping[str, NDArray[Any]], folder: str) -> dict[str, NDArray[Any]]:
    """Arrays whose name begins with ``folder/``, without it."""
    return {name.removeprefix(f"{folder}/"): array for name, array in arrays.items() if name.startswith(f"{folder}/")}
