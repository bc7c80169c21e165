"""Which column holds what: by its name where it has one, confirmed by what its first rows hold, else by content alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from regime_core.bars import PRICES, Float
from regime_core.errors import ReaderError
from regime_core.readers.cells import is_clock, is_date, is_epoch, is_missing, is_number
from regime_core.readers.date_columns import date_parts
from regime_core.readers.layout import Layout
from regime_core.readers.names import Named, fold, meanings
from regime_core.readers.ohlc import apart, direction_of, ohlc_of, told_ends

FIELDS = (*PRICES, "volume")
MAPPABLE = ("timestamp", "clock", "symbol", "adjusted", *FIELDS)
SAMPLE_ROWS = 200
BARE_CLOCK = re.compile(r"\d{1,6}$|\d{1,2}\.\d\d(?:\.\d\d)?$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand.

    timestamp, clock, symbol, adjusted : indices of columns; clock is a time of day apart from its date.
    parts : columns of month and day where these stand apart from the year, which is then the timestamp.
    series : name of a series (empty where the file holds one) -> field -> index.
    named : whether the header names the prices, or their content alone tells them.
    """

    timestamp: int
    clock: int | None
    symbol: int | None
    adjusted: int | None
    series: Mapping[str, Mapping[str, int]]
    named: bool
    parts: tuple[int, ...] = ()

    @property
    def dates(self) -> tuple[int, ...]:
        """Columns that hold the date."""
        return (self.timestamp, *self.parts)

    @property
    def wanted(self) -> set[int]:
        """Every column that is read."""
        prices = {i for fields in self.series.values() for i in fields.values()}
        return prices | self.time_columns

    @property
    def time_columns(self) -> frozenset[int]:
        """Columns that name the time or the symbol, not a number."""
        return frozenset(i for i in (*self.dates, self.clock, self.symbol) if i is not None)


@dataclass(frozen=True, slots=True)
class _Content:
    """Shares of the first rows' filled cells, of one column, that look like each kind; filled : how many there are."""

    date: float
    epoch: float
    clock: float
    number: float
    filled: int
    cells: tuple[str, ...]


def find_columns(layout: Layout, name: str, *, mapped: Mapping[str, str] | None = None) -> Columns:
    """Columns of a file. mapped : field -> header, for what the caller knows better.

    Raises ReaderError where there is no time or no price, naming the columns found, or where two columns claim one price.
    """
    content = [_content(layout, i) for i in range(layout.width)]
    named: list[Named | None] = meanings(layout.header) if layout.has_header else [None] * layout.width
    for field, header in (mapped or {}).items():
        named = [None if other and other.field == field and not other.prefix else other for other in named]
        named[_mapped_index(layout, name, field, header)] = Named(field, -1)
    (timestamp, *rest), clock = _time_columns(layout, name, named, content)
    parts = tuple(rest)
    symbol = _first(named, content, "symbol", lambda seen: seen.date < 0.5)
    taken = {i for i in (timestamp, *parts, clock, symbol) if i is not None}
    numeric = [i not in taken and (seen.number >= 0.5 or _surely(named[i], seen)) for i, seen in enumerate(content)]
    series = _groups(layout, name, named, content, numeric)
    adjusted = next((i for i, known in enumerate(named) if known and known.field == "adjusted" and numeric[i]), None)
    candidates = [i for i in range(layout.width) if numeric[i] and named[i] is None]
    if series:
        return Columns(timestamp, clock, symbol, adjusted, _completed(series, candidates, content), True, parts)
    by_content = _by_content(layout, name, candidates, content, direction_of(content[timestamp].cells))
    volumes = [(known.rank, i) for i, known in enumerate(named) if known and known.field == "volume" and numeric[i]]
    if volumes and len(by_content) == 1:
        by_content = {prefix: {**fields, "volume": min(volumes)[1]} for prefix, fields in by_content.items()}
    return Columns(timestamp, clock, symbol, adjusted, by_content, False, parts)


def _surely(named: Named | None, seen: _Content) -> bool:
    """Whether a name alone makes a column one of prices: a plain name, or any name over empty cells."""
    return named is not None and (not seen.filled or (0 <= named.rank <= 1 and named.field in FIELDS) or named.rank < 0)


def _content(layout: Layout, column: int) -> _Content:
    cells = tuple(row[column].strip() for row in layout.sample[:SAMPLE_ROWS])
    filled = [cell for cell in cells if not is_missing(cell)]
    n = max(len(filled), 1)
    share = [sum(map(test, filled)) / n for test in (is_date, is_epoch, is_clock, is_number)]
    return _Content(share[0], share[1], share[2], share[3], len(filled), cells)


