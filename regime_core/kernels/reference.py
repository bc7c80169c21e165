"""The obvious twin of each feature kernel: one window at a time, written as the formula reads. Slow; for tests and readers.

Each takes and returns what its kernel does, and keeps the dtype it is given: with ``numpy.longdouble`` in, it is the yardstick
for lost digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[Any]
Number = float | np.floating[Any]


def _windows(window: int, *columns: Float) -> Iterator[tuple[int, tuple[Float, ...]]]:
    for t in range(window - 1, len(columns[0])):
        yield t, tuple(column[t - window + 1 : t + 1] for column in columns)


def _rolled(window: int, formula: Callable[..., Number], *columns: Float) -> Float:
    out = np.full(len(columns[0]), np.nan, dtype=columns[0].dtype)
    for t, parts in _windows(window, *columns):
        out[t] = formula(*parts)
    return out


def change(x: Float, lag: int) -> Float:
    """Relative change over ``lag`` bars."""
    return _rolled(lag + 1, lambda w: w[-1] / w[0] - 1, x)


def log_ratio(a: Float, b: Float) -> Float:
    """Natural logarithm of a / b."""
    return np.asarray(np.log(a / b))


def mean(x: Float, window: int) -> Float:
    """Mean of the last ``window`` values."""
    return _rolled(window, np.mean, x)


def deviation(x: Float, window: int) -> Float:
    """Sample standard deviation of the last ``window`` values."""
    return _rolled(window, lambda w: np.std(w, ddof=1), x)


def zscore(x: Float, window: int, floor: float) -> Float:
    """Distance of the last value from its window's mean in sample standard deviations; 0 where those are <= ``floor``."""

    def formula(w: Float) -> Number:
        spread = np.std(w, ddof=1)
        return 0.0 if spread <= floor else (w[-1] - np.mean(w)) / spread

    return _rolled(window, formula, x)


def band(x: Float, window: int) -> tuple[Float, Float]:
    """Mean less the last value, and population standard deviation, both over the last value."""
    return _rolled(window, lambda w: np.mean(w) / w[-1] - 1, x), _rolled(window, lambda w: np.std(w) / w[-1], x)


def trend(x: Float, window: int) -> Float:
    """Least-squares slope per bar over the window's mean."""
    steps = np.arange(window) - (window - 1) / 2
    return _rolled(window, lambda w: (steps * w).sum() / (steps**2).sum() / np.mean(w), x)


def efficiency(x: Float, window: int) -> Float:
    """Net move over (sum of absolute relative changes * mean); 0 where x never moved."""

    def formula(w: Float) -> float:
        path = np.abs(w[1:] / w[:-1] - 1).sum()
        return 0.0 if path == 0 else abs(w[-1] - w[0]) / (path * np.mean(w))

    return _rolled(window, formula, x)


def highest(x: Float, window: int) -> Float:
    """Largest of the last ``window`` values."""
    return _rolled(window, np.max, x)


def lowest(x: Float, window: int) -> Float:
    """Smallest of the last ``window`` values."""
    return _rolled(window, np.min, x)


def autocorrelation(r: Float, window: int) -> Float:
    """Lag-1 sample autocorrelation; 0 where the returns do not vary."""

    def formula(w: Float) -> float:
        step = w - np.mean(w)
        squares = (step**2).sum()
        return 0.0 if squares <= window * 1e-30 else (step[1:] * step[:-1]).sum() / squares

    return _rolled(window, formula, r)


def variance_ratio(r: Float, window: int, lag: int) -> Float:
    """Lo and MacKinlay's unbiased variance ratio with overlapping returns; 1 where the returns do not vary."""

    def formula(w: Float) -> float:
        centre = np.mean(w)
        squares = ((w - centre) ** 2).sum()
        if squares <= window * 1e-30:
            return 1.0
        sums = np.array([w[i : i + lag].sum() for i in range(window - lag + 1)])
        unbiased = lag * (window - lag + 1) * (1 - lag / window)
        return float((((sums - lag * centre) ** 2).sum() / unbiased) / (squares / (window - 1)))

    return _rolled(window, formula, r)


def true_range(high: Float, low: Float, close: Float) -> Float:
    """Largest of high - low, |high - last close|, |low - last close|."""
    last = np.concatenate(([np.nan], close[:-1])).astype(close.dtype)
    return np.asarray(np.maximum(high - low, np.maximum(np.abs(high - last), np.abs(low - last))))


def rsi(close: Float, window: int) -> Float:
    """Relative strength index with Wilder's smoothing; 50 where the price stands still."""
    out = np.full(len(close), np.nan, dtype=close.dtype)
    move = np.diff(close)
    up, down = np.maximum(move, 0), np.maximum(-move, 0)
    for t in range(window, len(close)):
        if t == window:
            gain, loss = up[:window].mean(), down[:window].mean()
        else:
            gain, loss = ((window - 1) * gain + up[t - 1]) / window, ((window - 1) * loss + down[t - 1]) / window
        out[t] = 50.0 if gain + loss <= 1e-15 * close[t] else 100 * gain / (gain + loss)
    return out


