"""What axe-core finds against the rules of accessible pages."""

import gzip
from pathlib import Path

SCRIPT = gzip.decompress(Path(__file__).with_name("axe-4.14.1.min.js.gz").read_bytes()).decode()
"""axe-core 4.14.1 of npm, MPL 2.0, as it stands there."""
GRAVE = ("serious", "critical")


def grave_faults(page):
    """Rule, number of places and first place of each fault that is serious or critical, contrast below AA among them."""
    page.evaluate(SCRIPT)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [_told(fault["id"], fault["nodes"]) for fault in found if fault["impact"] in GRAVE]


def _told(rule, places):
    return f"{rule} in {len(places)} places, first {places[0]['target']}: {places[0]['failureSummary']}"
