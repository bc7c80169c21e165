"""Price scales with round numbers on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PADDING = 0.05
HEADROOM = 0.10
"""Room over the highest price, for the signs of the regimes."""
_MANTISSAS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7))
WANTED_TICKS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """Range of an axis (in powers of ten where logarithmic) and the values that are written on it."""

    range: tuple[float, float]
    ticks: list[float]
    log: bool


def linear(low: float, high: float) -> Scale:
    """Scale from just below ``low``, not below 0 where no price is, to just above ``high``."""
    height = (high - low) or 0.2 * abs(high) or 1.0
    bottom, top = low - PADDING * height, high + HEADROOM * height
    bottom = max(0.0, bottom) if low >= 0 else bottom
    return Scale((bottom, top), _round_steps(bottom, top), log=False)


def logarithmic(low: float, high: float) -> Scale:
    """Scale in powers of ten; round numbers at roughly equal distances. Prices are positive."""
    bottom, top = math.log10(low), math.log10(high)
    height = (top - bottom) or 0.2
    bottom, top = bottom - PADDING * height, top + HEADROOM * height
    for mantissas in _MANTISSAS:
        powers = range(math.floor(bottom), math.ceil(top) + 1)
        ticks = [m * 10.0**p for p in powers for m in mantissas if bottom <= math.log10(m * 10.0**p) <= top]
        if len(ticks) >= WANTED_TICKS - 1:
            return Scale((bottom, top), ticks, log=True)
    return Scale((bottom, top), _round_steps(10**bottom, 10**top), log=True)


def place(scale: Scale, value: float) -> float:
    """Where a value lies on a scale, 0 at the bottom and 1 at the top."""
    bottom, top = scale.range
    return ((math.log10(value) if scale.log else value) - bottom) / (top - bottom)


def price_axis(scale: Scale) -> dict[str, object]:
    """Entries of an axis of prices at the right."""
    return {
        "side": "right",
        "type": "log" if scale.log else "linear",
        "range": scale.range,
        "tickvals": scale.ticks,
        "ticktext": [tick_text(tick) for tick in scale.ticks],
        "fixedrange": True,
        "zeroline": False,
    }


def tick_text(value: float, *, exact: bool = False) -> str:
    """A price with the digits it needs: ``4,000``, ``1,234.57``, ``0.00042``."""
    digits = max(
        0, (2 if abs(value) >= 10 else 4) if exact and abs(value) >= 1 else -math.floor(math.log10(abs(value) or 1)) + 3
    )
    if not exact:
        return f"{value:,.10g}" if abs(value) < 1e9 else f"{value:.4g}"
    return f"{value:,.{digits}f}"


def _round_steps(bottom: float, top: float) -> list[float]:
    rough = (top - bottom) / WANTED_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    return [float(f"{tick:.10g}") for tick in np.arange(math.ceil(bottom / step), math.floor(top / step) + 1) * step]