def macd(close: Float, fast: int, slow: int, signal: int) -> tuple[Float, Float]:
    """MACD line and signal line as fractions of the close."""
    start = slow - 1
    fast_line, slow_line = _ema(close, fast, start), _ema(close, slow, start)
    line = fast_line - slow_line
    return line / close, _ema(line, signal, start + signal - 1) / close


def _ema(x: Float, window: int, start: int) -> Float:
    """Exponential average with weight 2 / (window + 1), from the plain mean of the ``window`` values that end at ``start``."""
    out = np.full(len(x), np.nan, dtype=x.dtype)
    for t in range(start, len(x)):
        weight = x.dtype.type(2) / (window + 1)
        out[t] = x[t - window + 1 : t + 1].mean() if t == start else weight * x[t] + (1 - weight) * out[t - 1]
    return out


def weighted_mean(x: Float, volume: Float, window: int) -> Float:
    """Volume-weighted mean of the last ``window`` values."""
    return _rolled(window, lambda w, v: (w * v).sum() / v.sum() if v.sum() > 0 else np.nan, x, volume)


def vwap_distance(high: Float, low: Float, close: Float, volume: Float, window: int) -> Float:
    """Close over the volume-weighted mean of (high + low + close) / 3, less 1."""
    return np.asarray(close / weighted_mean((high + low + close) / 3, volume, window) - 1)


def volume_profile(price: Float, close: Float, volume: Float, window: int, bins: int, share: float) -> tuple[Float, Float]:
    """Distance of the close to the point of control, and its place in the value area."""
    distance, place = np.full(len(close), np.nan), np.full(len(close), np.nan)
    for t, (p, v) in _windows(window, price, volume):
        if not v.sum() > 0:
            continue
        if p.max() == p.min():
            distance[t], place[t] = close[t] / p[0] - 1, 0.5
            continue
        at = np.minimum(((p - p.min()) / (p.max() - p.min()) * bins).astype(int), bins - 1)
        profile = np.bincount(at, weights=v, minlength=bins)
        edges = p.min() + np.arange(bins + 1) * (p.max() - p.min()) / bins
        control = int(profile.argmax())
        distance[t] = close[t] / ((edges[control] + edges[control + 1]) / 2) - 1
        chosen = [control]
        while profile[chosen].sum() < share * v.sum() and len(chosen) < bins:
            neighbours = [i for i in (max(chosen) + 1, min(chosen) - 1) if 0 <= i < bins]
            chosen.append(max(neighbours, key=lambda i: profile[i]))
        bottom, top = edges[min(chosen)], edges[max(chosen) + 1]
        place[t] = (close[t] - bottom) / (top - bottom)
    return distance, place


def bulk_share(r: Float, spread: Float) -> Float:
    """Bought less sold, as a share of each bar's volume; 0 where spread is none."""
    pairs = zip(r, spread, strict=True)
    return np.array([0.0 if s <= 1e-15 else math.erf(x / s / math.sqrt(2)) for x, s in pairs])


def tick_sign(close: Float) -> Float:
    """Sign of the last close that differed from the one before it; 0 before there is one; the first is NaN."""
    out = np.full(len(close), np.nan)
    for t in range(1, len(close)):
        moves = np.diff(close[: t + 1])
        moved = moves[moves != 0]
        out[t] = np.sign(moved[-1]) if len(moved) else 0.0
    return out


def illiquidity(r: Float, traded: Float, window: int) -> Float:
    """Mean of |return| per unit traded over the bars that traded."""

    def formula(w: Float, v: Float) -> float:
        if np.isnan(v).any() or np.isnan(w).any() or not (v > 0).any():
            return float("nan")
        return float((np.abs(w[v > 0]) / v[v > 0]).mean())

    return _rolled(window, formula, r, traded)


def impact(r: Float, sign: Float, volume: Float, window: int) -> Float:
    """Least-squares slope of returns on signed volume in mean volumes; 0 where the signed volume does not vary."""

    def formula(w: Float, s: Float, v: Float) -> float:
        if not v.sum() > 0 or np.isnan(s).any():
            return float("nan")
        flow = s * v / v.mean()
        flow = flow - flow.mean()
        squares = (flow**2).sum()
        return 0.0 if squares <= 1e-30 * window**2 else float((flow * (w - w.mean())).sum() / squares)

    return _rolled(window, formula, r, sign, volume)


def roll(r: Float, window: int) -> Float:
    """Twice the root of minus the lag-1 sample covariance of returns; 0 where that is positive."""

    def formula(w: Float) -> float:
        before, after = w[:-1] - w[:-1].mean(), w[1:] - w[1:].mean()
        return float(2 * np.sqrt(np.maximum(0, -(before * after).sum() / (window - 2))))

    return _rolled(window, formula, r)