def _mapped_index(layout: Layout, name: str, field: str, header: str) -> int:
    for wanted, names in ((header, layout.header), (fold(header), tuple(fold(cell) for cell in layout.header))):
        if wanted in names:
            return names.index(wanted)
    raise ReaderError("reader.map", f'{name} has no column "{header}" to use as {field} (found: {_shown(layout)}).')


def _time_columns(
    layout: Layout, name: str, named: list[Named | None], content: list[_Content]
) -> tuple[tuple[int, ...], int | None]:
    """Columns of the date (one, or year, month and maybe day) and of a time of day apart from it."""
    dated = [i for i, seen in enumerate(content) if seen.filled and max(seen.date, seen.epoch) > 0.6]
    by_name = sorted((known.rank, i) for i, known in enumerate(named) if known and known.field == "timestamp" and i in dated)
    texts = [i for i in dated if content[i].date > 0.6 and not named[i]]
    epochs = [i for i in dated if content[i].epoch > 0.6 and not named[i]]
    kept = [i for i, known in enumerate(named) if known and known.field == "timestamp" and not content[i].clock]
    order = [i for _, i in by_name] + texts
    parts = date_parts(layout.header, [seen.cells for seen in content]) if layout.has_header and not order else ()
    if not order and not parts:
        order = kept or epochs
    if not order and not parts:
        kept = [i for i, known in enumerate(named) if known and known.field == "timestamp"]
        if not kept:
            raise ReaderError(
                "reader.no_header" if not layout.has_header else "reader.missing_columns",
                f"{name} has no column of times (found: {_shown(layout)}): prices need one such as date.",
            )
        order = kept
    first = order[0] if order else parts[0]
    clocks = [
        i
        for i, seen in enumerate(content)
        if i != first and seen.filled and (seen.clock > 0.6 or _is_bare_clock(named[i], seen))
    ]
    has_clock = any(":" in cell for cell in content[first].cells)
    counts = content[first].date <= 0.6 < content[first].epoch and any(len(cell) > 8 for cell in content[first].cells)
    return parts or (first,), clocks[0] if clocks and not has_clock and not counts else None


def _is_bare_clock(named: Named | None, seen: _Content) -> bool:
    """A column named as a time whose cells are ``930``, ``093000``, ``09.30`` or ``09.30.00``."""
    if named is None or named.field not in ("timestamp", "clock"):
        return False
    return all(BARE_CLOCK.match(cell) for cell in seen.cells)


def _first(named: list[Named | None], content: list[_Content], field: str, good: object) -> int | None:
    found = sorted((known.rank, i) for i, known in enumerate(named) if known and known.field == field)
    return next((i for _, i in found if callable(good) and content[i].filled and good(content[i])), None)


def _groups(
    layout: Layout, name: str, named: list[Named | None], content: list[_Content], numeric: list[bool]
) -> dict[str, dict[str, int]]:
    """Fields of each series that the names tell apart; empty where they name no close."""
    groups: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for i, known in enumerate(named):
        if known and numeric[i] and known.field in FIELDS:
            prefix = known.prefix or (layout.over[i] if i < len(layout.over) else "")
            groups.setdefault(prefix, {}).setdefault(known.field, []).append((known.rank, i))
    complete = {prefix: fields for prefix, fields in groups.items() if "close" in fields}
    if "" in complete and (set(PRICES) <= set(complete[""]) or len(complete) == 1):
        complete = {"": complete[""]}
    if len(complete) == 1:
        only = next(iter(complete.values()))
        only.setdefault("volume", groups.get("", {}).get("volume", []))
        if not only["volume"]:
            del only["volume"]
    for claims in complete.values():
        _prefer_neighbours(claims)
    chosen = {
        prefix: {field: _choice(layout, name, field, fields[field], content) for field in FIELDS if field in fields}
        for prefix, fields in complete.items()
    }
    unknown = [i for i, known in enumerate(named) if numeric[i] and known is None and layout.has_header]
    for fields in chosen.values():
        lacking = [field for field in PRICES if field not in fields]
        if 0 < len(lacking) < 3 and unknown and not layout.over[unknown[0]]:
            raise ReaderError(
                "reader.missing_columns",
                f"{name} has no column for {', '.join(lacking)} (found: {_shown(layout)}): add or rename it.",
            )
    return {"": next(iter(chosen.values()))} if len(chosen) == 1 else chosen


