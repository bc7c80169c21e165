"""The forward filter over regime, s0 and tails against a plain NumPy twin with scipy's densities and no pruning."""

import numpy as np
import pytest
from scipy.special import gammaln

from regime_core import simulate
from regime_core.bars import DAY_NS, OHLCV
from regime_core.features import relative
from regime_core.kernels import moves, simulation
from regime_core.kernels import regime_filter as kernel
from regime_core.kernels import regime_grid as grid
from regime_core.training import markets

RATIO = np.array(grid.VOLATILITY)
TREND = np.array([1.0, -1.0, 0.0, 0.0, 0.0, 0.0]) * grid.TREND_DRIFT


def log_density(surprise, rest, sigma, nu, n):
    """Of a move and n - 1 further degrees of freedom under one random scale, up to a constant that no hypothesis changes."""
    shape = gammaln((n + nu) / 2) - gammaln(nu / 2) - n / 2 * np.log(nu - 2)
    return shape - n * np.log(sigma) - (n + nu) / 2 * np.log1p((surprise + rest) / ((nu - 2) * sigma**2))


def twin(moves, variances, blind, spans=None):
    """Probabilities (n, 6), of fat tails (n,) and mean log s0 (n,) on a fixed grid.

    A move over several bars has the density of the sum of as many, each with its drift and its pull back; a span of 0 is no
    news.
    """
    n_grid, n = grid.N_GRID, 1 if blind else grid.DOF_RANGE
    log_s0 = grid.LOG_STEP * (np.arange(n_grid) - n_grid // 2)
    s0 = np.exp(log_s0)
    start = np.append(np.full(5, (1 - grid.PRIOR_STEADY) / 5), grid.PRIOR_STEADY)
    weight = np.tile(start / (2 * n_grid), (2, n_grid, 1))
    change = np.zeros((6, 6))
    change[:5, :5] = grid.HAZARD / 4
    change[:5, 5] = grid.BECOMES_STEADY
    change[5, :5] = grid.LEAVES_STEADY / 5
    change[np.diag_indices(6)] = 0
    change[np.diag_indices(6)] = 1 - change.sum(axis=1)
    e, p = np.zeros((2, n_grid)), np.zeros((2, n_grid))
    out = []
    spans = np.ones(len(moves)) if spans is None else spans
    for move, variance, span in zip(moves, variances, spans, strict=True):
        prior = weight @ change
        share = weight[..., 2] * change[2, 2] / prior[..., 2]
        p = share * p + share * (1 - share) * e**2
        e = share * e
        if span == 0:
            weight = prior
            out.append((weight.sum((0, 1)), weight[1].sum(), weight.sum((0, 2)) @ log_s0))
            continue
        rest = 0.0 if blind else max(n * variance - move**2 / span, 0.0)
        kept = (1 - grid.PULL) ** np.arange(span)
        pull, spread = 1 - (1 - grid.PULL) ** span, (kept**2).sum()
        for tail, nu in enumerate((127.0 if blind else 123.0, 5.0)):
            for k in range(6):
                sigma = RATIO[k] * s0
                if k == 2:
                    widen = spread + pull**2 * p[tail] / sigma**2
                    like = log_density((move + pull * e[tail]) ** 2 / widen, rest, sigma, nu, n) - np.log(widen / span) / 2
                else:
                    like = log_density((move - span * TREND[k] * s0) ** 2 / span, rest, sigma, nu, n)
                prior[tail, :, k] *= np.exp(like)
        gain = -pull * p / (pull**2 * p + spread * s0**2)
        e, p = e + gain * (move + pull * e) + move, p * (1 + pull * gain)
        weight = prior / prior.sum()
        weight = weight * (1 - grid.CHANGE_OF_TAILS) + weight[::-1] * grid.CHANGE_OF_TAILS
        leak = grid.DRIFT_OF_S0 / 2
        padded = np.pad(weight, ((0, 0), (1, 1), (0, 0)))
        weight = weight * (1 - 2 * leak) + leak * (padded[:, :-2] + padded[:, 2:])
        out.append((weight.sum((0, 1)), weight[1].sum(), weight.sum((0, 2)) @ log_s0))
    return (np.array(column) for column in zip(*out, strict=True))


@pytest.mark.parametrize("untraded", [0.0, 0.4])
@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("shocks", ["gaussian", "student"])
def test_equals_the_plain_twin(shocks, blind, untraded):
    rng = np.random.default_rng(8)
    bars = simulate.market(200, s0=0.01, mean_duration=40, shocks=shocks, rng=rng).bars
    moved = relative.standardised_moves(markets.untraded(bars, untraded, rng))
    if blind:
        moved[:, 1], moved[:, 2] = moved[:, 0] ** 2 / np.maximum(moved[:, 3], 1), 1.0
    got = kernel.filter_bars(moved)
    assert (got[:, kernel.SPAN].max() > 2) == bool(untraded)
    probabilities, fat, log_s0 = twin(got[:, kernel.MOVE], got[:, kernel.VARIANCE], blind, moved[:, 3].astype(int))
    pruned = 0.015 if untraded else 0.005  # grid points left out matter more where bars tell nothing
    np.testing.assert_allclose(got[:, :6], probabilities, atol=pruned)
    np.testing.assert_allclose(got[:, kernel.FAT_TAILS], fat, atol=pruned)
    np.testing.assert_allclose(got[:, kernel.LOG_S0], log_s0, atol=1e-2)


def test_the_grid_follows_a_market_whose_volatility_grows_a_hundredfold():
    kwargs = {"mean_duration": 40, "shocks": "gaussian"}
    low = simulate.market(600, s0=0.0003, **kwargs, rng=np.random.default_rng(1)).bars
    high = simulate.market(6000, s0=0.03, **kwargs, rng=np.random.default_rng(2))
    moved = np.concatenate([relative.standardised_moves(low), relative.standardised_moves(high.bars)])
    got = kernel.filter_bars(moved)
    s0 = np.exp(got[:, kernel.LOG_S0]) * kernel.first_unit(moved)
    assert s0[500:600].mean() == pytest.approx(0.0003, rel=0.15)
    assert s0[-500:].mean() == pytest.approx(0.03, rel=0.25)
    assert np.mean(got[-2000:, :5].argmax(axis=1) == high.regimes[-2000:]) > 0.8


def test_nothing_is_known_until_something_moves():
    moved = np.zeros((80, moves.N_COLUMNS))
    moved[60:] = 0.01, 1e-4, 0.0, 1.0
    got = kernel.filter_bars(moved)
    assert np.isnan(got[:60]).all()
    assert np.isfinite(got[60:]).all()


@pytest.mark.parametrize("blind", [0.0, 1.0])
def test_a_halt_is_calm_and_does_not_shrink_the_typical_volatility(blind):
    bars = simulate.market(900, s0=0.01, mean_duration=60, shocks="gaussian", rng=np.random.default_rng(3)).bars
    moved = relative.standardised_moves(bars)
    halted = np.tile([0.0, 0.0, blind, 1.0], (200, 1))
    got = kernel.filter_bars(np.concatenate([moved[:600], halted, moved[600:]]))
    through, after = got[600:800], got[800:]
    assert through[20:, grid.CALM].min() > 0.9
    assert abs(got[799, kernel.LOG_S0] - got[599, kernel.LOG_S0]) < 0.25
    assert abs(got[799, kernel.LOG_LONG] - got[599, kernel.LOG_LONG]) < 0.05
    plain = kernel.filter_bars(moved)[600:]
    same = after[10:, :5].argmax(axis=1) == plain[10:, :5].argmax(axis=1)
    assert same.mean() > 0.9


def even_walk(n_bars, shocks, seed):
    """Moves of a walk of constant volatility, by the simulator with one regime that never ends."""
    rng = np.random.default_rng(seed)
    local = 0.01 * simulate.shock_scale(n_bars, shocks, rng)
    path = simulation.log_path(np.full(n_bars, 3, dtype=np.int8), np.zeros(n_bars), local, rng)
    open_, high, low, close = (np.ascontiguousarray(np.exp(path[:, i])) for i in range(4))
    time = DAY_NS * np.arange(n_bars, dtype=np.int64)
    return relative.standardised_moves(OHLCV(time, open_, high, low, close, np.full(n_bars, np.nan)))


@pytest.mark.parametrize("shocks", ["gaussian", "student"])
@pytest.mark.parametrize("seed", range(4))
def test_a_walk_of_constant_volatility_is_steady_at_its_own_level(shocks, seed):
    got = kernel.filter_bars(even_walk(6000, shocks, seed))[2000:]
    assert got[:, grid.STEADY].mean() > 0.8
    assert np.exp(np.mean(got[:, kernel.LOG_LOCAL] - got[:, kernel.LOG_S0])) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("ratio", "name"), [(0.4, "calm"), (2.5, "volatile")])
