"""Features: what the models see, over time, by regime or stress state, and against each other."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import (
    cards,
    controls,
    correlation_views,
    progress,
    ranges,
    shell,
    sight,
    standings,
    trend_views,
    views,
)
from components.figures import correlations, spreads, trends
from components.figures.trends import Trends
from components.still import stilled
from components.trend_views import Labelled
from pages import _features_drift
from pages._features_drift import JOB, RANGE
from regime_core.errors import RegimeError
from regime_core.uploads import download_name

dash.register_page(__name__, path="/features", name="Features", title="Features · Regime Desk", order=2)

NAMES = "features-names"
STRIP = "features-strip"
PRESET = "features-preset"
TITLE = "features-title"
WHERE = "features-where"
NEWEST = "features-newest"
CHOOSE = "features-choose"
FULL = "features-full"
BODY = "features-body"
OVER = "features-over"
OVER_BOX = "features-over-box"
OVER_TITLE = "features-over-title"
OVER_TEXT = "features-over-text"
LEGEND = "features-legend"
NOTES = "features-notes"
SPREAD = "features-spread"
SPREAD_TITLE = "features-spread-title"
MATRICES = "features-matrices"
MATRICES_TITLE = "features-matrices-title"
MATRICES_KEY = "features-matrices-key"
SAVE = "features-save"


def _group(name: str) -> dict[str, str]:
    return {"type": "features-group", "group": name}


_ALL_GROUPS = {"type": "features-group", "group": ALL}


def layout(
    features: str | None = None,
    strip: str | None = None,
    range: str | None = None,
    input: str | None = None,
    **_others: str,
) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    names = trend_views.names_of(features)
    return html.Div(
        [
            dcc.Store(id=NAMES, data=",".join(names)),
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            cards.card(
                html.Div(html.H1("Features", className="headline"), id=TITLE),
                html.Div(id=WHERE, className="where-row"),
                html.Div(
                    cards.skeleton(63 + 58 * len(names)),
                    id=NEWEST,
                    className="newest scroll",
                    tabIndex="0",
                    role="region",
                    **{"aria-label": "Newest values within their history"},
                ),
                _picker(names),
                progress.panel(JOB),
            ),
            html.Div(
                [
                    sight.here("features-over", _over_time_card(len(names), _chart_controls(strip, range))),
                    sight.later("features-spread", _spread_card(), height=_spread_height(len(names))),
                    sight.later("features-correlation", _correlation_card(), height=411 if len(names) > 1 else 214),
                    _features_drift.section(input),
                ],
                id=BODY,
                className="stack",
            ),
        ],
        className="stack",
    )


def _over_time_card(n_features: int, aside: html.Div) -> html.Section:
    """The chart at the height that it will have."""
    chart = controls.chart(OVER, description=OVER_TEXT, box=OVER_BOX)
    chart.children[0].style = {"height": f"{trends.height(n_features)}px"}
    title = html.Span("Over time", id=OVER_TITLE)
    return cards.card(html.Div(id=LEGEND), chart, html.Div(id=NOTES), title=title, aside=aside)


def _chart_controls(strip: str | None, range_: str | None) -> html.Div:
    kinds = controls.segmented(STRIP, trend_views.STRIPS, strip if strip in trend_views.STRIPS else "regime", "Strip")
    return html.Div(
        [
            html.Div([html.Span("Strip", className="muted"), kinds], className="labelled"),
            controls.range_buttons(PRESET, range_),
            controls.save_button(SAVE, "Download CSV"),
        ],
        className="controls",
    )


def _spread_card() -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(240), id=SPREAD, className="spreads"),
        html.P("Box: the middle half. Whiskers: the middle 90 %. Diamond: the median.", className="note"),
        title=html.Span("Distribution", id=SPREAD_TITLE),
    )


def _spread_height(n_features: int) -> int:
    """Four charts abreast."""
    return 95 + 296 * -(-n_features // 4)


def _correlation_card() -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(230), id=MATRICES, className="matrices-by-label"),
        html.Div(id=MATRICES_KEY),
        title=html.Span("Correlation", id=MATRICES_TITLE),
    )


def _picker(names: list[str]) -> html.Details:
    """Features by group, to be ticked."""
    groups = [
        html.Fieldset(
            [
                html.Legend(trend_views.GROUPS[group]),
                dcc.Checklist(
                    id=_group(group),
                    options=trend_views.picker_options(members),
                    value=[feature.name for feature in members if feature.name in names],
                    className="ticks",
                ),
            ]
        )
        for group, members in trend_views.grouped().items()
    ]
    summary = html.Summary(["Choose features ", html.Span(id=FULL, className="muted", role="status")])
    return html.Details([summary, html.Div(groups, className="tick-groups")], id=CHOOSE, className="chooser")


@callback(
    Output(NAMES, "data"),
    Output(FULL, "children"),
    Output(_ALL_GROUPS, "value"),
    Input(_ALL_GROUPS, "value"),
    State(NAMES, "data"),
)
def choose(ticked: list[list[str]], before: str) -> Any:  # noqa: ANN401
    """Names in the order they were chosen; a last one stays, and one too many is not taken."""
    names, told = trend_views.chosen(before, [name for group in ticked for name in group])
    values = [[name for name in names if name in group] for group in trend_views.group_names()]
    return ",".join(names), told, values


@callback(
    Output(TITLE, "children"),
    Output(WHERE, "children"),
    Output(NEWEST, "children"),
    Output(BODY, "hidden"),
    Output(progress.job_id(JOB), "data"),
    Input(shell.DATASET, "value"),
    Input(NAMES, "data"),
    Input(progress.ended_id(JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
@stilled
def show_newest(dataset_id: str | None, names: str, ended: dict[str, str] | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Newest values of the chosen features; those of a long series are computed in the background first."""
    if not dataset_id:
        raise PreventUpdate
    title = html.H1("Features", className="headline")
    try:
        dataset = shell.dataset(dataset_id)
        chosen = trend_views.names_of(names)
        where = cards.where(dataset, shell.today())
        if runtime.results().features(dataset, chosen) is not None:
            return title, where, [standings.table(dataset, chosen), standings.key()], False, None
        again = dash.ctx.triggered_id == progress.ended_id(JOB) and ended is not None and ended["state"] != "done"
        job = no_update if again else progress.started(runtime.results().start_features(dataset), tell_result=False)
    except RegimeError as error:
        return views.not_shown(error), None, None, True, None
    return title, where, trend_views.waiting(dataset), True, job


