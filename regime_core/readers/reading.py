"""A file of any vendor into the bars of each of its symbols, with what was decided and what was odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import PRICES, Float
from regime_core.errors import ReaderError
from regime_core.readers.columns import Columns, find_columns
from regime_core.readers.cut_ends import without_cut_field, without_cut_line
from regime_core.readers.files import Source, TextFile, load_texts
from regime_core.readers.layout import Layout, find_layout, plain_lines
from regime_core.readers.number_columns import read_numbers
from regime_core.readers.ohlc import ohlc_of
from regime_core.readers.repairs import Finding, Series, merged, repair
from regime_core.readers.rows import Rows, read_rows
from regime_core.readers.source_text import SourceText, unique
from regime_core.readers.symbols import Groups, refuse_many, symbol_groups
from regime_core.readers.times import Times, read_times

MAX_BARS = 10_000_000
BYTES_A_ROW = 400
"""A file of more bytes than this for each row allowed is refused unread."""
NO_PRICES = tuple(f"reader.{kind}" for kind in ("no_bars", "no_rows", "no_header", "missing_columns", "empty"))
"""Errors for which a file of several in a zip is left out: it holds no prices, and the others do."""
NO_ROWS = np.zeros(0, dtype=np.int64)
CROSSED_SHARE = 0.1
"""Where more rows than this have a price outside [low, high], the columns are not what their names say."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a person knows better than the file shows.

    columns : field (``timestamp open high low close volume symbol clock``) -> header. order : ``day/month/year`` or
    ``month/day/year``. zone : of times that name none. decimal : ``.`` or ``,``.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    order: str | None = None
    zone: str | None = None
    decimal: str | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to know. lines : 1-based lines of the first five rows concerned, as an editor shows them."""

    code: str
    detail: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds.

    series : one a symbol, each with at least one bar. columns : field -> header found. zone : as ``Times.zone``.
    warnings : with codes. notes : further sentences, of what was decided.
    """

    name: str
    series: tuple[Series, ...]
    columns: Mapping[str, str]
    layout: Layout
    encoding: str
    times: Times
    rows_read: int
    rows_skipped: int
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]


def read(source: Source, *, name: str | None = None, overrides: Overrides | None = None, max_bars: int = MAX_BARS) -> Reading:
    """Bars of every symbol of a file: CSV in any vendor's manner, Excel workbook, gzip or zip of them.

    Raises ReaderError where it cannot be read right, AmbiguousDates where two readings of its dates remain.
    """
    files = load_texts(source, name=name, max_bytes=max_bars * BYTES_A_ROW + 65_536)
    readings, notes = _read_all(files, overrides or Overrides(), max_bars)
    if len(files) == 1:
        return readings[0]
    series = _named_apart(readings)
    refuse_many(len(series), readings[0].name)
    warnings = tuple(
        replace(w, detail=f"{r.name}: {w.detail}") for r in readings for w in r.warnings if w.code != "multi_symbol"
    )
    several = Warned("multi_symbol", f"{len(series)} symbols, one or more a file.", ())
    return replace(
        readings[0],
        name=name or readings[0].name,
        series=series,
        rows_read=sum(reading.rows_read for reading in readings),
        rows_skipped=sum(reading.rows_skipped for reading in readings),
        warnings=(several, *warnings) if len(series) > 1 else warnings,
        notes=(*readings[0].notes, *notes),
    )


def _named_apart(readings: list[Reading]) -> tuple[Series, ...]:
    """Series of several files; one that its file does not name, or that two of them name, has its file's name."""
    given = Counter(one.symbol for reading in readings for one in reading.series)
    stems = [str(PurePosixPath(reading.name).with_suffix("")) for reading in readings]
    series = [(stem, one) for stem, reading in zip(stems, readings, strict=True) for one in reading.series]
    names = unique([f"{stem} {one.symbol}".strip() if given[one.symbol] > 1 else one.symbol or stem for stem, one in series])
    return tuple(_renamed(one, name) for name, (_, one) in zip(names, series, strict=True))


