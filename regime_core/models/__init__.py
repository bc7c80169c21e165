"""Detectors by name: the key in the manifest, on the wire and on the command line."""

from __future__ import annotations

from regime_core.models.base import Detector, Filtered
from regime_core.models.boosted import Boosted
from regime_core.models.rules import Rules

MODELS: dict[str, type[Detector]] = {"rules": Rules, "boosted": Boosted}

__all__ = ["MODELS", "Boosted", "Detector", "Filtered", "Rules"]
