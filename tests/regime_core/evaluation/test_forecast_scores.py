"""Scores of forecasts against scikit-learn, baselines against counts by hand, splits against what they promise."""

import numpy as np
import pytest
from sklearn import metrics

from regime_core.bars import DAY_NS
from regime_core.evaluation import baselines, forecasts, splits

K = 3


@pytest.fixture
def made(rng):
    n = 900
    today = rng.integers(0, K, n)
    realised = np.where(rng.random(n) < 0.7, today, rng.integers(0, K, n))
    given = {name: 0.6 * np.eye(K)[today] + 0.4 * rng.dirichlet(np.ones(K), n) for name in ("markov", "margin", "persistence")}
    given["model"] = 0.5 * np.eye(K)[realised] * rng.random((n, 1)) + 0.5 * given["markov"] + 0.01
    given["model"] /= given["model"].sum(axis=1, keepdims=True)
    return np.arange(n) * DAY_NS, today, realised, given


def test_scores_are_scikit_learns(made):
    time, today, realised, given = made
    found = forecasts.forecast_scores(time, today, realised, given, horizon=1, draws=500)
    assert [score.name for score in found.scores] == ["model", "persistence", "markov", "margin"]
    for score in found.scores:
        p = given[score.name]
        said = p.argmax(axis=1)
        assert score.accuracy == pytest.approx(metrics.accuracy_score(realised, said))
        assert score.log_loss == pytest.approx(metrics.log_loss(realised, p))
        assert score.brier == pytest.approx(metrics.brier_score_loss(realised, p, scale_by_half=False))
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(realised, said, average="macro", zero_division=0)
        assert (score.macro_precision, score.macro_recall, score.macro_f1) == pytest.approx((precision, recall, f1))
        np.testing.assert_array_equal(score.confusion, metrics.confusion_matrix(realised, said))
        changed = today != realised
        assert score.transition_accuracy == pytest.approx(metrics.accuracy_score(realised[changed], said[changed]))
        year = found.years == 1971
        second = (time >= 365 * DAY_NS) & (time < 730 * DAY_NS)
        assert score.yearly_log_loss[year] == pytest.approx(metrics.log_loss(realised[second], p[second]))
    assert found.transitions == changed.sum()


def test_skill_and_its_interval(made):
    time, today, realised, given = made
    found = forecasts.forecast_scores(time, today, realised, given, horizon=1, draws=500)
    against = found.against("margin")
    assert against.skill == pytest.approx(1 - found.score("model").log_loss / found.score("margin").log_loss)
    assert against.skill_low < against.skill < against.skill_high
    assert against.p_value < 0.05
    assert against.mcnemar is not None
    later = forecasts.forecast_scores(time, today, realised, given, horizon=5, draws=100)
    assert later.against("margin").mcnemar is None


def test_reliability_counts_every_probability_once(made):
    _, _, realised, given = made
    found = forecasts.reliability(realised, given["model"])
    assert found.n.sum() == given["model"].size
    assert len(found.n) == 15
    assert np.ptp(found.n) <= 1
    assert np.average(found.came_true, weights=found.n) == pytest.approx(1 / K)
    assert (np.diff(found.forecast) >= 0).all()


def test_a_sure_mistake_costs_the_floor():
    loss = forecasts.daily_log_loss(np.array([1]), np.array([[1.0, 0.0]]))
    assert loss[0] == pytest.approx(-np.log(forecasts.FLOOR))


def test_the_chain_counts_steps_of_the_horizon():
    codes = np.array([0, 0, 1, 1, 0, 1, 0, 0], dtype=np.int8)
    counts = np.zeros((2, 2))
    for t in range(len(codes) - 3):
        counts[codes[t], codes[t + 3]] += 1
    counts += baselines.PRIOR
    np.testing.assert_allclose(baselines.markov(codes, 3, 2), counts / counts.sum(axis=1, keepdims=True))
    assert baselines.stay(codes, 3) == pytest.approx((np.sum(codes[:-3] == codes[3:]) + 1) / (5 + 2))
    np.testing.assert_allclose(baselines.markov(codes[:2], 5, 2), 0.5)


def test_years_are_scored_after_all_that_was_fitted():
    years = np.repeat([2000, 2001, 2002, 2003], 10)
    folds = splits.year_folds(years, first_year=2002)
    assert [(fold.year, fold.start, fold.stop) for fold in folds] == [(2002, 20, 30), (2003, 30, 40)]
    assert splits.year_folds(years, first_year=1990)[0].year == 2001  # nothing comes before 2000


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_no_outcome_lies_beyond_what_was_known(horizon):
    rows = splits.purged(7, 300, horizon)
    assert max(range(300)[rows]) + horizon == 299
    before, block = splits.with_validation(7, 300, horizon, days=60)
    assert max(range(300)[before]) + horizon < min(range(300)[block]) == 240
    assert max(range(300)[block]) + horizon == 299
    assert len(range(9)[splits.purged(0, 9, 21)]) == 0
    assert splits.with_validation(0, 30, 1, days=60)[1].start == 20


@pytest.mark.parametrize("horizon", [1, 21])
def test_folds_leave_out_a_stretch_and_all_whose_outcome_is_in_it(horizon):
    rows = np.arange(7, 300)
    left_out = []
    for kept, inside in splits.contiguous(rows, 8, horizon):
        days = set(rows[inside])
        assert len(days) == rows[inside[-1]] - rows[inside[0]] + 1
        assert not {day + ahead for day in rows[kept] for ahead in (0, horizon)} & days
        assert not {day + horizon for day in days} & set(rows[kept])
        assert len(kept) >= len(rows) - len(days) - 2 * horizon
        left_out += list(inside)
    np.testing.assert_array_equal(left_out, np.arange(len(rows)))
    assert len(list(splits.contiguous(rows[:3], 8, 1))) == 3