def _prefer_neighbours(fields: dict[str, list[tuple[int, int]]]) -> None:
    """Of several columns of one price keep that which stands with the other three, as before a chart's indicators."""
    if not set(PRICES) <= set(fields):
        return
    firsts = [min(i for rank, i in fields[name] if rank == min(fields[name])[0]) for name in PRICES]
    if max(firsts) - min(firsts) == 3:
        for name, first in zip(PRICES, firsts, strict=True):
            fields[name] = [claim for claim in fields[name] if claim[1] == first]


def _choice(layout: Layout, name: str, field: str, claims: list[tuple[int, int]], content: list[_Content]) -> int:
    claims = sorted(claims)
    if field == "volume" and claims[0][0] >= 0:  # a real volume of zeros stands beside one in ticks
        claims = [claim for claim in claims if _floats(content[claim[1]].cells).any()] or claims
    best = [i for rank, i in claims if rank == claims[0][0] or fold(layout.header[i]) == fold(layout.header[claims[0][1]])]
    if len(best) > 1 and field != "volume" and any(content[i].cells != content[best[0]].cells for i in best[1:]):
        raise ReaderError(
            "reader.duplicate_column",
            f'{name}: columns "{layout.header[best[0]]}" and "{layout.header[best[1]]}" both name the {field}: keep one.',
        )
    return best[0]


def _by_content(
    layout: Layout, name: str, candidates: list[int], content: list[_Content], direction: int
) -> dict[str, dict[str, int]]:
    """Prices told by what they hold: four columns of which one is the row's maximum and one its minimum, or closes alone."""
    values = {i: _floats(content[i].cells) for i in candidates}
    for start in range(len(candidates) - 3):
        four = candidates[start : start + 4]
        if four != list(range(four[0], four[0] + 4)):
            continue
        prices = np.column_stack([values[i] for i in four])
        fields = ohlc_of(prices)
        if fields is not None and not apart(prices, fields):
            told = told_ends(prices, fields, direction)
            if told is None:
                raise ReaderError(
                    "reader.ambiguous_columns",
                    f"{name} has no header, and nothing settles which of columns {four[fields['open']] + 1} and "
                    f"{four[fields['close']] + 1} is the open and which the close: add a header line.",
                )
            found = {field: four[at] for field, at in told.items()}
            volume = next((i for i in candidates if i > four[-1] and (values[i] >= 0).mean() > 0.9), None)
            return {"": found if volume is None else {**found, "volume": volume}}
    if not layout.has_header and len(candidates) != 1:
        raise ReaderError(
            "reader.no_header",
            f"{name} has no header and no four columns beside each other that look like prices (open, high, low, close): "
            "add a header line that names the columns.",
        )
    others = [i for i in range(layout.width) if i not in candidates and content[i].filled and content[i].date < 0.5]
    closes = [i for i in candidates if _looks_like_prices(values[i])]
    if not closes or others or len(closes) != len(candidates):
        raise ReaderError(
            "reader.missing_columns",
            f"{name} has no column of prices that is known by its name (found: {_shown(layout)}): "
            "name them open, high, low, close, or say which is the close.",
        )
    return {layout.header[i] if len(closes) > 1 else "": {"close": i} for i in closes}


def _completed(series: dict[str, dict[str, int]], unnamed: list[int], content: list[_Content]) -> dict[str, dict[str, int]]:
    """A series of which the header names the close alone, with the three columns beside it that are its open, high and low."""
    if len(series) != 1 or set(PRICES) & set(next(iter(series.values()))) != {"close"}:
        return series
    name, fields = next(iter(series.items()))
    close = fields["close"]
    for start in range(close - 3, close + 1):
        four = list(range(start, start + 4))
        if not set(four) <= {*unnamed, close}:
            continue
        prices_ = np.column_stack([_floats(content[i].cells) for i in four])
        found = ohlc_of(prices_)
        if found is not None and not apart(prices_, found) and four[found["high"]] != close != four[found["low"]]:
            ends = {four[found["open"]], four[found["close"]]} - {close}
            prices = {"open": ends.pop(), "high": four[found["high"]], "low": four[found["low"]], "close": close}
            return {name: {**prices, **fields}}
    return series


def _looks_like_prices(values: Float) -> bool:
    known = values[np.isfinite(values)]
    if not len(known) or (known <= 0).any():
        return False
    return len(known) < 2 or float(np.abs(np.diff(np.log(known))).max()) < 1.0


def _floats(cells: tuple[str, ...]) -> Float:
    def number(cell: str) -> float:
        try:
            return float(cell.replace(",", "."))
        except ValueError:
            return float("nan")

    return np.array([number(cell) for cell in cells])


def _shown(layout: Layout) -> str:
    names = [cell[:40] for cell in layout.header[:20]]
    return ", ".join(names) + (", …" if layout.width > 20 else "")
