"""Liquidity read from bars: what it costs to trade, and how far a trade moves the price. Proxies all."""

from __future__ import annotations

from regime_core.bars import OHLCV, Float
from regime_core.features.base import Feature
from regime_core.kernels import rolling, spreads, volume

GROUP = "microstructure"
MONTH = 21
QUARTER = 63

_SPREAD = "spread as a fraction of price"

FEATURES: tuple[Feature, ...] = (
    Feature(
        "amihud_21",
        "Amihud illiquidity, 21 bars",
        "return per million of currency traded",
        GROUP,
        "Amihud, Journal of Financial Markets 5 (2002)",
        21,
        proxy=True,
        needs="volume",
    ),
    Feature("roll_spread_21", "Roll spread, 21 bars", _SPREAD, GROUP, "Roll, Journal of Finance 39 (1984)", 21, proxy=True),
    Feature(
        "corwin_schultz_21",
        "Corwin-Schultz spread, 21 bars",
        _SPREAD,
        GROUP,
        "Corwin and Schultz, Journal of Finance 67 (2012)",
        21,
        proxy=True,
    ),
    Feature(
        "kyle_lambda_63",
        "Kyle's lambda, 63 bars",
        "return per mean bar's volume bought",
        GROUP,
        "Kyle, Econometrica 53 (1985), as a regression of returns on volume signed by the tick test",
        63,
        proxy=True,
        needs="volume",
    ),
)


def compute(bars: OHLCV) -> dict[str, Float]:
    """Each feature of this group, (n_bars,); all but ``amihud_21`` keep their values when prices are multiplied by a number.

    ``amihud_21`` is per million of the currency that prices are in; its mean leaves out bars without volume. Those that need
    volume are NaN where a volume of the window is unknown or nothing was traded in it. 0 on prices that stand still, and for
    spreads whose estimate is negative or not defined.
    """
    close = bars.close
    returns = rolling.change(close, 1)
    return {
        "amihud_21": volume.illiquidity(returns, close * bars.volume / 1e6, MONTH),
        "roll_spread_21": spreads.roll(returns, MONTH),
        "corwin_schultz_21": rolling.mean(spreads.corwin_schultz(bars.high, bars.low, close), MONTH),
        "kyle_lambda_63": volume.impact(returns, volume.tick_sign(close), bars.volume, QUARTER),
    }
