"""The hidden Markov model: what it recovers, hmmlearn's own answers, what it may not see, and its file."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from regime_core import states
from regime_core.errors import ModelError
from regime_core.models.hmm import HMM
from stress_markets import index_and_vix

MEAN, DEVIATION = np.array([0.0006, -0.0008]), np.array([0.0078, 0.0174])
TRANSITION = np.array([[0.995, 0.005], [0.02, 0.98]])


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1200))


@pytest.fixture(scope="module")
def model(market):
    return HMM(k=2, n_init=2).fit(market)


@pytest.fixture(scope="module")
def theirs(model):
    """The same chain in hmmlearn, from where ours begins."""
    oracle = GaussianHMM(2, covariance_type="diag")
    chain = model.chain_
    oracle.startprob_, oracle.transmat_ = chain.stationary(), chain.transition
    oracle.means_, oracle.covars_ = chain.mean[:, None], chain.variance[:, None]
    return oracle


@pytest.fixture(scope="module")
def two_states():
    """Days of daily size whose chain is known, and their true states."""
    market = states.market(*index_and_vix(4000))
    rng = np.random.default_rng(7)
    truth = np.zeros(market.n_days, dtype=int)
    for t in range(1, market.n_days):
        truth[t] = rng.random() < TRANSITION[truth[t - 1], 1]
    values = market.values.copy()
    values[:, 0] = MEAN[truth] + DEVIATION[truth] * rng.standard_normal(len(truth))
    values[:, 2] = 15 + 10 * truth
    return replace(market, values=values), truth


def test_daily_returns_give_back_their_parameters(two_states):
    market, truth = two_states
    model = HMM(n_init=2).fit(market)
    np.testing.assert_allclose(np.sqrt(model.chain_.variance), DEVIATION, rtol=0.05)
    np.testing.assert_allclose(np.diag(model.chain_.transition), np.diag(TRANSITION), atol=0.01)
    np.testing.assert_allclose(model.chain_.mean, MEAN, atol=4 * DEVIATION[1] / np.sqrt((truth == 1).sum()))
    assert (model.decode(market) == truth).mean() > 0.95


def test_a_shift_of_scale_changes_no_label(market, model):
    larger = replace(market, values=market.values * [1000.0, 1.0, 1.0])
    again = HMM(k=2, n_init=2).fit(larger)
    np.testing.assert_allclose(again.filter(larger)[1], model.filter(market)[1], atol=1e-6)


def test_of_several_starts_the_best_counts(market):
    tried = HMM(k=3, n_init=4).fit(market)
    alone = HMM(k=3, n_init=1).fit(market)
    assert tried.log_posterior_.max() >= alone.log_posterior_[0] == tried.log_posterior_[0]
    assert len(tried.log_posterior_) == 4


def test_states_rise_with_the_vix_and_centres_are_their_means(market):
    model = HMM(k=3, n_init=1).fit(market)
    assert (np.diff(model.centres_[:, 2]) > 0).all()
    means = [market.values[model.decode(market) == state].mean(axis=0) for state in range(3)]
    np.testing.assert_allclose(np.array(means)[:, 2], model.centres_[:, 2], rtol=0.1)


def test_hindsight_is_hmmlearns(market, model, theirs):
    np.testing.assert_allclose(model.smoothed(market), theirs.predict_proba(market.values[:, :1]), atol=1e-9)
    np.testing.assert_array_equal(model.decode(market), theirs.predict_proba(market.values[:, :1]).argmax(axis=1))


@pytest.mark.parametrize("n", [1, 2, 300, 1000])
def test_the_filter_is_hmmlearns_of_the_days_so_far(market, model, theirs, n):
    expected = theirs.predict_proba(market.values[:n, :1])[-1]
    codes, probabilities = model.filter(market)
    np.testing.assert_allclose(probabilities[n - 1], expected, atol=1e-9)
    assert codes[n - 1] == expected.argmax()


def test_a_forecast_is_the_chain_run_on(market, model):
    _, probabilities = model.filter(market)
    step = model.chain_.transition
    np.testing.assert_allclose(model.forecast(market, 3), probabilities @ step @ step @ step, atol=1e-12)
    np.testing.assert_allclose(model.forecast(market, 5000), np.tile(model.chain_.stationary(), (market.n_days, 1)), atol=1e-6)


@pytest.mark.parametrize("cut", [1, 63, 700])
def test_no_answer_sees_the_future(market, model, cut):
    part = market.rows(None, cut)
    for whole, begun in zip(model.filter(market), model.filter(part), strict=True):
        np.testing.assert_array_equal(whole[:cut], begun)
    np.testing.assert_array_equal(model.forecast(market, 5)[:cut], model.forecast(part, 5))
    assert not np.array_equal(model.smoothed(market)[:cut], model.smoothed(part))


def test_days_after_the_fit_carry_on_from_it(market):
    model = HMM(n_init=1).fit(market.rows(None, 900))
    chain, returns = model.chain_, market.values[:, 0]
    oracle = GaussianHMM(2, covariance_type="diag")
    oracle.startprob_, oracle.transmat_ = chain.start, chain.transition
    oracle.means_, oracle.covars_ = chain.mean[:, None], chain.variance[:, None]
    expected = oracle.predict_proba(returns[:901, None])[-1]
    np.testing.assert_allclose(model.filter(market.rows(900))[1][0], expected, atol=1e-9)
    later = model.filter(market.rows(1150))[1][0]
    fresh = HMM.filter(model, replace(market, time=market.time - 10**18).rows(1150))[1][0]
    np.testing.assert_allclose(later, fresh, atol=1e-3)  # a year on, what was known at the fit is forgotten


def test_repeatable_and_leaves_its_input_alone(market, model):
    values = market.values.copy()
    again = HMM(k=2, n_init=2).fit(market)
    np.testing.assert_array_equal(again.filter(market)[1], model.filter(market)[1])
    np.testing.assert_array_equal(market.values, values)


def test_the_file_gives_the_same_answers_and_the_same_bytes_without_hmmlearn(market, model, tmp_path, monkeypatch):
    (name,) = model.save(tmp_path)
    first = (tmp_path / name).read_bytes()
    monkeypatch.setitem(sys.modules, "hmmlearn", None)
    again = HMM.load(tmp_path)
    np.testing.assert_array_equal(again.filter(market)[1], model.filter(market)[1])
    np.testing.assert_array_equal(again.forecast(market, 21), model.forecast(market, 21))
    after = market.rows(1100)
    np.testing.assert_array_equal(again.smoothed(after), model.smoothed(after))
    again.save(tmp_path)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("k", [1, 6])
def test_k_is_two_to_five(market, k):
    with pytest.raises(ModelError, match="2 to 5"):
        HMM(k=k).fit(market)
