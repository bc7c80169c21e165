"""What a file holds, in words and counts, before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, to_frame
from regime_core.readers.csv_bars import MAX_BARS, read_csv
from regime_core.readers.files import Source

SECOND_NS = 1_000_000_000
UNITS: tuple[tuple[int, str], ...] = (
    (DAY_NS, "day"),
    (3_600 * SECOND_NS, "hour"),
    (60 * SECOND_NS, "minute"),
    (SECOND_NS, "second"),
    (1_000_000, "millisecond"),
    (1_000, "microsecond"),
    (1, "nanosecond"),
)
CALENDAR: tuple[tuple[float, float, str], ...] = (
    (6.5, 7.5, "1 week"),
    (27.5, 31.5, "1 month"),
    (89, 93, "1 quarter"),
    (364, 367, "1 year"),
)
WEEKEND_SHARE = 0.05
"""Daily bars with fewer than this share on Saturdays and Sundays are of a market that closes at weekends."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file of bars holds.

    bars : bars after repairs; rows : rows in the file; rows_skipped : those without every price.
    interval : median step between bars in words (``1 day``, ``5 minutes``), empty for one bar.
    start, end : as shown to people: dates for daily bars, UTC times for intraday ones.
    gaps : steps longer than the calendar explains (see ``inspect``); longest_step in words, longest_step_from its first bar.
    duplicates : rows whose time a later row repeats.
    """

    name: str
    delimiter: str
    encoding: str
    columns: Mapping[str, str]
    time_format: str
    interval: str
    intraday: bool
    bars: int
    rows: int
    rows_skipped: int
    duplicates: int
    start: str
    end: str
    gaps: int
    longest_step: str
    longest_step_from: str
    problems: tuple[str, ...]

    def __str__(self) -> str:
        columns = ", ".join(f"{field} = {header}" for field, header in self.columns.items())
        gaps = f"{self.gaps:,}, longest step {self.longest_step} from {self.longest_step_from}" if self.longest_step else "0"
        lines = {
            "file": f"{self.name} ({self.encoding}, {self.delimiter})",
            "columns": columns,
            "time": self.time_format,
            "interval": self.interval or "unknown (one bar)",
            "range": f"{self.start} to {self.end}",
            "bars": f"{self.bars:,} of {self.rows:,} rows ({self.rows_skipped:,} skipped, {self.duplicates:,} duplicates)",
            "gaps": gaps,
            "problems": "\n          ".join(self.problems) or "none",
        }
        return "\n".join(f"{name + ':':<10}{value}" for name, value in lines.items())

    def as_dict(self) -> dict[str, object]:
        """All fields as plain values that JSON can hold."""
        return {**asdict(self), "columns": dict(self.columns), "problems": list(self.problems)}


def inspect(source: Source, *, name: str | None = None, max_bars: int = MAX_BARS) -> Inspection:
    """Describe a file of bars.

    A gap is a step of more than 1.5 times the median step. On daily bars of a market that closes at weekends it is one of more
    than four days; on intraday bars only steps within one UTC day count, because a session's end is no gap.
    Raises ReaderError where ``read_csv`` does.
    """
    result = read_csv(source, name=name, max_bars=max_bars)
    time = result.bars.time
    shown = to_frame(result.bars.rows(None)).index
    step = np.diff(time)
    longest = int(step.argmax()) if len(step) else 0
    stamp = "%Y-%m-%dT%H:%M:%SZ" if result.intraday else "%Y-%m-%d"
    return Inspection(
        name=result.name,
        delimiter=result.delimiter,
        encoding=result.encoding,
        columns=dict(result.columns),
        time_format=result.time_format,
        interval=_in_words(float(np.median(step))) if len(step) else "",
        intraday=result.intraday,
        bars=result.bars.n_bars,
        rows=result.rows_read,
        rows_skipped=result.rows_skipped,
        duplicates=result.rows_read - result.rows_skipped - result.bars.n_bars,
        start=shown[0].strftime(stamp),
        end=shown[-1].strftime(stamp),
        gaps=_count_gaps(time, intraday=result.intraday),
        longest_step=_in_words(float(step[longest])) if len(step) else "",
        longest_step_from=shown[longest].strftime(stamp) if len(step) else "",
        problems=result.problems,
    )


def _in_words(step_ns: float) -> str:
    """A span as people say it: ``1 day``, ``5 minutes``, ``1.5 hours``, ``1 month``."""
    days = step_ns / DAY_NS
    for low, high, words in CALENDAR:
        if low <= days <= high:
            return words
    size, unit = next((size, unit) for size, unit in UNITS if step_ns >= size)
    count = round(step_ns / size, 2)
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


def _count_gaps(time: NDArray[np.int64], *, intraday: bool) -> int:
    step = np.diff(time)
    if not len(step):
        return 0
    median = float(np.median(step))
    day = np.floor_divide(time, DAY_NS)
    if intraday:
        return int(((step > 1.5 * median) & (day[1:] == day[:-1])).sum())
    if median <= 1.5 * DAY_NS and _closes_at_weekends(day):
        return int((step > 4 * DAY_NS).sum())
    return int((step > 1.5 * median).sum())


def _closes_at_weekends(day: NDArray[np.int64]) -> bool:
    """Whether hardly any bar falls on a Saturday or Sunday; day 0, 1 January 1970, was a Thursday."""
    weekday = (day + 3) % 7
    return bool((weekday >= 5).mean() < WEEKEND_SHARE)
