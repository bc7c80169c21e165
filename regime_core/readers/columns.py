"""Which column holds what: by its name where it has one, confirmed by what its first rows hold, else by content alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from regime_core.bars import PRICES
from regime_core.errors import ReaderError
from regime_core.readers.column_content import (
    Content,
    completed,
    content_of,
    counts_rows,
    floats,
    found_in,
    looks_like_prices,
    may_be,
    prices_by_content,
)
from regime_core.readers.date_columns import date_parts
from regime_core.readers.layout import Layout
from regime_core.readers.names import Named, fold, meanings
from regime_core.readers.ohlc import direction_of
from regime_core.readers.source_text import unique

FIELDS = (*PRICES, "volume")
MAPPABLE = ("timestamp", "clock", "symbol", "adjusted", *FIELDS)
LENGTH = (
    "per period timeframe tf interval resolution granularity barsize freq frequency timespan periodicity periode periodo "
    "период таймфрейм интервал 周期 足 時間足"
)
LENGTHS = frozenset(map(fold, LENGTH.split()))
"""Folded names of columns that say how long a bar is."""
NO_BAR_PRICE = r"vwap|wap|average|avg|mean|weighted|typical|median|mid|prev|previous|change|adj"
"""What folded names hold of columns that are prices of a bar, but none of the four."""
DERIVED = r"^(?:[sew]?ma\d+|lag\d*|prev|pred|forecast|avg|average|mean|pct)|change|chg|return"
"""What folded words beside a field tell that a column is reckoned from prices, and no series."""
BAR_LENGTH = re.compile(
    r"^(?:pt?\d{1,5}[smhdwy]|(?:s|m|h|d|w|mn)\d{1,5}|\d{0,5}[ _-]?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|hourly"
    r"|d|days?|daily|w|wk|weeks?|weekly|mn|mo|mon|months?|monthly|q|quarters?|quarterly|y|years?|yearly))$",
    re.IGNORECASE,
)
BARE_CLOCK = re.compile(r"\d{1,6}$|\d{1,2}\.\d\d(?:\.\d\d)?$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand.

    timestamp, clock, symbol, adjusted, length : indices of columns; clock is a time of day apart from its date, length says
    how long a bar is (``H1``, ``daily``).
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
    length: int | None = None
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
        return frozenset(i for i in (*self.dates, self.clock, self.symbol, self.length) if i is not None)


def find_columns(layout: Layout, name: str, *, mapped: Mapping[str, str] | None = None) -> Columns:
    """Columns of a file. mapped : field -> header, for what the caller knows better.

    Raises ReaderError where there is no time or no price, naming the columns found, or where two columns claim one price.
    """
    content = [content_of(layout, i) for i in range(layout.width)]
    named: list[Named | None] = meanings(layout.header) if layout.has_header else [None] * layout.width
    if mapped:
        named = _renamed(layout, name, named, content, mapped)
    (timestamp, *rest), clock = _time_columns(layout, name, named, content)
    parts = tuple(rest)
    symbol = _symbol(named, content)
    length = _length(layout, content, {timestamp, *parts, clock, symbol})
    taken = {i for i in (timestamp, *parts, clock, symbol, length) if i is not None}
    numeric = [i not in taken and (seen.number >= 0.5 or _surely(named[i], seen)) for i, seen in enumerate(content)]
    for i, known in enumerate(named):
        if (known is None or (fold(layout.header[i]) == "index" and known.rank >= 0)) and counts_rows(content[i]):
            numeric[i] = False
    series = _groups(layout, name, named, content, numeric)
    adjusted = next((i for i, known in enumerate(named) if known and known.field == "adjusted" and numeric[i]), None)
    candidates = [i for i in range(layout.width) if numeric[i] and named[i] is None]
    if series:
        return Columns(timestamp, clock, symbol, adjusted, completed(series, candidates, content), True, length, parts)
    by_content = prices_by_content(layout, name, candidates, content, direction_of(content[timestamp].cells))
    volumes = [(known.rank, i) for i, known in enumerate(named) if known and known.field == "volume" and numeric[i]]
    if volumes and len(by_content) == 1:
        by_content = {prefix: {**fields, "volume": min(volumes)[1]} for prefix, fields in by_content.items()}
    return Columns(timestamp, clock, symbol, adjusted, by_content, False, length, parts)


def _surely(named: Named | None, seen: Content) -> bool:
    """Whether a name alone makes a column one of prices: a plain name, or any name over empty cells."""
    return named is not None and (not seen.filled or (0 <= named.rank <= 1 and named.field in FIELDS) or named.rank < 0)


def _renamed(
    layout: Layout, name: str, named: list[Named | None], content: list[Content], mapped: Mapping[str, str]
) -> list[Named | None]:
    """Meanings of the columns where the caller says some.

    Raises ReaderError where a column is not there, is to be two fields, or leaves no other for the close or the time.
    """
    at = {field: _mapped_index(layout, name, field, header) for field, header in mapped.items()}
    for field, i in at.items():
        other = next((other for other in at if other != field and at[other] == i), None)
        if other is not None:
            raise ReaderError("reader.map", f'{name}: "{mapped[field]}" cannot be both {field} and {other}: name two columns.')
    told = [Named("unused", 0) if known and known.field in at and not known.prefix else known for known in named]
    for field, i in at.items():
        told[i] = Named(field, -1)
    for field, i in at.items():
        was = known.field if (known := named[i]) else ""
        left = any(known and known.field == was for known in told)
        if was == "timestamp":
            left = left or any(max(content[k].date, content[k].epoch) > 0.6 for k in range(layout.width) if told[k] is None)
        if was in ("close", "timestamp") and not left:
            raise ReaderError(
                "reader.map",
                f'{name}: where "{mapped[field]}" is the {field}, no column is left for the {was} (found: {found_in(layout)}): '
                f"say which column is the {was}, too.",
            )
    return told


def _mapped_index(layout: Layout, name: str, field: str, header: str) -> int:
    folded = tuple(fold(cell) for cell in layout.header)
    for wanted, names in ((header, layout.header), (header, unique(list(layout.header))), (fold(header), folded)):
        if wanted in names:
            return names.index(wanted)
    raise ReaderError("reader.map", f'{name} has no column "{header}" to use as {field}: name one of {found_in(layout)}.')


def _time_columns(
    layout: Layout, name: str, named: list[Named | None], content: list[Content]
) -> tuple[tuple[int, ...], int | None]:
    """Columns of the date (one, or year, month and maybe day) and of a time of day apart from it."""
    dated = [i for i, seen in enumerate(content) if seen.filled and max(seen.date, seen.epoch) > 0.6]
    by_name = sorted((known.rank, i) for i, known in enumerate(named) if known and known.field == "timestamp" and i in dated)
    texts = [i for i in dated if content[i].date > 0.6 and not named[i]]
    epochs = [i for i in dated if content[i].epoch > 0.6 and not named[i]]
    order = [i for _, i in by_name] + texts
    parts = date_parts(layout.header, [seen.cells for seen in content]) if layout.has_header and not order else ()
    if not order and not parts:
        told = [i for i, known in enumerate(named) if known and known.field == "timestamp"]
        order = [i for i in told if not content[i].clock] or epochs or told
        if not order:
            raise ReaderError(
                "reader.no_header" if not layout.has_header else "reader.missing_columns",
                f"{name} has no column of times (found: {found_in(layout)}): prices need one such as date.",
            )
    first = order[0] if order else parts[0]
    clocks = [
        i
        for i, seen in enumerate(content)
        if i != first and seen.filled and (seen.clock > 0.6 or _is_bare_clock(named[i], seen))
    ]
    has_clock = any(":" in cell for cell in content[first].cells)
    counts = content[first].date <= 0.6 < content[first].epoch and any(len(cell) > 8 for cell in content[first].cells)
    return parts or (first,), clocks[0] if clocks and not has_clock and not counts else None


def _is_bare_clock(named: Named | None, seen: Content) -> bool:
    """A column named as a time whose cells are ``930``, ``093000``, ``09.30`` or ``09.30.00``."""
    if named is None or named.field not in ("timestamp", "clock"):
        return False
    return all(BARE_CLOCK.match(cell) for cell in seen.cells)


def _symbol(named: list[Named | None], content: list[Content]) -> int | None:
    found = sorted((known.rank, i) for i, known in enumerate(named) if known and known.field == "symbol")
    return next((i for _, i in found if content[i].filled and content[i].date < 0.5), None)


def _length(layout: Layout, content: list[Content], taken: set[int | None]) -> int | None:
    """Column of bars' lengths, by its name and its first cells."""
    named = (i for i, name in enumerate(layout.header) if i not in taken and fold(name) in LENGTHS)
    return next((i for i in named if content[i].filled and all(BAR_LENGTH.match(cell) for cell in content[i].cells)), None)


