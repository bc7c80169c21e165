"""Figures, tables and words of backtests and of detectors on simulated markets, against what was worked out by hand."""

import dataclasses

import numpy as np
import pytest

from components import backtests, sheets, simulated, theme
from components.figures import backtest as wealth
from components.figures import lags
from components.figures.backtest import Shown
from components.figures.lags import Tried
from markets import daily_bars, labels_of, text_of
from regime_core import backtests as core
from regime_core.backtests import Trade
from regime_core.trials import Cell, Trial

N = 200
FALL = np.where((np.arange(N) >= 100) & (np.arange(N) < 110), 0.95, 1.002)
CLOSE = 100 * np.cumprod(FALL)
BARS = daily_bars(CLOSE)
OUT = (np.arange(N) >= 99) & (np.arange(N) < 109)
RIGHT = core.of_labels(BARS, labels_of(BARS, OUT.astype(int), np.full(N, 0.9)), (1,), Trade(0, 0.0))
"""Out of the market on exactly the ten days on which it falls."""
VIEW = Shown("Made", "staying out while boosted says trending bearish", Trade(0, 0.0), RIGHT)
CELL = Cell(60, "gaussian")


def trial(lags_, *, confusion=None, accuracy=0.8):
    counts = np.zeros((5, 6), dtype=np.int64) if confusion is None else confusion
    return Trial(CELL, 21_000, counts, np.array(lags_, dtype=np.int64), accuracy, 0.02)


def tried(name="boosted", one=(0, 1, 2, 3, -1), other=(4, 5, 6, 7, -1), **options):
    return Tried(name, trial(one, **options), trial(other, accuracy=0.7))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_wealth_and_drawdown_are_drawn_as_they_were(mode):
    figure = wealth.figure(VIEW, mode=mode)
    traces = {trace.name: trace for trace in figure.data}
    np.testing.assert_allclose(traces["Rule"].y[-1], 1.002 ** (N - 1 - 10))
    np.testing.assert_allclose(traces["Buy and hold"].y[-1], CLOSE[-1] / CLOSE[0])
    np.testing.assert_allclose(min(traces["Buy and hold, below its peak"].y), 0.95**10 - 1)
    assert max(abs(traces["Rule, below its peak"].y)) == 0
    assert traces["Rule"].line.color == theme.PALETTES[mode].accent
    assert traces["Buy and hold"].line.color == theme.PALETTES[mode].muted
    ribbon = traces["Out of the market"]
    # out on the first day, which no signal comes before, then in, out while it falls, and in again
    assert list(ribbon.z[0]) == [1, 0, 1, 0]
    assert figure.layout.yaxis.type == "log"


def test_the_figure_and_the_sentences_tell_the_same(app):
    told = wealth.description(VIEW).replace("\u00a0", " ")
    assert f"With the rule 1 became {1.002 ** (N - 11):.2f}" in told
    assert f"At worst they were 0 % and {100 * (1 - 0.95**10):.0f} % below their peaks" in told
    assert "at the same close, 0 bp a trade, 1 Jan 2018 – 19 Jul 2018" in wealth.heading(VIEW).replace("\u00a0", " ")
    head = text_of(backtests.headline(VIEW))
    assert head.startswith("Staying out while boosted says trending bearish earned")
    assert "percentage points a year more than buy and hold" in head
    assert f"0 % instead of {100 * (1 - 0.95**10):.0f} %" in text_of(backtests.summary(VIEW))


def test_a_rule_that_does_nothing_earns_as_much_and_may_be_chance(app):
    same = dataclasses.replace(RIGHT, rule=RIGHT.hold, difference=core.backtest.difference(RIGHT.hold, RIGHT.hold))
    view = dataclasses.replace(VIEW, tested=same)
    assert "earned as much as buy and hold, which may be chance" in text_of(backtests.headline(view))
    assert "it cannot be told from chance" in text_of(backtests.summary(view))


