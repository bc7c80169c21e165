"""What moved an answer, in an analyst's words: contributions of features, summed by what they are about."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.features import relative
from regime_core.kernels import evidence
from regime_core.kernels.relative import (
    CORRELATION_HALF_LIVES,
    DISTANCE_HALF_LIVES,
    DRIFT_HALF_LIVES,
    EFFICIENCY_HALF_LIVES,
    VOLATILITY_HALF_LIVES,
)
from regime_core.regimes import N_REGIMES, REGIME_NAMES

BULLISH, BEARISH, RANGING, VOLATILE, CALM = range(N_REGIMES)
LEAST_SHARES = (0.0, 0.05, 0.1)
"""Shares of all that moved an answer, in either direction, below which no first, second and third concept is named."""
FREE_SPREAD = {"efficiency_16": 0.18, "distance_16": 3.1, "distance_48": 5.5}
"""Standard deviation of features of the path on a walk that nothing pulls back, measured on 100,000 bars."""
TINY = 1e-300
ALL_HISTORY = 2000
"""Bars at which ``log_age`` stops to grow."""

CONCEPTS: dict[str, tuple[str, ...]] = {
    "drift": tuple(f"drift_{h:.0f}" for h in DRIFT_HALF_LIVES),
    "volatility": tuple(f"log_volatility_{h:.0f}" for h in VOLATILITY_HALF_LIVES),
    "path": (
        *(f"efficiency_{h:.0f}" for h in EFFICIENCY_HALF_LIVES),
        *(f"distance_{h:.0f}" for h in DISTANCE_HALF_LIVES),
        *(f"correlation_{h:.0f}" for h in CORRELATION_HALF_LIVES),
    ),
    "change of volatility": ("log_long_volatility", "log_volatility_8_to_long", "log_volatility_60_to_long"),
    "steadiness": ("log_p_steady", "turnover", "misfit", "spread_of_volatility"),
    "tails": ("fat_tails",),
    "history": ("log_age", "s0_uncertainty", "untraded"),
}
"""What an analyst would call it -> features about it. The filter's probabilities of regimes go where ``_sets_apart`` says."""
DOUBTS = ("history",)
"""Concepts that are no evidence of a regime: they are named only where they speak against an answer."""


def _sets_apart(answered: int, other: int) -> str:
    """Concept in which two regimes differ most by their definition; that of a regime's own mark where they are the same."""
    if {answered, other} & {VOLATILE, CALM}:
        return "volatility"
    return "path" if answered == other == RANGING else "drift"


def _concepts(answered: int) -> NDArray[np.intp]:
    """Number of the concept that each feature is counted with under an answer, (n_features,)."""
    of_feature = {name: concept for concept, names in CONCEPTS.items() for name in names}
    for other, regime in enumerate(REGIME_NAMES):
        of_feature[f"log_p_{regime}"] = of_feature[f"mean_p_{regime}"] = _sets_apart(answered, other)
    return np.array([list(CONCEPTS).index(of_feature[name]) for name in relative.NAMES])


_COLUMN = {name: i for i, name in enumerate(relative.NAMES)}
_CONCEPTS = tuple(_concepts(code) for code in range(N_REGIMES))


class Reason(NamedTuple):
    """What one concept did to an answer.

    weight : what it adds to the log-odds of the answered regime against all others; below 0 it speaks against it.
    telling : feature in ``CONCEPTS`` that adds most in the same direction.
    """

    concept: str
    weight: float
    telling: str


def against_others(contributions: Float, margins: Float, code: int) -> Float:
    """Contributions to the log-odds of regime ``code`` against all others, (n,).

    contributions : (5, n) to each margin. margins : (5,). The others count by how likely each is among themselves, as in the
    slope of log(p / (1 - p)).
    """
    return np.asarray(evidence.against_others(contributions, margins, code))


def reasons(parts: Float, code: int) -> tuple[Reason, ...]:
    """The two or three concepts that moved an answer most, or as many as were not negligible, largest first.

    parts : (n_features,) what each feature of ``relative.FEATURES`` adds. code : the answered regime.
    """
    of_feature: list[float] = parts.tolist()
    weights = dict(zip(CONCEPTS, np.bincount(_CONCEPTS[code], parts, len(CONCEPTS)).tolist(), strict=True))
    total = max(sum(map(abs, weights.values())), TINY)
    order = sorted((name for name in weights if name not in DOUBTS or weights[name] < 0), key=lambda name: -abs(weights[name]))
    return tuple(
        Reason(name, weights[name], _telling(CONCEPTS[name], of_feature, 1 if weights[name] > 0 else -1))
        for name, least in zip(order, LEAST_SHARES, strict=False)
        if abs(weights[name]) / total > least
    )


def _telling(names: tuple[str, ...], of_feature: list[float], sign: int) -> str:
    return max(names, key=lambda name: sign * of_feature[_COLUMN[name]])


def in_words(found: tuple[Reason, ...], row: NDArray[np.float32], code: int, close: Float) -> str:
    """One clause that names each reason with its value; what speaks against the answer comes last and is called so.

    row : (n_features,) of the last bar. code : the answered regime. close : (n_bars,) prices, for counts of rises and falls.
    """
    values: dict[str, float] = dict(zip(relative.NAMES, row.tolist(), strict=True))
    told: dict[bool, list[str]] = {True: [], False: []}
    for reason in found:
        told[reason.weight > 0].append(_told(reason, values, code, close))
    against = f"against it {' and '.join(told[False])}" if told[False] else ""
    return "; ".join(clause for clause in (", ".join(told[True]), against) if clause) or "no single reason stands out"


