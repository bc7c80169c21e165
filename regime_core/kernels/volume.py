"""What bars with volume tell: volume-weighted price, volume profile, signed volume, price impact.

A NaN volume makes the windows that contain it NaN, and so does a window in which nothing was traded.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

ROUNDING = 1e-15
"""A spread of returns up to this is the rounding of the prices."""


@njit(cache=True, nogil=True)
def weighted_mean(x: Float, volume: Float, window: int) -> Float:
    """Volume-weighted mean of the last ``window`` values: (n,)."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        traded, total = 0.0, 0.0
        for i in range(t - window + 1, t + 1):
            traded += volume[i]
            total += volume[i] * x[i]
        if traded > 0.0:
            out[t] = total / traded
    return out


@njit(cache=True, nogil=True)
def vwap_distance(high: Float, low: Float, close: Float, volume: Float, window: int) -> Float:
    """Close over the volume-weighted mean of the typical price (high + low + close) / 3, less 1: (n,)."""
    out = np.full(len(close), np.nan)
    for t in range(window - 1, len(close)):
        traded, total = 0.0, 0.0
        for i in range(t - window + 1, t + 1):
            traded += volume[i]
            total += volume[i] * ((close[i] - close[t]) + ((high[i] - close[i]) + (low[i] - close[i])) / 3.0)
        if traded > 0.0:
            gap = total / traded
            out[t] = -gap / (close[t] + gap)
    return out


@njit(cache=True, nogil=True)
def volume_profile(price: Float, close: Float, volume: Float, window: int, bins: int, share: float) -> tuple[Float, Float]:
    """Distance of the close to the point of control, and its place in the value area.

    price : (n,) one price per bar at which its volume is booked, in ``bins`` equal bins from lowest to highest of the window.
    share : part of the window's volume that the value area holds; it grows from the fullest bin towards the fuller neighbour,
    upwards on a tie.
    Returns two (n,): close over the centre of the fullest bin (the lowest of several), less 1; and 0 at the lower edge of the
    value area, 1 at the upper edge, beyond them outside. Where the price did not move 0 and 0.5.
    """
    n = len(close)
    distance, place = np.full(n, np.nan), np.full(n, np.nan)
    profile = np.zeros(bins)
    for t in range(window - 1, n):
        first = t - window + 1
        low, high, traded = price[t], price[t], 0.0
        for i in range(first, t + 1):
            low, high = min(low, price[i]), max(high, price[i])
            traded += volume[i]
        if not traded > 0.0:
            continue
        if high == low:
            distance[t], place[t] = (close[t] - low) / low, 0.5
            continue
        profile[:] = 0.0
        for i in range(first, t + 1):
            profile[min(int((price[i] - low) / (high - low) * bins), bins - 1)] += volume[i]
        width = (high - low) / bins
        control = int(np.argmax(profile))
        centre = low + (control + 0.5) * width
        distance[t] = (close[t] - centre) / centre
        bottom, top = _value_area(profile, control, share * traded)
        place[t] = ((close[t] - low) / width - bottom) / (top - bottom)
    return distance, place


@njit(cache=True, nogil=True)
def _value_area(profile: Float, control: int, wanted: float) -> tuple[int, int]:
    """Bins ``bottom:top`` around ``control`` that hold at least ``wanted``."""
    bottom, top, held = control, control + 1, profile[control]
    while held < wanted and (bottom > 0 or top < len(profile)):
        above = profile[top] if top < len(profile) else -1.0
        below = profile[bottom - 1] if bottom > 0 else -1.0
        if above >= below:
            held += above
            top += 1
        else:
            held += below
            bottom -= 1
    return bottom, top


@njit(cache=True, nogil=True)
def bulk_share(r: Float, spread: Float) -> Float:
    """Bought less sold, as a share of each bar's volume: 2 * Phi(r / spread) - 1, (n,) in [-1, 1]; 0 where spread is none.

    r, spread : (n,) returns and their trailing standard deviation.
    """
    out = np.full(len(r), np.nan)
    for t in range(len(r)):
        if spread[t] <= ROUNDING:
            out[t] = 0.0
        else:
            out[t] = math.erf(r[t] / spread[t] / math.sqrt(2.0))
    return out


@njit(cache=True, nogil=True)
def tick_sign(close: Float) -> Float:
    """Sign of the last close that differed from the one before it: (n,) of -1, 0 (none yet), 1; the first is NaN."""
    out = np.full(len(close), np.nan)
    sign = 0.0
    for t in range(1, len(close)):
        if close[t] > close[t - 1]:
            sign = 1.0
        elif close[t] < close[t - 1]:
            sign = -1.0
        out[t] = sign
    return out


@njit(cache=True, nogil=True)
def illiquidity(r: Float, traded: Float, window: int) -> Float:
    """Mean of |return| per unit traded over those of the last ``window`` bars that traded: (n,).

    r : (n,) returns. traded : (n,) value traded; bars with 0 are left out, NaN makes the window NaN.
    """
    out = np.full(len(r), np.nan)
    for t in range(window - 1, len(r)):
        total, count = 0.0, 0
        for i in range(t - window + 1, t + 1):
            if traded[i] == 0.0:
                total += 0.0 * r[i]
                continue
            total += abs(r[i]) / traded[i]
            count += 1
        if count > 0:
            out[t] = total / count
    return out


@njit(cache=True, nogil=True)
def impact(r: Float, sign: Float, volume: Float, window: int) -> Float:
    """Least-squares slope of returns on signed volume, times the window's mean volume: (n,).

    r, sign, volume : (n,) returns, side of each bar, its volume. 0 where the signed volume does not vary.
    """
    out = np.full(len(r), np.nan)
    for t in range(window - 1, len(r)):
        first = t - window + 1
        traded, flow_mean, r_mean = 0.0, 0.0, 0.0
        for i in range(first, t + 1):
            traded += volume[i]
            flow_mean += sign[i] * volume[i]
            r_mean += r[i]
        if not traded > 0.0 or np.isnan(flow_mean):
            continue
        flow_mean, r_mean = flow_mean / traded, r_mean / window
        squares, products = 0.0, 0.0
        for i in range(first, t + 1):
            flow = sign[i] * volume[i] / traded - flow_mean / window
            squares += flow * flow
            products += flow * (r[i] - r_mean)
        out[t] = 0.0 if squares <= ROUNDING * ROUNDING else products / squares / window
    return out
