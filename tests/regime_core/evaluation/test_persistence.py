"""Runs, transitions and time shares against examples worked out by hand."""

import numpy as np
import pytest

from regime_core.evaluation import persistence

# Bars:      0  1  2  3  4  5  6  7
CODES = np.array([5, 0, 0, 0, 2, 2, 0, 0], dtype=np.int8)
CONFIDENCE = np.array([0.0, 0.4, 0.5, 0.9, 0.6, 0.8, 0.7, 0.5])
CLOSE = np.array([100.0, 110.0, 105.0, 121.0, 60.5, 66.0, 60.0, 99.0])


def test_spells_by_hand():
    found = persistence.spells(CODES, CONFIDENCE, CLOSE)
    assert found.start.tolist() == [0, 1, 4, 6]
    assert found.stop.tolist() == [1, 4, 6, 8]
    assert found.length.tolist() == [1, 3, 2, 2]
    assert found.code.tolist() == [5, 0, 2, 0]
    np.testing.assert_allclose(found.confidence, [0.0, 0.6, 0.7, 0.6])
    # 121 / 100 - 1, 66 / 121 - 1, 99 / 66 - 1; nothing comes before bar 0
    np.testing.assert_allclose(found.simple_return, [np.nan, 0.21, 66 / 121 - 1, 0.5])


def test_spells_that_touch_a_window_stay_whole():
    found = persistence.spells(CODES, CONFIDENCE, CLOSE)
    assert found.touching(3, 5).start.tolist() == [1, 4]
    assert found.touching(3, 5).stop.tolist() == [4, 6]
    assert found.touching(4, 6).start.tolist() == [4]
    assert found.touching(0, 8).length.tolist() == [1, 3, 2, 2]


def test_transitions_by_hand():
    found = persistence.transitions(CODES, 5)
    # 0>0 at bars 1-2, 2-3 and 6-7; 0>2 at 3-4; 2>2 at 4-5; 2>0 at 5-6; the step from 5 (unknown) is not counted
    assert found.counts[0].tolist() == [3, 0, 1, 0, 0]
    assert found.counts[2].tolist() == [1, 0, 1, 0, 0]
    assert found.counts.sum() == 6
    assert found.probability[0].tolist() == [0.75, 0, 0.25, 0, 0]
    assert found.probability[2].tolist() == [0.5, 0, 0.5, 0, 0]
    assert np.isnan(found.probability[[1, 3, 4]]).all()
    assert found.mean_duration[0] == pytest.approx(4.0)
    assert found.mean_duration[2] == pytest.approx(2.0)


def test_a_state_never_left_lasts_for_ever():
    found = persistence.transitions(np.zeros(5, dtype=np.int8), 2)
    assert found.mean_duration[0] == np.inf
    assert np.isnan(found.mean_duration[1])


def test_time_share_by_hand():
    found = persistence.time_share(CODES, 6)
    assert found.bars.tolist() == [5, 0, 2, 0, 0, 1]
    np.testing.assert_allclose(found.share, [0.625, 0, 0.25, 0, 0, 0.125])


def test_the_last_run():
    assert persistence.last_run(CODES) == 2
    assert persistence.last_run(CODES[:6]) == 2
    assert persistence.last_run(CODES[:4]) == 3


@pytest.mark.parametrize("codes", [np.empty(0, dtype=np.int8)])
def test_no_bars(codes):
    nothing = codes.astype(float)
    assert len(persistence.spells(codes, nothing, nothing)) == 0
    assert persistence.transitions(codes, 5).counts.sum() == 0
    assert np.isnan(persistence.time_share(codes, 6).share).all()
    assert persistence.last_run(codes) == 0


def test_one_bar_is_one_spell():
    one = persistence.spells(CODES[:1], CONFIDENCE[:1], CLOSE[:1])
    assert one.length.tolist() == [1]
    assert np.isnan(one.simple_return[0])
