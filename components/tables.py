"""Tables: spells of regimes, labels of bars, and the matrix of transitions."""

from __future__ import annotations

from typing import Any, Literal

import dash_ag_grid as dag
import numpy as np
from dash import html
from numpy.typing import NDArray

from components import words
from components.figures.window import Window
from components.theme import LOOKS
from regime_core.bars import OHLCV, PRICES, is_intraday
from regime_core.evaluation.persistence import Spells, Transitions
from regime_core.regimes import N_REGIMES, REGIME_NAMES, Labels

LIBRARY = "/_dash-component-suites/dash_ag_grid/dash_ag_grid.min.js"
"""Where the grids' library is served; ``assets/grid.js`` fetches it with the first grid, as no page needs it to be seen."""
dag._js_dist[0]["dynamic"] = True  # served, but not among the scripts of every page

Row = dict[str, Any]
ROW_HEIGHT = 36
SHORT_SPELL = 3
"""A label that held for so few bars may have been a wavering of the model rather than a regime of the market."""
_FIGURE = {"type": "rightAligned", "cellClass": "figure ag-right-aligned-cell"}
_PERCENT = {"function": "params.value == null ? '–' : d3.format('.0f')(100 * params.value) + '\u00a0%'"}
_CHANGE = {"function": "params.value == null ? '–' : d3.format('+.1f')(100 * params.value) + '\u00a0%'"}
_DAY = {"function": "params.value == null ? '–' : d3.utcFormat('%-d %b %Y')(d3.utcParse('%Y-%m-%d')(params.value))"}
_MOMENT = {
    "function": "params.value == null ? '–' : "
    "d3.utcFormat('%-d %b %Y, %H:%M:%S')(d3.utcParse('%Y-%m-%d %H:%M:%S')(params.value))"
}
_COUNT = {"function": "params.value == null ? '–' : d3.format(',')(params.value)"}
_PRICE = {"function": "params.value == null ? '–' : d3.format(params.value >= 10 ? ',.2f' : '.5~g')(params.value)"}
_THEME = {
    "function": "themeQuartz.withParams({"
    "backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', headerBackgroundColor: 'var(--surface)', "
    "headerTextColor: 'var(--muted)', borderColor: 'var(--hairline)', accentColor: 'var(--accent)', "
    "fontFamily: 'inherit', fontSize: 13, headerFontSize: 13, headerFontWeight: 500, "
    "wrapperBorder: false, wrapperBorderRadius: 0, spacing: 6})"
}

GRID_OPTIONS = {
    "theme": _THEME,
    "rowHeight": ROW_HEIGHT,
    "headerHeight": ROW_HEIGHT,
    "animateRows": False,
    # Tab leaves the table, and arrows walk in it: else whoever has no mouse goes through thousands of cells.
    "tabToNextCell": {"function": "leaveTable(params)"},
    "tabToNextHeader": {"function": "leaveTable(params)"},
}
DAY_WIDTH, MOMENT_WIDTH = 120, 175
PERCENT = {"valueFormatter": _PERCENT, **_FIGURE}
COUNT = {"valueFormatter": _COUNT, **_FIGURE}
CHANGE = {"valueFormatter": _CHANGE, **_FIGURE}
PRICE = {"valueFormatter": _PRICE, **_FIGURE}
DAY = {"width": DAY_WIDTH, "minWidth": DAY_WIDTH, "cellClass": "figure", "valueFormatter": _DAY}


def spell_columns(*, intraday: bool) -> list[Row]:
    """Columns of the grid of spells."""
    return [
        {"field": "regime", "headerName": "Regime", "minWidth": 170, "flex": 2, "cellRenderer": "RegimeCell"},
        {"field": "from", "headerName": "From", "flex": 1, **_time_column(intraday)},
        {"field": "to", "headerName": "To", "flex": 1, **_time_column(intraday)},
        {"field": "bars", "headerName": "Bars", "minWidth": 80, "flex": 1, "valueFormatter": _COUNT, **_FIGURE},
        {"field": "change", "headerName": "Return", "minWidth": 95, "flex": 1, "valueFormatter": _CHANGE, **_FIGURE},
        {
            "field": "confidence",
            "headerName": "Mean confidence",
            "minWidth": 150,
            "flex": 1,
            "valueFormatter": _PERCENT,
            **_FIGURE,
        },
    ]