def corwin_schultz(high: Float, low: Float, close: Float) -> Float:
    """High-low spread of each pair of neighbouring bars, gaps removed, negative estimates set to 0."""
    out = np.full(len(close), np.nan, dtype=close.dtype)
    root = 3 - 2 * np.sqrt(close.dtype.type(2))
    for t in range(1, len(close)):
        gap = max(low[t] - close[t - 1], 0) + min(high[t] - close[t - 1], 0)
        top, bottom = high[t] - gap, low[t] - gap
        beta = np.log(high[t - 1] / low[t - 1]) ** 2 + np.log(top / bottom) ** 2
        gamma = np.log(max(high[t - 1], top) / min(low[t - 1], bottom)) ** 2
        alpha = (np.sqrt(2 * beta) - np.sqrt(beta)) / root - np.sqrt(gamma / root)
        out[t] = max(2 * (np.exp(alpha) - 1) / (1 + np.exp(alpha)), 0)
    return out


def hmm_forward(log_density: Float, start: Float, transition: Float) -> tuple[Float, float]:
    """Filtered probabilities of a hidden Markov chain, and its log-likelihood, from joint log-probabilities."""
    with np.errstate(divide="ignore"):
        log_start, log_transition = np.log(start), np.log(transition)
    joint = np.empty_like(log_density)
    joint[0] = log_start + log_density[0]
    for t in range(1, len(log_density)):
        joint[t] = np.logaddexp.reduce(joint[t - 1][:, None] + log_transition, axis=0) + log_density[t]
    total = np.logaddexp.reduce(joint, axis=1)
    return np.exp(joint - total[:, None]), float(total[-1])


def hmm_smooth(log_density: Float, start: Float, transition: Float) -> Float:
    """Smoothed probabilities of a hidden Markov chain: what the days up to one say, times what those after it say."""
    filtered, _ = hmm_forward(log_density, start, transition)
    later = np.ones_like(filtered)
    for t in range(len(filtered) - 2, -1, -1):
        seen = np.exp(log_density[t + 1] - log_density[t + 1].max()) * later[t + 1]
        later[t] = transition @ seen
        later[t] /= later[t].max()
    both = filtered * later
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def nearest_counts(
    known: Float, paths: Float, centres: Float, mean: Float, scale: Float, mean_return: float, new: int, window: int
) -> NDArray[np.int64]:
    """Replays that end nearest each centre, from the centres themselves; values are standardised by mean and scale."""
    counts = np.zeros((len(known), len(centres)), dtype=np.int64)
    for day, (kept_sum, kept_squares, sigma, level, size) in enumerate(known):
        for sums, squares, last, change in paths.T:
            total = kept_sum + new * mean_return + sigma * sums
            square = kept_squares + new * mean_return**2 + 2 * mean_return * sigma * sums + sigma**2 * squares
            variance = max(square - total**2 / window, 0) / (window - 1)
            values = np.array([mean_return + sigma * last, variance**0.5, np.exp(np.clip(level + size * change, -30, 30))])
            between = (values[: len(mean)] - mean) / scale - centres
            counts[day, (between**2).sum(axis=1).argmin()] += 1
    return counts


def jump_costs(rows: Float, centres: Float, points: Float, penalty: Float, start: Float) -> Float:
    """Least cost of the way to each point at each row: what was spent before, the step, and the row's own loss."""
    loss = np.array([[((row - centre) ** 2).sum() / 2 for centre in centres] for row in rows])
    own = loss @ points.T
    values = [start]
    for row in own:
        values.append(row + np.array([(values[-1] + penalty[:, j]).min() for j in range(len(points))]))
    return np.array(values[1:])


def jump_path(rows: Float, centres: Float, points: Float, penalty: Float) -> tuple[NDArray[Any], Number]:
    """Cheapest path of points, by trying every one: points ** rows of them. Indices (n_rows,), and its cost."""
    own = np.array([[((row - centre) ** 2).sum() / 2 for centre in centres] for row in rows]) @ points.T
    cost: dict[tuple[int, ...], Number] = {}
    for path in product(range(len(points)), repeat=len(rows)):
        steps = sum(penalty[one, other] for one, other in pairwise(path))
        cost[path] = sum(own[t, point] for t, point in enumerate(path)) + steps
    best = min(cost, key=lambda path: cost[path])
    return np.array(best), cost[best]


def recurrent_margins(rows: Float, memory: Float, from_input: Float, from_hidden: Float, bias: Float, *head: Float) -> Float:
    """Margins after each row by a long short-term memory, as its paper writes it."""
    hidden, cell = memory
    margins = []
    for row in rows:
        enters, stays, new, shown = np.split(row @ from_input + hidden @ from_hidden + bias, 4)
        cell = cell / (1 + np.exp(-stays)) + np.tanh(new) / (1 + np.exp(-enters))
        hidden = np.tanh(cell) / (1 + np.exp(-shown))
        margins.append(row @ head[0] + hidden @ head[1] + head[2])
    return np.array(margins)
