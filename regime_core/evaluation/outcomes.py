"""What a label was worth: return, volatility and drawdown after it, beside what the VIX and a HAR model already said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from regime_core.evaluation.significance import DRAWS, block_length, block_means

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

MEASURES = ("return", "volatility", "drawdown")
FORECASTERS = ("label", "vix", "har", "har+label")
HAR_DAYS = (1, 5, 22)
MIN_PAST = 252
"""Days with a known outcome that a regression is fitted on, at least."""
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What followed each causal label over the next ``horizon`` days.

    n : (k,) days with the label whose outcome is known.
    mean, low, high : measure -> (k,), with 95 % intervals by block bootstrap; NaN for a label never given. ``return`` is the
    simple return over all the days; ``volatility`` the root of the mean squared daily return; ``drawdown`` the deepest fall
    from a peak on the way, counted from the close of the label's day, zero or a negative fraction.
    vix_volatility : (k,) mean of the daily volatility that the VIX stood for on these days; NaN without a VIX.
    har_volatility : (k,) mean of the volatility that a HAR model expected on them; NaN where it had too little past.
    explained : forecaster -> share of the variance of log volatility it explained out of sample: ``label``, ``vix``, ``har``,
    ``har+label``, all on the same days. Each year is forecast by least squares on outcomes known before it. NaN for one that
    could not be fitted.
    Source of HAR: Corsi, Journal of Financial Econometrics 7 (2009).
    """

    horizon: int
    n: Ints
    mean: dict[str, Float]
    low: dict[str, Float]
    high: dict[str, Float]
    vix_volatility: Float
    har_volatility: Float
    explained: dict[str, float]


def outcomes(
    time: NDArray[np.int64],
    close: Float,
    vix: Float | None,
    codes: NDArray[np.integer],
    *,
    k: int,
    horizon: int,
    draws: int = DRAWS,
) -> Outcomes:
    """What followed each label.

    time, close, vix : (n_days,) oldest first, days before the first label included; time in nanoseconds since 1970 UTC.
    codes : (n_labels,) causal labels of the last ``n_labels`` days.
    """
    first = len(close) - len(codes)
    known = slice(first, max(first, len(close) - horizon))
    labels = codes[: known.stop - first]
    after = {name: values[known] for name, values in ahead(close, horizon).items()}
    members = [labels == state for state in range(k)]
    bounds = {name: _intervals(values, members, block_length(horizon), draws) for name, values in after.items()}
    forecasts = volatility_forecasts(time, close, vix, codes, k=k, horizon=horizon)
    implied = np.full(len(labels), np.nan) if vix is None else vix[known] / 100.0 / np.sqrt(252.0)
    return Outcomes(
        horizon=horizon,
        n=np.array([member.sum() for member in members], dtype=np.int64),
        mean={name: _means(values, members) for name, values in after.items()},
        low={name: found[:, 0] for name, found in bounds.items()},
        high={name: found[:, 1] for name, found in bounds.items()},
        vix_volatility=_means(implied, members),
        har_volatility=_means(har_volatility(time, close, horizon)[known], members),
        explained=_explained(np.log(np.maximum(after["volatility"], _SMALLEST)), forecasts, known),
    )


def ahead(close: Float, horizon: int) -> dict[str, Float]:
    """Each of ``MEASURES`` over the ``horizon`` days after each day, (n_days,); NaN where they are not all there yet."""
    out = {name: np.full(len(close), np.nan) for name in MEASURES}
    if len(close) <= horizon:
        return out
    paths = sliding_window_view(close, horizon + 1)
    n = len(paths)
    steps = paths[:, 1:] / paths[:, :-1] - 1.0
    out["return"][:n] = paths[:, -1] / paths[:, 0] - 1.0
    out["volatility"][:n] = np.sqrt((steps**2).mean(axis=1))
    out["drawdown"][:n] = (paths / np.maximum.accumulate(paths, axis=1) - 1.0).min(axis=1)
    return out


def volatility_forecasts(
    time: NDArray[np.int64], close: Float, vix: Float | None, codes: NDArray[np.integer], *, k: int, horizon: int
) -> dict[str, Float]:
    """Log volatility over the next ``horizon`` days as each of ``FORECASTERS`` said it, (n_days,) each; NaN where it could not.

    Each calendar year is forecast by least squares on the days whose outcome was known before it.
    """
    n = len(close)
    state = np.full((n, k), np.nan)
    state[n - len(codes) :] = np.eye(k)[codes]
    har = har_inputs(close)
    implied = np.full((n, 1), np.nan) if vix is None else np.log(vix)[:, None]
    inputs = {"label": state, "vix": implied, "har": har, "har+label": np.column_stack([har, state])}
    target, years = _log_volatility_ahead(close, horizon), _years(time)
    return {name: _yearly_least_squares(columns, target, years, horizon)[0] for name, columns in inputs.items()}


