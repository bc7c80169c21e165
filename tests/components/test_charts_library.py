"""The part of plotly.js that the pages load holds what they draw with, in the version that Dash and plotly have."""

import ast
import re
from pathlib import Path

from plotly.offline import get_plotlyjs_version

from components import shell

ROOT = Path(__file__).resolve().parents[2]
ROUTED = {"scatter3d"}
"""Kinds that the whole library is fetched for, when one is asked for."""


def kinds_drawn():
    """Kinds of traces that the figures are made of: classes of ``plotly.graph_objects`` with a small name, as ``Scatter3d``."""
    names = set()
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "go":
                names.add(node.attr.lower())
    return names - {"figure", "layout"}


def test_the_library_is_of_the_version_that_plotly_has_and_holds_every_kind_that_is_drawn_at_first():
    path = ROOT / "assets" / shell.CHARTS
    banner = re.match(r"/\*! plotly\.js (\S+), MIT: ([\w, ]+) \*/", path.read_text()[:300])
    assert banner, "run make charts"
    assert banner[1] == get_plotlyjs_version()
    held = set(banner[2].split(", "))
    assert kinds_drawn() - ROUTED == held
    routes = (ROOT / "assets" / "charts" / "routes.js").read_text()
    known = re.search(r"var KNOWN = \[(.*?)\]", routes)[1]
    assert set(re.findall(r'"(\w+)"', known)) == held
