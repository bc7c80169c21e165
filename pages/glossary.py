"""Glossary: what the technical terms of the pages mean."""

from __future__ import annotations

import dash
from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html

from components import cards, shell
from components.explained import MET_ON, MORE, groups, paragraph
from components.glossary import PATH, TERMS

dash.register_page(__name__, path=PATH, name="Glossary", title="Glossary · Regime Desk", order=11)

SEEK = "glossary-seek"
TOLD = "glossary-told"
SOUGHT = "glossary-sought"


def layout(**_others: str) -> html.Div:
    """Every term by group, with a list of all beside them and a field that finds some."""
    grouped = list(groups())
    finder = html.Div(
        [
            html.Label("Find a term", htmlFor=SEEK, className="visually-hidden"),
            dcc.Input(
                id=SEEK, type="search", placeholder="Find a term", className="search", debounce=False, autoComplete="off"
            ),
            html.P(f"{len(TERMS)} terms", id=TOLD, className="note", role="status"),
        ],
        className="glossary-find",
    )
    return html.Div(
        [
            dcc.Store(id=SOUGHT),
            html.Div(
                [
                    html.H1("Glossary", className="page-title"),
                    html.P(
                        "What the words of these pages mean, and what they do not. A dotted line under a word leads here.",
                        className="muted",
                    ),
                ]
            ),
            html.Div(
                [
                    html.Div([finder, _contents(grouped)], className="glossary-side"),
                    html.Div([_group(*one) for one in grouped], className="stack glossary-groups"),
                ],
                className="glossary",
            ),
        ],
        className="stack",
    )


def _contents(grouped: list[tuple[str, str, list[str]]]) -> html.Nav:
    listed = []
    for _name, title, keys in grouped:
        entries = [html.Li(html.A(TERMS[key].title, href=f"#{key}"), **{"data-of": key}) for key in keys]
        listed.append(html.Div([html.P(title), html.Ul(entries)], className="glossary-listed"))
    return html.Nav(listed, className="glossary-contents", **{"aria-label": "Terms"})


def _group(name: str, title: str, keys: list[str]) -> html.Section:
    return cards.card(*(_entry(key) for key in keys), title=title, className="glossary-group", identifier=f"group-{name}")


def _entry(key: str) -> html.Article:
    term = TERMS[key]
    anchor = html.A("#", href=f"#{key}", className="anchor", **{"aria-label": f"Link to {term.title}"})
    told = [paragraph(text) for text in (*term.more, *MORE.get(key, ()))]
    return html.Article(
        [
            html.H3([term.title, anchor]),
            html.P(paragraph(term.brief).children, className="brief"),
            *told,
            *([_met_on(key)] if key in MET_ON else []),
        ],
        id=key,
        tabIndex="-1",
        className="entry",
    )


def _met_on(key: str) -> html.P:
    """Links to the pages where a term is met; like the bar's, they keep the view."""
    paths = [dash.get_relative_path(path) for path in MET_ON[key]]
    names = {page["relative_path"]: page["name"] for page in dash.page_registry.values()}
    links = [
        dcc.Link(names[path], href=path, id={"type": "page-link", "path": path, "place": f"glossary-{key}"}, className="chip")
        for path in paths
    ]
    return html.P([html.Span("Met on", className="muted"), *links], className="met-on")


clientside_callback(
    ClientsideFunction("glossary", "show"), Output(SOUGHT, "data"), Input(shell.URL, "hash"), prevent_initial_call=False
)
clientside_callback(
    ClientsideFunction("glossary", "find"), Output(TOLD, "children"), Input(SEEK, "value"), prevent_initial_call=True
)
