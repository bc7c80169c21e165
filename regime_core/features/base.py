"""What a feature is: its name, what it measures, in which unit, and who defined it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """Description of one column of ``features.table``.

    name : column name. title : a few words for a chart. unit : what a value of 1 means.
    group : the module that computes it. source : where it is defined. warm_up : leading rows that are NaN.
    proxy : made from bars where its definition wants trades. needs : "volume" or "vix" where it is NaN without them.
    """

    name: str
    title: str
    unit: str
    group: str
    source: str
    warm_up: int
    proxy: bool = False
    needs: str | None = None
