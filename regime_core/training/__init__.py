"""From nothing to ``final_model/``: detectors of regimes from simulated markets, states and forecasts from a history.

The stages, in order: ``ingest``, ``lessons``, ``states.choose``, ``search``, ``states.walk``, ``detectors.calibrate`` and
``states.fit``, then ``final_model/``. Each is a plain function; ``pipeline`` calls one after the other.
"""

from __future__ import annotations

from regime_core.training.pipeline import Trained, run
from regime_core.training.plan import Order, Plan

__all__ = ["Order", "Plan", "Trained", "run"]
