"""What the reader makes of a file, and how that differs from the truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from regime_core.bars import OHLCV, to_frame
from regime_core.errors import ReaderError
from regime_core.readers import inspect, read_csv
from vendors.known import Known, VendorFile


@dataclass(frozen=True)
class Reading:
    """status : ``ok``, ``ambiguous`` or ``rejected``. bars : of a file read as one series. report : what inspection says."""

    status: str
    message: str
    bars: OHLCV | None
    report: dict[str, Any]

    @property
    def symbols(self) -> list[dict[str, Any]]:
        """One entry a symbol, as inspection lists them; empty where it lists none."""
        return list(self.report.get("symbols", ()))

    @property
    def codes(self) -> set[str]:
        """Codes of the warnings given."""
        return {warning["code"] for warning in self.report.get("warnings", ())}


def read(file: VendorFile) -> Reading:
    """Inspect a file and, where it holds one series, read its bars."""
    return read_bytes(file.data, file.name)


def read_bytes(data: bytes, name: str) -> Reading:
    """Inspect bytes and, where they hold one series, read their bars."""
    try:
        report = inspect(data, name=name).as_dict()
        status, message = str(report.get("status", "ok")), str(report.get("reason", ""))
        if status != "ok":
            return Reading(status, message, None, report)
        several = len(report.get("symbols", ())) > 1
        return Reading(status, message, None if several else read_csv(data, name=name, negative_prices=True).bars, report)
    except ReaderError as error:
        return Reading("ambiguous" if "ambiguous" in error.code else "rejected", error.message, None, {})


def difference(file: VendorFile, got: Reading) -> str:
    """Say in what a reading differs from the truth; empty where it does not."""
    if len(file.truth) > 1:
        return _difference_of_symbols(file, got)
    if got.bars is None:
        return f"one series was read as {len(got.symbols)} symbols"
    return difference_of_bars(next(iter(file.truth.values())), got.bars, file)


def difference_of_bars(known: Known, bars: OHLCV, file: VendorFile | None = None) -> str:
    """Say in what bars differ from those known, by the first field that does; empty where none does.

    Times are compared as people are shown them: the calendar date for daily bars, UTC for intraday ones.
    """
    if file is not None and file.may_drop:
        known = known.take(np.isin(known.time, to_frame(bars).index.as_unit("ns").asi8))
    order = np.argsort(known.time, kind="stable")
    if len(order) != bars.n_bars:
        return f"{bars.n_bars} bars instead of {len(order)}"
    times = to_frame(bars).index.as_unit("ns").asi8
    for name in ("time", "open", "high", "low", "close"):
        want, have = getattr(known, name)[order], times if name == "time" else getattr(bars, name)
        if file is not None and name in file.unchecked:
            continue
        wrong = np.flatnonzero(want != have)
        if len(wrong):
            return f"{name}[{wrong[0]}] is {have[wrong[0]]} instead of {want[wrong[0]]} ({len(wrong)} differ)"
    volumes = (known.volume, *(file.volumes if file is not None else ()))
    if any(_same_volume(volume[order], bars.volume) for volume in volumes):
        return ""
    return f"volume is {bars.volume[:3]} instead of {known.volume[order][:3]}"


def _same_volume(want: np.ndarray, have: np.ndarray) -> bool:
    """Equal but for rounding; a volume that is zero or absent throughout is unknown either way."""
    if not np.nan_to_num(want).any():
        return not np.nan_to_num(have).any()
    return bool(np.allclose(want, have, rtol=1e-9, atol=0, equal_nan=True))


def _difference_of_symbols(file: VendorFile, got: Reading) -> str:
    listed = {entry["symbol"]: entry for entry in got.symbols}
    if set(listed) != set(file.truth):
        return f"symbols are {sorted(listed)[:5]} instead of {sorted(file.truth)[:5]}"
    for symbol, known in file.truth.items():
        entry = listed[symbol]
        want = (len(known), known.when[0].date(), known.when[-1].date(), known.close[0], known.close[-1])
        have = (entry["rows"], day(entry["first"]), day(entry["last"]), entry["first_close"], entry["last_close"])
        if want != have:
            return f"{symbol} is {have} instead of {want}"
    return ""


def day(text: str) -> Any:
    """Date of an ISO date or time."""
    return datetime.fromisoformat(re.sub("Z$", "+00:00", text)).replace(tzinfo=UTC).date()
