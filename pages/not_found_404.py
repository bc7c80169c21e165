"""What is shown for an address that has no page."""

from __future__ import annotations

import dash
from dash import dcc, html

from components import cards, shell

dash.register_page(__name__, title="Not found · Regime Desk")


def layout(**_others: str) -> html.Div:
    """A word on the address and the way back."""
    home = html.P(dcc.Link("Show the S&P 500", href=shell.href("/", dataset="sp500")))
    told = "The address may be mistyped, or from an older version."
    return cards.problem(told, home, title="There is no such page", whole_page=True)
