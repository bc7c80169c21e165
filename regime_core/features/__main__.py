"""Write docs/features.md from the registry: ``python -m regime_core.features > docs/features.md``."""

from __future__ import annotations

import sys
from itertools import groupby

from regime_core.features import FEATURES, Feature

INTRODUCTION = """\
# Features

Written from `regime_core.features.FEATURES` by `python -m regime_core.features > docs/features.md`; a test keeps it up to date.

`features.table(bars, vix=None, names=None)` returns one row a bar and one column a feature; training and serving call the same
code. What holds for every column:

- **Nothing sees the future.** Row t rests on rows up to t: the table of the first t bars equals the first t rows of the table,
  bit for bit.
- **Windows end at the bar itself** and are computed afresh for each bar, so nothing drifts over a long series. RSI, MACD, the
  tick test's side of an unchanged close, and the group `relative` rest on all bars so far. The number in a name is the
  window in bars; for what is made of returns it counts returns.
- **Warm-up** is the number of leading rows that are NaN. After it a value is NaN only where the volume or the VIX it needs is
  unknown: a volume that is missing makes the windows that contain it NaN, and so does a window in which nothing was traded.
- **Prices that stand still** give 0, except `rsi_14` (50), `bollinger_position_20`, `range_position_20`,
  `value_area_position_50` (0.5) and `variance_ratio_5_63` (1); the group `relative` says its own in `features/relative.py`.
  Variation of returns up to 1e-15 is rounding and counts as none.
- **Scale-free**: multiplying all prices by a number changes nothing, except `amihud_21`, which is per currency traded. MACD is
  divided by the close.
- **Proxy** marks what its authors define on trades or quotes and is made from bars here.
- **The VIX** beside a daily bar is that of its own date or NaN; beside an intraday bar (UTC) the last one of an earlier date,
  at most 7 days old. Its changes count trading days of the VIX. A market that closes before New York
  needs the VIX one date later.
"""


def render() -> str:
    """Return the whole page as Markdown."""
    groups = groupby(FEATURES.values(), key=lambda feature: feature.group)
    return "\n".join([INTRODUCTION, *(_section(name, list(features)) for name, features in groups)])


def _section(group: str, features: list[Feature]) -> str:
    head = "| name | what | unit | warm-up | needs | proxy | source |\n|---|---|---|---|---|---|---|"
    return "\n".join([f"## {group}", "", head, *(_row(feature) for feature in features), ""])


def _row(feature: Feature) -> str:
    proxy = "yes" if feature.proxy else ""
    cells = (f"`{feature.name}`", feature.title, feature.unit, str(feature.warm_up), feature.needs or "", proxy, feature.source)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(render())
