"""Horizons in words, and the choices of a horizon and of a number of states."""

from __future__ import annotations

from dash import html

from components import controls, markets, words
from regime_core.states import HORIZONS, K_RANGE

DEFAULT = HORIZONS[0]


def ahead(horizon: int) -> str:
    """``tomorrow``, ``in 5 trading days``."""
    return "tomorrow" if horizon == 1 else f"in {words.count(horizon, 'trading day')}"


def days(horizon: int) -> str:
    """``1 day ahead``."""
    return f"{words.count(horizon, 'day')} ahead"


def buttons(identifier: str, chosen: str | None) -> html.Div:
    """How many trading days ahead."""
    options = {str(h): words.count(h, "day") for h in HORIZONS}
    buttons_ = controls.segmented(identifier, options, chosen if chosen in options else str(DEFAULT), "Horizon")
    return html.Div([html.Span("Ahead", className="muted"), buttons_], className="labelled")


def k_buttons(identifier: str, chosen: str | None) -> html.Div:
    """How many states; by silhouette where it is left to the data."""
    options = {markets.AUTO: "Auto"} | {str(k): str(k) for k in K_RANGE}
    buttons_ = controls.segmented(identifier, options, chosen if chosen in options else markets.AUTO, "Number of states")
    return html.Div([html.Span("States", className="muted"), buttons_], className="labelled")


def picked(text: str | None) -> int:
    """Horizon of a choice."""
    return int(text) if text and text.isdigit() and int(text) in HORIZONS else DEFAULT
