"""Content that callbacks neither read nor set, as one component; what they reach stays Dash's."""

import json

from dash import dcc, html
from plotly.utils import PlotlyJSONEncoder

from components.still import Still, still, stilled
from markets import text_of


def kinds(part):
    return [type(one).__name__ for one in (part, *part._traverse()) if not isinstance(one, str)]


def test_a_table_is_one_component_and_keeps_its_words():
    table = html.Table(html.Tr([html.Th("Day"), html.Td(["10", html.Span(" %")])]), className="plain")
    made = still(table)
    assert type(made) is Still
    assert text_of(made) == "Day 10 %"
    sent = json.loads(json.dumps(made, cls=PlotlyJSONEncoder))
    assert (sent["namespace"], sent["type"], list(sent["props"])) == ("regime_desk", "Still", ["content"])
    assert sent["props"]["content"][0]["props"]["className"] == "plain"


def test_what_has_an_id_or_more_than_elements_stays_a_component_of_dash_and_what_is_beside_it_does_not():
    room = html.Div([html.P("before"), html.Div([html.Span("in"), html.B(id="known")]), dcc.Graph()], id="room")
    made = still(room)
    assert kinds(made) == ["Div", "Still", "P", "Div", "Still", "Span", "B", "Graph"]
    assert (made.id, made.children[1].children[1].id) == ("room", "known")
    assert kinds(room) == ["Div", "P", "Div", "Span", "B", "Graph"]  # what was given is as it was


def test_a_list_of_words_and_elements_is_one_and_words_alone_are_words():
    assert [type(part) for part in still(["known ", html.B("then"), [dcc.Link("spell", href="/glossary#spell")]])] == [Still]
    assert still(["a", "b"]) == ["a", "b"]
    assert still("a") == "a"
    assert still(None) is None
    once = still(html.P("told"))
    assert still(once) is once


def test_content_of_a_callback_is_still_and_its_other_values_are_not_touched():
    figure = object()

    @stilled
    def answered(*given):
        return html.P(given[0]), False, figure, [{"field": 1}]

    told, *others = answered("so")
    assert type(told) is Still
    assert others == [False, figure, [{"field": 1}]]
    assert type(stilled(html.P)("one")) is Still