def test_a_level_that_lasts_becomes_the_typical_one(ratio, name):
    """Four hundred bars of it are calm, or volatile; after two thousand s0 has gone to where they are."""
    before = simulate.market(3000, s0=0.01, mean_duration=50, shocks="gaussian", rng=np.random.default_rng(31)).bars
    moved = np.concatenate([relative.standardised_moves(before), even_walk(4000, "gaussian", 32) * [ratio, ratio**2, 1.0, 1.0]])
    got = kernel.filter_bars(moved)
    code = {"calm": grid.CALM, "volatile": grid.VOLATILE}[name]
    assert got[3100:3500, code].mean() > 0.9
    assert got[5000:, code].mean() < 0.1
    assert got[5000:, grid.STEADY].mean() > 0.8
    s0 = np.exp(got[5000:, kernel.LOG_S0]) * kernel.first_unit(moved)
    assert s0.mean() == pytest.approx(0.01 * ratio, rel=0.1)


def test_local_and_long_run_volatility_are_weighted_means():
    got = kernel.filter_bars(even_walk(1500, "gaussian", 5))
    variance = got[:, kernel.VARIANCE]
    weights = 0.5 ** (np.arange(1500)[::-1] / 8)
    assert got[-1, kernel.LOG_LOCAL] == pytest.approx(0.5 * np.log(variance @ weights / weights.sum()), abs=1e-6)
    assert got[700, kernel.LOG_LONG] == pytest.approx(got[:701, kernel.LOG_LOCAL].mean(), abs=1e-9)
