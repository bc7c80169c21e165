"""Scale-free features: causal, free of price level and scale, of the time of day and of gaps; finite whatever comes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from regime_core import MODEL_DIR, features, simulate
from regime_core.bars import DAY_NS, OHLCV, to_frame
from regime_core.engine import Engine
from regime_core.features import relative
from regime_core.kernels import regime_filter
from regime_core.kernels import relative as kernel

STEP = 5 * 60 * 10**9
A_DAY = 78


@pytest.fixture(scope="module")
def market():
    return simulate.market(900, s0=0.01, mean_duration=50, shocks="student", rng=np.random.default_rng(11))


def intraday(bars, *, u_shape=True, gap=0.0):
    """The same moves as five-minute bars of US sessions, louder at the open and close, with gaps overnight."""
    n = bars.n_bars
    day, place = np.divmod(np.arange(n), A_DAY)
    factor = 0.6 + 1.6 * (2 * (place + 0.5) / A_DAY - 1) ** 2 if u_shape else np.ones(n)
    shape = np.log(np.column_stack([bars.open, bars.high, bars.low, bars.close]) / bars.open[:, None]) * factor[:, None]
    jumps = np.where((place == 0) & (day > 0), gap * np.where(day % 2 == 0, 1, -1), 0.0)
    start = np.log(50) + np.cumsum(jumps) + np.concatenate(([0], np.cumsum(shape[:-1, 3])))
    prices = np.exp(start[:, None] + shape)
    time = (11_000 + day + 2 * (day // 5)) * DAY_NS + 52_200 * 10**9 + place * STEP
    return OHLCV(time, *(np.ascontiguousarray(prices[:, i]) for i in range(4)), bars.volume)


def powered(bars, power, times=1.0):
    return bars._replace(**{name: times * getattr(bars, name) ** power for name in ("open", "high", "low", "close")})


@pytest.mark.parametrize("cut", [50, 60, 133, 400])
@pytest.mark.parametrize("kind", ["daily", "intraday"])
def test_no_feature_sees_the_future(market, kind, cut):
    bars = market.bars if kind == "daily" else intraday(market.bars, gap=0.02)
    np.testing.assert_array_equal(relative.matrix(bars.rows(None, cut)), relative.matrix(bars)[:cut])


def test_what_comes_later_does_not_tell_intraday_bars_from_daily_ones(market):
    """A series that starts with five-minute bars and goes on daily."""
    early = intraday(market.bars.rows(0, 200), gap=0.02)
    late = market.bars.rows(200)._replace(time=early.time[-1] + DAY_NS * np.arange(1, 701))
    joined = OHLCV(*(np.concatenate(pair) for pair in zip(early, late, strict=True)))
    np.testing.assert_array_equal(relative.matrix(joined)[:200], relative.matrix(early))


@pytest.mark.parametrize("start", [1, 49, 50, 640, 899])
def test_rows_from_a_start_are_those_of_the_whole(market, start):
    np.testing.assert_array_equal(relative.matrix(market.bars, start=start), relative.matrix(market.bars)[start:])


@pytest.mark.parametrize("n_bars", [50, 252, 900])
@pytest.mark.parametrize("kind", ["daily", "intraday"])
def test_what_an_answer_rests_on_is_the_last_row_of_the_feature_table(market, kind, n_bars):
    """Made by the kernel of the last rows, without the rows before them."""
    bars = (market.bars if kind == "daily" else intraday(market.bars, gap=0.02)).rows(0, n_bars)
    last = features.table(to_frame(bars), names=relative.NAMES).iloc[-1].to_numpy()
    np.testing.assert_array_equal(relative.matrix(bars, start=n_bars - 1)[0], last.astype(np.float32))
    np.testing.assert_array_equal(Engine.load(MODEL_DIR).detect(bars, model="boosted").inputs, last)


@pytest.mark.parametrize("start", [0, 1, 49, 100, 101, 899])
@pytest.mark.parametrize("piece", [30, 100, 899])
def test_pieces_of_a_long_history_are_the_rows_of_the_whole(market, start, piece, monkeypatch):
    monkeypatch.setattr(relative, "PIECE", piece)
    pieces = list(relative.Known(market.bars).pieces(start))
    assert max(map(len, pieces)) <= piece
    np.testing.assert_array_equal(np.concatenate(pieces), relative.matrix(market.bars, start=start))


@pytest.mark.parametrize(("power", "times"), [(0.1, 1.0), (1.0, 1e-6), (3.0, 7.0)])
def test_scale_and_level_of_prices_do_not_matter(market, power, times):
    got = relative.matrix(powered(market.bars, power, times))
    np.testing.assert_allclose(got, relative.matrix(market.bars), rtol=2e-3, atol=2e-3)


def test_names_and_columns_agree(market):
    columns = relative.compute(market.bars)
    assert tuple(columns) == relative.NAMES == tuple(feature.name for feature in relative.FEATURES)
    assert len(relative.NAMES) == kernel.N_FEATURES == relative.matrix(market.bars).shape[1]
    for values in columns.values():
        assert np.isnan(values[:49]).all()
        assert np.isfinite(values[49:]).all()


def test_features_measure_what_they_say(market):
    """Against means written out as sums, on the winsorised moves in units of s0."""
    rows = relative.compute(market.bars)
    moves = np.log(market.bars.close[1:] / market.bars.close[:-1])
    moves = np.concatenate(([np.log(market.bars.close[0] / market.bars.open[0])], moves))
    variance = relative.standardised_moves(market.bars)[:, 1]

    def mean(values, half_life):
        weights = 0.5 ** (np.arange(len(values))[::-1] / half_life)
        return float(values @ weights / weights.sum())

    drift = mean(moves, 16) / np.sqrt(mean(variance, 8))
    assert rows["drift_16"][-1] == pytest.approx(drift, abs=0.01)
    assert rows["efficiency_16"][-1] == pytest.approx(mean(moves, 16) / mean(np.abs(moves), 16), abs=0.01)
    ratio = 0.5 * np.log(mean(variance, 20) / mean(variance, 60))
    assert rows["log_volatility_20"][-1] - rows["log_volatility_60"][-1] == pytest.approx(ratio, abs=0.01)
    true = 0.5 * np.log(mean(variance, 8)) - np.log(market.s0)
    assert rows["log_volatility_8"][-1] == pytest.approx(true, abs=0.15)


def test_the_time_of_day_is_divided_out():
    market = simulate.market(A_DAY * 60, s0=0.001, mean_duration=1e9, shocks="gaussian", rng=np.random.default_rng(12))
    moved = relative.standardised_moves(intraday(market.bars))
    place = np.arange(len(moved)) % A_DAY
    late = np.arange(len(moved)) >= 40 * A_DAY

    def loudness(part):
        return np.sqrt(moved[late & part, 1].mean())

    ratio = loudness(place < 6) / loudness((place > 36) & (place < 42))
    assert 0.8 < ratio < 1.35  # 3.3 as sent


def test_a_gap_is_not_one_bars_move(market):
    plain, gapped = (relative.standardised_moves(intraday(market.bars, gap=gap)) for gap in (0.0, 0.2))
    np.testing.assert_allclose(gapped, plain, atol=1e-12)


def test_daily_bars_move_from_the_close_before(market):
    weekends = market.bars._replace(time=market.bars.time + 2 * DAY_NS * (np.arange(900) // 5))
    np.testing.assert_array_equal(relative.matrix(weekends), relative.matrix(market.bars))
    opened = market.bars._replace(open=np.sqrt(market.bars.high * market.bars.low))
    np.testing.assert_allclose(relative.standardised_moves(opened)[1:], relative.standardised_moves(market.bars)[1:])


def test_one_outlier_is_drawn_in(market):
    high = market.bars.high.copy()
    high[700] *= 50
    got, usual = relative.compute(market.bars._replace(high=high)), relative.compute(market.bars)
    calmed = slice(740, None)
    assert np.abs(got["log_p_volatile"][calmed] - usual["log_p_volatile"][calmed]).max() < 1.5
    assert np.abs(got["log_volatility_8"][calmed] - usual["log_volatility_8"][calmed]).max() < 0.25


def still(n):
    flat = np.full(n, 7.0)
    return OHLCV(np.arange(n, dtype=np.int64) * DAY_NS, flat, flat.copy(), flat.copy(), flat.copy(), np.zeros(n))


def degenerate():
    rng = np.random.default_rng(13)
    flat = still(300)
    woken = still(300)
    for column in woken[1:5]:
        column[200:] *= np.exp(0.01 * rng.normal(size=100).cumsum())
    woken = woken._replace(high=np.maximum(woken.open, woken.close), low=np.minimum(woken.open, woken.close))
    ticks = np.round(100 + rng.choice([0, 0, 0, 1, -1], size=300).cumsum())
    steps = still(300)._replace(open=ticks, high=ticks, low=ticks, close=ticks)
    jump = still(300)._replace(close=np.where(np.arange(300) == 150, 7e8, 7.0), high=np.full(300, 7e8))
    return {"flat": flat, "woken": woken, "steps": steps, "jump": jump}


@pytest.mark.parametrize("name", ["flat", "woken", "steps", "jump"])
def test_degenerate_bars_give_finite_features(name):
    got = relative.matrix(degenerate()[name])
    assert np.isfinite(got[49:]).all()


def test_fewer_than_fifty_bars_have_no_features(market):
    assert np.isnan(relative.matrix(market.bars.rows(0, 49))).all()
    assert relative.matrix(market.bars.rows(0, 0)).shape == (0, len(relative.NAMES))


def test_a_day_with_one_trade_tells_its_move_alone(market):
    """The range it has not is taken neither for a small one nor for the other days'."""
    flat = np.zeros(market.bars.n_bars, dtype=bool)
    flat[5::4] = True
    close = market.bars.close
    thin = market.bars._replace(**{c: np.where(flat, close, getattr(market.bars, c)) for c in ("open", "high", "low")})
    got, whole = relative.standardised_moves(thin), relative.standardised_moves(market.bars)
    np.testing.assert_array_equal(got[~flat], whole[~flat])
    np.testing.assert_array_equal(
        got[flat], np.column_stack([whole[flat, 0], whole[flat, 0] ** 2, np.ones(flat.sum()), np.ones(flat.sum())])
    )


def test_threads_filter_at_the_same_time(sp500, monkeypatch):
    """A lock that all readings shared would have one of them wait for the other, forever."""
    both = threading.Barrier(2)
    alone = regime_filter.filter_bars

    def filter_bars(moved):
        both.wait(60)
        return alone(moved)

    monkeypatch.setattr(relative.regime_filter, "filter_bars", filter_bars)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda bars: relative.Known(bars).filtered, [sp500, sp500.rows(0, 500)])
    assert (len(first), len(second)) == (sp500.n_bars, 500)