def _renamed(series: Series, name: str) -> Series:
    """A series under another name than its source gives it in a column."""
    if series.symbol == name:
        return series
    return replace(series, symbol=name, source=replace(series.source, symbol_column=None))


def _read_all(files: list[TextFile], overrides: Overrides, max_bars: int) -> tuple[list[Reading], list[str]]:
    """Readings of the files that hold prices, and a sentence on each of several that does not."""
    readings, left_out = [], []
    for file in files:
        try:
            readings.append(_read_text(file, overrides, max_bars))
        except ReaderError as error:
            if len(files) == 1 or error.code not in NO_PRICES:
                raise
            left_out.append(error)
    if not readings:
        raise left_out[0]
    return readings, [f"Left out: {error.message}" for error in left_out]


def _read_text(file: TextFile, overrides: Overrides, max_bars: int) -> Reading:
    file, layout = find_layout(plain_lines(file))
    file, cut = without_cut_line(file, layout)
    columns = find_columns(layout, file.name, mapped=overrides.columns)
    file, broken = without_cut_field(file, layout, columns)
    rows = read_rows(file, layout, columns.wanted, columns.time_columns, max_bars=max_bars)
    flat = {(symbol, name): i for symbol, fields in columns.series.items() for name, i in fields.items()}
    labels = {f"{symbol} {name}".strip(): i for (symbol, name), i in flat.items()}
    numbers = read_numbers(rows, labels, decimal=overrides.decimal)
    values = {key: numbers.values[f"{key[0]} {key[1]}".strip()] for key in flat}
    _refuse_infinite(rows, flat, values)
    closes = np.column_stack([values[symbol, "close"] for symbol in columns.series])
    priced: NDArray[np.bool_] = np.asarray(~np.isnan(closes).all(axis=1), dtype=bool)
    _require_closes(rows, columns, closes)
    times = read_times(rows, columns.dates, columns.clock, priced, order=overrides.order, zone=overrides.zone)
    timeless = times.missing & priced
    if timeless.any():
        row = int(np.flatnonzero(timeless)[0])
        raise ReaderError("reader.time", f"{file.name}, {rows.place(row, columns.timestamp)} has prices but no time: add it.")
    ranged = [values[key] for key in flat if key[0] == next(iter(columns.series)) and key[1] in ("high", "low")]
    groups = symbol_groups(rows, columns, times, [closes[:, 0], *ranged])
    series, prices, findings = _all_series(rows, columns, values, times, groups)
    empty = _unpriced(np.flatnonzero(~priced))
    known = (*_whole_file(layout, cut, times), *_broken(rows, broken), *empty, *findings, *merged(series))
    warnings = [_warned(rows, finding) for finding in known]
    if len(series) > 1:
        by = " and ".join(f'"{layout.header[i]}"' for i in groups.columns)
        warnings.append(Warned("multi_symbol", f"The file holds {len(series)} symbols{by and f', named in {by}'}.", ()))
    return Reading(
        file.name,
        series,
        _shown(layout, columns, prices, groups),
        layout,
        file.encoding,
        times,
        rows.n_rows,
        int((~priced).sum()) + (sum(one.rows_skipped for one in series) if len(columns.series) == 1 else 0),
        tuple(warnings),
        (*numbers.notes, *times.notes, *_column_notes(layout, columns, groups)),
    )


def _refuse_infinite(rows: Rows, flat: Mapping[tuple[str, str], int], values: Mapping[tuple[str, str], Float]) -> None:
    for key, column in flat.items():
        bad = np.flatnonzero(np.isinf(values[key]))
        if len(bad):
            place = rows.place(int(bad[0]), column)
            raise ReaderError("reader.not_finite", f"{rows.file.name}, {place} is infinite: write a number, or leave it empty.")


