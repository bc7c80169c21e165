"""What was understood of a file: columns, dates, oddities with their lines, a preview; and every guess can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import cards, words
from regime_core.readers import Inspection, Overrides
from regime_core.studies import Choice, Preview, PreviewRow, Report

FIELD_WORDS = {
    "timestamp": "Time",
    "clock": "Time of day",
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "volume": "Volume",
    "symbol": "Symbol",
}
READ_AS = ("Time", "Open", "High", "Low", "Close", "Volume")
FIELDS_OF = {"Time": ("timestamp", "clock"), **{name: (name.lower(),) for name in READ_AS[1:]}}
ORDER_WORDS = {
    "day/month/year": "day first: 31/12/2018",
    "month/day/year": "month first: 12/31/2018",
    "year/month/day": "year first: 2018/12/31",
}
MARK_WORDS = {".": "a point: 1,234.56", ",": "a comma: 1.234,56"}
ZONES = ("UTC", "America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin", "Asia/Tokyo", "Asia/Hong_Kong")
READ_AGAIN, READ_AS_FOUND, PUT_ASIDE = "label-read-again", "label-read-as-found", "label-put-aside"
SHOWN_LINES = 5
AS_FOUND = "as-found"
"""What a control holds that leaves a decision to the reader."""
SHOWN, ASKED = "shown", "asked"
"""The form of the file that is shown, and that of one that is asked about; both may be on the page."""


def setting_id(what: str, form: str) -> dict[str, str]:
    """Id of a form's control for a field's column, ``order``, ``zone`` or ``decimal``."""
    return {"type": "label-setting", "form": form, "what": what}


def button_id(kind: str, form: str) -> dict[str, str]:
    """Id of a form's button. kind : READ_AGAIN or READ_AS_FOUND."""
    return {"type": kind, "form": form}


def choice_id(choice: Choice) -> dict[str, str]:
    """Id of the button for one way to read a file."""
    return {"type": "label-choice", "field": choice.field, "value": choice.value}


def overrides_of(settings: dict[str, str | None], base: Overrides) -> Overrides:
    """Overrides of the controls' values; a symbol or clock column that has no control stays as it was."""
    given = {name: value.strip() for name, value in settings.items() if value and value.strip() and value != AS_FOUND}
    columns = {name: column for name, column in base.columns.items() if name not in settings}
    columns |= {name: value for name, value in given.items() if name in FIELD_WORDS}
    return Overrides(columns, given.get("order"), given.get("zone"), given.get("decimal"))


def settings_of(overrides: Overrides) -> dict[str, str | None]:
    """Values of the controls for these overrides."""
    return {**overrides.columns, "order": overrides.order, "zone": overrides.zone, "decimal": overrides.decimal}


def body(report: Report, *, changeable: bool = True) -> Component:
    """All that was understood of a file that was read. changeable : whether the visitor may have it read otherwise."""
    found = report.inspection
    return html.Div(
        [
            cards.facts(_facts(report)),
            html.P([html.Span("Columns ", className="muted"), *_columns(found)], className="found-columns"),
            *_problems(found),
            _preview(report.preview, intraday=found.intraday),
            _preview_upright(report.preview, found),
            *([_form(report, SHOWN)] if changeable else []),
        ]
    )


def question(report: Report) -> Component:
    """What has to be settled before a file can be read, or why it cannot be."""
    found = report.inspection
    ask = {"order": "Which date is meant?", "decimal": "What is the mark for?"}
    parts: list[Component] = [html.P(found.reason, className="reason")]
    if report.choices:
        parts.append(html.Div([_choice(choice) for choice in report.choices], className="choices"))
    title = "This file cannot be read as it is" if found.status == "rejected" else "Which column is which?"
    title = ask[report.choices[0].field] if report.choices else title
    aside = html.Button("Put the file aside", id=PUT_ASIDE, className="quiet", type="button")
    asked = found.status == "ambiguous"
    kind = "message message-ask" if asked else "message message-problem"
    icon = "icon-info" if asked else "icon-warning"
    head = html.Div(
        [
            html.I(className=f"icon {icon}", **{"aria-hidden": "true"}),
            html.Div([html.Strong(f"{found.name}: {title}"), *parts, aside]),
        ],
        className=kind,
        role="status" if asked else "alert",
    )
    if not report.header:
        return head
    below = cards.card(_preview(report.preview, intraday=False), _form(report, ASKED), title="The first rows of the file")
    return html.Div([head, below], className="stack")


