"""The bars of a file that holds one symbol, ready to be labelled, or an error that says what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regime_core.bars import OHLCV, is_intraday
from regime_core.errors import ReaderError
from regime_core.readers.files import Source
from regime_core.readers.layout import DELIMITERS
from regime_core.readers.reading import MAX_BARS, Overrides, Reading, Warned, read


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The bars of a file and what was found on the way.

    problems : one sentence for each kind of repair or oddity, with how many and the first line.
    rows_read : rows of the file that are not blank. rows_skipped : those left out because they lack a price.
    columns : field (``timestamp open high low close volume``) -> header in the file; no ``volume`` where the file has none.
    start, end : first and last time, int nanoseconds since 1970 UTC.
    delimiter : ``comma``, ``semicolon``, ``tab``, ``bar`` or ``spaces``. encoding : as ``utf-8``. time_format : in words.
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


def read_csv(
    source: Source,
    *,
    name: str | None = None,
    overrides: Overrides | None = None,
    max_bars: int = MAX_BARS,
    negative_prices: bool = False,
) -> ReadResult:
    """Bars of a file of one symbol, in any vendor's manner.

    source : a path, the bytes of a file, or a binary file object. name : for messages; the path's own by default.
    negative_prices : take also prices of zero and below, which ``Engine.label`` can answer and features cannot.
    The raw close is used, never an adjusted one. A row without a close is left out and counted.
    Raises ReaderError naming line (1-based, as an editor shows it), column and what to do, where a file cannot be read right,
    holds several symbols, or prices of zero or below where these are not asked for.
    """
    reading = read(source, name=name, overrides=overrides, max_bars=max_bars)
    if len(reading.series) > 1:
        raise ReaderError(
            "reader.many_symbols",
            f"{reading.name} holds {len(reading.series):,} symbols, as {reading.series[0].symbol}: send one of them.",
        )
    series = reading.series[0]
    if series.negative and not negative_prices:
        line = next(warned.lines[0] for warned in reading.warnings if warned.code == "negative_prices")
        raise ReaderError(
            "reader.negative_prices",
            f"{reading.name}, line {line}, has a price of zero or below: it can be labelled, but this needs positive prices, "
            "so leave those bars out.",
        )
    return ReadResult(
        name=reading.name,
        bars=series.bars,
        problems=problems(reading),
        rows_read=reading.rows_read,
        rows_skipped=reading.rows_skipped,
        columns=reading.columns,
        delimiter=delimiter_word(reading),
        encoding=reading.encoding,
        time_format=reading.times.format,
    )


def problems(reading: Reading) -> tuple[str, ...]:
    """Sentences on what was repaired, odd or decided."""
    zoned: tuple[str, ...] = ()
    if any(is_intraday(series.bars.time) for series in reading.series):
        if reading.times.zone == "":
            zoned = ("Times name no time zone and were read as UTC.",)
        elif reading.times.zone != "UTC":
            zoned = ("Times were converted to UTC.",)
    return (*map(_sentence, reading.warnings), *reading.notes, *zoned)


def delimiter_word(reading: Reading) -> str:
    """Delimiter in words."""
    return "spaces" if reading.layout.spaced else DELIMITERS[reading.layout.delimiter]


def _sentence(warned: Warned) -> str:
    return f"{warned.detail.rstrip('.')}, first line {warned.lines[0]}." if warned.lines else warned.detail