@sight.callback(
    "features-over",
    Output(OVER, "figure"),
    Output(OVER_BOX, "style"),
    Output(OVER_TITLE, "children"),
    Output(OVER_TEXT, "children"),
    Output(LEGEND, "children"),
    Output(NOTES, "children"),
    Input(shell.DATASET, "value"),
    Input(NAMES, "data"),
    Input(STRIP, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_over_time(
    dataset_id: str | None, names: str, strip: str, range_: str, mode: str | None, _ended: object, _refreshed: int
) -> Any:  # noqa: ANN401
    """Chosen features over the range, with the strip."""
    view, labelled = _view(dataset_id, names, strip, range_, mode)
    notes = [html.Li(note) for note in (labelled.note, trend_views.unknown_note(view)) if note]
    return (
        trends.over_time(view, mode=mode or "light"),
        {"height": f"{trends.height(len(view))}px"},
        trends.heading(view),
        trends.description(view),
        trend_views.legend(view.labels),
        html.Ul(notes, className="told") if notes else None,
    )


_LOOKED_AT = (
    Input(shell.DATASET, "value"),
    Input(NAMES, "data"),
    Input(STRIP, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(JOB), "data"),
    Input(shell.REFRESHED, "data"),
)


@sight.callback("features-spread", Output(SPREAD, "children"), Output(SPREAD_TITLE, "children"), *_LOOKED_AT)
def show_spread(
    dataset_id: str | None, names: str, strip: str, range_: str, mode: str | None, _ended: object, _refreshed: int
) -> Any:  # noqa: ANN401
    """Distribution by label over the range."""
    view, _ = _view(dataset_id, names, strip, range_, mode)
    return trend_views.distributions(view, mode or "light"), spreads.heading(view)


@sight.callback(
    "features-correlation",
    Output(MATRICES, "children"),
    Output(MATRICES_TITLE, "children"),
    Output(MATRICES_KEY, "children"),
    *_LOOKED_AT,
)
def show_correlation(
    dataset_id: str | None, names: str, strip: str, range_: str, mode: str | None, _ended: object, _refreshed: int
) -> Any:  # noqa: ANN401
    """Correlation of the chosen features for each label over the range."""
    view, _ = _view(dataset_id, names, strip, range_, mode)
    return correlation_views.matrices(view, mode or "light"), correlations.heading(view), correlation_views.key(view)


@callback(
    Output(controls.file_of(SAVE), "data"),
    Input(SAVE, "n_clicks"),
    State(shell.DATASET, "value"),
    State(NAMES, "data"),
    State(STRIP, "value"),
    State(RANGE, "data"),
    prevent_initial_call=True,
)
def save(_clicks: int, dataset_id: str, names: str, strip: str, range_: str) -> Any:  # noqa: ANN401
    """What is in sight as CSV."""
    view, _ = _view(dataset_id, names, strip, range_, "light")
    return dcc.send_string(trend_views.table_csv(view), download_name(view.title, "features"), type="text/csv")


def _view(dataset_id: str | None, names: str, strip: str, range_: str, mode: str | None) -> tuple[Trends, Labelled]:
    """Features to draw; what cannot be shown is told by the headline alone."""
    if not dataset_id or not mode:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
        labelled = trend_views.labelled(dataset, strip, mode)
        view = trend_views.trends_of(dataset, trend_views.names_of(names), range_, labelled)
    except RegimeError:
        raise PreventUpdate from None
    if view is None:
        raise PreventUpdate
    return view, labelled


controls.follow_range(RANGE, PRESET, OVER)
shell.remember("features", NAMES, "data")
shell.remember("strip", STRIP)
shell.remember("range", RANGE, "data")