def _unpriced(rows: NDArray[np.int64]) -> list[Finding]:
    if not len(rows):
        return []
    return [Finding("missing_prices", f"{len(rows)} row(s) have no close and were left out.", rows)]


def _require_closes(rows: Rows, columns: Columns, closes: Float) -> None:
    """Refuse a file without a close: closes, (n_rows, n_series), are all NaN, or zero, which stands for a missing price."""
    close = next(iter(columns.series.values()))["close"]
    header = rows.layout.header[close]
    if np.isnan(closes).all():
        raise ReaderError("reader.no_prices", f'{rows.file.name}: column "{header}" holds no number.')
    if not np.nan_to_num(closes).any():
        raise ReaderError(
            "reader.no_prices", f'{rows.file.name}: column "{header}" holds only zeros: say which column is the close.'
        )


def _all_series(
    rows: Rows, columns: Columns, values: Mapping[tuple[str, str], Float], times: Times, groups: Groups
) -> tuple[tuple[Series, ...], dict[str, int], tuple[Finding, ...]]:
    """Series of every symbol, the columns of the first one's prices, and what their content says of their names."""
    found: list[Series] = []
    mislabelled: dict[str, Finding] = {}
    empty: list[str] = []
    found_at: dict[str, dict[str, int]] = {}
    named = len(groups.columns) == 1 == len(columns.series)
    source = SourceText.of(rows, groups.columns[0] if named else None)
    for prefix, fields in columns.series.items():
        given = {name: values[prefix, name] for name in fields}
        confirmed, found_at[prefix], finding = _confirmed(rows, columns, prefix, given)
        if finding is not None:
            mislabelled.setdefault(finding.code, finding)
        for symbol, index in groups.rows:
            use = index[~times.missing[index]]
            picked = confirmed if len(use) == rows.n_rows else {name: column[use] for name, column in confirmed.items()}
            name = f"{symbol} {prefix}".strip()
            one = repair(name, times.time[use], times.wall[use], picked, use.astype(np.int64), source)
            if one is not None:
                found.append(one)
            elif len(use):
                empty.append(name)
    if not found:
        raise ReaderError("reader.no_prices", f"{rows.file.name} has no row with all its prices: fill them in.")
    refuse_many(len(found), rows.file.name)
    return tuple(found), next(iter(found_at.values())), (*mislabelled.values(), *_without_prices(empty))


def _without_prices(symbols: list[str]) -> list[Finding]:
    if not symbols:
        return []
    shown = ", ".join(symbols[:5]) + (", …" if len(symbols) > 5 else "")
    return [Finding("missing_prices", f"{len(symbols)} symbol(s) have no price and were left out: {shown}.", NO_ROWS)]


def _confirmed(
    rows: Rows, columns: Columns, prefix: str, given: dict[str, Float]
) -> tuple[dict[str, Float], dict[str, int], Finding | None]:
    """Prices under the names that their content bears out, high the row's maximum and low its minimum, and their columns.

    Raises ReaderError where many rows contradict the names and no exchange of columns mends it.
    """
    at_column = dict(columns.series[prefix])
    if not set(PRICES) <= set(given):
        return given, at_column, None
    opens, high, low, close = (given[name] for name in PRICES)
    if ((low <= opens) & (opens <= high) & (low <= close) & (close <= high)).all():
        return given, at_column, None
    four = np.column_stack([opens, high, low, close])
    with np.errstate(invalid="ignore"):
        whole = ~np.isnan(four).any(axis=1) & (four != 0).all(axis=1)
        bad = whole & (
            (four > high[:, None] * (1 + np.sign(high[:, None]) * 0.005))
            | (four < low[:, None] * (1 - np.sign(low[:, None]) * 0.005))
        ).any(axis=1)
    if not whole.any() or bad.sum() <= max(CROSSED_SHARE * whole.sum(), 1 if whole.sum() > 3 else 0):
        return given, at_column, None
    fields = ohlc_of(four[whole])
    if fields is None:
        row = int(np.flatnonzero(bad)[0])
        column = at_column["high"]
        raise ReaderError(
            "reader.ohlc",
            f"{rows.file.name}, {rows.place(row, column)} and {int(bad.sum()) - 1:,} more row(s) have a price outside "
            "[low, high]: the columns are not what their names say; correct the header, or name the columns.",
        )
    if fields["high"] in (0, 3) or fields["low"] in (0, 3):
        fields = _kept_names(fields)
    renamed = {**given, **{name: given[PRICES[at]] for name, at in fields.items()}}
    moved = {**at_column, **{name: at_column[PRICES[at]] for name, at in fields.items()}}
    shown = ", ".join(f'{name} is in "{rows.layout.header[moved[name]]}"' for name, at in fields.items() if PRICES[at] != name)
    return renamed, moved, Finding("mislabelled_columns", f"By their content, {shown}.", np.flatnonzero(bad)[:0])


