"""Labels that hold on, now and with hindsight, against the obvious."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regime_core.kernels import persistence


def held_by_hand(margins, lead, t):
    """The class held in row t, from sums written out; margins are multiples of 1/4, so that sums are exact."""
    window = margins[max(0, t - persistence.MEMORY + 1) : t + 1]
    held, since = int(window[0].argmax()), 1
    for u in range(1, len(window)):
        best = int(window[u].argmax())
        steps = window[since : u + 1, best] - window[since : u + 1, held]
        if best != held and max(steps[i:].sum() for i in range(len(steps))) > lead:
            held, since = best, u + 1
    return held


QUARTERS = st.integers(-12, 12).map(lambda i: i / 4)


@settings(deadline=None)  # the first call compiles
@given(hnp.arrays(float, st.tuples(st.integers(1, 70), st.just(3)), elements=QUARTERS), st.floats(0, 4))
def test_held_labels_equal_the_obvious(margins, lead):
    held = persistence.hold(margins, lead, 0)
    assert held.tolist() == [held_by_hand(margins, lead, t) for t in range(len(margins))]
    half = len(margins) // 2
    assert persistence.hold(margins, lead, half).tolist() == held[half:].tolist()


def test_a_held_label_ignores_a_brief_doubt_and_follows_a_clear_or_a_lasting_lead():
    def held(*leads_of_the_other):
        margins = np.column_stack([np.zeros(len(leads_of_the_other)), leads_of_the_other])
        return persistence.hold(margins, 1.0, 0).tolist()

    assert held(-1.0, 0.9, -1.0, 0.9) == [0, 0, 0, 0]
    assert held(-1.0, 1.1, -0.1) == [0, 1, 1]
    assert held(-1.0, 0.4, 0.4, 0.4) == [0, 0, 0, 1]
    assert held(-1.0, 0.9, -0.5, 0.5, 0.2) == [0, 0, 0, 0, 1]


def test_what_was_held_before_the_memory_is_forgotten():
    leads = np.tile([0.25, -0.5], persistence.MEMORY)
    margins = np.column_stack([np.zeros(len(leads) + 1), np.append(-1.0, leads)])
    held = persistence.hold(margins, 100.0, 0)
    assert (held[: persistence.MEMORY] == 0).all()
    assert held[persistence.MEMORY] == 1  # the first row it looks back on is one that the other class leads


def worth(margins, codes, lead):
    return margins[np.arange(len(codes)), codes].sum() - lead * np.count_nonzero(np.diff(codes))


@settings(deadline=None)  # the first call compiles
@given(hnp.arrays(float, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-3, 3)), st.floats(0, 4))
def test_no_path_is_worth_more_than_the_decoded_one(margins, lead):
    codes = persistence.decode(margins, lead)
    paths = product(range(3), repeat=len(margins))
    assert worth(margins, codes, lead) == pytest.approx(max(worth(margins, np.array(path), lead) for path in paths))


def test_hindsight_dates_a_change_to_its_start_and_drops_what_was_brief():
    ahead = np.array([-1.0, -1.0, 0.6, 0.6, 0.6, 1.0, 1.0, -1.2, 1.0, 1.0])
    margins = np.column_stack([np.zeros(10), ahead])
    assert persistence.hold(margins, 1.0, 0).tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0, 1]
    assert persistence.decode(margins, 1.0).tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]


def test_no_rows_decode_to_no_classes():
    assert persistence.decode(np.empty((0, 5)), 1.0).shape == (0,)


@settings(deadline=None)  # the first call compiles
@given(
    hnp.arrays(float, st.tuples(st.integers(1, 20), st.just(5)), elements=st.floats(0.01, 1)),
    st.lists(st.integers(0, 4), min_size=20, max_size=20),
)
def test_the_held_class_ends_on_top_and_the_rest_keeps_its_sum(raw, held):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    codes = np.array(held[: len(raw)], dtype=np.int8)
    shared = probabilities.copy()
    persistence.share_the_top(shared, codes)
    assert (shared.argmax(axis=1) == codes).all()
    np.testing.assert_allclose(shared.sum(axis=1), 1, atol=1e-12)
    agreed = probabilities.argmax(axis=1) == codes
    np.testing.assert_array_equal(shared[agreed], probabilities[agreed])
