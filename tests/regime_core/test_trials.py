"""Trials of detectors on simulated markets, against answers that are known beforehand."""

import numpy as np
import pytest

from regime_core import trials
from regime_core.trials import Answers, Cell

CELL = Cell(60, "gaussian")


def knowing(of):
    """A detector that was told the truth, and makes of it what it will."""
    made = iter([market.regimes for market in trials.markets(CELL)])

    def name(bars):
        codes = of(next(made))
        return Answers(codes, np.eye(6)[codes][:, :5])

    return trials.of_detector(CELL, name)


def delayed(truth, bars):
    return np.concatenate([truth[:1].repeat(bars), truth[:-bars]])


def test_who_knows_the_truth_is_right_at_once():
    found = knowing(lambda truth: truth)
    assert found.balanced_accuracy == 1
    assert found.calibration_error == 0
    assert found.median_lag == 0
    assert found.named == 1
    assert (found.confusion[:, :5] == np.diag(found.confusion.diagonal())).all()
    assert found.confusion.sum() == found.n_bars == trials.MARKETS * (trials.N_BARS - trials.SCORED_FROM)


def test_who_is_five_bars_late_names_half_within_five():
    found = knowing(lambda truth: delayed(truth, 5))
    assert found.median_lag == 5
    assert set(found.lags) <= {np.inf, 0, 1, 2, 3, 4, 5}  # regimes shorter than that can still be named by chance
    assert found.within(4)[-1] < 0.5 <= found.within(5)[-1]
    assert found.within(20)[-1] == found.named


def test_who_never_knows_names_nothing():
    found = knowing(lambda truth: np.full_like(truth, 5))
    assert found.named == 0
    assert found.median_lag == np.inf
    assert found.balanced_accuracy == 0
    assert (found.confusion[:, 5] > 0).all()
    assert found.within(60).tolist() == [0.0] * 61


def test_lags_by_hand():
    truth = np.array([0, 0, 1, 1, 1, 2, 2, 3, 3, 3])
    given = np.array([0, 0, 0, 0, 1, 0, 0, 3, 3, 0])
    # 1 is named two bars late, 2 never; the first is no change, and the last was cut off before it ended
    assert trials.lags(truth, given).tolist() == [2, np.inf]
    assert trials.lags(truth[:8], np.zeros(8, dtype=int)).tolist() == [np.inf, np.inf]
    assert trials.lags(truth[:2], given[:2]).tolist() == []


@pytest.mark.parametrize("cell", trials.CELLS)
def test_the_yardstick_reaches_what_the_definition_says(cell):
    said = {"gaussian": {30: 0.74, 60: 0.82, 120: 0.89}, "student": {30: 0.67, 60: 0.77, 120: 0.87}}
    found = trials.of_yardstick(cell)
    assert found.balanced_accuracy == pytest.approx(said[cell.shocks][cell.mean_duration], abs=0.05)
    assert found.calibration_error < 0.03
    changes = trials.MARKETS * (trials.N_BARS - trials.SCORED_FROM) / cell.mean_duration
    assert len(found.lags) == pytest.approx(changes, rel=0.25)


def test_the_same_markets_come_again_and_cells_differ():
    first, second = (list(trials.markets(CELL)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.bars.close, other.bars.close)
    other = next(trials.markets(Cell(60, "student")))
    assert (other.bars.close != first[0].bars.close).any()
    assert [bool(np.isnan(market.bars.volume).all()) for market in first] == [False, True] * 3