def _choice(choice: Choice) -> html.Button:
    what, last = ("from", "to") if choice.field == "order" else ("first close", ", last")
    word = {**ORDER_WORDS, **{mark: f"decimals after {text}" for mark, text in MARK_WORDS.items()}}[choice.value]
    first, newest = (words.told(choice.first), words.told(choice.last))
    meaning = f"{what} {first} {last} {newest}".replace(" ,", ",") if choice.first else "what it would mean is not known yet"
    return html.Button(
        [html.Strong(word[0].upper() + word[1:]), html.Span(meaning, className="muted")],
        id=choice_id(choice),
        className="choice",
        type="button",
    )


def _facts(report: Report) -> list[tuple[str, Any]]:
    found = report.inspection
    encoding = found.encoding.removesuffix("-sig").replace("utf-", "UTF-")
    written = ", ".join(filter(None, (encoding, f"{found.delimiter}-separated" if found.delimiter else "")))
    left_out = f", {found.rows_skipped:,} left out" if found.rows_skipped else ""
    zone = found.timezone or ("none named, read as UTC" if found.intraday else "none: calendar dates")
    gaps = f"{found.gaps:,}, longest {found.longest_step}" if found.gaps else "none"
    several = [("Symbols", f"{report.n_series:,}")] if report.n_series > 1 else []
    first = ", of the first symbol" if report.n_series > 1 else ""
    return [
        ("File", found.name),
        *several,
        ("Rows read", f"{found.rows:,}{left_out}"),
        ("Bars", f"{found.bars:,}"),
        ("Dates", f"{_when(found.start)} – {_when(found.end)}{first}"),
        ("Interval", found.interval or "one bar"),
        ("Time zone", zone),
        ("Dates written as", found.time_format),
        ("Text", written),
        ("Gaps", gaps),
    ]


def _when(text: str) -> str:
    day, _, clock = text.partition("T")
    return words.told(day) + (f", {clock[:5]}{words.NBSP}UTC" if clock else "")


def _columns(found: Inspection) -> list[Component]:
    return [
        html.Span(
            [html.Span(f"{FIELD_WORDS.get(name, name.capitalize())} ", className="muted"), html.Code(column)], className="found"
        )
        for name, column in found.columns.items()
    ]


def _problems(found: Inspection) -> list[Component]:
    notes = found.problems[len(found.warnings) :]
    if not found.warnings and not notes:
        return [html.P("No problems found in the file.", className="note")]
    items = [html.Li([warned.detail, _lines(warned.lines)]) for warned in found.warnings]
    told = [
        html.Div(
            [html.Strong(f"{words.count(len(items), 'thing')} to know about the file"), html.Ul(items)], className="problems"
        )
    ]
    return [*(told if items else []), *(html.P(note, className="note note-close") for note in notes)]


def _lines(lines: Sequence[int]) -> html.Span | None:
    if not lines:
        return None
    more = " and more" if len(lines) >= SHOWN_LINES else ""
    listed = ", ".join(f"{line:,}" for line in lines)
    return html.Span(f" Line{'s' if len(lines) > 1 else ''} {listed}{more}.", className="muted")


def _preview(preview: Preview, *, intraday: bool) -> Component | None:
    rows = (*preview.first, *preview.last)
    if not rows:
        return None
    read = rows[0].time is not None
    names = READ_AS if read else ()
    groups = [
        html.Th("Line", scope="col", rowSpan=2),
        html.Th("In the file", scope="colgroup", colSpan=len(preview.header)),
        *([html.Th("As read", scope="colgroup", colSpan=len(names), className="as-read")] if read else []),
    ]
    heads = [html.Th(name, scope="col", className="in-file") for name in preview.header]
    heads += [html.Th(name, scope="col", className="as-read" if i == 0 else "figure") for i, name in enumerate(names)]
    width = 1 + len(preview.header) + len(names)
    gap = [html.Tr(html.Td("⋮", colSpan=width, className="muted gap"))] if preview.last else []
    first, last = ([_row(row, intraday=intraday) for row in part] for part in (preview.first, preview.last))
    lines = [*first, *gap, *last]
    table = html.Table([html.Thead([html.Tr(groups), html.Tr(heads)]), html.Tbody(lines)], className="plain preview")
    beside = " beside" if read else ""
    return html.Div(table, className=f"scroll preview-box{beside}", tabIndex="0", **{"aria-label": "First and last rows"})


