"""Who is told how far a training is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
