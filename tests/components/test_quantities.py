"""Values of features as they are read."""

import pytest

from components import quantities
from components.words import NBSP
from regime_core.features import FEATURES


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("volatility_21", 0.018043, f"1.80{NBSP}% per bar"),
        ("drawdown_63", -0.1433, f"−14.3{NBSP}%"),
        ("roll_spread_21", 0.0004, f"0.040{NBSP}% of price"),
        ("rsi_14", 41.68, "41.7"),
        ("vix_level", 25.42, f"25.4{NBSP}% a year"),
        ("bollinger_position_20", 0.5, "0.50"),
        ("return_zscore_20", -1.2345, f"−1.23{NBSP}standard deviations"),
        ("amihud_21", 1.2e-9, f"1.20 × 10⁻⁹{NBSP}return per million of currency traded"),
        ("rsi_14", float("nan"), "–"),
    ],
)
def test_a_value_in_words(name, value, told):
    assert quantities.told(value, FEATURES[name]) == told


def test_every_feature_has_a_unit_for_its_axis_and_none_is_a_fraction():
    units = [quantities.unit(feature) for feature in FEATURES.values()]
    assert all(units)
    assert not any("fraction" in unit for unit in units)


@pytest.mark.parametrize(("value", "told"), [(12345.6, "12,346"), (0.0, "0.00"), (0.000123, "0.00012"), (-0.5, "−0.50")])
def test_a_number_has_the_digits_it_needs(value, told):
    assert quantities.number(value) == told
