"""Sections that join the page as they are scrolled to."""

from dash import dcc, html

from components import sight


def test_a_section_holds_its_content_until_it_is_in_sight():
    room, held, seen = sight.later("below", html.P("told", id="p"), html.P("again"), height=320).children
    assert room.id == sight.section_id("below")
    assert room.style == {"minHeight": "320px"}
    assert "told" not in str(room)
    assert isinstance(held, dcc.Store)
    assert [child["props"]["children"] for child in held.data] == ["told", "again"]
    assert [child["type"] for child in held.data] == ["P", "P"]
    assert (seen.id, getattr(seen, "data", None)) == (sight.seen_id("below"), None)