def _kept_names(fields: dict[str, int]) -> dict[str, int]:
    """Open and close as the header names them where one of both is still free; the other gets what is left."""
    free = [fields["open"], fields["close"]]
    if 0 in free:
        return {**fields, "open": 0, "close": next(at for at in free if at != 0)}
    return {**fields, "close": 3, "open": next(at for at in free if at != 3)} if 3 in free else fields


def _whole_file(layout: Layout, cut: bool, times: Times) -> list[Finding]:
    none = np.zeros(0, dtype=np.int64)
    found = []
    if not layout.has_header:
        found.append(Finding("no_header", "There is no header: columns were told by their content.", none))
    if cut:
        found.append(Finding("missing_prices", "The last line is cut short and was left out.", none))
    if times.mixed_zones:
        found.append(Finding("mixed_timezones", f"Times are in several zones ({times.zone}), each converted to UTC.", none))
    evenings = np.flatnonzero(times.doubtful)
    if len(evenings):
        detail = (
            f"{len(evenings)} bar(s) are dated an evening of Saturday or Sunday and may be of the day after: name the zone."
        )
        found.append(Finding("ambiguous_dates", detail, evenings))
    return found


def _broken(rows: Rows, field: str) -> list[Finding]:
    """What to say of a last line that breaks off in a field."""
    if field == "volume":
        return [Finding("no_volume", "The last line breaks off in its volume: unknown there.", np.array([rows.n_rows - 1]))]
    return [Finding("missing_prices", f"The last line breaks off in its {field} and was left out.", NO_ROWS)] if field else []


def _warned(rows: Rows, finding: Finding) -> Warned:
    return Warned(finding.code, finding.detail, tuple(rows.lines(finding.rows[:5].tolist())))


def _shown(layout: Layout, columns: Columns, fields: Mapping[str, int], groups: Groups) -> dict[str, str]:
    shown = {"timestamp": " ".join(layout.header[i] for i in columns.dates)}
    shown |= {name: layout.header[fields[name]] for name in (*PRICES, "volume") if name in fields}
    symbol = next(iter(groups.columns), None)
    for name, at in (("adjusted", columns.adjusted), ("clock", columns.clock), ("symbol", symbol)):
        if at is not None:
            shown[name] = layout.header[at]
    return shown


def _column_notes(layout: Layout, columns: Columns, groups: Groups) -> tuple[str, ...]:
    notes = []
    if columns.adjusted is not None:
        notes.append(f'The raw close is used; "{layout.header[columns.adjusted]}" is not.')
    used = {*columns.wanted, columns.adjusted, *groups.columns}
    others = [name[:40] for i, name in enumerate(layout.header) if i not in used and name]
    if others and layout.has_header:
        shown = ", ".join(others[:10]) + (f" and {len(others) - 10} more" if len(others) > 10 else "")
        notes.append(f"Column(s) not used: {shown}.")
    return tuple(notes)