def _groups(
    layout: Layout, name: str, named: list[Named | None], content: list[Content], numeric: list[bool]
) -> dict[str, dict[str, int]]:
    """Fields of each series that the names tell apart; empty where they name no close."""
    groups: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for i, known in enumerate(named):
        if known and numeric[i] and known.field in FIELDS and not re.search(DERIVED, fold(known.prefix)):
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
        _refuse_money(layout, name, fields, unknown, content)
        _refuse_unnamed(layout, name, fields, [i for i in unknown if not layout.over[i]], content)
    return {"": next(iter(chosen.values()))} if len(chosen) == 1 else chosen


def _refuse_money(layout: Layout, name: str, fields: dict[str, int], unknown: list[int], content: list[Content]) -> None:
    """Refuse a ``Value`` as the close where it may be the money traded: beside a volume and prices of unknown name."""
    close = layout.header[fields["close"]]
    prices = [i for i in unknown if looks_like_prices(floats(content[i].cells))]
    if fold(close) == "value" and "volume" in fields and prices:
        raise ReaderError(
            "reader.missing_columns",
            f'{name}: "{close}" may be the close or the money traded, and "{layout.header[prices[0]]}" may be the close '
            f"(found: {found_in(layout)}): say which column is the close.",
        )


def _refuse_unnamed(layout: Layout, name: str, fields: dict[str, int], unknown: list[int], content: list[Content]) -> None:
    """Refuse a column of unknown name that may be a price which the others lack; what is no such price is left alone."""
    known = {field: floats(content[i].cells) for field, i in fields.items() if field in PRICES}
    lacking = [field for field in PRICES if field not in known]
    if len(known) == 1:
        return
    for i in unknown:
        fits = [field for field in lacking if may_be(field, floats(content[i].cells), known)]
        if fits and not re.search(NO_BAR_PRICE, fold(layout.header[i])):
            raise ReaderError(
                "reader.missing_columns",
                f'{name} has no column for {", ".join(lacking)}, and "{layout.header[i]}" may be one '
                f"(found: {found_in(layout)}): name it {fits[0]}, say which column is the {fits[0]}, or leave this one out.",
            )


