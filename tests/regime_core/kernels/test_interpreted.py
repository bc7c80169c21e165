"""Compiled kernels against the same lines run by Python, which checks every index and lets coverage see them."""

import importlib
import sys

import numpy as np
import pytest
from numba import config

from regime_core import MODEL_DIR, engine, simulate
from regime_core.kernels import yardstick

MODULES = ("regime_core.engine", "regime_core.simulate", "regime_core.kernels.yardstick")


@pytest.fixture(scope="module")
def interpreted():
    """Fresh copies of the modules above and of all they import, with nothing compiled in them."""
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "regime_core"}
    for name in ours:
        del sys.modules[name]
    config.DISABLE_JIT = True
    try:
        copies = [importlib.import_module(name) for name in MODULES]
    finally:
        config.DISABLE_JIT = False
        for name in [name for name in sys.modules if name.partition(".")[0] == "regime_core"]:
            del sys.modules[name]
        sys.modules.update(ours)
    assert not hasattr(copies[-1].exact_filter, "py_func")
    return copies


@pytest.mark.parametrize("model", ["rules", "boosted"])
def test_labels(interpreted, sp500, model):
    bars = sp500.rows(2300, 2400)
    compiled = engine.Engine.load(MODEL_DIR).label(bars, model=model)
    plain = interpreted[0].Engine.load(MODEL_DIR).label(bars, model=model)
    np.testing.assert_array_equal(plain.codes, compiled.codes)
    np.testing.assert_allclose(plain.probabilities, compiled.probabilities, atol=1e-6)


def test_reasons(interpreted, sp500):
    bars = sp500.rows(2300, 2400)
    compiled = engine.Engine.load(MODEL_DIR).detect(bars).reasoning
    assert "over about" in compiled
    assert interpreted[0].Engine.load(MODEL_DIR).detect(bars).reasoning == compiled


def test_exact_filter(interpreted):
    moved = np.random.default_rng(3).normal(size=40)
    arguments = (np.array([0.3, -0.3, 0.0]), np.array([0.7, 0.7, 1.1]), 2, 0.4, 0.2, 5.0)
    compiled = yardstick.exact_filter(moved, *arguments)
    np.testing.assert_allclose(interpreted[2].exact_filter(moved, *arguments), compiled, rtol=1e-9)


@pytest.mark.parametrize("wander", [0.0, 0.5])
def test_market(interpreted, wander):
    size = {"s0": 0.01, "mean_duration": 20, "shocks": "student", "burn_in": 10, "wander": wander}
    compiled = simulate.market(60, **size, rng=np.random.default_rng(8))
    plain = interpreted[1].market(60, **size, rng=np.random.default_rng(8))
    np.testing.assert_array_equal(plain.regimes, compiled.regimes)
    np.testing.assert_allclose(plain.bars, compiled.bars, rtol=1e-9)


def test_labels_of_intraday_bars(interpreted):
    market = simulate.market(
        160, s0=0.001, mean_duration=60, shocks="gaussian", rng=np.random.default_rng(1), step_ns=3_600_000_000_000
    )
    compiled = engine.Engine.load(MODEL_DIR).label(market.bars)
    plain = interpreted[0].Engine.load(MODEL_DIR).label(market.bars)
    np.testing.assert_allclose(plain.probabilities, compiled.probabilities, atol=1e-6)
