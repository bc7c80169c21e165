"""docs/features.md is what the registry says today."""

import subprocess
import sys
from pathlib import Path

from regime_core.features import FEATURES
from regime_core.features.__main__ import render

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    assert written == render(), "run: python -m regime_core.features > docs/features.md"


def test_the_page_names_every_feature_once():
    lines = render().splitlines()
    for name, feature in FEATURES.items():
        rows = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert len(rows) == 1
        cells = [cell.strip() for cell in rows[0].strip("|").split(" | ")]
        assert cells[1:4] == [feature.title, feature.unit, str(feature.warm_up)]
        assert (cells[5] == "yes") is feature.proxy


def test_the_command_prints_the_page():
    done = subprocess.run([sys.executable, "-m", "regime_core.features"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == render()
