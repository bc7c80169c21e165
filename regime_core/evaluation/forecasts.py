"""How good forecasts of states were, beside baselines: scores, skill, significance, calibration, years, transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation import scores, significance

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

MODEL = "model"
BASELINES = ("persistence", "markov", "margin")
N_BINS = 15
FLOOR = 1e-6
"""Smallest probability that a log-loss counts, the same for all forecasters."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the days a state was given about some probability, how many came true; bins of equal mass, empty ones left out.

    forecast, came_true : (n_bins,) mean probability and share. n : (n_bins,) days and states in the bin.
    """

    forecast: Float
    came_true: Float
    n: Ints


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one forecaster at one horizon.

    name : ``model``, ``persistence``, ``markov`` or ``margin``. accuracy : share of days whose most likely state came true.
    log_loss : nats a day. brier : mean over days of the squared errors summed over states.
    calibration_error : expected, over 15 bins of equal mass. macro_precision, macro_recall, macro_f1 : means over states met.
    precision, recall, f1 : (k,). transition_accuracy : accuracy on days whose state changed; NaN where none did.
    confusion : (k, k) days, true state by row.
    yearly_accuracy, yearly_log_loss : (n_years,) by ``ForecastScores.years``.
    """

    name: str
    accuracy: float
    log_loss: float
    brier: float
    calibration_error: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    precision: Float
    recall: Float
    f1: Float
    transition_accuracy: float
    confusion: Ints
    reliability: Reliability
    yearly_accuracy: Float
    yearly_log_loss: Float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The model against one baseline at one horizon.

    skill : 1 - log-loss of the model over that of the baseline; skill_low, skill_high : 95 % interval by block bootstrap.
    p_value : one-sided, of a lower log-loss, by paired block bootstrap. mcnemar : exact test of accuracy, at a horizon of 1
    day only: further ahead outcomes overlap and the test would count them as independent.
    """

    baseline: str
    skill: float
    skill_low: float
    skill_high: float
    p_value: float
    mcnemar: significance.McNemar | None


@dataclass(frozen=True, slots=True)
class ForecastScores:
    """Model and baselines side by side at one horizon.

    n_days : days scored, transitions : those of them whose state changed. first, last : day, int nanoseconds since 1970 UTC.
    scores : of the model, then the baselines. comparisons : the model with each baseline. years : (n_years,) calendar years.
    """

    horizon: int
    k: int
    n_days: int
    transitions: int
    first: int
    last: int
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    years: Ints

    def score(self, name: str) -> Score:
        """Scores of one forecaster."""
        return next(score for score in self.scores if score.name == name)

    def against(self, baseline: str) -> Comparison:
        """Comparison with one baseline."""
        return next(comparison for comparison in self.comparisons if comparison.baseline == baseline)


def forecast_scores(
    time: NDArray[np.int64],
    today: NDArray[np.integer],
    realised: NDArray[np.integer],
    probabilities: Mapping[str, Float],
    *,
    horizon: int,
    draws: int = significance.DRAWS,
) -> ForecastScores:
    """Score the forecasts of one horizon.

    time : (n_days,) int nanoseconds, oldest first. today, realised : (n_days,) states then and ``horizon`` days later.
    probabilities : ``model`` and each baseline -> (n_days, k). draws : of the bootstrap.
    """
    k = probabilities[MODEL].shape[1]
    years = time.view("M8[ns]").astype("M8[Y]").astype(np.int64) + 1970
    names = (MODEL, *(name for name in BASELINES if name in probabilities))
    losses = {name: daily_log_loss(realised, probabilities[name]) for name in names}
    block = significance.block_length(horizon)
    drawn = significance.block_means(np.column_stack(list(losses.values())), block=block, draws=draws)
    resampled = dict(zip(names, drawn.T, strict=True))
    right = {name: probabilities[name].argmax(axis=1) == realised for name in names}
    return ForecastScores(
        horizon=horizon,
        k=k,
        n_days=len(time),
        transitions=int(np.sum(today != realised)),
        first=int(time[0]),
        last=int(time[-1]),
        scores=tuple(_score(name, today, realised, probabilities[name], losses[name], years, k) for name in names),
        comparisons=tuple(_compare(name, losses, resampled, right, horizon) for name in names[1:]),
        years=np.unique(years),
    )


def daily_log_loss(realised: NDArray[np.integer], probabilities: Float) -> Float:
    """-log of the probability given to what came true, (n_days,), in nats; probabilities below ``FLOOR`` count as that."""
    of_truth = probabilities[np.arange(len(realised)), realised]
    return np.asarray(-np.log(np.maximum(of_truth, FLOOR)))


def brier(realised: NDArray[np.integer], probabilities: Float) -> float:
    """Mean over days of the squared errors of the probabilities, summed over states, in [0, 2]."""
    truth = np.eye(probabilities.shape[1])[realised]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def reliability(realised: NDArray[np.integer], probabilities: Float, *, n_bins: int = N_BINS) -> Reliability:
    """Forecast probability against what came true, over all days and states."""
    given = probabilities.ravel()
    came = np.eye(probabilities.shape[1])[realised].ravel()
    parts = [part for part in np.array_split(np.argsort(given, kind="stable"), n_bins) if len(part)]
    return Reliability(
        np.array([given[part].mean() for part in parts]),
        np.array([came[part].mean() for part in parts]),
        np.array([len(part) for part in parts], dtype=np.int64),
    )


def _score(
    name: str, today: NDArray[np.integer], realised: NDArray[np.integer], given: Float, loss: Float, years: Ints, k: int
) -> Score:
    said = given.argmax(axis=1)
    changed = today != realised
    precision, recall, f1 = scores.precision_recall_f1(realised, said, k)
    met = np.union1d(realised, said).astype(np.int64)
    by_year = [years == year for year in np.unique(years)]
    return Score(
        name=name,
        accuracy=scores.accuracy(realised, said),
        log_loss=float(loss.mean()),
        brier=brier(realised, given),
        calibration_error=scores.expected_calibration_error(realised, given, n_bins=N_BINS),
        macro_precision=float(precision[met].mean()),
        macro_recall=float(recall[met].mean()),
        macro_f1=scores.macro_f1(realised, said, k),
        precision=precision,
        recall=recall,
        f1=f1,
        transition_accuracy=scores.accuracy(realised[changed], said[changed]),
        confusion=scores.confusion(realised, said, k),
        reliability=reliability(realised, given),
        yearly_accuracy=np.array([scores.accuracy(realised[rows], said[rows]) for rows in by_year]),
        yearly_log_loss=np.array([loss[rows].mean() for rows in by_year]),
    )


def _compare(
    baseline: str,
    losses: Mapping[str, Float],
    resampled: Mapping[str, Float],
    right: Mapping[str, NDArray[np.bool_]],
    horizon: int,
) -> Comparison:
    """losses, right : (n_days,) of each forecaster. resampled : (draws,) mean losses of each, drawn together."""
    loss, of_baseline = losses[MODEL].mean(), losses[baseline].mean()
    low, high = np.quantile(1.0 - resampled[MODEL] / resampled[baseline], (0.025, 0.975))
    return Comparison(
        baseline=baseline,
        skill=float(1.0 - loss / of_baseline),
        skill_low=float(low),
        skill_high=float(high),
        p_value=significance.paired_p(float(of_baseline - loss), resampled[baseline] - resampled[MODEL]),
        mcnemar=significance.mcnemar(right[MODEL], right[baseline]) if horizon == 1 else None,
    )