def _prefer_neighbours(fields: dict[str, list[tuple[int, int]]]) -> None:
    """Of several columns of one price keep that which stands with the other three, as before a chart's indicators."""
    if not set(PRICES) <= set(fields):
        return
    firsts = [min(i for rank, i in fields[name] if rank == min(fields[name])[0]) for name in PRICES]
    if max(firsts) - min(firsts) == 3:
        for name, first in zip(PRICES, firsts, strict=True):
            fields[name] = [claim for claim in fields[name] if claim[1] == first]


def _choice(layout: Layout, name: str, field: str, claims: list[tuple[int, int]], content: list[Content]) -> int:
    claims = sorted(claims)
    if field == "volume" and claims[0][0] >= 0:  # a real volume of zeros stands beside one in ticks
        claims = [claim for claim in claims if floats(content[claim[1]].cells).any()] or claims
    best = [i for rank, i in claims if rank == claims[0][0] or fold(layout.header[i]) == fold(layout.header[claims[0][1]])]
    if len(best) > 1 and field != "volume" and any(content[i].cells != content[best[0]].cells for i in best[1:]):
        raise ReaderError(
            "reader.duplicate_column",
            f'{name}: columns "{layout.header[best[0]]}" and "{layout.header[best[1]]}" both name the {field}: keep one.',
        )
    return best[0]