def test_the_table_holds_the_figures_of_both(app):
    sheet = backtests.sheet(VIEW)
    rows = {row["measure"]: row for row in sheet.rows}
    assert rows["Trades"]["rule"] == 3
    assert rows["Trades"]["buy_and_hold"] == 1
    assert rows["In the market"]["rule"] == pytest.approx((N - 11) / N)
    assert rows["Worst drawdown"]["difference"] == pytest.approx(1 - 0.95**10)
    assert rows["Mean return"]["low"] <= rows["Mean return"]["difference"] <= rows["Mean return"]["high"]
    told = text_of(sheets.table(sheet))
    assert f"Worst drawdown from a peak +0.0 % −{100 * (1 - 0.95**10):.1f} % +{100 * (1 - 0.95**10):.1f} pp" in told
    assert "Trades in all 3 1 +2" in told


def test_what_a_signal_can_stay_out_of():
    assert backtests.out_of("boosted", "volatile") == "volatile"
    assert backtests.out_of("boosted", "high") == "bearish_volatile"
    assert backtests.out_of("forecast", "volatile") == "high"
    assert backtests.out_of("today", "stressed") == "stressed"
    assert backtests.trade_of("2", "25") == Trade(2, 25.0)
    assert backtests.trade_of("9", None) == Trade(1, 5.0)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_curve_of_lags_counts_what_was_named(mode):
    figure = lags.named_within(tried(), mode=mode)
    by_name = {trace.name.replace("\u00a0", " "): trace for trace in figure.data}
    detector, yardstick = by_name["boosted: half within 2 bars"], by_name["Exact Bayes filter: half within 6 bars"]
    assert list(detector.y[:5]) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8])
    assert list(yardstick.y[3:8]) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert detector.line.color == theme.PALETTES[mode].accent
    assert yardstick.line.color == theme.PALETTES[mode].muted
    assert (by_name["boosted, half named"].x[0], by_name["boosted, half named"].y[0]) == (2, 0.6)
    assert "boosted named 20 % within 0 bars (0 % by the filter), 80 % within 5 bars (40 % by the filter)" in lags.description(
        tried()
    ).replace("\u00a0", " ")


def test_who_names_fewer_than_half_has_no_median(app):
    slow = tried("rules", one=(3, -1, -1))
    assert [trace.name for trace in lags.named_within(slow).data][:2] == [
        "Exact Bayes filter: half within 6\u00a0bars",
        "rules: 33\u00a0% named at all",
    ]
    assert text_of(simulated.headline(slow)).startswith(
        "rules names only 33 % of new regimes before they end; the exact filter"
    )
    told = text_of(simulated.headline(tried()))
    assert told.startswith(
        "boosted names a new regime after 2 bars at the median; the exact filter, which is told every parameter"
    )
    assert told.endswith("after 6 bars")
    assert "that is how it can be ahead" in text_of(simulated.summary(tried()))
    assert "that is how it can be ahead" not in text_of(simulated.summary(tried(accuracy=0.5)))


def test_the_matrices_show_shares_of_each_true_regime_and_unknown_where_it_occurs():
    counts = np.zeros((5, 6), dtype=np.int64)
    counts[:, :5] = np.diag([100] * 5)
    counts[0] = [75, 20, 0, 0, 0, 5]
    told = text_of(simulated.confusions(tried(confusion=counts)))
    first, _, second = told.partition("Exact Bayes filter:")
    assert "Bullish 75.0 % 20.0 % 0 0 0 5.0 %" in first.replace("▲ ", "")
    assert "Unknown" in first
    assert "Unknown" not in second


def test_the_table_of_markets_has_the_detector_before_the_filter_and_no_calibration_of_points():
    told = text_of(sheets.table(simulated.cell_sheet([tried()], CELL)))
    assert "Gaussian shocks 60 bars 80.0 % 70.0 % 2.0 % 2.0 % 2 bars 6 bars 20.0 % 20.0 %" in told
    told = text_of(sheets.table(simulated.cell_sheet([tried("rules", one=(-1, -1, 3))], CELL)))
    assert "80.0 % 70.0 % – 2.0 % – 6 bars 66.7 % 20.0 %" in told


def test_a_choice_that_is_none_falls_back():
    assert simulated.cell_of("120", "student") == Cell(120, "student")
    assert simulated.cell_of("7", "cauchy") == Cell(60, "gaussian")
    assert simulated.cell_of(None, None) == Cell(60, "gaussian")
