"""What volume adds to price: how much was traded, at which prices, and from which side."""

from __future__ import annotations

import numpy as np

from regime_core.bars import OHLCV, Float
from regime_core.features.base import Feature
from regime_core.kernels import rolling
from regime_core.kernels import volume as kernel

GROUP = "volume"
WINDOW = 20
PROFILE_WINDOW = 50
PROFILE_BINS = 24
VALUE_AREA = 0.7

_STEIDLMAYER = "Steidlmayer and Koy, Markets and Market Logic (1986), volume booked at each bar's typical price in 24 bins"
_BULK = "bulk volume classification, Easley, Lopez de Prado and O'Hara, Review of Financial Studies 25 (2012)"
_TICK = "tick test, Lee and Ready, Journal of Finance 46 (1991), on closes"
_SHARE = "share of volume, -1 sold to 1 bought"

FEATURES: tuple[Feature, ...] = (
    Feature(
        "volume_zscore_20",
        "Volume against its last 20 bars",
        "standard deviations",
        GROUP,
        "standard score, NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17",
        19,
        needs="volume",
    ),
    Feature(
        "vwap_distance_20",
        "Close over 20-bar VWAP",
        "fraction",
        GROUP,
        "Berkowitz, Logue and Noser, Journal of Finance 43 (1988), on typical prices",
        19,
        proxy=True,
        needs="volume",
    ),
    Feature("poc_distance_50", "Close over point of control", "fraction", GROUP, _STEIDLMAYER, 49, proxy=True, needs="volume"),
    Feature(
        "value_area_position_50",
        "Place in the value area",
        "0 lower edge, 1 upper edge",
        GROUP,
        f"{_STEIDLMAYER}; 70 % of volume",
        49,
        proxy=True,
        needs="volume",
    ),
    Feature("order_flow_bulk_20", "Order-flow imbalance, bulk", _SHARE, GROUP, _BULK, 39, proxy=True, needs="volume"),
    Feature("order_flow_tick_20", "Order-flow imbalance, tick rule", _SHARE, GROUP, _TICK, 20, proxy=True, needs="volume"),
)


def compute(bars: OHLCV) -> dict[str, Float]:
    """Each feature of this group, (n_bars,); none changes when prices or volumes are multiplied by a number.

    NaN where a volume of the window is unknown or nothing was traded in it. On prices that stand still: 0.5 for
    ``value_area_position_50``, 0 for the others; 0 for ``volume_zscore_20`` on volume that does not vary.
    """
    close, volume = bars.close, bars.volume
    returns = rolling.change(close, 1)
    bought = kernel.bulk_share(returns, rolling.deviation(returns, WINDOW))
    typical = close + ((bars.high - close) + (bars.low - close)) / 3.0
    poc_distance, position = kernel.volume_profile(typical, close, volume, PROFILE_WINDOW, PROFILE_BINS, VALUE_AREA)
    traded = rolling.highest(volume, WINDOW) > 0.0
    return {
        "volume_zscore_20": np.where(traded, rolling.zscore(volume, WINDOW, 0.0), np.nan),
        "vwap_distance_20": kernel.vwap_distance(bars.high, bars.low, close, volume, WINDOW),
        "poc_distance_50": poc_distance,
        "value_area_position_50": position,
        "order_flow_bulk_20": kernel.weighted_mean(bought, volume, WINDOW),
        "order_flow_tick_20": kernel.weighted_mean(kernel.tick_sign(close), volume, WINDOW),
    }
