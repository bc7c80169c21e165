"""How far single markets like those trained on lie from all that was trained on."""

import numpy as np
import pytest

from regime_core.evaluation.stability import OTHER, population_stability_index
from regime_core.features import relative
from regime_core.models.training_rows import TrainingRows, binned
from regime_core.training import markets, usual_drift


@pytest.fixture(scope="module")
def learnt():
    features, codes = markets.rows(40, 200, part="train", seed=0)
    return TrainingRows.of(relative.NAMES, features, codes)


@pytest.fixture(scope="module")
def made(learnt):
    return usual_drift.market_bins(learnt, 400)


def test_a_length_that_is_asked_for_changes_nothing_else():
    for seed in range(12):
        free = markets.random_market(np.random.default_rng(seed))
        same = markets.random_market(np.random.default_rng(seed), free.bars.n_bars)
        for one, other in zip(free.bars, same.bars, strict=True):
            np.testing.assert_array_equal(one, other)
    assert markets.random_market(np.random.default_rng(3), 321).bars.n_bars == 321


def test_bins_are_those_of_the_training_rows(learnt, made):
    rows = relative.matrix(markets.random_market(np.random.default_rng([11, 2, 5]), 400).bars)[relative.FIRST_ROW :]
    counted = np.stack([np.bincount(column, minlength=10) for column in made[5].T])
    np.testing.assert_array_equal(counted, binned(rows, learnt.edges))


def test_most_markets_lie_within_the_band(learnt, made):
    bounds, most = usual_drift.usual(learnt, made, 200)
    counts = [np.stack([np.bincount(column, minlength=10) for column in bins[-200:].T]).astype(float) for bins in made]
    indices = np.array([population_stability_index(one, learnt.shares) for one in counts])
    inside = ((indices >= bounds[:, 0]) & (indices <= bounds[:, 1])).mean(axis=0)
    assert (inside >= 0.79).all()
    beyond = ((indices > OTHER) & (indices > bounds[:, 1])).sum(axis=1)
    assert (beyond <= most).mean() >= 0.9
    assert (beyond > most).any() or most == beyond.max()


def test_one_market_lies_further_off_than_the_customary_bound_though_nothing_drifted(learnt, made):
    bounds, _ = usual_drift.usual(learnt, made, 200)
    assert np.median(bounds[:, 1]) > OTHER


@pytest.mark.parametrize("n_bars", [20, 60, 251, 5031, 1_000_000])
def test_lengths_are_rounded_to_a_few(n_bars):
    found = usual_drift.rounded(n_bars)
    assert found == usual_drift.rounded(found)
    assert found == usual_drift.MOST_BARS or abs(np.log(found / n_bars)) < np.log(1.25)


def test_a_short_history_has_inputs_too(learnt):
    assert {len(bins) for bins in usual_drift.market_bins(learnt, 5)} == {relative.FIRST_ROW}
