"""Time zones as files name them: offsets, abbreviations, places."""

from __future__ import annotations

import re
import zoneinfo

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ReaderError

MINUTE_NS = 60_000_000_000
ABBREVIATED = {
    **dict.fromkeys(("Z", "z", "UTC", "GMT", "WET"), 0),
    **{"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420},
    **{"BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "IST": 330, "HKT": 480, "SGT": 480, "JST": 540},
    **{"KST": 540, "AEST": 600, "AEDT": 660, "BRT": -180},
}
"""Minutes east of UTC."""
FARTHEST = 14 * 60
"""Minutes from UTC of the clocks farthest from it."""


def offset_ns(mark: str) -> int | None:
    """Nanoseconds east of UTC of ``Z``, ``EST``, ``+09``, ``GMT+0800`` or ``+05:30``; None of what is none, as ``-17:30``."""
    if mark in ABBREVIATED:
        return ABBREVIATED[mark] * MINUTE_NS
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", mark)
    if not match:
        return None
    sign, minutes = -1 if match[1] == "-" else 1, int(match[2]) * 60 + int(match[3] or 0)
    return sign * minutes * MINUTE_NS if minutes <= FARTHEST and int(match[3] or 0) < 60 else None


def is_zone(name: str) -> bool:
    """Whether a name is one of the tz database, as ``America/New_York``."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def require_zone(zone: str) -> None:
    """Raise ReaderError for what is neither an offset nor the name of a zone."""
    if offset_ns(zone) is None and not is_zone(zone):
        raise ReaderError("reader.time_zone", f'"{zone}" is no time zone: name one such as America/New_York, UTC or +01:00.')


def local_time(zone: str, time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Wall times in a zone of times in UTC, (n,) nanoseconds. Raises ReaderError for a name that is no zone."""
    require_zone(zone)
    offset = offset_ns(zone)
    if offset is not None:
        return time + offset
    import pandas as pd  # only times of a zone need it

    return np.asarray(pd.DatetimeIndex(time.view("M8[ns]"), tz="UTC").tz_convert(zone).tz_localize(None).asi8)


def east_of_utc(zone: str, wall: NDArray[np.int64], absent: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Nanoseconds east of UTC of wall times in a zone, (n,); of an hour that comes twice the first is meant unless rows tell.

    Raises ReaderError for a name that is no zone.
    """
    require_zone(zone)
    offset = offset_ns(zone)
    if offset is not None:
        return np.full(len(wall), offset, dtype=np.int64)
    import pandas as pd

    index = pd.DatetimeIndex(np.where(absent, 0, wall).view("M8[ns]"))
    try:
        local = index.tz_localize(zone, ambiguous="infer", nonexistent="shift_forward")
    except ValueError:
        local = index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    return np.asarray(index.asi8 - local.asi8)
