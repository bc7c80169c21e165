"""The mixture of detectors: its weights against a plain search, what it must not learn from, and its files."""

import numpy as np
import pytest
from scipy.special import log_softmax

import detectors
from regime_core import simulate
from regime_core.errors import ArtifactError, ModelError
from regime_core.evaluation import scores
from regime_core.models import Ensemble
from regime_core.models.arrays import packed
from regime_core.models.ensemble import pool_weights
from regime_core.regimes import MIN_BARS


def market(seed, n_bars=800):
    return simulate.market(n_bars, s0=0.01, mean_duration=50, shocks="student", rng=np.random.default_rng([71, seed]))


@pytest.fixture(scope="module")
def members():
    return [detectors.detector("linear"), detectors.detector("forest")]


@pytest.fixture(scope="module")
def markets():
    return [(one.bars, one.regimes) for one in map(market, range(4))]


@pytest.fixture(scope="module")
def mixed(members, markets):
    return Ensemble(members=["linear", "forest"]).fit(members, markets)


def loss(weights, log_probabilities, codes):
    pooled = log_softmax(np.tensordot(weights, log_probabilities, axes=1), axis=1)
    return -pooled[np.arange(len(codes)), codes].mean()


@pytest.fixture(scope="module")
def opinions():
    """Two noisy views of a truth, and one that knows nothing of it: (3, n_rows, 5) log probabilities, and the truth."""
    rng = np.random.default_rng(72)
    codes = rng.integers(5, size=3000)
    truth = np.eye(5)[codes]
    views = [k * truth + rng.normal(size=truth.shape) for k in (1.5, 1.0)] + [rng.normal(size=truth.shape)]
    return np.stack([log_softmax(view, axis=1) for view in views]), codes


def test_the_weights_are_the_best_of_a_grid(opinions):
    logs, codes = opinions[0][:2], opinions[1]
    found = pool_weights(logs, codes)
    grid = [(a, b) for a in np.arange(0, 2.01, 0.05) for b in np.arange(0, 2.01, 0.05)]
    best = min(grid, key=lambda weights: loss(np.array(weights), logs, codes))
    np.testing.assert_allclose(found, best, atol=0.06)
    assert loss(found, logs, codes) <= loss(np.array(best), logs, codes)


def test_one_that_knows_nothing_has_no_weight(opinions):
    weights = pool_weights(*opinions)
    assert weights[0] > weights[1] > 0.3
    assert weights[2] < 0.1


def test_one_alone_gets_the_temperature_of_its_own(opinions):
    logs, codes = opinions[0][:1] * 3.0, opinions[1]
    weight = pool_weights(logs, codes)[0]
    around = [loss(np.array([w]), logs, codes) for w in (weight * 0.98, weight, weight * 1.02)]
    assert around[1] == min(around)


def test_the_mixture_loses_less_than_its_members(mixed, members, markets):
    def log_loss(model):
        given = [model.filter(bars).probabilities[MIN_BARS:] for bars, _ in markets]
        return scores.log_loss(np.concatenate([codes[MIN_BARS:] for _, codes in markets]), np.concatenate(given))

    assert log_loss(mixed) < min(map(log_loss, members)) + 1e-3
    assert mixed.shares_.sum() == pytest.approx(1.0)


def test_its_probabilities_are_the_product_of_its_members(mixed, members, monkeypatch):
    for model in (mixed, *members):
        monkeypatch.setattr(model, "lead", 0.0)
    bars = market(9).bars
    given = np.stack([model.filter(bars).probabilities[MIN_BARS:] for model in members])
    raised = np.exp(np.tensordot(mixed.shares_ / mixed.temperature_, np.log(given), axes=1))
    np.testing.assert_allclose(
        mixed.filter(bars).probabilities[MIN_BARS:], raised / raised.sum(axis=1, keepdims=True), atol=1e-6
    )


def test_its_effects_are_those_of_its_members(mixed, members):
    bars = market(9).bars
    expected = sum(share * member.read(bars).effects(2) for share, member in zip(mixed.shares_, members, strict=True))
    np.testing.assert_allclose(mixed.read(bars).effects(2), expected / mixed.temperature_)


def test_it_is_saved_with_its_members(mixed, tmp_path):
    names = mixed.save(tmp_path)
    assert sorted(names) == sorted(["ensemble.json", "ensemble.npz", "forest.json", "forest.npz", "linear.json", "linear.npz"])
    loaded = Ensemble.load(tmp_path)
    np.testing.assert_array_equal(loaded.filter(market(9).bars).probabilities, mixed.filter(market(9).bars).probabilities)


def test_other_members_than_named_are_refused(members, markets):
    with pytest.raises(ModelError, match="boosted, lstm"):
        Ensemble().fit(members, markets)


@pytest.mark.parametrize("shares", [[0.5, 0.2], [1.5, -0.5], [1.0]])
def test_weights_that_do_not_fit_are_refused(mixed, shares):
    with pytest.raises(ArtifactError, match="do not fit"):
        Ensemble(members=["linear", "forest"]).take(packed(shares=np.array(shares)))


def test_an_unknown_member_is_named(mixed, tmp_path):
    mixed.save(tmp_path)
    text = (tmp_path / "ensemble.json").read_text()
    (tmp_path / "ensemble.json").write_text(text.replace('"forest"', '"oracle"'))
    with pytest.raises(ArtifactError, match="oracle"):
        Ensemble.load(tmp_path)
