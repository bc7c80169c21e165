"""Sections that join the page as they are scrolled to, and follow its choices while they are in sight."""

import dash
import pytest
from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from components import sight


def ids(part):
    return [child.id for child in part.children]


def test_a_section_holds_its_content_until_it_is_in_sight():
    room, held, seen, again = sight.later("below", html.P("told", id="p"), html.P("again"), height=320).children
    assert room.id == sight.section_id("below")
    assert room.style == {"minHeight": "320px"}
    assert "told" not in str(room)
    assert isinstance(held, dcc.Store)
    assert [child["props"]["children"] for child in held.data if child["type"] == "P"] == ["told"]
    assert [child["props"]["content"][0].children for child in held.data if child["type"] == "Still"] == ["again"]
    assert [child["type"] for child in held.data] == ["P", "Still"]
    assert (seen.id, getattr(seen, "data", None)) == (sight.seen_id("below"), None)
    assert again.id == sight.again_id("below")


def test_a_part_is_drawn_by_the_choices_it_is_told_and_not_before(monkeypatch):
    made = {}

    def registered(*given, **_options):
        def taken(function):
            made.update(given=given, function=function)
            return function

        return taken

    monkeypatch.setattr(dash, "callback", registered)
    monkeypatch.setattr(sight, "clientside_callback", lambda *_given: None)
    monkeypatch.setattr(sight, "_PARTS", type(sight._PARTS)(dict))

    @sight.callback("charts", Output("chart", "figure"), Input("k", "value"), State("x", "value"), Input("mode", "data"))
    def show(k, mode, x):
        return k, mode, x

    chosen = sight.choices_id("charts", "chart")
    assert made["given"] == (Output("chart", "figure"), Input(chosen, "data"), State("x", "value"))
    assert made["function"](["3", "dark"], "vix") == ("3", "dark", "vix")
    assert show("3", "dark", "vix") == ("3", "dark", "vix")  # as it is written
    with pytest.raises(PreventUpdate):
        made["function"](None, "vix")
    assert chosen in ids(sight.here("charts", html.P()))
    assert chosen in [part["props"].get("id") for part in sight.later("charts", html.P(), height=9).children[1].data]
    assert chosen not in ids(sight.here("others", html.P()))
