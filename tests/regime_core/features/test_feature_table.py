"""Promises of the whole table: complete, causal, exact warm-up, scale-free where claimed, sane without volume."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from regime_core import features
from regime_core.bars import from_frame
from regime_core.errors import BarsError, RegimeError
from regime_core.features import FEATURES

NEEDS_VOLUME = [name for name, feature in FEATURES.items() if feature.needs == "volume"]
NOT_SCALE_FREE = {"amihud_21"}
STANDING_STILL = {"rsi_14": 50.0, "bollinger_position_20": 0.5, "range_position_20": 0.5, "variance_ratio_5_63": 1.0}
RECURSIVE = {"rsi_14", "macd_line_12_26", "macd_signal_12_26_9", "macd_histogram_12_26_9"}
STANDING_STILL |= {"value_area_position_50": 0.5}
MINE = [name for name, feature in FEATURES.items() if feature.group in {"price", "risk", "volume", "microstructure", "vix"}]
WINDOWED = [name for name in MINE if name not in RECURSIVE and FEATURES[name].needs != "vix"]

THE_ISSUE_NAMES = """volatility_20 trend_strength_20 atr_percent_14 range_efficiency_20 momentum_20 ma_convergence_10_50 rsi_14
macd_line_12_26 macd_signal_12_26_9 macd_histogram_12_26_9 bollinger_width_20 bollinger_position_20 return_lag_1 return_lag_2
return_lag_5 volatility_5 volatility_21 return_zscore_20 vix_level vix_change_1 vix_change_5 parkinson_20 garman_klass_20
rogers_satchell_20 yang_zhang_20 drawdown_63 range_position_20 autocorrelation_63 variance_ratio_5_63 volume_zscore_20
vwap_distance_20 poc_distance_50 value_area_position_50 order_flow_bulk_20 order_flow_tick_20 amihud_21 roll_spread_21
corwin_schultz_21 kyle_lambda_63"""


def test_columns_are_the_registry(bars, vix):
    table = features.table(bars, vix)
    assert list(table.columns) == list(FEATURES)
    assert table.index.equals(bars.index)
    assert all(dtype == np.float64 for dtype in table.dtypes)
    assert all(name == feature.name for name, feature in FEATURES.items())


def test_what_the_issue_names_is_there():
    wanted = set(THE_ISSUE_NAMES.split())
    assert wanted <= set(FEATURES)
    assert all(FEATURES[name].proxy for name in ("amihud_21", "roll_spread_21", "corwin_schultz_21", "kyle_lambda_63"))


@pytest.mark.parametrize("cut", [0, 1, 2, 19, 20, 21, 60, 63, 64, 133, 400, 599])
def test_no_feature_sees_the_future(bars, vix, cut):
    whole = features.table(bars, vix).iloc[:cut]
    assert_frame_equal(whole, features.table(bars.iloc[:cut], vix), check_exact=True)
    assert_frame_equal(whole, features.table(bars.iloc[:cut], vix.iloc[:cut]), check_exact=True)


@pytest.mark.parametrize("cut", [50, 333, 520])
def test_no_feature_sees_the_future_of_real_or_intraday_bars(real_bars, cut):
    minutes = real_bars.set_axis(pd.date_range("2024-01-02", periods=len(real_bars), freq="30min", tz="UTC", name="timestamp"))
    minutes.loc[minutes.index[100:180], "volume"] = np.nan
    minutes.loc[minutes.index[200:290], "volume"] = 0.0
    vix = pd.Series(15.0 + np.arange(20), index=pd.bdate_range("2024-01-01", periods=20))
    for frame in (real_bars, minutes):
        assert_frame_equal(features.table(frame, vix).iloc[:cut], features.table(frame.iloc[:cut], vix), check_exact=True)


@pytest.mark.parametrize("name", FEATURES)
def test_warm_up_is_exact(bars, vix, name):
    known = features.table(bars, vix, names=[name])[name].notna().to_numpy()
    assert not known[: FEATURES[name].warm_up].any()
    assert known[FEATURES[name].warm_up :].all()


def test_nothing_runs_on_from_window_to_window(bars):
    """A crash by 1e12 and a volume of 1e15 leave no trace once they are out of the window: no running sum lost its digits."""
    shaken = bars.copy()
    shaken.iloc[:100, :4] *= 1e12
    shaken.iloc[50:60, 4] = 1e15
    whole, later = features.table(shaken, names=WINDOWED), features.table(shaken.iloc[100:], names=WINDOWED)
    assert_frame_equal(whole.iloc[170:], later.iloc[70:], check_exact=True)


def test_a_few_names_in_any_order_are_the_same_columns(bars, vix):
    names = ["vix_level", "rsi_14", "amihud_21", "return_1"]
    table = features.table(bars, vix, names=names)
    assert_frame_equal(table, features.table(bars, vix)[names], check_exact=True)
    assert features.table(bars, names=[]).shape == (len(bars), 0)


def test_only_groups_asked_for_are_computed(bars, monkeypatch):
    def refuse(_bars):
        raise AssertionError("not asked for")

    monkeypatch.setitem(features._GROUPS, "volume", refuse)
    features.table(bars, names=["rsi_14", "drawdown_63"])
    with pytest.raises(AssertionError, match="not asked for"):
        features.table(bars, names=["vwap_distance_20"])


def test_threads_change_nothing(bars, vix, monkeypatch):
    alone = features.table(bars, vix)
    monkeypatch.setattr(features, "THREADS_FROM", 0)
    assert_frame_equal(features.table(bars, vix), alone, check_exact=True)


def test_matrix_is_the_table(bars):
    arrays, _ = from_frame(bars)
    names = ["rsi_14", "vix_level", "yang_zhang_20"]
    matrix = features.matrix(arrays, names)
    np.testing.assert_array_equal(matrix, features.table(bars, names=names).to_numpy())
    np.testing.assert_array_equal(features.matrix(arrays.rows(100), names)[:, 1], np.full(500, np.nan))


def test_input_is_left_alone(bars, vix):
    frame, series = bars.copy(), vix.copy()
    arrays, _ = from_frame(frame)
    features.table(frame, series)
    features.matrix(arrays, list(FEATURES))
    assert_frame_equal(frame, bars, check_exact=True)
    pd.testing.assert_series_equal(series, vix, check_exact=True)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, from_frame(bars)[0], strict=True))


@pytest.mark.parametrize("empty", [np.nan, 0.0])
def test_without_volume_only_volume_features_are_unknown(bars, vix, empty):
    table, full = features.table(bars.assign(volume=empty), vix), features.table(bars, vix)
    assert table[NEEDS_VOLUME].isna().all().all()
    rest = [name for name in FEATURES if name not in NEEDS_VOLUME]
    assert_frame_equal(table[rest], full[rest], check_exact=True)
    assert_frame_equal(features.table(bars.drop(columns="volume"), vix)[rest], full[rest], check_exact=True)


def test_one_unknown_volume_spoils_only_the_windows_that_hold_it(bars):
    hole = bars.copy()
    hole.iloc[300, hole.columns.get_loc("volume")] = np.nan
    reach = {"volume_zscore_20": 20, "vwap_distance_20": 20, "poc_distance_50": 50, "value_area_position_50": 50}
    reach |= {"order_flow_bulk_20": 20, "order_flow_tick_20": 20, "amihud_21": 21, "kyle_lambda_63": 63}
    assert set(reach) == set(NEEDS_VOLUME)
    table, full = features.table(hole), features.table(bars)
    for name, window in reach.items():
        touched = np.zeros(len(bars), dtype=bool)
        touched[300 : 300 + window] = True
        assert table[name][touched].isna().all(), name
        pd.testing.assert_series_equal(table[name][~touched], full[name][~touched], check_exact=True)


@pytest.mark.parametrize("scale", [1e-8 / 100, 1e8 / 100])
def test_scale_of_prices_does_not_matter(bars, scale):
    prices = ["open", "high", "low", "close"]
    scaled = features.table(bars.assign(**{name: bars[name] * scale for name in prices}))
    full = features.table(bars)
    for name in MINE:
        expected = full[name] / scale if name in NOT_SCALE_FREE else full[name]
        np.testing.assert_allclose(scaled[name], expected, rtol=1e-7, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scale_of_volume_does_not_matter(bars, scale):
    scaled, full = features.table(bars.assign(volume=bars["volume"] * scale)), features.table(bars)
    for name in NEEDS_VOLUME:
        expected = full[name] / scale if name in NOT_SCALE_FREE else full[name]
        np.testing.assert_allclose(scaled[name], expected, rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("price", [1e-8, 0.1, 100.0, 1e8 / 3])
def test_prices_that_stand_still_are_defined(bars, price):
    still = bars.assign(open=price, high=price, low=price, close=price, volume=0.1)
    table = features.table(still)
    for name in MINE:
        if FEATURES[name].needs != "vix":
            values = table[name].iloc[FEATURES[name].warm_up :]
            assert (values == STANDING_STILL.get(name, 0.0)).all(), name


def test_prices_that_come_to_a_standstill_are_defined(bars):
    halted = bars.copy()
    halted.iloc[100:, :4] = bars["close"].iloc[99]
    table = features.table(halted)
    np.testing.assert_allclose(table["rsi_14"].iloc[100:200], table["rsi_14"].iloc[99], rtol=1e-9)
    assert table["rsi_14"].iloc[-1] == 50.0
    assert (table["bollinger_position_20"].iloc[120:] == 0.5).all()
    assert table[[name for name in MINE if FEATURES[name].needs != "vix"]].iloc[100:].notna().all().all()


def test_a_price_that_grows_by_the_same_factor_has_no_noise_for_a_score(bars):
    close = 100 * 1.001 ** np.arange(len(bars))
    steady = bars.assign(open=close, high=close, low=close, close=close)
    table = features.table(steady).iloc[70:]
    assert (table["return_zscore_20"] == 0).all()
    assert (table["autocorrelation_63"] == 0).all()
    assert (table["variance_ratio_5_63"] == 1).all()
    assert (table["order_flow_bulk_20"] == 0).all()


def test_wild_prices_stay_finite(bars):
    rng = np.random.default_rng(1)
    close = 10 ** rng.uniform(-8, 8, len(bars))
    wild = bars.assign(open=close, high=close * 1.5, low=close / 1.5, close=close)
    table = features.table(wild)
    assert not np.isinf(table.to_numpy()).any()
    mine = [name for name in MINE if FEATURES[name].needs != "vix"]
    assert table[mine].iloc[63:].notna().all().all()


def test_bars_that_need_repair_and_unknown_names_are_refused(bars):
    with pytest.raises(BarsError, match="sorted"):
        features.table(bars.iloc[::-1])
    with pytest.raises(RegimeError, match="No feature is called rsi_15") as error:
        features.table(bars, names=["rsi_14", "rsi_15"])
    assert error.value.code == "features.unknown"
    with pytest.raises(BarsError, match="3 rows but there are 600"):
        features.matrix(from_frame(bars)[0], ["vix_level"], vix=np.ones((3, 3)))