def _told(reason: Reason, values: Mapping[str, float], code: int, close: Float) -> str:
    if reason.concept == "drift":
        return _drift(values, code if reason.weight > 0 else None, close)
    if reason.concept == "volatility":
        return _volatility(values, code if reason.weight > 0 else None)
    if reason.concept == "change of volatility":
        return f"volatility {_times(values['log_volatility_8_to_long'])} its long run"
    if (reason.concept, code) == ("path", RANGING):
        return _pull_back(values, seen=reason.weight > 0)
    return _WORDS[reason.telling](values[reason.telling])


def _pull_back(values: Mapping[str, float], *, seen: bool) -> str:
    """What shows best that the path was pulled back, or was not: its smallest, or largest, feature against a free path's."""
    name = (min if seen else max)(FREE_SPREAD, key=lambda name: abs(values[name]) / FREE_SPREAD[name])
    words = _WORDS[name](values[name])
    return words if seen else f"little pull-back seen ({words})"


def _volatility(values: Mapping[str, float], answered: int | None) -> str:
    """Volatility over 8 bars against the typical; where it speaks for calm or volatile, over a horizon that shows it.

    Where none does, the answer rests on doubts about what is typical, and these are told.
    """
    sign = {VOLATILE: 1, CALM: -1}.get(answered, 0) if answered is not None else 0
    shown = "8"
    if sign * values["log_volatility_8"] < 0:
        shown = max((f"{h:.0f}" for h in VOLATILITY_HALF_LIVES), key=lambda h: sign * values[f"log_volatility_{h}"])
    value = values[f"log_volatility_{shown}"]
    words = f"volatility {_times(value)} typical over about {shown} bars"
    return words if sign * value >= 0 else f"{words}, where typical is known to within {_spread(values)}"


def _spread(values: Mapping[str, float]) -> str:
    return _bound(math.expm1(values["s0_uncertainty"]))


def _drift(values: Mapping[str, float], trend: int | None, close: Float) -> str:
    """Drift over 16 bars; where it speaks for a trend, over the horizon that shows it best, with how often the price rose."""
    if trend not in (BULLISH, BEARISH):
        return f"drift {signed(values['drift_16'], 2)} volatilities a bar over about 16 bars"
    sign = 1 if trend == BULLISH else -1
    half_life = int(max(DRIFT_HALF_LIVES, key=lambda h: sign * values[f"drift_{h:.0f}"] * math.sqrt(h)))
    last: list[float] = close[-half_life - 1 :].tolist()
    moved = [sign * (after - before) > 0 for before, after in pairwise(last)]
    count = f"{'up' if trend == BULLISH else 'down'} {sum(moved)} of the last {len(moved)}"
    return f"drift {signed(values[f'drift_{half_life}'], 2)} volatilities a bar over about {half_life} bars ({count})"


def _times(log_ratio: float) -> str:
    ratio = math.exp(log_ratio)
    return f"{ratio:.2f} of" if ratio < 0.995 else f"{ratio:.1f} times"


def _net_move(half_life: int) -> Callable[[float], str]:
    return lambda value: f"net move {signed(100 * value, 0)} % of the path over about {half_life} bars"


def _distance(half_life: int) -> Callable[[float], str]:
    def words(value: float) -> str:
        return f"price {abs(value):.1f} bar volatilities {'above' if value > 0 else 'below'} its mean of about {half_life} bars"

    return words


def _correlation(half_life: int) -> Callable[[float], str]:
    return lambda value: f"successive moves correlated {signed(value, 2)} over about {half_life} bars"


def _percent(share: float) -> str:
    return "under 1 %" if share < 0.01 else f"{share * 100:.0f} %"


def _bound(share: float) -> str:
    return f"{max(share * 100, 1):.0f} %"


_WORDS: dict[str, Callable[[float], str]] = {
    **{f"efficiency_{h:.0f}": _net_move(int(h)) for h in EFFICIENCY_HALF_LIVES},
    **{f"distance_{h:.0f}": _distance(int(h)) for h in DISTANCE_HALF_LIVES},
    **{f"correlation_{h:.0f}": _correlation(int(h)) for h in CORRELATION_HALF_LIVES},
    "log_p_steady": lambda value: f"{_percent(math.exp(value))} odds of a trendless market at its usual volatility",
    "turnover": lambda value: f"regime odds shifting by {_percent(value)} a bar",
    "misfit": lambda value: f"volatility here usually {_percent(math.expm1(value))} away from that of any regime",
    "spread_of_volatility": lambda value: f"volatility usually within {_bound(math.expm1(value))} of its long run",
    "fat_tails": lambda value: f"fat-tailed moves {_percent(value)} likely",
    "untraded": lambda value: f"no trade on {_percent(value)} of the last bars",
    "log_age": lambda value: (
        f"{'at least ' if math.exp(value) >= ALL_HISTORY - 0.5 else ''}{math.exp(value):,.0f} bars of history"
    ),
    "s0_uncertainty": lambda value: f"typical volatility known to within {_bound(math.expm1(value))}",
}
"""Feature -> its value in words, of concepts that are not told by the same feature always."""


def signed(value: float, digits: int) -> str:
    """Number with its sign, a true minus, and no sign at zero."""
    text = f"{value:+.{digits}f}".replace("-", "\u2212")
    return text if any(digit in text for digit in "123456789") else text[1:]
