"""Values of features as they are read: fractions as percent, each with the few words of its unit."""

from __future__ import annotations

import math

from components.words import NBSP
from regime_core.features import Feature

_WITHOUT = ("index", "ratio", "correlation", "probability", "share of volume")
"""Units that say what a value is, and nothing that could stand behind a number."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def factor(feature: Feature) -> float:
    """What a value is multiplied by to be shown."""
    return 100.0 if "fraction" in feature.unit else 1.0


def unit(feature: Feature) -> str:
    """Unit of what is shown, as on an axis: ``% per bar`` for a fraction per bar; else the feature's own."""
    given = feature.unit
    if "fraction" in given:
        return f"%{given.split('fraction', 1)[1].partition(',')[0]}"
    return given.replace("percent", "%", 1) if given.startswith("percent") else given


def behind(feature: Feature) -> str:
    """What stands behind a number of the feature in a sentence: a short unit, or nothing."""
    text = unit(feature)
    if text[0].isdigit() or text.startswith(_WITHOUT):
        return ""
    return NBSP + text.partition(",")[0]


def number(value: float) -> str:
    """A value with the digits it needs; a dash for NaN."""
    if math.isnan(value):
        return "–"
    power = math.floor(math.log10(abs(value))) if value else 0
    if power < -4:
        return f"{value / 10.0**power:.2f} × 10{str(power).translate(_RAISED)}".replace("-", "−")
    return f"{value:,.{min(2, max(0, 2 - power)) if abs(value) >= 0.1 or not value else 1 - power}f}".replace("-", "−")


def told(value: float, feature: Feature) -> str:
    """A value of a feature in words: ``1.80 % per bar``, ``41.7``; a dash for NaN. value : as in the feature table."""
    return "–" if math.isnan(value) else number(value * factor(feature)) + behind(feature)
