"""Walk forward: each year forecast by what was fitted on the years before it, the record of that, and how it went."""

from __future__ import annotations

from regime_core.walkforward.judgement import outcomes, prediction_sets, scores
from regime_core.walkforward.record import read, shipped_k, write
from regime_core.walkforward.walk import (
    MAX_HORIZON,
    THREADS,
    Progress,
    first_year,
    fit,
    fit_forecast,
    require_day_from,
    walk_forward,
)

__all__ = [
    "MAX_HORIZON",
    "THREADS",
    "Progress",
    "first_year",
    "fit",
    "fit_forecast",
    "outcomes",
    "prediction_sets",
    "read",
    "require_day_from",
    "scores",
    "shipped_k",
    "walk_forward",
    "write",
]
