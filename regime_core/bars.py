"""Bars: what every function downstream may rely on.

Two shapes of the same thing. ``OHLCV`` is six aligned arrays, for kernels and models; the *Bars frame* is a DataFrame for
people and files: ``DatetimeIndex`` named ``timestamp`` (UTC for intraday bars, the plain calendar date for daily and longer
ones), strictly increasing, float64 columns ``open high low close volume``. Prices are positive and finite, low <= open,
close <= high; volume is non-negative or NaN (unknown). Whoever holds either checks nothing again. Only
a caller that asks the reader for them gets prices of zero and below: ``with_arithmetic_moves`` is for these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_core.errors import BarsError
from regime_core.kernels import soundness

if TYPE_CHECKING:
    import pandas as pd

Float = NDArray[np.float64]
PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume")
DAY_NS = 86_400_000_000_000
UNITS = ((630_000_000, 9_200_000_000, 1_000_000_000), (630_000_000_000, 9_200_000_000_000, 1_000_000))
"""Epochs of 1989 to 2261 in seconds and in milliseconds, as nearly all are, and the nanoseconds of one."""
INTRADAY_BELOW_NS = 20 * 3_600_000_000_000
LEVEL_BARS = 50
"""Bars whose median close is the level that moves in price are measured by, once prices reach zero."""
LARGEST_MOVE = 600.0
"""Levels that a price may move away from where it reached zero; beyond, its pseudo-price is no float64."""
CLOSE_SLACK = 0.005
"""A close or open outside [low, high] widens the range; where one is further out than this fraction, the warning says so."""


class OHLCV(NamedTuple):
    """Bars as arrays, oldest first.

    time : (n_bars,) int64 nanoseconds since 1970 UTC, strictly increasing.
    open, high, low, close : (n_bars,) float64, positive and finite.
    volume : (n_bars,) float64, non-negative; NaN where unknown.
    """

    time: NDArray[np.int64]
    open: Float
    high: Float
    low: Float
    close: Float
    volume: Float

    @property
    def n_bars(self) -> int:
        """Number of bars."""
        return len(self.close)

    def rows(self, start: int | None, stop: int | None = None) -> OHLCV:
        """Bars ``start:stop``, as views of these."""
        return self.take(slice(start, stop))

    def copy(self) -> OHLCV:
        """The same bars in memory of their own."""
        columns = {name: getattr(self, name).copy() for name in self._fields}
        return OHLCV(**columns)

    def take(self, index: slice | NDArray[np.intp] | NDArray[np.bool_]) -> OHLCV:
        """Bars at an index, in its order."""
        return OHLCV(
            self.time[index], self.open[index], self.high[index], self.low[index], self.close[index], self.volume[index]
        )


Where = Callable[[int, str], str]
"""Names a place in the caller's words, from the row as it was given and the column: ``bars[17].high``."""


def wire_place(index: int, field: str) -> str:
    """Name a place as a JSON client knows it."""
    return f"bars[{index}].{field}" if field else f"bars[{index}]"


def normalise(
    time: NDArray[np.int64],
    columns: dict[str, ArrayLike],
    *,
    strict: bool = False,
    where: Where = wire_place,
) -> tuple[OHLCV, tuple[str, ...]]:
    """Turn columns in any order into bars, and name every repair.

    time : (n,) int64 nanoseconds since 1970 UTC.
    columns : ``open high low close`` and optionally ``volume``, each (n,); volume may hold NaN (unknown).
    strict : refuse what would be repaired.
    Returns the bars and one sentence per kind of repair: unsorted rows are sorted, of equal times the last wins, an open or
    close outside [low, high] widens the range.
    Raises BarsError, naming the row by ``where``, on prices that are not positive finite numbers, high < low, negative volume.
    """
    n = len(time)
    prices = {name: _as_array(columns[name], _FLOAT) for name in PRICES}
    given = columns.get("volume")
    volume = np.full(n, np.nan) if given is None else _as_array(given, _FLOAT)
    for name, values in (*prices.items(), ("volume", volume)):
        if len(values) != n:
            raise BarsError("bars.length", f"{name} has {len(values)} values but timestamp has {n}: send one of each per bar.")
    time = _as_array(time, _INT)
    if soundness.are_sound(time, prices["open"], prices["high"], prices["low"], prices["close"], volume):
        return OHLCV(time, volume=volume, **prices), ()
    _check_prices(prices, where)
    _check_volume(volume, where)
    warnings: list[str] = []
    _widen(prices, where, warnings)
    bars = OHLCV(time, volume=volume, **prices)
    bars = _sorted(bars, where, warnings)
    if strict and warnings:
        raise BarsError("bars.needs_repair", f"strict was asked for, but: {' '.join(warnings)}")
    return bars, tuple(warnings)


_FLOAT, _INT = np.dtype(np.float64), np.dtype(np.int64)


