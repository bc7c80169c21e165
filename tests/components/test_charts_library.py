"""The part of plotly.js that the pages load holds what they draw with, in the version that Dash and plotly have."""

import ast
import re
from pathlib import Path

from plotly.offline import get_plotlyjs_version

from components import shell

ROOT = Path(__file__).resolve().parents[2]
SOLID = {"scatter3d"}
"""Kinds that a library of their own is fetched for, when one is asked for."""


def kinds_drawn():
    """Kinds of traces that the figures are made of: classes of ``plotly.graph_objects`` with a small name, as ``Scatter3d``."""
    names = set()
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "go":
                names.add(node.attr.lower())
    return names - {"figure", "layout"}


def held(asset):
    """Kinds that a part of plotly.js says it holds; it must be of the version that plotly has."""
    banner = re.match(r"/\*! plotly\.js (\S+), MIT: ([\w, ]+) \*/", (ROOT / "assets" / asset).read_text()[:300])
    assert banner, "run make charts"
    assert banner[1] == get_plotlyjs_version()
    return set(banner[2].split(", "))


def test_the_libraries_hold_every_kind_that_is_drawn_at_first_and_those_in_three_dimensions():
    assert held(shell.CHARTS) == kinds_drawn() - SOLID
    assert held(shell.SOLID_CHARTS) == kinds_drawn() & SOLID
    routes = (ROOT / "assets" / "charts" / "routes.js").read_text()
    known = re.search(r"var KNOWN = \[(.*?)\]", routes)[1]
    assert set(re.findall(r'"(\w+)"', known)) == held(shell.CHARTS)