def _preview_upright(preview: Preview, found: Inspection) -> Component:
    """First and last row, a line a field, for screens on which what was read has no room beside what stands in the file."""
    rows = [*preview.first[:1], *preview.last[-1:]]
    return html.Div([_upright(row, preview.header, found) for row in rows], className="preview-box upright")


def _upright(row: PreviewRow, header: Sequence[str], found: Inspection) -> html.Table:
    cells = dict(zip(header, row.cells, strict=True))
    time = words.moment(row.time, intraday=found.intraday) if row.time is not None else "–"
    values = (time, *map(_number, row.values))
    lines = []
    for name, value in zip(READ_AS, values, strict=True):
        columns = [found.columns[field] for field in FIELDS_OF[name] if field in found.columns]
        stands = " ".join(cells.get(column, "") for column in columns)
        lines.append(html.Tr([html.Th(name, scope="row"), html.Td(stands, className="in-file"), html.Td(value)]))
    head = [html.Th(f"Line {row.line:,}", scope="col"), html.Th("In the file", scope="col"), html.Th("As read", scope="col")]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(lines)], className="plain preview")


def _row(row: PreviewRow, *, intraday: bool) -> html.Tr:
    cells = [html.Td(f"{row.line:,}", className="muted"), *(html.Td(cell, className="in-file") for cell in row.cells)]
    if row.time is not None:
        cells.append(html.Td(words.moment(row.time, intraday=intraday), className="as-read"))
        cells += [html.Td(_number(value), className="figure") for value in row.values]
    return html.Tr(cells)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"


def _form(report: Report, form: str) -> html.Details:
    chosen, found = report.overrides, report.inspection.columns
    columns = list(dict.fromkeys(report.header))
    selects = []
    for name, word in FIELD_WORDS.items():
        if name == "clock":
            continue
        as_found = f"as found: {found[name]}" if name in found and name not in chosen.columns else "as found"
        options = [{"label": as_found, "value": AS_FOUND}, *({"label": column, "value": column} for column in columns)]
        selects.append(_select(setting_id(name, form), f"{word} is in", options, chosen.columns.get(name, AS_FOUND)))
    for name, word, told, value in (
        ("order", "Dates have the", ORDER_WORDS, chosen.order),
        ("decimal", "Decimals follow", MARK_WORDS, chosen.decimal),
    ):
        options = [{"label": "as found", "value": AS_FOUND}, *({"label": text, "value": key} for key, text in told.items())]
        selects.append(_select(setting_id(name, form), word, options, value or AS_FOUND))
    zone = dcc.Input(
        id=setting_id("zone", form),
        value=chosen.zone or "",
        placeholder="as found, or UTC",
        list=f"zones-{form}",
        className="form-control",
        debounce=True,
    )
    selects.append(html.Label([html.Span("Times are of zone", className="muted"), zone], className="setting"))
    buttons = html.Div(
        [
            html.Button("Read it so", id=button_id(READ_AGAIN, form), className="quiet primary", type="button"),
            html.Button("Read it as found", id=button_id(READ_AS_FOUND, form), className="quiet", type="button"),
        ],
        className="controls",
    )
    return html.Details(
        [
            html.Summary("Change how it is read"),
            html.Div(selects, className="settings"),
            html.Datalist([html.Option(value=name) for name in ZONES], id=f"zones-{form}"),
            buttons,
        ],
        className="reading-form",
        open=report.status != "ok" and not report.choices,
    )


def _select(identifier: dict[str, str], word: str, options: list[dict[str, str]], value: str) -> html.Label:
    select = dbc.Select(id=identifier, options=options, value=value, size="sm")
    return html.Label([html.Span(word, className="muted"), select], className="setting")
