"""What a bar tells of its move: bars without a trade, bars that catch up, coarse grids of prices, halts."""

import numpy as np
import pytest

from regime_core import simulate
from regime_core.bars import DAY_NS, OHLCV
from regime_core.kernels import moves as kernel
from regime_core.training import markets

MOVE, VARIANCE, BLIND, SPAN = range(4)
NAMES = ("open", "high", "low", "close")


def bars_of(rows):
    """Daily bars of (open, high, low, close) rows."""
    columns = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return OHLCV(DAY_NS * np.arange(len(rows), dtype=np.int64), *columns, np.full(len(rows), np.nan))


def moved(bars, *, intraday=False, usual=DAY_NS):
    return kernel.moves(bars.time, bars.open, bars.high, bars.low, bars.close, intraday, usual)


@pytest.fixture
def market():
    return simulate.market(1200, s0=0.01, mean_duration=50, shocks="gaussian", rng=np.random.default_rng(11)).bars


def test_a_bar_without_a_trade_tells_nothing_and_the_next_move_covers_it():
    usual, still = (100, 102, 99, 101), (101, 101, 101, 101)
    got = moved(bars_of([usual, still, still, (103, 104, 102, 103.5)]))
    assert got[1:3, SPAN].tolist() == [0, 0]
    assert got[3, SPAN] == 3
    assert got[3, MOVE] == pytest.approx(np.log(103.5 / 101))
    own, reach = np.log(103.5 / 103), np.log(104 / 102)
    assert got[3, VARIANCE] == pytest.approx(kernel.RANGE_WEIGHT * reach**2 + kernel.MOVE_WEIGHT * own**2)


def test_a_bar_that_opens_where_the_last_trade_was_covers_itself_alone():
    got = moved(bars_of([(100, 102, 99, 101), (101, 101, 101, 101), (101, 104, 100, 103)]))
    assert got[2, SPAN] == 1
    assert got[2, VARIANCE] == pytest.approx(
        kernel.RANGE_WEIGHT * np.log(104 / 100) ** 2 + kernel.MOVE_WEIGHT * np.log(103 / 101) ** 2
    )


def test_one_trade_after_bars_without_any_is_a_move_of_several_bars():
    got = moved(bars_of([(100, 102, 99, 101), (101, 101, 101, 101), (103, 103, 103, 103)]))
    assert got[2].tolist() == pytest.approx([np.log(103 / 101), np.log(103 / 101) ** 2 / 2, 1, 2])


def test_after_a_gap_nothing_is_caught_up_with():
    minute = 60 * 10**9
    bars = bars_of([(100, 102, 99, 101), (101, 101, 101, 101), (120, 121, 119, 120.5)])
    bars = bars._replace(time=np.array([0, minute, 900 * minute]))
    got = moved(bars, intraday=True, usual=minute)
    assert got[1, SPAN] == 0
    assert got[2, SPAN] == 1
    assert got[2, MOVE] == pytest.approx(np.log(120.5 / 120))


def test_thin_trading_changes_nothing_else(market):
    """Traded bars keep their variance; spans add up to the bars there are; the moves to the whole way."""
    thin = markets.untraded(market, 0.4, np.random.default_rng(1))
    got, whole = moved(thin), moved(market)
    traded = got[:, SPAN] > 0
    alone = got[:, SPAN] == 1
    np.testing.assert_allclose(got[alone, VARIANCE], whole[alone, VARIANCE])
    caught_up = got[:, SPAN] > 1
    assert np.mean(got[caught_up, VARIANCE] / whole[caught_up, VARIANCE]) == pytest.approx(1, abs=0.1)
    assert got[traded, SPAN].sum() == np.flatnonzero(traded)[-1] + 1
    assert got[:, MOVE].sum() == pytest.approx(np.log(thin.close[-1] / thin.open[0]))


def test_a_run_too_long_for_the_market_is_a_halt(market):
    """In a market that always trades from the third bar on; in one where every other bar is still much later."""

    def halted_from(bars):
        still = np.full(40, bars.close[-1])
        columns = {name: np.concatenate([getattr(bars, name), still]) for name in (*NAMES, "volume")}
        time = DAY_NS * np.arange(bars.n_bars + 40, dtype=np.int64)
        tail = moved(OHLCV(time, *(columns[name] for name in (*NAMES, "volume"))))[bars.n_bars :]
        halted = (tail[:, SPAN] == 1) & (tail[:, VARIANCE] == 0)
        first = int(halted.argmax())
        assert halted[first:].all()
        return first

    assert halted_from(market) == 2
    assert 8 <= halted_from(markets.untraded(market, 0.5, np.random.default_rng(2)).rows(0, 1190)) <= 16


def test_on_a_coarse_grid_a_still_bar_had_a_small_range(market):
    coarse = markets.on_grid(market, 0.01 * float(np.median(market.close)))
    still = (coarse.high == coarse.low) & (coarse.close == np.concatenate([[0], coarse.close[:-1]]))
    late = np.arange(market.n_bars) > 100
    got, whole = moved(coarse), moved(market)
    told = still & late & (got[:, SPAN] == 1)
    assert told.sum() > 0.9 * (still & late).sum() > 50
    step = 0.01 * np.median(market.close) / coarse.close
    np.testing.assert_allclose(got[told, VARIANCE], kernel.STILL_ON_GRID * step[told] ** 2)
    alike = late & (step > 0.006) & (step < 0.015)
    assert alike.sum() > 900
    assert np.mean(got[alike, VARIANCE]) == pytest.approx(np.mean(whole[alike, VARIANCE]), rel=0.25)


@pytest.mark.parametrize("seed", range(8))
def test_prices_without_a_grid_are_never_taken_for_one(seed):
    """The smallest difference of continuous prices is large at first, but no other is like it."""
    market = simulate.market(300, s0=0.01, mean_duration=50, shocks="student", rng=np.random.default_rng(seed)).bars
    np.testing.assert_array_equal(moved(market)[:, SPAN], 1)
    reach = np.log(np.maximum(market.high, market.open) / np.minimum(market.low, market.open))
    own = np.log(market.close / market.open)
    expected = kernel.RANGE_WEIGHT * reach**2 + kernel.MOVE_WEIGHT * own**2
    np.testing.assert_allclose(moved(market)[:, VARIANCE], expected)


@pytest.mark.parametrize("cut", [60, 333, 900])
def test_no_row_sees_the_future(market, cut):
    for bars in (markets.untraded(market, 0.5, np.random.default_rng(3)), markets.on_grid(market, 1.0)):
        np.testing.assert_array_equal(moved(bars.rows(0, cut)), moved(bars)[:cut])


def test_python_and_compiled_agree(market):
    thin = markets.untraded(market, 0.3, np.random.default_rng(4)).rows(0, 200)
    arguments = (thin.time, thin.open, thin.high, thin.low, thin.close, False, DAY_NS)
    np.testing.assert_allclose(kernel.moves.py_func(*arguments), kernel.moves(*arguments), rtol=1e-12)
