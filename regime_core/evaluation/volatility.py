"""Forecasts of the variance ahead by label, VIX and HAR, and the loss they are scored by: both bear a day of no return."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

FORECASTERS = ("label", "vix", "har", "har+label")
PAST_MEAN = "past"
"""The forecast that all others are scored against: the mean variance of the past."""
HAR_DAYS = (1, 5, 22)
MIN_PAST = 252
"""Days with a known outcome that a forecaster is fitted on, at least."""
_STEPS = 60
_TOLERANCE = 1e-9
_SMALLEST_SHARE = 1e-3
"""Of the mean variance: no past day is taken for quieter when days are weighed in a fit."""


def realised_variance(close: Float, days: int) -> Float:
    """Mean squared simple return of the ``days`` days up to each day, (n_days,); NaN in the first ``days`` rows."""
    out = np.full(len(close), np.nan)
    squares = (close[1:] / close[:-1] - 1.0) ** 2
    if len(squares) >= days:
        out[days:] = sliding_window_view(squares, days).mean(axis=1)
    return out


def variance_ahead(close: Float, horizon: int) -> Float:
    """Mean squared simple return of the ``horizon`` days after each day, (n_days,); NaN where they are not all there yet."""
    return np.append(realised_variance(close, horizon)[horizon:], np.full(min(horizon, len(close)), np.nan))


def implied_variance(vix: Float) -> Float:
    """Variance of a day's return that a VIX in percent a year stands for."""
    return np.asarray((vix / 100.0) ** 2 / 252.0)


def qlike(realised: Float, forecast: Float) -> Float:
    """QLIKE loss of forecasts of variance, in nats: log of the forecast, and realised over forecast. Lower is better.

    Finite where nothing was realised. Ranks forecasts as the true variance would, although what is realised is noisy.
    Source: Patton, Journal of Econometrics 160 (2011).
    """
    return np.asarray(np.log(forecast) + realised / forecast)


def variance_forecasts(
    time: NDArray[np.int64], close: Float, vix: Float | None, codes: NDArray[np.integer], *, k: int, horizon: int
) -> dict[str, Float]:
    """Variance over the next ``horizon`` days as ``PAST_MEAN`` and each of ``FORECASTERS`` said it, (n_days,) each; else NaN.

    time, close, vix : (n_days,). codes : (n_labels,) labels of the last days. Each calendar year is forecast by a sum of
    inputs with weights of at least zero, those of the lowest QLIKE on the days whose outcome was known before it.
    """
    n = len(close)
    one = np.ones((n, 1))
    state = np.full((n, k), np.nan)
    state[n - len(codes) :] = np.eye(k)[codes]
    har = np.column_stack([realised_variance(close, days) for days in HAR_DAYS])
    implied = np.full((n, 1), np.nan) if vix is None else implied_variance(vix)[:, None]
    designs = {
        PAST_MEAN: one,
        "label": state,
        "vix": np.column_stack([one, implied]),
        "har": np.column_stack([one, har]),
        "har+label": np.column_stack([state, har]),
    }
    target, years = variance_ahead(close, horizon), time.view("M8[ns]").astype("M8[Y]").astype(np.int64)
    return {name: _yearly(design, target, years, horizon) for name, design in designs.items()}


def lowest_qlike(design: Float, target: Float, start: Float | None = None) -> Float:
    """Weights, (n_inputs,) at least 0, of the sum of inputs with the lowest mean QLIKE; NaN where nothing ever moved.

    design : (n, n_inputs), at least 0. target : (n,), at least 0, zero allowed. start : weights to begin from.
    Source of the model: Engle and Gallo, Journal of Econometrics 131 (2006); of HAR: Corsi, Journal of Financial
    Econometrics 7 (2009). Fitted by weighted least squares again and again, as a gamma regression with identity link.
    """
    mean = float(target.mean())
    if mean <= 0:
        return np.full(design.shape[1], np.nan)
    smallest = _SMALLEST_SHARE * mean
    columns = design.mean(axis=0)
    even = mean / (len(columns) * np.where(columns > 0, columns, np.inf))
    weights = even if start is None or not np.isfinite(start).all() else start + 1e-3 * even
    loss = _loss(design, target, weights, smallest)
    for _ in range(_STEPS):
        step = _reweighted(design, target, np.maximum(design @ weights, smallest)) - weights
        lower = loss
        for share in (1.0, 0.5, 0.25, 0.125):
            lower = _loss(design, target, weights + share * step, smallest)
            if lower < loss:
                weights = weights + share * step
                break
        if loss - lower < _TOLERANCE:
            break
        loss = lower
    return np.asarray(weights)


def _loss(design: Float, target: Float, weights: Float, smallest: float) -> float:
    return float(qlike(target, np.maximum(design @ weights, smallest)).mean())


def _reweighted(design: Float, target: Float, expected: Float) -> Float:
    """Least squares with weights of at least 0, each day in units of the variance expected on it."""
    from scipy.optimize import nnls

    rows = design / expected[:, None]
    spread = np.sqrt((rows**2).mean(axis=0))
    scale = np.where(spread > 0, spread, 1.0)  # a state never met has a column of zeros
    rows = rows / scale
    values, vectors = np.linalg.eigh(rows.T @ rows)
    kept = values > 1e-12 * values[-1]
    root = np.sqrt(values[kept])
    found, _ = nnls(root[:, None] * vectors[:, kept].T, vectors[:, kept].T @ (rows.T @ (target / expected)) / root)
    return np.asarray(found / scale)


def _yearly(design: Float, target: Float, years: Ints, horizon: int) -> Float:
    """Forecasts of each year by weights fitted on the days whose outcome was known before it, (n_days,)."""
    there: NDArray[np.bool_] = np.asarray(np.isfinite(design).all(axis=1))
    out = np.full(len(target), np.nan)
    weights: Float | None = None
    for year in np.unique(years):
        start = int(np.searchsorted(years, year))
        past = np.flatnonzero(there[: max(0, start - horizon)])
        if len(past) < MIN_PAST:
            continue
        weights = lowest_qlike(design[past], target[past], weights)
        rows = np.flatnonzero(there & (years == year))
        said = design[rows] @ weights
        out[rows] = np.where(said > 0, said, np.nan)  # a state without a past says nothing
    return out
