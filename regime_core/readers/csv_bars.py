"""A plain OHLCV file into bars: what is read is read right, and what is not is refused by line and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, PRICES, Float, is_intraday, normalise
from regime_core.errors import BarsError, ReaderError
from regime_core.readers.files import Source, load_text
from regime_core.readers.layout import DELIMITERS, Layout, find_layout
from regime_core.readers.numbers import read_numbers
from regime_core.readers.rows import Rows, read_rows
from regime_core.readers.times import Times, read_times

MAX_BARS = 10_000_000
BYTES_A_ROW = 400
"""A file of more bytes than this for each row allowed is refused unread."""
INCOMPLETE_SHARE = 0.5
"""A file in which more than this share of the rows lacks a price is refused: a column is probably the wrong one."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The bars of a file and what was found on the way.

    problems : one sentence for each kind of repair or oddity, with how many and the first line.
    rows_read : rows of the file that are not blank. rows_skipped : those left out because they lack a price.
    columns : field (``timestamp open high low close volume``) -> header in the file; no ``volume`` where the file has none.
    start, end : first and last time, int nanoseconds since 1970 UTC.
    delimiter : ``comma``, ``semicolon`` or ``tab``. encoding : ``utf-8`` or ``utf-8-sig``. time_format : in words.
    """

    name: str
    bars: OHLCV
    problems: tuple[str, ...]
    rows_read: int
    rows_skipped: int
    columns: Mapping[str, str]
    delimiter: str
    encoding: str
    time_format: str

    @property
    def intraday(self) -> bool:
        """Whether the bars are less than a day apart."""
        return is_intraday(self.bars.time)

    @property
    def start(self) -> int:
        """Time of the first bar, nanoseconds since 1970 UTC."""
        return int(self.bars.time[0])

    @property
    def end(self) -> int:
        """Time of the last bar, nanoseconds since 1970 UTC."""
        return int(self.bars.time[-1])


def read_csv(source: Source, *, name: str | None = None, max_bars: int = MAX_BARS) -> ReadResult:
    """Bars of a plain OHLCV file: any column order and case, comma, semicolon or tab, ISO or epoch times.

    source : a path, the bytes of a file, or a binary file object. name : for messages; the path's own by default.
    The raw close is used, never an adjusted one. A row without some price is left out and counted.
    Raises ReaderError naming line (1-based, as an editor shows it), column and what to do, where a file cannot be read right.
    """
    file = load_text(source, name=name, max_bytes=max_bars * BYTES_A_ROW + 65_536)
    layout = find_layout(file)
    rows = read_rows(file, layout, max_bars=max_bars)
    fields = tuple(field for field in layout.position if field != "timestamp")
    numbers, number_notes = read_numbers(rows, fields)
    times = read_times(rows)
    kept, skipped_notes = _complete_rows(rows, numbers, times)
    bars, repairs = _bars(rows, {field: values[kept] for field, values in numbers.items()}, times.time[kept], kept)
    return ReadResult(
        name=file.name,
        bars=bars,
        problems=(*skipped_notes, *repairs, *number_notes, *_time_notes(times, bars), *_column_notes(layout)),
        rows_read=rows.n_rows,
        rows_skipped=rows.n_rows - len(kept),
        columns=layout.columns,
        delimiter=DELIMITERS[layout.delimiter],
        encoding=file.encoding,
        time_format=times.format,
    )


def _complete_rows(rows: Rows, numbers: dict[str, Float], times: Times) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Indices of rows that have every price, and what was left out; a price without a time is an error."""
    absent = np.column_stack([np.isnan(numbers[field]) for field in PRICES])
    for i, field in enumerate(PRICES):
        if absent[:, i].all():
            raise ReaderError("reader.no_prices", f'{rows.file.name}: column "{rows.layout.columns[field]}" holds no number.')
    none, some = absent.all(axis=1), absent.any(axis=1)
    timeless = times.missing & ~none
    if timeless.any():
        row = int(np.flatnonzero(timeless)[0])
        raise ReaderError("reader.time", f"{rows.file.name}, {rows.place(row, 'timestamp')} has prices but no time: add it.")
    partial = np.flatnonzero(some & ~none)
    kept = np.flatnonzero(~some)
    if (len(partial) and len(partial) >= INCOMPLETE_SHARE * rows.n_rows) or not len(kept):
        row = int(partial[0]) if len(partial) else 0
        field = PRICES[int(np.flatnonzero(absent[row])[0])]
        raise ReaderError(
            "reader.missing_prices",
            f"{rows.file.name}, {rows.place(row, field)} is empty, as are many others: each bar needs open, high, low, close.",
        )
    return kept, (*_empty_notes(rows, np.flatnonzero(none)), *_partial_notes(rows, partial, absent))


def _empty_notes(rows: Rows, empty: NDArray[np.int64]) -> tuple[str, ...]:
    if not len(empty):
        return ()
    return (f"{len(empty)} row(s) without any price were left out, first {rows.place(int(empty[0]), '')}.",)


def _partial_notes(rows: Rows, partial: NDArray[np.int64], absent: NDArray[np.bool_]) -> tuple[str, ...]:
    if not len(partial):
        return ()
    first = int(partial[0])
    field = PRICES[int(np.flatnonzero(absent[first])[0])]
    return (f"{len(partial)} row(s) with some price missing were left out, first {rows.place(first, field)}.",)


def _bars(
    rows: Rows, numbers: dict[str, Float], time: NDArray[np.int64], kept: NDArray[np.int64]
) -> tuple[OHLCV, tuple[str, ...]]:
    def where(index: int, field: str) -> str:
        return rows.place(int(kept[index]), field)

    try:
        return normalise(time, dict(numbers), where=where)
    except BarsError as error:
        raise ReaderError(error.code, f"{rows.file.name}, {error.message}") from error


def _time_notes(times: Times, bars: OHLCV) -> tuple[str, ...]:
    if not is_intraday(bars.time):
        return ()
    if times.zone == "":
        return ("Times name no time zone and were read as UTC.",)
    return ("Times were converted to UTC.",) if times.zone == "offset" else ()


def _column_notes(layout: Layout) -> tuple[str, ...]:
    notes = []
    if layout.adjusted:
        notes.append(f'The raw close is used; "{layout.adjusted}" is not.')
    others = [name[:40] for name in layout.unused if name != layout.adjusted]
    if others:
        shown = ", ".join(others[:10]) + (f" and {len(others) - 10} more" if len(others) > 10 else "")
        notes.append(f"Column(s) not used: {shown}.")
    if "volume" not in layout.position:
        notes.append("There is no volume column: volume is unknown.")
    return tuple(notes)