def label_columns(*, intraday: bool, labelled: bool = True) -> list[Row]:
    """Columns of the grid of labels; of prices alone where there are no labels."""
    prices = [
        {"field": name, "headerName": name.capitalize(), "minWidth": 88, "flex": 1, "valueFormatter": _PRICE, **_FIGURE}
        for name in PRICES
    ]
    chances = [
        {
            "field": name,
            "headerName": f"P({_last_word(code)})",
            "minWidth": 92,
            "flex": 1,
            "valueFormatter": _PERCENT,
            **_FIGURE,
        }
        for code, name in enumerate(REGIME_NAMES)
    ]
    time = {"field": "time", "headerName": "Time", **_time_column(intraday)}
    if not labelled:
        return [time, *prices]
    return [
        time,
        {"field": "regime", "headerName": "Regime", "minWidth": 160, "flex": 1, "cellRenderer": "RegimeCell"},
        {"field": "confidence", "headerName": "Confidence", "minWidth": 104, "flex": 1, "valueFormatter": _PERCENT, **_FIGURE},
        *prices,
        *chances,
    ]


def _time_column(intraday: bool) -> Row:
    """Rows hold ISO times, which sort as text; the cell is written as dates are on every page."""
    width = MOMENT_WIDTH if intraday else DAY_WIDTH
    return {"width": width, "minWidth": width, "cellClass": "figure", "valueFormatter": _MOMENT if intraday else _DAY}


def _last_word(code: int) -> str:
    return LOOKS[code].word.lower().split()[-1]


def spell_grid(identifier: str) -> dag.AgGrid:
    """Empty grid of spells, to be filled with ``spell_rows``; sortable by any column."""
    return dag.AgGrid(
        id=identifier,
        columnDefs=spell_columns(intraday=False),
        rowData=[],
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True},
        dashGridOptions=GRID_OPTIONS,
        className="grid",
        style=spell_height(10),
    )


def spell_heading(window: Window) -> str:
    """Title of the grid: how many spells, how many of them short, and for which dates."""
    lengths = window.spells.length
    short = int((lengths <= SHORT_SPELL).sum())
    told = f" ({short:,} of at most {words.count(SHORT_SPELL, 'bar')})" if short else ""
    return f"{window.title}: {words.count(len(lengths), 'spell')} of regimes{told}, {window.span}"


def spell_height(n_rows: int) -> dict[str, str]:
    """Style that shows all rows up to ten, and scrolls beyond."""
    return {"height": f"{ROW_HEIGHT * (min(n_rows, 10) + 1) + 4}px", "width": "100%"}


def spell_rows(found: Spells, series_time: NDArray[np.int64]) -> list[Row]:
    """Rows of the grid of spells, newest first; ``series_time`` is that of the series the spells were found in."""
    unit = _unit(series_time)
    begin, end = _iso(series_time[found.start], unit), _iso(series_time[found.stop - 1], unit)
    rows = [
        {
            **_regime(int(found.code[i])),
            "from": begin[i],
            "to": end[i],
            "bars": int(found.length[i]),
            "change": _finite(found.simple_return[i]),
            "confidence": _finite(found.confidence[i]),
        }
        for i in range(len(found))
    ]
    return rows[::-1]


def label_grid(identifier: str) -> dag.AgGrid:
    """Grid of labelled bars, without columns yet, that asks for rows as they come into sight: its length does not matter."""
    return dag.AgGrid(
        id=identifier,
        columnDefs=[],
        rowModelType="infinite",
        defaultColDef={"sortable": False, "resizable": True, "suppressMovable": True},
        dashGridOptions={
            **GRID_OPTIONS,
            "cacheBlockSize": 200,
            "maxBlocksInCache": 10,
            "rowBuffer": 0,
        },
        className="grid",
        style={"height": "440px", "width": "100%"},
    )