def har_volatility(time: NDArray[np.int64], close: Float, horizon: int) -> Float:
    """Volatility over the next ``horizon`` days that HAR expects, a fraction a day, (n_days,); NaN where it could not.

    HAR is fitted to logarithms, and the exponential of an expected logarithm lies below the mean: by nearly half for a single
    day. It is raised by the mean exponential of the past residuals. Source: Duan's smearing estimate, Journal of the American
    Statistical Association 78 (1983).
    """
    logs, smearing = _yearly_least_squares(har_inputs(close), _log_volatility_ahead(close, horizon), _years(time), horizon)
    return np.asarray(np.exp(logs) * smearing)


def _log_volatility_ahead(close: Float, horizon: int) -> Float:
    return np.asarray(np.log(np.maximum(ahead(close, horizon)["volatility"], _SMALLEST)))


def _years(time: NDArray[np.int64]) -> Ints:
    return time.view("M8[ns]").astype("M8[Y]").astype(np.int64)


def har_inputs(close: Float) -> Float:
    """Log root mean square of the last 1, 5 and 22 daily returns, (n_days, 3); NaN in the first 22 rows."""
    out = np.full((len(close), len(HAR_DAYS)), np.nan)
    squares = (close[1:] / close[:-1] - 1.0) ** 2
    for column, days in enumerate(HAR_DAYS):
        if len(squares) >= days:
            root = np.sqrt(sliding_window_view(squares, days).mean(axis=1))
            out[days:, column] = np.log(np.maximum(root, 1e-4))
    out[: HAR_DAYS[-1]] = np.nan
    return out


def _yearly_least_squares(inputs: Float, target: Float, years: Ints, horizon: int) -> tuple[Float, Float]:
    """Forecasts of each year, and the mean exponential of the residuals they were fitted with: (n_days,) each."""
    design = np.column_stack([np.ones(len(inputs)), inputs])
    there: NDArray[np.bool_] = np.asarray(np.isfinite(design).all(axis=1))
    out, smearing = np.full(len(target), np.nan), np.full(len(target), np.nan)
    for year in np.unique(years):
        start = int(np.searchsorted(years, year))
        past = np.flatnonzero(there[: max(0, start - horizon)])
        if len(past) < MIN_PAST:
            continue
        weights = np.linalg.lstsq(design[past], target[past], rcond=None)[0]
        rows = np.flatnonzero(there & (years == year))
        out[rows] = design[rows] @ weights
        smearing[rows] = np.exp(target[past] - design[past] @ weights).mean()
    return out, smearing


def _explained(truth: Float, forecasts: dict[str, Float], known: slice) -> dict[str, float]:
    """Out-of-sample R squared, on the days that every forecaster which could be fitted has forecast."""
    given = {name: values[known] for name, values in forecasts.items()}
    common = np.ones(len(truth), dtype=bool)
    for values in given.values():
        if np.isfinite(values).any():
            common &= np.isfinite(values)
    if common.sum() < 2 or np.ptp(truth[common]) == 0:
        return dict.fromkeys(FORECASTERS, float("nan"))
    spread = float(((truth[common] - truth[common].mean()) ** 2).sum())
    return {name: 1.0 - float(((truth[common] - given[name][common]) ** 2).sum()) / spread for name in FORECASTERS}


def _means(values: Float, members: list[NDArray[np.bool_]]) -> Float:
    """Mean over each state's days that have a value, (k,); NaN where none has."""
    kept = [values[member & np.isfinite(values)] for member in members]
    return np.array([part.mean() if len(part) else np.nan for part in kept])


def _intervals(values: Float, members: list[NDArray[np.bool_]], block: int, draws: int) -> Float:
    """95 % interval of each state's mean, (k, 2)."""
    out = np.full((len(members), 2), np.nan)
    for state, member in enumerate(members):
        if member.any():
            drawn = block_means(values, block=block, draws=draws, weights=member)
            out[state] = np.nanquantile(drawn, (0.025, 0.975))
    return out
