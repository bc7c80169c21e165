"""The feature table: every column describes a bar from that bar and earlier ones alone.

``FEATURES`` says what each column is; ``table`` computes them for a Bars frame, ``matrix`` for arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from regime_core.bars import OHLCV, Float, from_frame
from regime_core.errors import BarsError, RegimeError
from regime_core.features import microstructure, price, relative, risk, volume
from regime_core.features import vix as vix_group
from regime_core.features.base import Feature

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEATURES", "Feature", "matrix", "table"]

_GROUPS: dict[str, Callable[[OHLCV], dict[str, Float]]] = {
    price.GROUP: price.compute,
    risk.GROUP: risk.compute,
    volume.GROUP: volume.compute,
    microstructure.GROUP: microstructure.compute,
    "relative": relative.compute,
}

FEATURES: dict[str, Feature] = {
    feature.name: feature for group in (price, risk, volume, microstructure, vix_group, relative) for feature in group.FEATURES
}
"""Every feature by its column name, in the order of the columns of ``table``."""

N_THREADS = 2
THREADS_FROM = 200_000
"""Series of at least this many bars have their groups computed side by side; the kernels hold no lock."""


def table(bars: pd.DataFrame, vix: pd.Series | None = None, *, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Feature table of a Bars frame: row t rests on rows up to t only.

    bars : (n_bars,) frame as ``regime_core.bars`` describes it; not changed.
    vix : daily closes of the VIX with one entry a date, laid beside the bars as ``features.vix.align`` says.
    names : columns wanted, in this order; all of ``FEATURES`` where None.
    Returns (n_bars, n_features) float64 with the index of ``bars``. NaN in the first ``warm_up`` rows of a feature, and where
    the volume or the VIX that it needs is unknown.
    Raises BarsError on a frame that is not Bars, RegimeError on a name that is not in ``FEATURES``.
    """
    import pandas as pd

    wanted = list(FEATURES) if names is None else list(names)
    arrays, _ = from_frame(bars, strict=True)
    beside = None if vix is None else vix_group.align(vix, pd.DatetimeIndex(bars.index))
    return pd.DataFrame(matrix(arrays, wanted, vix=beside), index=bars.index, columns=wanted, copy=False)


def matrix(bars: OHLCV, names: Sequence[str], *, vix: Float | None = None) -> Float:
    """Features of bars as one array, for models; only the groups that ``names`` touch are computed.

    vix : (n_bars, 3) as ``features.vix.align`` returns it; without it the VIX features are NaN.
    Returns (n_bars, len(names)), column-major. NaN as in ``table``.
    Raises RegimeError on a name that is not in ``FEATURES``, BarsError on a vix of another length.
    """
    unknown = [name for name in names if name not in FEATURES]
    if unknown:
        raise RegimeError("features.unknown", f"No feature is called {', '.join(unknown)}: see docs/features.md for the names.")
    if vix is not None and len(vix) != bars.n_bars:
        raise BarsError("bars.vix", f"vix has {len(vix)} rows but there are {bars.n_bars} bars: align it with these bars.")
    arrays = OHLCV._make(np.require(column, requirements=["C", "W"]) for column in bars)
    out = np.empty((bars.n_bars, len(names)), order="F")

    def fill(group: str) -> None:
        columns = _columns(group, arrays, vix)
        for i, name in enumerate(names):
            if FEATURES[name].group == group:
                out[:, i] = columns[name]

    slowest_first = reversed(dict.fromkeys(FEATURES[name].group for name in names))
    if bars.n_bars < THREADS_FROM:
        for group in slowest_first:
            fill(group)
        return out
    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(fill, slowest_first))
    return out


def _columns(group: str, bars: OHLCV, vix: Float | None) -> dict[str, Float]:
    if group != vix_group.GROUP:
        return _GROUPS[group](bars)
    return vix_group.compute(np.full((bars.n_bars, len(vix_group.FEATURES)), np.nan) if vix is None else vix)
