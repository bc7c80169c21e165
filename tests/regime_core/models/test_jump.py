"""Jump models of a market against another implementation of them, and what a state model promises."""

from dataclasses import replace

import numpy as np
import pytest
from jumpmodels.jump import JumpModel

from regime_core import states
from regime_core.errors import ModelError
from regime_core.models import jump
from regime_core.models.jump import PENALTIES, Jump, solve
from stress_markets import index_and_vix

CUT = 900


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1200))


@pytest.fixture(scope="module")
def rows(market):
    return (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)


@pytest.fixture(scope="module", params=[False, True], ids=["discrete", "continuous"])
def model(request, market):
    return Jump(penalty=20.0, continuous=request.param).fit(market.rows(None, CUT))


@pytest.mark.parametrize(("k", "penalty"), [(2, 0.0), (2, 10.0), (3, 40.0), (4, 5.0)])
def test_the_objective_is_not_above_another_implementations(rows, k, penalty):
    theirs = JumpModel(k, jump_penalty=penalty, random_state=0).fit(rows)
    ours = solve(rows, k=k, penalty=penalty)
    assert ours.objective <= theirs.val_ + 1e-6
    if abs(ours.objective - theirs.val_) < 1e-6:
        crossed = np.array([np.bincount(theirs.labels_[ours.codes == state], minlength=k) for state in range(k)])
        assert (crossed > 0).sum() == k  # the same states under other names


def test_the_continuous_objective_is_not_above_another_implementations(rows):
    theirs = JumpModel(2, jump_penalty=30.0, cont=True, mode_loss=False, random_state=0, n_init=3).fit(rows[:400])
    ours = solve(rows[:400], k=2, penalty=30.0, continuous=True)
    assert ours.objective <= theirs.val_ + 1e-6
    assert ((ours.probabilities > 0) & (ours.probabilities < 1)).any()


def test_the_objective_is_what_the_solution_costs(rows):
    found = solve(rows, k=3, penalty=15.0)
    squares = ((rows[:, None] - found.centres) ** 2).sum(axis=2)[np.arange(len(rows)), found.codes]
    assert found.objective == pytest.approx(squares.sum() / 2 + 15.0 * (np.diff(found.codes) != 0).sum())


def test_a_larger_penalty_changes_less_often(rows):
    changes = [(np.diff(solve(rows, k=2, penalty=penalty).codes) != 0).sum() for penalty in (0.0, 5.0, 50.0, 1e6)]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > changes[2]
    assert changes[-1] == 0


def test_states_rise_with_the_vix(market):
    for k in (2, 3):
        assert (np.diff(Jump(k=k, penalty=5.0).fit(market).centres_[:, 2]) > 0).all()


