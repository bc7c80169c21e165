"""Who is told how far a training is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def within(stage: str, tell: Progress) -> Progress:
    """Progress of the steps of a stage, told as ``stage: step``."""
    return lambda step, done, total: tell(f"{stage}: {step}", done, total)
