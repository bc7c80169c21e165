"""The section of the Features page on drift: how far the detectors' inputs lie from what the detectors were trained on."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, callback, html, no_update
from dash.exceptions import PreventUpdate

from components import cards, controls, drift_views, progress, shell, sight
from components.figures import input_drift
from regime_core.errors import RegimeError

RANGE = "features-range"
JOB = "features"
DRIFT = "features-drift"
DRIFT_TITLE = "features-drift-title"
DRIFT_TEXT = "features-drift-text"
DRIFT_BOX = "features-drift-box"
DRIFT_VERDICT = "features-drift-verdict"
DRIFT_KEY = "features-drift-key"
DRIFT_WORDS = "features-drift-words"
DRIFT_BODY = "features-drift-body"
INPUT = "features-input"
INPUT_SHARES = "features-input-shares"
INPUT_TITLE = "features-input-title"
INPUT_TEXT = "features-input-text"
MOST_APART = "auto"


def section(input: str | None) -> html.Div:
    """Joins the page as it is scrolled to. input : the input looked at, as in the address."""
    return sight.later("features-drift", _card(input or MOST_APART), height=1399)


def _card(chosen: str) -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(48), id=DRIFT_VERDICT),
        html.Div(
            [
                html.Div([html.Div(id=DRIFT_KEY), controls.chart(DRIFT, description=DRIFT_TEXT, box=DRIFT_BOX)]),
                html.Div(
                    [
                        controls.picker(INPUT, "Input", [{"label": "The one that stands out most", "value": chosen}], chosen),
                        html.H3(id=INPUT_TITLE, className="chart-title"),
                        controls.chart(INPUT_SHARES, description=INPUT_TEXT, size="shares"),
                        html.Div(id=DRIFT_WORDS),
                    ],
                    className="drift-one",
                ),
            ],
            id=DRIFT_BODY,
            className="drift-body",
        ),
        title=html.Span("Drift against training", id=DRIFT_TITLE),
    )


@sight.callback(
    "features-drift",
    Output(DRIFT_TITLE, "children"),
    Output(DRIFT_VERDICT, "children"),
    Output(DRIFT_BODY, "hidden"),
    Output(DRIFT, "figure"),
    Output(DRIFT_BOX, "style"),
    Output(DRIFT_TEXT, "children"),
    Output(DRIFT_KEY, "children"),
    Output(DRIFT_WORDS, "children"),
    Output(INPUT, "options"),
    Output(INPUT_TITLE, "children"),
    Output(INPUT_SHARES, "figure"),
    Output(INPUT_TEXT, "children"),
    Input(INPUT, "value"),
    Input(shell.DATASET, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_drift(
    chosen: str | None, dataset_id: str | None, range_: str, mode: str | None, _ended: object, _refreshed: int
) -> Any:  # noqa: ANN401
    """Drift of the detectors' inputs over the range, and the distribution of one of them."""
    if not dataset_id or not mode:
        raise PreventUpdate
    try:
        view = drift_views.drift_of(shell.dataset(dataset_id), range_)
    except RegimeError as error:
        if error.code != "drift.unknown":  # what is wrong with the dataset is told by the headline
            raise PreventUpdate from None
        return "Drift against training", drift_views.unknown(error.message), True, *[no_update] * 9
    if view is None:
        raise PreventUpdate
    name = view.picked(chosen)
    most = {"label": "The one that stands out most", "value": MOST_APART}
    return (
        input_drift.heading(view),
        drift_views.verdict(view),
        False,
        input_drift.overview(view, name, mode=mode),
        {"height": f"{input_drift.height(view)}px"},
        input_drift.overview_description(view),
        drift_views.key(view),
        drift_views.explanation(view),
        [most, *drift_views.options()],
        input_drift.distribution_heading(view, name),
        input_drift.distributions(view, name, mode=mode),
        input_drift.distributions_description(view, name),
    )


@callback(Output(INPUT, "value"), Input(DRIFT, "clickData"), prevent_initial_call=True)
def pick_input(clicked: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """The input whose dot was clicked."""
    points = [point for point in (clicked or {}).get("points", []) if "customdata" in point]
    return points[0]["customdata"][0] if points else no_update


shell.remember("input", INPUT)
