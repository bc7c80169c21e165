"""A server with the JSON routes alone and the rules alone: quick to make, under any settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from flask.testing import FlaskClient

import api
from regime_core import artifacts
from regime_core.models import Rules
from runtime import Runtime, Settings

DAY = 86_400
START = 1_699_000_000
FORBIDDEN = ("regime", "confidence", "reasoning")
"""Keys that make a trading client take a body for an answer."""


def rules_folder(folder: Path) -> Path:
    """Model folder that holds the rules alone."""
    artifacts.save(folder, [artifacts.Fitted(Rules())], default="rules")
    return folder


def server(folder: Path, *, default: str = "rules", **settings: Any) -> Flask:
    """Server on folders of its own, its models loaded."""
    chosen = {
        "model_dir": rules_folder(folder / "model"),
        "data_dir": folder / "data",
        "state_dir": folder / "state",
    } | settings
    runtime = Runtime(Settings(**chosen))
    flask = Flask("json_service")
    api.register(flask, runtime)
    assert runtime.engine.default == default
    return flask


def bars_of(close: Any, *, spread: float = 0.005, start: int = START, step: int = DAY) -> list[dict[str, float]]:
    """Bars around closes, oldest first: high and low lie ``spread`` beyond open and close."""
    close = np.asarray(close, dtype=float)
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread)
    rows = zip(open_, high, low, close, strict=True)
    return [
        {"timestamp": start + i * step, "open": o, "high": h, "low": lo, "close": c, "volume": 0.0}
        for i, (o, h, lo, c) in enumerate(rows)
    ]


def walk(n: int, *, drift: float = 0.0, volatility: float = 0.01, seed: int = 0) -> np.ndarray:
    """Closes of a random walk from 100."""
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, volatility, n)))


def columns_of(bars: list[dict[str, float]]) -> dict[str, list[float]]:
    """The same bars as columns."""
    return {name: [bar[name] for bar in bars] for name in bars[0]}


def detect(client: FlaskClient, bars: Any = None, **fields: Any) -> Any:
    """Answer to bars, or to other fields."""
    body = fields if bars is None else {"bars": bars, **fields}
    return client.post("/detect_regime", json=body)


def refused(response: Any, status: int, code: str, *words: str) -> None:
    """Assert that a response is a problem of this status and code, whose detail has these words, and no client misreads it."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem = response.get_json()
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert not set(problem) & set(FORBIDDEN)
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"].endswith(f"/docs#{code}")
    for word in words:
        assert word in problem["detail"], problem["detail"]