def test_shapes_and_ranges(model, market):
    codes, probabilities = model.filter(market)
    assert codes.dtype == np.int8
    assert probabilities.shape == (market.n_days, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(codes, probabilities.argmax(axis=1))
    assert set(codes) == {0, 1}


@pytest.mark.parametrize("cut", [1, 57, 500, CUT, 1100])
def test_no_label_sees_the_future(model, market, cut):
    for whole, part in zip(model.filter(market), model.filter(market.rows(None, cut)), strict=True):
        np.testing.assert_array_equal(part, whole[:cut])


def test_the_filter_carries_on_from_where_the_fit_ended(model, market):
    for whole, later in zip(model.filter(market), model.filter(market.rows(CUT)), strict=True):
        np.testing.assert_allclose(later, whole[CUT:], atol=1e-9)


def test_days_that_do_not_follow_on_the_fit_begin_with_nothing_before_them(model, market):
    assert model.filter(market.rows(None, CUT))[0][-1] == 1
    centres = model.centres_ * model.scale_ + model.mean_
    doubtful = np.tile(0.55 * centres[0] + 0.45 * centres[1], (10, 1))  # a little nearer to state 0, not worth a change
    following = replace(market.rows(CUT, CUT + 10), values=doubtful)
    assert model.filter(following)[0][0] == 1
    earlier = replace(following, time=following.time - 10**18)
    assert (model.filter(earlier)[0] == 0).all()


def test_what_the_filter_says_of_a_day_is_the_end_of_the_path_up_to_it(model, market):
    codes, _ = model.filter(market)
    for day in (100, 400, 1000):
        assert model.decode(market.rows(None, day + 1))[-1] == codes[day]


def test_hindsight_and_filter_agree_on_most_days(model, market):
    codes, _ = model.filter(market)
    decoded = model.decode(market)
    assert (codes == decoded).mean() > 0.85
    assert (np.diff(decoded) != 0).sum() <= (np.diff(codes) != 0).sum()


def test_the_penalty_is_chosen_on_the_past_alone(market):
    past = market.rows(None, CUT)
    chosen = Jump().fit(past).penalty_
    assert chosen in PENALTIES
    shuffled = market.values.copy()
    shuffled[CUT:] = shuffled[CUT:][::-1] * 3.0
    assert Jump().fit(replace(market, values=shuffled).rows(None, CUT)).penalty_ == chosen


def test_penalties_are_judged_on_days_that_no_trial_was_fitted_on(market, monkeypatch):
    fit, density = Jump._fit, jump._next_day_log_density
    fitted_on, judged_from = [], []
    monkeypatch.setattr(Jump, "_fit", lambda self, past: (fitted_on.append(past.n_days), fit(self, past))[1])
    monkeypatch.setattr(jump, "_next_day_log_density", lambda *given: (judged_from.append(given[-1]), density(*given))[1])
    Jump().fit(market.rows(None, CUT))
    *trials, last = fitted_on
    assert last == CUT
    assert set(judged_from) == {CUT - CUT // 3}
    assert max(trials) < min(judged_from)


def test_of_penalties_within_one_standard_error_of_the_best_the_largest_is_taken(market, monkeypatch):
    swing = np.tile([1.0, -1.0], 50)
    behind = dict(zip(PENALTIES, (5.0, 0.0, 0.02, 0.09, 0.11, 1.0, 1.0), strict=True))  # one standard error is 0.1
    tried = iter(behind.values())

    def density(*_):
        lag = next(tried)
        return -lag + (swing if lag else 0.0)

    monkeypatch.setattr(jump, "_next_day_log_density", lambda *given: density(*given) * np.ones(100))
    monkeypatch.setattr(Jump, "_fit", lambda self, past: setattr(self, "fitted_through_", 0))
    monkeypatch.setattr(Jump, "filter", lambda self, days: (np.zeros(days.n_days, dtype=np.int8), None))
    assert Jump()._chosen(market) == 30.0


def test_the_penalty_is_chosen_by_labels_without_hindsight(market, monkeypatch):
    chosen = Jump().fit(market).penalty_
    monkeypatch.setattr(Jump, "decode", None)
    assert Jump().fit(market).penalty_ == chosen


def test_repeatable_and_leaves_its_input_alone(market):
    before = market.values.copy()
    one, other = (Jump(k=3, random_state=4).fit(market) for _ in range(2))
    np.testing.assert_array_equal(one.centres_, other.centres_)
    one.filter(market)
    np.testing.assert_array_equal(market.values, before)


def test_survives_save_and_load_bit_for_bit(model, market, tmp_path):
    (name,) = model.save(tmp_path)
    first = (tmp_path / name).read_bytes()
    again = Jump.load(tmp_path)
    for days in (market, market.rows(CUT)):
        for one, other in zip(model.filter(days), again.filter(days), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(model.decode(days), again.decode(days))
    again.save(tmp_path)
    assert (tmp_path / name).read_bytes() == first


def test_what_cannot_be_fitted_or_labelled_is_refused(model, market):
    with pytest.raises(ModelError, match="2 to 5"):
        Jump(k=6).fit(market)
    with pytest.raises(ModelError, match="smaller penalty"):
        Jump(penalty=1e9).fit(market)
    bars, _ = index_and_vix(300)
    with pytest.raises(ModelError, match="vix"):
        model.filter(states.market(bars))


def test_no_days_have_no_labels(model, market):
    codes, probabilities = model.filter(market.rows(0, 0))
    assert codes.shape == (0,)
    assert probabilities.shape == (0, 2)
    assert model.decode(market.rows(0, 0)).shape == (0,)
