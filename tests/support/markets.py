"""Bars and labels made by hand for figures and tables, and the words of a component."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash.development.base_component import Component

from regime_core.bars import DAY_NS, OHLCV
from regime_core.regimes import Labels, ModelRef

FIRST_DAY = 17_532  # 2018-01-01


def daily_bars(close: list[float] | np.ndarray, *, step_ns: int = DAY_NS) -> OHLCV:
    """Bars from 1 January 2018, each 1 % high and low around its close."""
    close = np.asarray(close, dtype=np.float64)
    time = FIRST_DAY * DAY_NS + np.arange(len(close), dtype=np.int64) * step_ns
    return OHLCV(time, close.copy(), close * 1.01, close * 0.99, close, np.full(len(close), 1000.0))


def labels_of(
    bars: OHLCV, codes: list[int] | np.ndarray, confidence: list[float] | np.ndarray, model: str = "boosted"
) -> Labels:
    """Labels with the given codes and confidences; the rest of each probability is spread evenly."""
    codes, sure = np.asarray(codes, dtype=np.int8), np.asarray(confidence, dtype=np.float64)
    probabilities = np.repeat((1 - sure[:, None]) / 4, 5, axis=1)
    for row, code in enumerate(codes):
        probabilities[row] = 0.2 if code == 5 else probabilities[row]
        if code < 5:
            probabilities[row, code] = sure[row]
    return Labels(bars.time, codes, probabilities, sure, ModelRef(model, "1"))


def text_of(node: Any) -> str:
    """All words of a component, in reading order, one space between them."""
    if node is None:
        return ""
    if isinstance(node, Component):
        return text_of(getattr(node, "children", None))
    if isinstance(node, list | tuple):
        return " ".join(" ".join(text_of(child) for child in node).split())
    return str(node).replace("\u00a0", " ").replace("\ufe0e", "")
