"""Controls and graphs: their spoken names, and what shows before data is there."""

import plotly.graph_objects as go
import pytest
from dash import dcc

from components import controls, horizons


def graph_of(chart):
    return next(child for child in chart._traverse() if isinstance(child, dcc.Graph))


@pytest.mark.parametrize(
    ("built", "name"),
    [
        (controls.range_buttons("x", None), "Range"),
        (controls.style_buttons("x", "candles"), "Drawn as"),
        (horizons.buttons("x", "5").children[1], "Horizon"),
        (horizons.k_buttons("x", None).children[1], "Number of states"),
    ],
)
def test_a_row_of_buttons_is_a_group_with_a_name(built, name):
    assert (built.role, getattr(built, "aria-label")) == ("group", name)
    assert built.children.id == "x"


def test_a_graph_shows_nothing_before_its_first_figure():
    first = graph_of(controls.chart("x", description="y")).figure
    assert len(first.data) == 0
    assert (first.layout.xaxis.visible, first.layout.yaxis.visible) == (False, False)
    assert {first.layout.paper_bgcolor, first.layout.plot_bgcolor} == {"rgba(0,0,0,0)"}  # the card's ground, light or dark
    drawn = go.Figure(go.Scatter(y=[1, 2]))
    assert graph_of(controls.chart("x", description="y", figure=drawn)).figure is drawn