def label_rows(bars: OHLCV, labels: Labels, first: int, stop: int, *, intraday: bool) -> list[Row]:
    """Rows ``first:stop`` of the grid of labels, counted from the newest bar."""
    n = bars.n_bars
    chosen = np.arange(n - 1 - first, max(-1, n - 1 - stop), -1)
    time = _iso(bars.time[chosen], "s" if intraday else "D")
    return [
        {
            "time": time[i],
            **{name: float(getattr(bars, name)[row]) for name in PRICES},
            **_regime(int(labels.codes[row])),
            "confidence": float(labels.confidence[row]),
            **{name: float(labels.probabilities[row, code]) for code, name in enumerate(REGIME_NAMES)},
        }
        for i, row in enumerate(chosen)
    ]


def transition_matrix(found: Transitions) -> html.Div:
    """Heat map with numbers: from the regime of the row to that of the column at the next bar."""
    corner = html.Th([html.Span("from", className="muted"), html.Span(" ↓  to →", className="muted")], scope="col")
    head = html.Tr([corner, *(html.Th(_short(code), scope="col", title=LOOKS[code].word) for code in range(N_REGIMES))])
    body = [
        html.Tr([html.Th(_short(row), scope="row", title=LOOKS[row].word), *_cells(found, row)]) for row in range(N_REGIMES)
    ]
    return html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="matrix"), className="scroll")


def stay_sentence(found: Transitions, unit: str) -> str:
    """What the diagonal says, in one sentence."""
    stay = np.diag(found.probability)
    if not np.isfinite(stay).any():
        return "No steps between known regimes in this range."
    code = int(np.nanargmax(stay))
    duration = found.mean_duration[code]
    lasting = "it was never left" if np.isinf(duration) else f"{duration:.0f} {unit}s on average"
    return (
        f"The diagonal is the chance to stay. {LOOKS[code].word} is the most lasting: "
        f"{words.percent(float(stay[code]), 1)} to stay at the next {unit}, {lasting}."
    )


def _cells(found: Transitions, row: int) -> list[html.Td]:
    total = int(found.counts[row].sum())
    cells = []
    for column in range(N_REGIMES):
        probability, times = float(found.probability[row, column]), int(found.counts[row, column])
        if total == 0:
            cells.append(html.Td("–", className="empty", title=f"{LOOKS[row].word} does not occur in this range."))
            continue
        hint = (
            f"After a bar that was {LOOKS[row].word.lower()}, the next was {LOOKS[column].word.lower()} "
            f"in {words.percent(probability, 1)} of cases ({times:,} of {total:,})."
        )
        heat = {"--heat": f"{100 * probability**0.5:.0f}%"}
        kind = " ".join(
            name for name, true in (("stay", row == column), ("hot", probability > 0.45), ("none", times == 0)) if true
        )
        cells.append(html.Td(words.percent(probability, 1) if times else "0", style=heat, className=kind, title=hint))
    return cells


def _short(code: int) -> list[html.Span]:
    look = LOOKS[code]
    sign = html.Span(look.sign, className="sign", style={"--regime": look.ink}, **{"aria-hidden": "true"})
    return [sign, html.Span(_last_word(code).capitalize(), className="matrix-word")]


def _regime(code: int) -> Row:
    look = LOOKS[code]
    return {"regime": look.word, "sign": look.sign, "colour": look.ink}


def _unit(series_time: NDArray[np.int64]) -> Literal["s", "D"]:
    """Times are told to the day for daily and longer bars, else to the second."""
    return "s" if is_intraday(series_time) else "D"


def _iso(time: NDArray[np.int64], unit: Literal["s", "D"]) -> list[str]:
    """ISO times in UTC."""
    return [text.replace("T", " ") for text in np.datetime_as_string(time.view("M8[ns]"), unit=unit).tolist()]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
