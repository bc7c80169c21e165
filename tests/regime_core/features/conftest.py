"""Bars to compute features of: simulated ones with volume, and a slice of the real S&P 500."""

import numpy as np
import pandas as pd
import pytest
from arch.data import sp500


def simulate(n_bars: int, *, seed: int = 7, price: float = 100.0, step: float = 0.01) -> pd.DataFrame:
    """Daily bars of a random walk whose volatility changes from bar to bar, with gaps, flat bars and lognormal volume."""
    rng = np.random.default_rng(seed)
    local = step * np.exp(rng.normal(0, 0.5, n_bars))
    gaps = rng.normal(0, 0.3, n_bars) * local
    paths = np.cumsum(rng.normal(0, 1, (n_bars, 8)) * local[:, None] / np.sqrt(8), axis=1)
    paths[rng.random(n_bars) < 0.02] = 0.0
    opened = price * np.exp(np.cumsum(gaps) + np.concatenate(([0.0], np.cumsum(paths[:-1, -1]))))
    inside = opened[:, None] * np.exp(np.column_stack([np.zeros(n_bars), paths]))
    return pd.DataFrame(
        {
            "open": opened,
            "high": inside.max(axis=1),
            "low": inside.min(axis=1),
            "close": inside[:, -1],
            "volume": 1e6 * np.exp(rng.normal(0, 0.5, n_bars)),
        },
        index=pd.bdate_range("2001-01-01", periods=n_bars, name="timestamp"),
    )


@pytest.fixture(scope="session")
def bars() -> pd.DataFrame:
    return simulate(600)


@pytest.fixture(scope="session")
def real_bars() -> pd.DataFrame:
    frame = sp500.load().iloc[2200:2800]
    names = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
    return frame[list(names)].rename(columns=names).astype(float).rename_axis("timestamp")


@pytest.fixture(scope="session")
def vix(bars: pd.DataFrame) -> pd.Series:
    """A VIX that starts with the bars and knows each of their dates."""
    rng = np.random.default_rng(3)
    return pd.Series(20 * np.exp(np.cumsum(rng.normal(0, 0.05, len(bars)))), index=bars.index, name="vix")
