"""What training rows looked like: counted as a sort by hand counts them, kept bit for bit."""

import json

import numpy as np
import pytest

from regime_core.models.training_rows import N_BINS, TrainingRows, binned

RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 5, 3000).astype(np.int8)
INPUTS = np.column_stack([RNG.normal(size=3000), np.where(RNG.random(3000) < 0.85, 0.0, RNG.random(3000))]).astype(np.float32)
ROWS = TrainingRows.of(("bell", "mostly nought"), INPUTS, CODES)


def test_deciles_hold_a_tenth_each():
    assert ROWS.shares[0] == pytest.approx([0.1] * N_BINS, abs=1e-3)
    column = INPUTS[:, 0]
    below = (column <= ROWS.edges[0, 4]).mean()
    assert below == pytest.approx(0.5, abs=1e-3)


def test_a_value_that_most_rows_have_is_one_bin():
    assert ROWS.shares[1, 0] == pytest.approx((INPUTS[:, 1] == 0).mean())
    assert ROWS.shares[1].sum() == pytest.approx(1)
    assert ROWS.edges[1, 0] == 0
    assert np.isinf(ROWS.edges[1, 2:]).all()


def test_shares_of_the_regimes():
    assert ROWS.regimes.tolist() == [(code == CODES).mean() for code in range(5)]


def test_rows_are_binned_as_a_comparison_with_each_edge_says():
    new = RNG.normal(size=(500, 2))
    slow = np.zeros((2, N_BINS))
    for row in new:
        for i, value in enumerate(row):
            slow[i, sum(value > edge for edge in ROWS.edges[i])] += 1
    assert (binned(new, ROWS.edges) == slow).all()


def test_it_comes_back_bit_for_bit():
    back = TrainingRows.from_json(ROWS.to_json())
    assert (back.names, back.n_rows) == (ROWS.names, ROWS.n_rows)
    for name in ("edges", "shares", "regimes"):
        assert (getattr(back, name) == getattr(ROWS, name)).all()
    assert back.to_json() == ROWS.to_json()


def test_edges_that_do_not_ascend_are_refused():
    whole = json.loads(ROWS.to_json())
    whole["inputs"]["bell"]["edges"].reverse()
    with pytest.raises(ValueError, match="ascend"):
        TrainingRows.from_json(json.dumps(whole).encode())
