"""Label: bring a file of prices, get every bar's regime."""

from __future__ import annotations

import dash
from dash import html

import runtime
from components import file_cards, intake, label_cards, labelling, sharing, shell, sight, studies, watchlist

dash.register_page(__name__, path="/label", name="Label", title="Label · Regime Desk", order=10)


def layout(
    model: str | None = None, range: str | None = None, style: str | None = None, knew: str | None = None, **_others: str
) -> html.Div:
    """Page with a drop zone, and the result for the dataset that is picked."""
    settings, engine = runtime.current().settings, runtime.engine()
    labels = label_cards.all_of(model or engine.default, range, style, knew, *file_cards.both())
    return html.Div(
        [
            *label_cards.stores(range),
            *labelling.stores(),
            *file_cards.stores(),
            *sharing.stores(),
            *watchlist.stores(),
            html.Div([html.H1("Label your own prices", className="page-title"), html.Div(id=label_cards.WHERE)]),
            intake.card(max_mb=settings.max_upload_mb, days=settings.upload_days),
            *studies.messages(),
            html.Div(id=labelling.PROBLEM),
            sight.here("label-watchlist", watchlist.card()),
            html.Div(labels, id=labelling.RESULT, className="stack"),
        ],
        className="stack",
    )


shell.remember("model", labelling.MODEL)
shell.remember("range", label_cards.RANGE, "data")
shell.remember("style", label_cards.STYLE)
shell.remember("knew", labelling.KNEW)
