"""Newest values within their history, in words and marks."""

from dataclasses import replace

import numpy as np
import pytest

from components import standings
from regime_core.bars import DAY_NS
from regime_core.evaluation.standing import standing

TIME = np.arange(800, dtype=np.int64) * DAY_NS
NBSP = "\u00a0"


def stand(*last):
    return standing(TIME, np.append(np.tile([1.0, 2.0, 3.0, 4.0], 200)[: 800 - len(last)], last))


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ((5.0,), f"above all 799{NBSP}values of the past"),
        ((0.0,), f"below all 799{NBSP}values of the past"),
        ((2.5,), f"above 50{NBSP}% of the past"),
    ],
)
def test_the_rank_in_words(last, told):
    assert standings.above(stand(*last)) == told


def test_a_constant_history_has_no_rank():
    assert standings.above(standing(TIME, np.zeros(800))) == "as nearly always in the past"


def test_since_when_a_value_was_last_as_extreme():
    assert standings.since(stand(9.0), TIME) == "highest of all"
    found = stand(9.0, *[2.0] * 30, 8.0)
    assert standings.since(found, TIME) == f"highest since 8{NBSP}Feb{NBSP}1972"
    assert standings.since(stand(-9.0, *[2.0] * 30, -8.0), TIME).startswith("lowest since")
    assert standings.since(stand(9.0, *[2.0] * 3, 8.0), TIME) == ""


def test_the_outline_follows_the_counts():
    counts = np.zeros(48, dtype=np.int64)
    counts[3] = 10
    shape = standings._outline(replace(stand(2.5), counts=counts))
    assert "6.25% 0.0%, 8.33% 0.0%" in shape
    assert shape.count("100.0%") == 94
