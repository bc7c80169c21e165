"""Sets of states in the record of a walk-forward: each threshold from what was known on its day."""

from dataclasses import fields, replace

import numpy as np
import pytest

from records import walk_of
from regime_core import MODEL_DIR, artifacts, walkforward
from regime_core.evaluation import conformal


@pytest.fixture(scope="module")
def shipped():
    return walkforward.read(MODEL_DIR / artifacts.WALK_FORWARD)


def test_a_set_by_hand():
    walk = walk_of([0.6, 0.7, 0.99, 0.52, 0.3], today=[1] * 5, realised=[1, 0, 1, 1, None])
    # a hit lowers the threshold of 0.5, at which 0.52 is enough, to 0.4875; the miss of the second day, at 0.7, lifts it
    odds = np.cumsum([0.0, -0.05, 0.45, -0.05, -0.05])
    least = 1 - 1 / (1 + np.exp(-odds))
    expected = np.column_stack([1 - np.array([0.6, 0.7, 0.99, 0.52, 0.3]), [0.6, 0.7, 0.99, 0.52, 0.3]]) >= least[:, None]
    np.testing.assert_array_equal(walkforward.prediction_sets(walk), expected)
    assert expected.sum(axis=1).tolist() == [1, 1, 1, 2, 1]


def test_each_horizon_has_a_threshold_of_its_own(shipped):
    sets = walkforward.prediction_sets(shipped)
    for horizon in shipped.horizons:
        rows = shipped.at(horizon)
        held = conformal.tracked_thresholds(rows.probabilities, rows.realised, horizon=horizon)
        np.testing.assert_array_equal(sets[shipped.horizon == horizon], 1 - rows.probabilities <= held[:, None])


def test_years_not_seen_are_covered(shipped):
    sets = walkforward.prediction_sets(shipped)
    held = conformal.covered(sets, shipped.realised)
    years = shipped.time.view("M8[ns]").astype("M8[Y]").astype(int) + 1970
    for horizon in shipped.horizons:
        rows = (shipped.horizon == horizon) & shipped.known
        assert 0.88 < held[rows].mean() < 0.92
        for first in range(2001, 2020, 4):
            assert 0.87 < held[rows & (years >= first) & (years < first + 4)].mean() < 0.93


def test_no_set_sees_the_future(shipped):
    """Cutting off later days, or changing what was not known yet, changes no set."""
    sets = walkforward.prediction_sets(shipped)
    for day in (400, 2000):
        last = np.unique(shipped.time)[day]
        early = shipped.time <= last
        cut = replace(shipped, **{name: getattr(shipped, name)[early] for name in rows_of(shipped)})
        np.testing.assert_array_equal(walkforward.prediction_sets(cut), sets[early])
        other = shipped.realised.copy()
        for horizon in shipped.horizons:
            rows = np.flatnonzero(shipped.horizon == horizon)
            unknown = rows[day - horizon + 1 :]
            other[unknown] = (other[unknown] + 1) % shipped.k
        changed = walkforward.prediction_sets(replace(shipped, realised=other))
        np.testing.assert_array_equal(changed[early], sets[early])
        assert not np.array_equal(changed, sets)


def rows_of(walk):
    """Names of the fields that have one value a row."""
    return [field.name for field in fields(walk) if np.shape(getattr(walk, field.name))[:1] == (len(walk),)]
