"""Markets: which days they hold, their three values against pandas, and what is said of those they cannot hold."""

import json

import numpy as np
import pandas as pd
import pytest

from regime_core import states
from regime_core.errors import ModelError
from regime_core.features import stress
from regime_core.regimes import ModelRef
from regime_core.states import Contribution, Explanation, Forecast
from stress_markets import index_and_vix, same_day_later


def test_values_are_those_of_pandas():
    bars, vix = index_and_vix(400)
    market = states.market(bars, vix)
    returns = pd.Series(bars.close).pct_change()
    expected = np.column_stack([returns, returns.rolling(21).std(), vix.close])[21:]
    np.testing.assert_allclose(market.values, expected, rtol=1e-9)
    assert market.columns == ("return", "volatility", "vix")
    assert market.n_days == 400 - 21
    np.testing.assert_array_equal(market.time, bars.time[21:])
    np.testing.assert_array_equal(market.bars.close, bars.close[21:])


def test_without_a_vix_ranges_take_its_place_and_it_says_so():
    bars, _ = index_and_vix(400)
    market = states.market(bars)
    squares = pd.Series(np.log(bars.high / bars.low) ** 2 / (4 * np.log(2)))
    np.testing.assert_allclose(market.values[:, 2], np.sqrt(squares.rolling(21).mean())[21:], rtol=1e-9)
    assert market.columns[2] == "parkinson"
    assert market.vix is None
    assert market.order_column == 1
    assert any("no VIX" in note for note in market.notes)


def closes_only(bars):
    return bars._replace(open=bars.close, high=bars.close, low=bars.close)


def test_closes_only_do_without_ranges_and_say_so():
    bars, vix = index_and_vix(400)
    market = states.market(closes_only(bars))
    assert market.columns == ("return", "volatility")
    np.testing.assert_array_equal(market.values, states.market(bars).values[:, :2])
    assert market.order_column == 1
    told = " ".join(market.notes)
    assert "closes only" in told
    assert "States rest on return and 21-day volatility alone." in told
    assert states.market(closes_only(bars), vix).columns[2] == "vix"
    np.testing.assert_allclose(stress.stress(market), market.values[:, 1] * 100 * np.sqrt(252))


@pytest.mark.parametrize("early", [True, False])
def test_whether_bars_are_closes_only_does_not_rest_on_later_ones(early):
    bars, _ = index_and_vix(400)
    flat = closes_only(bars)
    is_flat = (np.arange(400) < 84) == early
    mixed = bars._replace(high=np.where(is_flat, flat.high, bars.high), low=np.where(is_flat, flat.low, bars.low))
    whole = states.market(mixed)
    assert whole.columns == (("return", "volatility") if early else ("return", "volatility", "parkinson"))
    for cut in (84, 130):
        cut_off = states.market(mixed.rows(None, cut))
        assert cut_off.columns == whole.columns
        np.testing.assert_array_equal(cut_off.values, whole.values[: cut - 21])
    told = [note for note in whole.notes if "Parkinson volatility is 0" in note]
    assert told == ([] if early else ["On 296 days high and low were equal for 21 days: Parkinson volatility is 0 there."])


def test_the_vix_itself_rests_on_its_own_level_and_says_so():
    _, vix = index_and_vix(400)
    market = states.market(vix, vix)
    assert market.columns == ("return", "volatility", "vix")
    np.testing.assert_array_equal(market.values[:, 2], vix.close[21:])
    (note,) = (note for note in market.notes if "years of data" not in note)
    assert note.startswith("This is the VIX itself")
    assert not any("the VIX itself" in note for note in states.market(*index_and_vix(400)).notes)


def test_only_days_of_both_count_and_the_others_are_told():
    bars, vix = index_and_vix(400)
    holes = np.delete(np.arange(400), [50, 51, 120])
    market = states.market(bars, vix.take(holes[5:]))
    kept = holes[5:]
    returns = pd.Series(bars.close[kept]).pct_change()
    np.testing.assert_allclose(market.values[:, 1], returns.rolling(21).std()[21:], rtol=1e-9)
    told = " ".join(market.notes)
    assert "3 days without the VIX fell out" in told
    assert "5 days outside" in told
    assert "1 day outside" in " ".join(states.market(bars, vix.rows(1, None)).notes)


def test_a_vix_of_days_the_index_does_not_trade_changes_nothing():
    bars, vix = index_and_vix(400)
    extra = vix._replace(time=vix.time + 6 * 3_600_000_000_000)  # the same dates at another hour
    np.testing.assert_array_equal(states.market(bars, extra).values, states.market(bars, vix).values)


def test_no_value_sees_the_future():
    bars, vix = index_and_vix(400)
    whole = states.market(bars, vix)
    for cut in (120, 233, 399):
        np.testing.assert_array_equal(states.market(bars.rows(None, cut), vix).values, whole.values[: cut - 21])


def test_no_day_in_common_names_both_ranges():
    bars, vix = index_and_vix(300)
    with pytest.raises(ModelError, match="No date is in both") as caught:
        states.market(bars, same_day_later(vix, 3650))
    assert caught.value.code == "market.no_overlap"
    assert str(np.datetime64(int(bars.time[0]), "ns").astype("M8[D]")) in caught.value.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda bars: bars.rows(None, 80), "market.few"),
        (lambda bars: bars._replace(close=np.full(300, 5.0)), "market.constant"),
        (lambda bars: bars._replace(time=np.arange(300) * 60_000_000_000), "market.intraday"),
    ],
)
def test_markets_that_hold_no_states_are_named(change, code):
    bars, _ = index_and_vix(300)
    with pytest.raises(ModelError) as caught:
        states.market(change(bars))
    assert caught.value.code == code


def test_under_three_years_it_says_what_can_still_be_shown():
    bars, vix = index_and_vix(500)
    market = states.market(bars, vix)
    assert any("Clusters and features can still be shown" in note for note in market.notes)
    with pytest.raises(ModelError, match="three years") as caught:
        states.require_history(market)
    assert caught.value.code == "market.short"
    enough = states.market(*index_and_vix(900))
    states.require_history(enough)
    assert not any("years of data" in note for note in enough.notes)


def test_a_forecast_survives_json():
    forecast = Forecast(
        as_of=5,
        state_today=1,
        k=2,
        horizons={1: np.array([0.25, 0.75])},
        persistence=1,
        stay={1: 0.9},
        markov={1: np.array([0.1, 0.9])},
        margin={1: np.array([0.2, 0.8])},
        explanations={1: Explanation(0, 0.4, 64, 1, 9, (Contribution("level", "VIX level", 0.5, ("VIX level",)),))},
        model=ModelRef("forecaster", "1"),
        fitted_through=4,
        in_sample=False,
        notes=("so",),
    )
    again = Forecast.from_dict(json.loads(json.dumps(forecast.as_dict())))
    assert again.as_dict() == forecast.as_dict()
    assert again.explanations == forecast.explanations
    assert again.most_likely(1) == 1
