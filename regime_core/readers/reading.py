"""A file of any vendor into the bars of each of its symbols, with what was decided and what was odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import PRICES, Float
from regime_core.errors import ReaderError
from regime_core.readers.columns import Columns, find_columns, ohlc_of
from regime_core.readers.files import Source, TextFile, load_texts
from regime_core.readers.layout import Layout, find_layout, plain_lines
from regime_core.readers.numbers import read_numbers, trimmed
from regime_core.readers.repairs import Finding, Series, merged, repair
from regime_core.readers.rows import Rows, read_rows
from regime_core.readers.source_text import SourceText
from regime_core.readers.times import Times, read_times

MAX_BARS = 10_000_000
MAX_SYMBOLS = 5_000
BYTES_A_ROW = 400
"""A file of more bytes than this for each row allowed is refused unread."""
INCOMPLETE_SHARE = 0.5
"""A file in which at least this share of the rows lacks a close is refused: a column is probably the wrong one."""
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
    readings = [_read_text(file, overrides or Overrides(), max_bars) for file in files]
    if len(readings) == 1:
        return readings[0]
    series = tuple(
        replace(one, symbol=one.symbol or PurePath(reading.name).stem) for reading in readings for one in reading.series
    )
    _refuse_many(len(series), readings[0].name)
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
        warnings=(several, *warnings),
    )


def _read_text(file: TextFile, overrides: Overrides, max_bars: int) -> Reading:
    file, layout = find_layout(plain_lines(file))
    columns = find_columns(layout, file.name, mapped=overrides.columns)
    rows = read_rows(file, layout, columns.wanted, columns.time_columns, max_bars=max_bars)
    flat = {(symbol, name): i for symbol, fields in columns.series.items() for name, i in fields.items()}
    labels = {f"{symbol} {name}".strip(): i for (symbol, name), i in flat.items()}
    numbers = read_numbers(rows, labels, decimal=overrides.decimal)
    values = {key: numbers.values[f"{key[0]} {key[1]}".strip()] for key in flat}
    _refuse_infinite(rows, flat, values)
    closes = np.column_stack([values[symbol, "close"] for symbol in columns.series])
    priced: NDArray[np.bool_] = np.asarray(~np.isnan(closes).all(axis=1), dtype=bool)
    _require_closes(rows, columns, priced)
    times = read_times(rows, columns.timestamp, columns.clock, priced, order=overrides.order, zone=overrides.zone)
    timeless = times.missing & priced
    if timeless.any():
        row = int(np.flatnonzero(timeless)[0])
        raise ReaderError("reader.time", f"{file.name}, {rows.place(row, columns.timestamp)} has prices but no time: add it.")
    series, findings = _all_series(rows, columns, values, times)
    empty = _unpriced(np.flatnonzero(~priced))
    known = (*_whole_file(layout, columns, times), *empty, *findings, *merged(series))
    warnings = [_warned(rows, finding) for finding in known]
    if len(series) > 1:
        warnings.append(Warned("multi_symbol", f"The file holds {len(series)} symbols.", ()))
    return Reading(
        file.name,
        series,
        _shown(layout, columns, findings),
        layout,
        file.encoding,
        times,
        rows.n_rows,
        int((~priced).sum()) + (sum(one.rows_skipped for one in series) if len(columns.series) == 1 else 0),
        tuple(warnings),
        (*numbers.notes, *_column_notes(layout, columns)),
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


def _require_closes(rows: Rows, columns: Columns, priced: NDArray[np.bool_]) -> None:
    close = next(iter(columns.series.values()))["close"]
    header = rows.layout.header[close]
    if not priced.any():
        raise ReaderError("reader.no_prices", f'{rows.file.name}: column "{header}" holds no number.')


def _all_series(
    rows: Rows, columns: Columns, values: Mapping[tuple[str, str], Float], times: Times
) -> tuple[tuple[Series, ...], tuple[Finding, ...]]:
    found: list[Series] = []
    mislabelled: dict[str, Finding] = {}
    groups = _symbols(rows, columns, times)
    source = SourceText.of(rows, columns.symbol)
    for prefix, fields in columns.series.items():
        given = {name: values[prefix, name] for name in fields}
        confirmed, finding = _confirmed(rows, columns, prefix, given)
        if finding is not None:
            mislabelled.setdefault(finding.code, finding)
        for symbol, index in groups:
            use = index[~times.missing[index]]
            picked = {name: column[use] for name, column in confirmed.items()}
            one = repair(prefix or symbol, times.time[use], times.wall[use], picked, use.astype(np.int64), source)
            if one is not None:
                found.append(one)
    _refuse_many(len(found), rows.file.name)
    return tuple(found), tuple(mislabelled.values())


def _symbols(rows: Rows, columns: Columns, times: Times) -> list[tuple[str, NDArray[np.intp]]]:
    """Name and rows of each symbol of a file with a column of names; the whole file where it holds one."""
    everything = np.arange(rows.n_rows)
    if columns.symbol is None:
        return [("", everything)]
    names = pc.dictionary_encode(trimmed(rows.columns[columns.symbol]).combine_chunks())
    words = names.dictionary.to_pylist()
    if len(words) == 1:
        return [(words[0], everything)]
    codes = np.asarray(names.indices.to_numpy())
    if len(words) == rows.n_rows and len(np.unique(times.time)) == rows.n_rows:
        return [("", everything)]
    _refuse_many(len(words), rows.file.name)
    order = np.argsort(codes, kind="stable")
    cuts = np.searchsorted(codes[order], np.arange(1, len(words)))
    return list(zip(words, np.split(order, cuts), strict=True))


def _refuse_many(n: int, name: str) -> None:
    if n > MAX_SYMBOLS:
        raise ReaderError("reader.too_many_symbols", f"{name} holds more than {MAX_SYMBOLS:,} symbols: split it.")


def _confirmed(rows: Rows, columns: Columns, prefix: str, given: dict[str, Float]) -> tuple[dict[str, Float], Finding | None]:
    """Prices under the names that their content bears out: high the row's maximum, low its minimum.

    Raises ReaderError where many rows contradict the names and no exchange of columns mends it.
    """
    if not set(PRICES) <= set(given):
        return given, None
    opens, high, low, close = (given[name] for name in PRICES)
    if ((low <= opens) & (opens <= high) & (low <= close) & (close <= high)).all():
        return given, None
    four = np.column_stack([opens, high, low, close])
    with np.errstate(invalid="ignore"):
        whole = ~np.isnan(four).any(axis=1) & (four != 0).all(axis=1)
        bad = whole & (
            (four > high[:, None] * (1 + np.sign(high[:, None]) * 0.005))
            | (four < low[:, None] * (1 - np.sign(low[:, None]) * 0.005))
        ).any(axis=1)
    if not whole.any() or bad.sum() <= max(CROSSED_SHARE * whole.sum(), 1 if whole.sum() > 3 else 0):
        return given, None
    fields = ohlc_of(four[whole])
    if fields is None or bad.mean() < 0.5:
        row = int(np.flatnonzero(bad)[0])
        column = columns.series[prefix]["high"]
        raise ReaderError(
            "reader.ohlc",
            f"{rows.file.name}, {rows.place(row, column)} and {int(bad.sum()) - 1:,} more row(s) have a price outside "
            "[low, high]: the columns are not what their names say; correct the header, or name the columns.",
        )
    if fields["high"] in (0, 3) or fields["low"] in (0, 3):
        fields = _kept_names(fields)
    shown = ", ".join(
        f'{name} is in "{rows.layout.header[columns.series[prefix][PRICES[at]]]}"'
        for name, at in fields.items()
        if PRICES[at] != name
    )
    renamed = {**given, **{name: given[PRICES[at]] for name, at in fields.items()}}
    return renamed, Finding("mislabelled_columns", f"By their content, {shown}.", np.flatnonzero(bad)[:0])


def _kept_names(fields: dict[str, int]) -> dict[str, int]:
    """Open and close as the header names them where one of both is still free; the other gets what is left."""
    free = [fields["open"], fields["close"]]
    if 0 in free:
        return {**fields, "open": 0, "close": next(at for at in free if at != 0)}
    return {**fields, "close": 3, "open": next(at for at in free if at != 3)} if 3 in free else fields


def _whole_file(layout: Layout, columns: Columns, times: Times) -> list[Finding]:
    none = np.zeros(0, dtype=np.int64)
    found = []
    if not layout.has_header:
        found.append(Finding("no_header", "There is no header: columns were told by their content.", none))
    if times.mixed_zones:
        found.append(Finding("mixed_timezones", f"Times are in several zones ({times.zone}), each converted to UTC.", none))
    return found


def _warned(rows: Rows, finding: Finding) -> Warned:
    return Warned(finding.code, finding.detail, tuple(rows.lines(finding.rows[:5].tolist())))


def _shown(layout: Layout, columns: Columns, findings: tuple[Finding, ...]) -> dict[str, str]:
    fields = dict(next(iter(columns.series.values())))
    shown = {"timestamp": layout.header[columns.timestamp]}
    shown |= {name: layout.header[fields[name]] for name in (*PRICES, "volume") if name in fields}
    for name, at in (("adjusted", columns.adjusted), ("clock", columns.clock), ("symbol", columns.symbol)):
        if at is not None:
            shown[name] = layout.header[at]
    return shown


def _column_notes(layout: Layout, columns: Columns) -> tuple[str, ...]:
    notes = []
    if columns.adjusted is not None:
        notes.append(f'The raw close is used; "{layout.header[columns.adjusted]}" is not.')
    used = columns.wanted | {columns.adjusted}
    others = [name[:40] for i, name in enumerate(layout.header) if i not in used and name]
    if others and layout.has_header:
        shown = ", ".join(others[:10]) + (f" and {len(others) - 10} more" if len(others) > 10 else "")
        notes.append(f"Column(s) not used: {shown}.")
    return tuple(notes)
