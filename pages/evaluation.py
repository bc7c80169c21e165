"""Evaluation: how far forecasts, rules made of labels, and detectors can be trusted: on days and markets they had not seen."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import dash
from dash import Input, Output, State, callback, html

from components import controls, shell
from pages import _backtest, _detectors, _forecasts

dash.register_page(__name__, path="/evaluation", name="Evaluation", title="Evaluation · Regime Desk", order=4)

VIEW = "evaluation-view"
SHOWN = "evaluation-shown"
VIEWS = {"forecasts": "Forecasts", "backtest": "Backtest", "detectors": "Detectors"}
LAYOUTS = {"forecasts": _forecasts.layout, "backtest": _backtest.layout, "detectors": _detectors.layout}


def layout(view: str | None = None, **query: str) -> html.Div:
    """Page with one of the views, and its controls as the URL has them."""
    chosen = view if view in VIEWS else "forecasts"
    buttons = html.Div(controls.segmented(VIEW, VIEWS, chosen, "What is evaluated"), className="views")
    return html.Div(
        [buttons, html.Div(_view(chosen, query), id=SHOWN)],
        className="stack stack-close",
    )


@callback(Output(SHOWN, "children"), Input(VIEW, "value"), State(shell.QUERY, "data"), prevent_initial_call=True)
def show_view(view: str, query: str | None) -> html.Div:
    """The view that was picked, and nothing of the others."""
    return _view(view, dict(parse_qsl((query or "").lstrip("?"))))


def _view(view: str, query: Mapping[str, str]) -> html.Div:
    return LAYOUTS[view](**{name: value for name, value in query.items() if name != "view"})


shell.remember("view", VIEW)
