"""Horizons in words, and the choice of one."""

from __future__ import annotations

import dash_bootstrap_components as dbc

from components import controls, words
from regime_core.states import HORIZONS

DEFAULT = HORIZONS[0]


def ahead(horizon: int) -> str:
    """``tomorrow``, ``in 5 trading days``."""
    return "tomorrow" if horizon == 1 else f"in {words.count(horizon, 'trading day')}"


def days(horizon: int) -> str:
    """``1 day ahead``."""
    return f"{words.count(horizon, 'day')} ahead"


def buttons(identifier: str, chosen: str | None) -> dbc.RadioItems:
    """How many trading days ahead."""
    options = {str(h): words.count(h, "day") for h in HORIZONS}
    return controls.segmented(identifier, options, chosen if chosen in options else str(DEFAULT), "Horizon")


def picked(text: str | None) -> int:
    """Horizon of a choice."""
    return int(text) if text and text.isdigit() and int(text) in HORIZONS else DEFAULT
