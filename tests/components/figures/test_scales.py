"""Numbers on a price axis."""

import math

import pytest

from components.figures import scales


@pytest.mark.parametrize(("low", "high"), [(2351, 2930), (0.00012, 0.00019), (99.5, 100.5), (1e6, 3e7), (5, 5)])
@pytest.mark.parametrize("make", [scales.linear, scales.logarithmic])
def test_ticks_lie_inside_and_are_round(make, low, high):
    scale = make(low, high)
    bottom, top = (10**edge for edge in scale.range) if scale.log else scale.range
    assert bottom < low <= high < top
    assert 2 <= len(scale.ticks) <= 14
    for tick in scale.ticks:
        assert bottom <= tick <= top
        if tick == 0:
            continue
        mantissa = tick / 10 ** math.floor(math.log10(tick))
        assert float(f"{mantissa:.5g}") == pytest.approx(mantissa, rel=1e-9)


def test_place_by_hand():
    assert scales.place(scales.Scale((0.0, 200.0), [], log=False), 50.0) == 0.25
    assert scales.place(scales.Scale((1.0, 3.0), [], log=True), 100.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("value", "exact", "text"),
    [
        (4000.0, False, "4,000"),
        (2.5, False, "2.5"),
        (2506.850098, True, "2,506.85"),
        (1.23456, True, "1.2346"),
        (0.00042, True, "0.0004200"),
    ],
)
def test_tick_text(value, exact, text):
    assert scales.tick_text(value, exact=exact) == text