def _as_array(values: ArrayLike, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Values as an array that may be written to, in one piece: the same one where it is that already."""
    if isinstance(values, np.ndarray) and values.dtype == dtype and values.flags.carray:
        return values
    return np.require(values, dtype, ["C", "W"])


def from_frame(frame: pd.DataFrame, *, strict: bool = False) -> tuple[OHLCV, tuple[str, ...]]:
    """Bars of any frame with a DatetimeIndex and ``open high low close [volume]`` columns, repaired as in ``normalise``."""
    import pandas as pd

    if not isinstance(frame.index, pd.DatetimeIndex):
        raise BarsError("bars.index", "The frame's index must be a DatetimeIndex: use frame.set_index('timestamp').")
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise BarsError("bars.columns", f"The frame lacks the columns {', '.join(missing)}.")
    present = [name for name in FIELDS if name in frame.columns]
    index = frame.index if frame.index.tz is None else frame.index.tz_convert("UTC")
    if index.hasnans:
        raise BarsError("bars.time", f"Row {int(np.flatnonzero(index.isna())[0])} has no timestamp.")
    time = index.as_unit("ns").asi8
    return normalise(time, {name: frame[name].to_numpy() for name in present}, strict=strict, where=_frame_place)


def to_frame(bars: OHLCV) -> pd.DataFrame:
    """Bars frame of bars: UTC index for intraday bars, plain calendar dates for daily and longer ones."""
    import pandas as pd

    if is_intraday(bars.time):
        index = pd.DatetimeIndex(bars.time.view("M8[ns]"), tz="UTC", name="timestamp")
    else:
        days = np.floor_divide(bars.time, DAY_NS) * DAY_NS
        index = pd.DatetimeIndex((bars.time if _repeats(days) else days).view("M8[ns]"), name="timestamp")
    return pd.DataFrame({name: getattr(bars, name) for name in FIELDS}, index=index)


def all_positive(bars: OHLCV) -> bool:
    """Whether every price is above zero."""
    return all(bool((getattr(bars, name) > 0).all()) for name in PRICES)


def with_arithmetic_moves(bars: OHLCV) -> OHLCV:
    """Bars that a detector of relative moves can read where prices reach zero or below: their moves in price stand for them.

    Before the first bar t0 with such a price nothing changes. From t0 on a price P becomes C exp((P - C) / level) with the
    close before t0 as C and the median of the closes of the last ``LEVEL_BARS`` bars before t0 as level: a log return of these
    is a move in price over that level. Where t0 is the first bar it becomes exp((P - C) / level) with that bar's close as C
    and a hundred times its largest absolute price as level, or 100 where all are zero.
    Causal: the first t bars of the result are the result of the first t bars.
    Raises BarsError where a price moves so far that its pseudo-price would overflow.
    """
    below = ~np.all([getattr(bars, name) > 0 for name in PRICES], axis=0)
    if not below.any():
        return bars
    start = int(np.argmax(below))
    if start:
        origin = first = float(bars.close[start - 1])
        level = float(np.median(bars.close[max(0, start - LEVEL_BARS) : start]))
    else:
        origin, first = float(bars.close[0]), 1.0
        level = 100.0 * (max(abs(float(getattr(bars, name)[0])) for name in PRICES) or 1.0)
    moved = {name: (getattr(bars, name)[start:] - origin) / level for name in PRICES}
    far = np.max([np.abs(values) for values in moved.values()], axis=0) > LARGEST_MOVE
    _refuse_first(
        far, "bars.far_from_zero", f"is over {LARGEST_MOVE:g} times {level:g} from zero.", "", lambda i, _: f"bar {start + i}"
    )
    return bars._replace(
        **{name: np.concatenate([getattr(bars, name)[:start], first * np.exp(values)]) for name, values in moved.items()}
    )


def is_intraday(time: NDArray[np.int64]) -> bool:
    """Whether the median step between bars is under 20 hours; False for fewer than two bars."""
    return len(time) > 1 and bool(np.median(np.diff(time)) < INTRADAY_BELOW_NS)


def epoch_to_ns(values: ArrayLike, *, where: Where = wire_place) -> NDArray[np.int64]:
    """Epoch times in seconds, milliseconds, microseconds or nanoseconds, told apart by size, as int64 nanoseconds.

    values : (n,) numbers, all in one unit; fractions of a second are kept.
    Raises BarsError on a value that is not finite or beyond year 2262, and on units that are mixed in one series.
    """
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "iuf":
        numbers = numbers.astype(np.float64)
    if len(numbers) == 0:
        return np.empty(0, dtype=np.int64)
    if numbers.dtype.kind == "i":
        whole_numbers = numbers.astype(np.int64, copy=False)
        smallest, largest = soundness.extent(whole_numbers)
        for first, last, factor in UNITS:
            if first <= smallest and largest < last:
                return np.asarray(whole_numbers * factor)
    if numbers.dtype.kind == "f":
        _refuse_first(~np.isfinite(numbers), "bars.time", "is not a finite number: send epoch seconds.", "timestamp", where)
    size = np.abs(numbers.astype(np.float64))
    _refuse_mixed_units(size, where)
    factor = _unit_factor(float(size.max()))
    _refuse_first(size * factor >= 9.2e18, "bars.time", "is beyond the year 2262.", "timestamp", where)
    if numbers.dtype.kind == "f":
        whole = np.floor(numbers)
        return np.asarray(whole.astype(np.int64) * factor + np.round((numbers - whole) * factor).astype(np.int64))
    return np.asarray(numbers.astype(np.int64) * factor)


def _unit_factor(largest: float) -> int:
    for limit, factor in ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000)):
        if largest < limit:
            return factor
    return 1


def _refuse_mixed_units(size: Float, where: Where) -> None:
    """A series never steps by a factor of 500 between bars that are both some way past 1970, unless its unit changes."""
    pair_max, pair_min = np.maximum(size[1:], size[:-1]), np.minimum(size[1:], size[:-1])
    jumps = (pair_min >= 6.3e8) & (pair_max / 500 >= pair_min)
    if jumps.any():
        place = where(int(np.flatnonzero(jumps)[0]) + 1, "timestamp")
        raise BarsError("bars.mixed_time_units", f"{place} is in another unit than the bar before it: send one unit.")


def _check_prices(prices: dict[str, Float], where: Where) -> None:
    for name, values in prices.items():
        bad = ~(np.isfinite(values) & (values > 0))
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            code = "bars.not_positive" if np.isfinite(values[i]) else "bars.non_finite"
            raise BarsError(code, f"{where(i, name)} is {values[i]:g}: prices must be positive finite numbers.")
    crossed = np.flatnonzero(prices["high"] < prices["low"])
    if len(crossed):
        i = int(crossed[0])
        high, low = prices["high"][i], prices["low"][i]
        more = f" {len(crossed) - 1:,} more bar(s) are like it." if len(crossed) > 1 else ""
        raise BarsError(
            "bars.high_below_low",
            f"{where(i, 'high')} is {high:g}, below low {low:g}: correct it, or leave the bar out.{more}",
        )


def _check_volume(volume: Float, where: Where) -> None:
    bad = (volume < 0) | np.isinf(volume)
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        raise BarsError(
            "bars.volume", f"{where(i, 'volume')} is {volume[i]:g}: volume must be zero or more; leave it out where unknown."
        )


def _widen(prices: dict[str, Float], where: Where, warnings: list[str]) -> None:
    """Make high the row's maximum and low its minimum where open or close lie outside, and say where some are far out."""
    top = np.maximum(prices["open"], prices["close"])
    bottom = np.minimum(prices["open"], prices["close"])
    above, below = top > prices["high"], bottom < prices["low"]
    outside = above | below
    if not outside.any():
        return
    far = (top > prices["high"] * (1 + CLOSE_SLACK)) | (bottom < prices["low"] * (1 - CLOSE_SLACK))
    rows = np.flatnonzero(outside)
    prices["high"] = np.maximum(prices["high"], top)
    prices["low"] = np.minimum(prices["low"], bottom)
    kind = "; some by more than 0.5 %, so check the columns" if far.any() else ""
    warnings.append(
        f"{len(rows)} bar(s) had an open or close outside [low, high], first {where(int(rows[0]), '')}: range widened{kind}."
    )


def _sorted(bars: OHLCV, where: Where, warnings: list[str]) -> OHLCV:
    step = np.diff(bars.time)
    if (step > 0).all():
        return bars
    order = np.argsort(bars.time, kind="stable")
    if (step < 0).any():
        bars = bars.take(order)
        place = where(int(np.flatnonzero(step < 0)[0]) + 1, "")
        warnings.append(f"Bars were not in order of time, first {place}: sorted oldest first.")
    keep = np.append(np.diff(bars.time) > 0, True)
    if not keep.all():
        repeated = np.flatnonzero(~keep)
        place = where(int(order[repeated[0]]), "")
        warnings.append(f"{len(repeated)} bar(s) had the same timestamp as a later one, first {place}: the last was kept.")
        bars = bars.take(keep)
    return bars


def _refuse_first(bad: NDArray[np.bool_], code: str, problem: str, field: str, where: Where) -> None:
    if bad.any():
        raise BarsError(code, f"{where(int(np.flatnonzero(bad)[0]), field)} {problem}")


def _repeats(days: NDArray[np.int64]) -> bool:
    return bool((np.diff(days) == 0).any())


def _frame_place(index: int, field: str) -> str:
    return f"row {index}, column {field}" if field else f"row {index}"
