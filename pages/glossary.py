"""Glossary: what the technical terms of the pages mean."""

from __future__ import annotations

import dash
from dash import html

from components import cards
from components.glossary import PATH, TERMS

dash.register_page(__name__, path=PATH, name="Glossary", title="Glossary · Regime Desk", order=11)


def layout(**_others: str) -> html.Div:
    """Every term, by name."""
    entries = [
        html.Div([html.Dt(term.title), *(html.Dd(told) for told in (term.brief, *term.more))], id=key)
        for key, term in sorted(TERMS.items(), key=lambda entry: entry[1].title)
    ]
    return html.Div([html.H1("Glossary", className="page-title"), cards.card(html.Dl(entries, className="glossary"))])
