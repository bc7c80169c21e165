"""The VIX beside bars: the same date or none, an earlier date on intraday bars, never a later one."""

import numpy as np
import pandas as pd
import pytest

from regime_core import features
from regime_core.errors import BarsError

NAMES = ["vix_level", "vix_change_1", "vix_change_5"]


def at(bars, index):
    return bars.iloc[: len(index)].set_axis(pd.DatetimeIndex(index, name="timestamp"))


def beside(bars, index, vix):
    return features.table(at(bars, index), vix, names=NAMES)


def test_without_vix_its_columns_are_unknown(bars):
    assert features.table(bars, names=NAMES).isna().all().all()


def test_levels_and_changes_on_trading_days(bars, vix):
    table = features.table(bars, vix, names=NAMES)
    expected = pd.DataFrame({"vix_level": vix, "vix_change_1": vix.pct_change(1), "vix_change_5": vix.pct_change(5)})
    np.testing.assert_allclose(table, expected, rtol=1e-12)


def test_an_earlier_history_makes_changes_known_from_the_first_bar(bars, vix):
    table = features.table(bars.iloc[10:], vix, names=NAMES)
    assert table.notna().all().all()
    assert table["vix_change_5"].iloc[0] == pytest.approx(vix.iloc[10] / vix.iloc[5] - 1)


def test_a_date_without_vix_is_unknown_and_is_no_trading_day_of_the_vix(bars):
    """Crypto bars trade at weekends: no level on Saturday, and Monday's change is against Friday."""
    days = pd.date_range("2024-01-01", periods=14)
    vix = pd.Series(np.arange(10.0, 20.0), index=pd.bdate_range("2024-01-01", periods=10))
    table = beside(bars, days, vix)
    assert table["vix_level"].isna().tolist() == [day.weekday() > 4 for day in days]
    assert table["vix_change_1"].isna().tolist() == [day.weekday() > 4 or i == 0 for i, day in enumerate(days)]
    assert table.loc["2024-01-08", "vix_change_1"] == pytest.approx(15 / 14 - 1)
    holes = vix.copy()
    holes.loc["2024-01-04"] = np.nan
    table = beside(bars, days, holes)
    assert np.isnan(table.loc["2024-01-04", "vix_level"])
    assert table.loc["2024-01-05", "vix_change_1"] == pytest.approx(14 / 12 - 1)


def test_a_change_does_not_reach_over_a_long_hole(bars):
    days = pd.bdate_range("2024-01-01", periods=30)
    vix = pd.Series(np.arange(10.0, 40.0), index=days).drop(days[5:15])
    table = beside(bars, days, vix)
    assert table["vix_change_1"].isna().to_numpy().nonzero()[0].tolist() == [0, *range(5, 16)]
    assert table["vix_change_5"].isna().to_numpy().nonzero()[0].tolist() == list(range(20))


def test_intraday_bars_know_only_the_close_of_an_earlier_date(bars):
    vix = pd.Series([10.0, 11.0, 12.0, 13.0], index=pd.to_datetime(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]))
    times = pd.to_datetime(
        ["2024-01-04 20:00", "2024-01-05 00:00", "2024-01-05 23:00", "2024-01-08 09:00", "2024-01-09 00:00", "2024-01-10 12:00"]
    )
    table = beside(bars, times.tz_localize("UTC"), vix)
    np.testing.assert_array_equal(table["vix_level"], [np.nan, 10.0, 10.0, 11.0, 12.0, 13.0])
    assert table["vix_change_1"].iloc[-1] == pytest.approx(13 / 12 - 1)


def test_the_date_of_an_intraday_bar_is_that_of_utc(bars):
    """02:00 on 10 January in Tokyo is still the 9th in New York, whose VIX has not closed."""
    vix = pd.Series([12.0, 13.0], index=pd.to_datetime(["2024-01-08", "2024-01-09"]))
    times = pd.to_datetime(["2024-01-10 02:00", "2024-01-10 10:00"]).tz_localize("Asia/Tokyo")
    np.testing.assert_array_equal(beside(bars, times, vix)["vix_level"], [12.0, 13.0])


def test_an_old_close_is_not_carried_on(bars):
    vix = pd.Series([10.0], index=pd.to_datetime(["2024-01-04"]))
    times = pd.to_datetime(["2024-01-05 10:00", "2024-01-11 23:00", "2024-01-12 00:00"]).tz_localize("UTC")
    np.testing.assert_array_equal(beside(bars, times, vix)["vix_level"], [10.0, 10.0, np.nan])
    np.testing.assert_array_equal(beside(bars, pd.to_datetime(["2024-01-04", "2024-01-05"]), vix)["vix_level"], [10.0, np.nan])


def test_order_and_clock_of_the_series_do_not_matter(bars, vix):
    expected = features.table(bars, vix, names=NAMES)
    shuffled = vix.sample(frac=1.0, random_state=1)
    shuffled.index = pd.DatetimeIndex(shuffled.index).tz_localize("America/New_York") + pd.Timedelta(hours=16)
    pd.testing.assert_frame_equal(features.table(bars, shuffled, names=NAMES), expected, check_exact=True)


def test_an_empty_vix_is_unknown(bars, vix):
    assert features.table(bars, vix.iloc[:0], names=NAMES).isna().all().all()
    assert features.table(bars, vix * np.nan, names=NAMES).isna().all().all()


def test_what_is_not_a_vix_is_refused(bars, vix):
    with pytest.raises(BarsError, match="needs a DatetimeIndex"):
        features.table(bars, vix.reset_index(drop=True))
    with pytest.raises(BarsError, match=r"VIX of 2001-01-03 is -1: it must be positive"):
        features.table(bars, vix.where(vix.index != "2001-01-03", -1.0))
    with pytest.raises(BarsError, match="two entries of 2001-01-01"):
        features.table(bars, pd.concat([vix.iloc[:1], vix]))
