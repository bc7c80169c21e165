"""What a label was worth: return, volatility and drawdown after it, beside what the VIX and a HAR model already said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from regime_core.evaluation import volatility
from regime_core.evaluation.significance import DRAWS, block_length, block_means

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

MEASURES = ("return", "volatility", "drawdown")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Volatility as it came and as forecasters said it, on the days that all of them spoke of.

    n : (k,) of these days with each label. first, last : of these days, int nanoseconds since 1970 UTC; 0 where there are none.
    came, low, high : (k,) volatility after them with a 95 % interval, as in ``Outcomes``.
    vix, har : (k,) volatility that the VIX stood for, and that HAR expected. All these are roots of mean variances, fractions a
    day; NaN for a label not given, and for a VIX that is not there.
    gain : forecaster -> how much lower its mean QLIKE is than that of the past's mean variance, nats a day; NaN for one that
    could not be fitted. See ``volatility.qlike`` and ``volatility.variance_forecasts``.
    """

    n: Ints
    first: int
    last: int
    came: Float
    low: Float
    high: Float
    vix: Float
    har: Float
    gain: dict[str, float]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What followed each causal label over the next ``horizon`` days.

    n : (k,) days with the label whose outcome is known.
    mean, low, high : measure -> (k,), with 95 % intervals by block bootstrap; NaN for a label never given. ``return`` is the
    mean simple return over all the days; ``volatility`` the root of the mean squared daily return; ``drawdown`` the mean of the
    deepest fall from a peak on the way, counted from the close of the label's day, zero or a negative fraction.
    compared : the same volatility beside VIX and HAR, on fewer days where these did not speak of all.
    """

    horizon: int
    n: Ints
    mean: dict[str, Float]
    low: dict[str, Float]
    high: dict[str, Float]
    compared: Comparison


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
    mean, low, high = _with_intervals(after, members, horizon, draws)
    given = volatility.variance_forecasts(time, close, vix, codes, k=k, horizon=horizon)
    given = {name: values[known] for name, values in given.items()}
    implied = np.full(len(labels), np.nan) if vix is None else volatility.implied_variance(vix[known])
    return Outcomes(
        horizon=horizon,
        n=np.array([member.sum() for member in members], dtype=np.int64),
        mean=mean,
        low=low,
        high=high,
        compared=_compared(time[known], after["volatility"], implied, given, members, horizon, draws),
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


def _compared(
    time: NDArray[np.int64],
    realised: Float,
    implied: Float,
    given: dict[str, Float],
    members: list[NDArray[np.bool_]],
    horizon: int,
    draws: int,
) -> Comparison:
    spoken = _all_spoke(given)
    days, members = time[spoken], [member[spoken] for member in members]
    given = {name: values[spoken] for name, values in given.items()}
    came, low, high = _with_intervals({"volatility": realised[spoken]}, members, horizon, draws)
    return Comparison(
        n=np.array([member.sum() for member in members], dtype=np.int64),
        first=int(days[0]) if len(days) else 0,
        last=int(days[-1]) if len(days) else 0,
        came=came["volatility"],
        low=low["volatility"],
        high=high["volatility"],
        vix=np.sqrt(_means(implied[spoken], members)),
        har=np.sqrt(_means(given["har"], members)),
        gain=_gains(realised[spoken] ** 2, given),
    )


def _all_spoke(given: dict[str, Float]) -> NDArray[np.bool_]:
    """Days that every forecaster which could be fitted has forecast; none where even the past's mean could not be."""
    there = {name: np.isfinite(values) for name, values in given.items()}
    spoken = there[volatility.PAST_MEAN]
    for found in there.values():
        if found.any():
            spoken = spoken & found
    return spoken


def _gains(variance: Float, given: dict[str, Float]) -> dict[str, float]:
    loss = {name: float(volatility.qlike(variance, values).mean()) if len(values) else np.nan for name, values in given.items()}
    return {name: loss[volatility.PAST_MEAN] - loss[name] for name in volatility.FORECASTERS}


def _with_intervals(
    after: dict[str, Float], members: list[NDArray[np.bool_]], horizon: int, draws: int
) -> tuple[dict[str, Float], dict[str, Float], dict[str, Float]]:
    """Mean of each state's days and the ends of its 95 % interval, measure -> (k,) each; of volatility the roots."""
    averaged = {name: values**2 if name == "volatility" else values for name, values in after.items()}
    mean = {name: _means(values, members) for name, values in averaged.items()}
    low, high = _intervals(averaged, members, block_length(horizon), draws)
    for found in (mean, low, high):
        found["volatility"] = np.sqrt(found["volatility"])
    return mean, low, high


def _means(values: Float, members: list[NDArray[np.bool_]]) -> Float:
    """Mean over each state's days that have a value, (k,); NaN where none has."""
    kept = [values[member & np.isfinite(values)] for member in members]
    return np.array([part.mean() if len(part) else np.nan for part in kept])


def _intervals(
    after: dict[str, Float], members: list[NDArray[np.bool_]], block: int, draws: int
) -> tuple[dict[str, Float], dict[str, Float]]:
    """Ends of the 95 % interval of each state's mean, measure -> (k,) each; NaN for a state without a day.

    All are drawn together: drawing takes most of the time.
    """
    low, high = ({name: np.full(len(members), np.nan) for name in after} for _ in range(2))
    met = [(name, state) for name in after for state, member in enumerate(members) if member.any()]
    if not met:
        return low, high
    values = np.column_stack([after[name] for name, _ in met])
    weights = np.column_stack([members[state] for _, state in met])
    drawn = block_means(values, block=block, draws=draws, weights=weights)
    for (name, state), means in zip(met, drawn.T, strict=True):
        low[name][state], high[name][state] = np.nanquantile(means, (0.025, 0.975))
    return low, high
