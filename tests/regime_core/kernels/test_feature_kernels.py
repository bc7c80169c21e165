"""Each feature kernel, compiled and as Python, agrees with its obvious twin; and keeps its digits where the twin loses them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.kernels import oscillators, reference, rolling, spreads, volume

MODULES = (rolling, oscillators, volume, spreads)


@st.composite
def markets(draw):
    """Columns of up to 24 bars on a coarse grid, so that ties, flat bars and standstills are common; volume 0 and NaN too."""
    n = draw(st.integers(0, 24))

    def column(low, high):
        return np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n)), dtype=float)

    close, above, below = column(20, 30), column(0, 3), column(0, 3)
    traded = column(-1, 5)
    side = column(-1, 1)
    returns = rolling.change(close, 1)
    return {
        "close": close,
        "high": close + above,
        "low": close - below,
        "volume": np.where(traded < 0, np.nan, traded),
        "known_volume": np.maximum(traded, 0.0),
        "side": side,
        "returns": returns,
        "spread": rolling.deviation(returns, 3),
    }


CASES = [
    ("change", ["close", 2]),
    ("log_ratio", ["high", "low"]),
    ("mean", ["returns", 4]),
    ("deviation", ["returns", 4]),
    ("zscore", ["returns", 4, 1e-15]),
    ("band", ["close", 5]),
    ("trend", ["close", 5]),
    ("efficiency", ["close", 5]),
    ("highest", ["close", 4]),
    ("lowest", ["close", 4]),
    ("autocorrelation", ["returns", 6]),
    ("variance_ratio", ["returns", 8, 3]),
    ("true_range", ["high", "low", "close"]),
    ("rsi", ["close", 4]),
    ("macd", ["close", 3, 6, 4]),
    ("weighted_mean", ["returns", "volume", 4]),
    ("vwap_distance", ["high", "low", "close", "volume", 4]),
    ("volume_profile", ["high", "close", "volume", 6, 5, 0.7]),
    ("bulk_share", ["returns", "spread"]),
    ("tick_sign", ["close"]),
    ("illiquidity", ["returns", "volume", 4]),
    ("impact", ["returns", "side", "known_volume", 6]),
    ("roll", ["returns", 6]),
    ("corwin_schultz", ["high", "low", "close"]),
]


def kernel_of(name):
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


def agree(actual, expected, **tolerance):
    for a, b in zip(np.atleast_2d(actual), np.atleast_2d(expected), strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


def test_every_kernel_has_a_twin_and_a_case():
    kernels = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if hasattr(value, "py_func") and not name.startswith("_")
    }
    assert kernels == {name for name, _ in CASES}
    assert all(callable(getattr(reference, name)) for name in kernels)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[name for name, _ in CASES])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(market=markets())
def test_kernel_agrees_with_its_twin(name, arguments, market):
    given_ = [market[argument] if isinstance(argument, str) else argument for argument in arguments]
    kernel = kernel_of(name)
    expected = getattr(reference, name)(*given_)
    agree(kernel(*given_), expected, rtol=1e-9, atol=2e-8 if name == "roll" else 1e-11)
    agree(kernel.py_func(*given_), expected, rtol=1e-9, atol=2e-8 if name == "roll" else 1e-11)


@pytest.mark.parametrize("run", [volume.volume_profile, volume.volume_profile.py_func, reference.volume_profile])
def test_a_profile_of_one_price_has_its_control_there(run):
    """Bars at 100 and one at 110: windows of six see either one price, or two with most of the volume at the lower."""
    price = np.full(13, 100.0)
    price[7] = 110.0
    distance, place = run(price, price, np.ones(13), 6, 5, 0.7)
    np.testing.assert_array_equal(np.isnan(distance), np.arange(13) < 5)
    assert (distance[[5, 6]] == 0).all()
    assert (place[[5, 6]] == 0.5).all()
    assert distance[7] == pytest.approx(110 / 101 - 1)
    assert place[7] == pytest.approx(10 / 2)


@pytest.mark.parametrize("run", [rolling.log_ratio, rolling.log_ratio.py_func])
def test_the_log_of_prices_far_apart(run):
    a, b = np.array([1e300, 1e-300, 3.0, 1.0]), np.array([1e-300, 1e300, 1.0, 3.0])
    np.testing.assert_allclose(run(a, b), [600 * np.log(10), -600 * np.log(10), np.log(3), -np.log(3)], rtol=1e-14)


@pytest.fixture(scope="module")
def tiny_moves():
    """Prices near 1,000,000 that move by a billionth a bar."""
    rng = np.random.default_rng(4)
    close = 1e6 + np.cumsum(rng.normal(0, 1e-3, 300))
    high, low = close + rng.exponential(1e-3, 300), close - rng.exponential(1e-3, 300)
    return {"close": close, "high": high, "low": low, "volume": rng.lognormal(10, 1, 300)}


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this machine's long double has no more digits than float64")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("change", ["close", 1]),
        ("log_ratio", ["high", "low"]),
        ("band", ["close", 20]),
        ("trend", ["close", 20]),
        ("efficiency", ["close", 20]),
        ("true_range", ["high", "low", "close"]),
        ("rsi", ["close", 14]),
        ("macd", ["close", 12, 26, 9]),
        ("vwap_distance", ["high", "low", "close", "volume", 20]),
        ("corwin_schultz", ["high", "low", "close"]),
    ],
)
def test_small_moves_at_a_high_price_keep_their_digits(name, arguments, tiny_moves):
    """The twin in extended precision is the yardstick; in float64 the obvious formulas are off by 1e-8 and more here."""
    given_ = [tiny_moves[argument] if isinstance(argument, str) else argument for argument in arguments]
    exact = getattr(reference, name)(*[a.astype(np.longdouble) if isinstance(a, np.ndarray) else a for a in given_])
    for actual, expected in zip(np.atleast_2d(kernel_of(name)(*given_)), np.atleast_2d(exact), strict=True):
        twins_own = 20 * np.finfo(np.longdouble).eps
        tolerance = 1e-10 * float(np.nanmax(np.abs(expected))) + twins_own
        np.testing.assert_allclose(actual, expected.astype(float), rtol=1e-10, atol=tolerance)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this machine's long double has no more digits than float64")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("deviation", [20]), ("zscore", [20, 0.0]), ("autocorrelation", [63]), ("variance_ratio", [63, 5]), ("roll", [21])],
)
def test_small_variation_around_a_steady_growth_keeps_its_digits(name, arguments):
    returns = 1e-3 + 1e-9 * np.random.default_rng(9).normal(size=300)
    exact = getattr(reference, name)(returns.astype(np.longdouble), *arguments).astype(float)
    actual = kernel_of(name)(returns, *arguments)
    np.testing.assert_allclose(actual, exact, rtol=1e-6, atol=1e-6 * np.nanmax(np.abs(exact)))
