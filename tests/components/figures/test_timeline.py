"""The price chart: its traces and words, held against bars whose labels are written out by hand."""

import numpy as np
import pytest

from components import theme
from components.figures import decimate, timeline
from components.figures import window as windows
from markets import daily_bars, labels_of
from regime_core.bars import DAY_NS
from regime_core.regimes import Labels, ModelRef

BARS = daily_bars([100, 102, 104, 103, 101, 99, 98, 97])
LABELS = labels_of(BARS, [5, 0, 0, 0, 3, 3, 2, 2], [0.0, 0.5, 0.5, 0.9, 0.7, 0.7, 0.35, 0.95])


@pytest.fixture
def window():
    return windows.window("Test", BARS, LABELS, 0, 8)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def day(text):
    return np.datetime64(text).astype("M8[s]")


def test_the_tint_has_one_cell_a_spell_in_the_regimes_colour(window):
    tint = traces(timeline.price(window))["Regime (tint)"]
    assert list(tint.z[0]) == [5, 0, 3, 2]
    # edges lie halfway between bars: bar 0 is 1 January, the spells begin at bars 1, 4 and 6
    edges = [day(f"2018-01-0{d}T12") - np.timedelta64(1, "D") for d in (1, 2, 5, 7, 9)]
    assert list(np.asarray(tint.x).astype("M8[s]")) == edges
    colours = [colour for _, colour in tint.colorscale]
    assert colours[0] == "rgba(0,158,115,0.1)" == theme.rgba(theme.LOOKS[0].colour, 0.1)
    assert colours[-1].endswith(",0)")  # unknown has no tint
    assert tint.hoverinfo == "skip"


def test_the_ribbons_opacity_is_the_confidence_in_steps_of_a_fifth(window):
    ribbon = traces(timeline.price(window))["Regime and confidence (ribbon)"]
    scale = {index: colour for (_, colour), index in zip(ribbon.colorscale[::2], range(30), strict=True)}
    shown = [scale[int(cell)] for cell in ribbon.z[0]]
    alpha = [float(colour.rsplit(",", 1)[1][:-1]) if colour.startswith("rgba") else None for colour in shown]
    # unknown; bullish 0.5 (two bars, one cell) and 0.9; volatile 0.7; ranging 0.35 and 0.95
    assert alpha == [None, 0.6, 1.0, 0.8, 0.4, 1.0]
    assert shown[0] == theme.PALETTES["light"].hairline
    assert ribbon.yaxis == "y3"


def test_full_confidence_stays_in_the_scale():
    labels = labels_of(BARS, [1] * 8, [1.0] * 8)
    ribbon = traces(timeline.price(windows.window("Test", BARS, labels, 0, 8)))["Regime and confidence (ribbon)"]
    assert list(ribbon.z[0]) == [9]
    assert ribbon.colorscale[2 * 9][1] == "rgba(213,94,0,1)"


def test_unknown_and_volatile_are_hatched_where_they_are(window):
    found = traces(timeline.price(window))
    assert found["Unknown"].marker.pattern.shape == "/"
    assert list(found["Unknown"].width) == [DAY_NS / 1e6]
    assert list(found["Volatile"].width) == [2 * DAY_NS / 1e6]
    assert list(np.asarray(found["Volatile"].x).astype("M8[s]")) == [day("2018-01-05T12")]
    assert "Calm" not in found
    tint = found["Volatile (tint)"]
    assert (tint.yaxis, tint.marker.pattern.shape, list(tint.x)) == ("y", "\\", list(found["Volatile"].x))
    assert traces(timeline.price(window)).keys() >= {"Unknown (tint)"}


def test_spells_wide_enough_carry_their_sign_over_the_highest_price(window):
    figure = timeline.price(window)
    signs = traces(figure)["Signs"]
    assert [sign[0] for sign in signs.text] == ["?", "▲", "⚡", "↔"]
    assert list(signs.textfont.color) == [theme.PALETTES["light"].muted, "#009E73", "#CC79A7", "#0072B2"]
    assert list(np.asarray(signs.x).astype("M8[s]"))[2] == day("2018-01-05T12")
    low, high = figure.layout.yaxis2.range
    assert low + signs.y[0] * (high - low) > BARS.high.max()
    codes = [0] * 60 + [1] + [2] * 60
    long = daily_bars(np.linspace(100, 120, 121))
    narrow = windows.window("Long", long, labels_of(long, codes, [0.5] * 121), 0, 121)
    assert [sign[0] for sign in traces(timeline.price(narrow))["Signs"].text] == ["▲", "↔"]


def test_closes_only_have_no_candles():
    flat = BARS._replace(open=BARS.close, high=BARS.close, low=BARS.close)
    window = windows.window("VIX", flat, LABELS, 0, 8, "index points")
    figure = timeline.price(window, candles=True)
    assert "Close" in traces(figure)
    assert "Price" not in traces(figure)
    assert timeline.heading(window, candles=True).endswith("(closes only: there are no candles to draw)")
    assert figure.layout.annotations[0].text == "index points"


def test_the_line_tells_regime_confidence_and_spell(window):
    line = traces(timeline.price(window))["Close"]
    assert list(line.y) == list(BARS.close)
    assert line.line.width == 1.5
    told = [tuple(text.replace("\u00a0", " ").replace("\ufe0e", "") for text in row) for row in line.customdata]
    assert told[0] == ("? Unknown, no answer", "1 bar, 1 Jan 2018 – 1 Jan 2018")
    assert told[3] == ("▲ Trending bullish, confidence 90 %", "3 bars, 2 Jan 2018 – 4 Jan 2018")
    assert told[5][0] == "⚡ Volatile, confidence 70 %"


def test_the_title_says_what_and_when(window):
    assert timeline.heading(window).replace("\u00a0", " ") == "Test: price and regime, 1 Jan 2018 – 8 Jan 2018"
    assert timeline.heading(window, candles=True).startswith("Test: candles and regime")
    words = timeline.description(window).replace("\u00a0", " ")
    assert "from 100.00 to 97.00 (−3.0 %) over 8 bars" in words
    assert "4 spells of regimes, the last one ranging" in words


def test_only_the_bars_in_sight_are_drawn():
    figure = timeline.price(windows.window("Test", BARS, LABELS, 3, 7))
    assert list(traces(figure)["Close"].y) == [103, 101, 99, 98]
    first, last = np.asarray(figure.layout.xaxis.range).astype("M8[s]")
    assert (first, last) == (day("2018-01-03T12"), day("2018-01-07T12"))
    # the spell of bars 1 to 3 is told whole, though one of its bars is in sight
    told = traces(figure)["Close"].customdata[0][1].replace("\u00a0", " ")
    assert told == "3 bars, 2 Jan 2018 – 4 Jan 2018"
    assert len(traces(figure)["Close"].customdata) == 4


@pytest.mark.parametrize(("years", "log"), [(4.9, False), (5.0, False), (5.1, True), (20, True)])
def test_spans_over_five_years_are_logarithmic(years, log):
    n = int(years * 365.25) + 1
    bars = daily_bars(np.linspace(100, 400, n))
    window = windows.window("Test", bars, labels_of(bars, [4] * n, [0.5] * n), 0, n)
    axis = timeline.price(window).layout.yaxis2
    assert axis.type == ("log" if log else "linear")
    assert ("log scale" in timeline.heading(window)) is log
    low, high = (10**edge for edge in axis.range) if log else axis.range
    assert low < 99 < 404 < high
    assert all(low <= tick <= high for tick in axis.tickvals)
    assert len(axis.tickvals) >= 3


def test_candles_are_told_apart_without_colour(window):
    candles = traces(timeline.price(window, candles=True))["Price"]
    assert list(candles.high) == list(BARS.high)
    assert candles.increasing.fillcolor != candles.decreasing.fillcolor
    assert candles.increasing.line.color == candles.decreasing.line.color


def test_long_series_have_few_points_and_few_cells():
    rng = np.random.default_rng(0)
    n = 20_000
    bars = daily_bars(100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))))
    labels = labels_of(bars, np.repeat(rng.integers(0, 5, n // 40), 40), np.full(n, 0.65))
    figure = timeline.price(windows.window("Long", bars, labels, 0, n))
    found = traces(figure)
    assert len(found["Close"].y) <= decimate.MAX_POINTS
    assert max(found["Close"].y) == bars.close.max()
    assert len(found["Regime (tint)"].z[0]) <= n // 40
    assert len(figure.data) <= 6
    assert len(found["Signs"].x) <= 1 / timeline.SIGN_SHARE
    assert not figure.layout.shapes


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_one_bar_of_one_price_can_be_drawn(mode):
    bars = daily_bars([5.0])._replace(high=np.array([5.0]), low=np.array([5.0]))
    figure = timeline.price(windows.window("One", bars, labels_of(bars, [5], [0]), 0, 1), mode=mode)
    low, high = figure.layout.yaxis2.range
    assert low < 5 < high
    assert figure.layout.template.layout.font.color == theme.PALETTES[mode].text


def test_the_newest_close_covers_no_other_number():
    bars = daily_bars([100, 150, 200, 249, 251])
    labels = labels_of(bars, [0] * 5, [0.5] * 5)
    layout = timeline.price(windows.window("Test", bars, labels, 0, 5)).layout
    written = dict(zip(layout.yaxis2.tickvals, layout.yaxis2.ticktext, strict=True))
    assert written[250] == ""
    assert written[200] == "200"
    assert layout.annotations[-1].text == "251.00"


def test_a_million_bars_are_drawn_from_a_few_thousand_points():
    rng = np.random.default_rng(3)
    n = 1_000_000
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-4, n)))
    bars = daily_bars(close, step_ns=DAY_NS // 1440)
    codes = np.repeat(rng.integers(0, 6, n // 20), 20).astype(np.int8)
    labels = Labels(bars.time, codes, np.full((n, 5), 0.2), np.full(n, 0.5), ModelRef("boosted", "1"))
    figure = timeline.price(windows.window("Long", bars, labels, 0, n))
    found = traces(figure)
    assert len(found["Close"].y) <= decimate.MAX_POINTS
    assert {close.max(), close.min(), close[0], close[-1]} <= set(np.asarray(found["Close"].y))
    assert len(found["Close"].customdata) == len(found["Close"].y)
    assert max(len(trace.x) for trace in figure.data) <= decimate.MAX_POINTS
    assert sum(trace.type == "heatmap" for trace in figure.data) == 2
    assert not figure.layout.shapes
    assert not any(trace.type == "bar" for trace in figure.data)  # no stretch is wide enough for a hatch


def test_labels_with_hindsight_have_no_confidence_and_say_what_they_are():
    window = windows.window("Test", BARS, LABELS, 0, 8, hindsight=True)
    found = traces(timeline.price(window))
    told = [text for text, _ in found["Close"].customdata]
    assert told[0].endswith("no answer")
    assert all(text.endswith("with hindsight") for text in told[1:])
    cells = [int(cell) for cell in found["Regime and confidence (ribbon)"].z[0]]
    assert cells == [25, 4, 19, 14]  # each regime in its full colour
    assert timeline.heading(window).startswith("Test: price and regime with hindsight, 1")


def test_prices_below_zero_are_drawn_on_a_plain_scale():
    n = 6 * 366
    bars = daily_bars(np.linspace(-40, 60, n))
    bars = bars._replace(high=bars.close + 1, low=bars.close - 1)
    window = windows.window("Oil", bars, labels_of(bars, [4] * n, [0.5] * n), 0, n)
    axis = timeline.price(window).layout.yaxis2
    assert axis.type == "linear"
    assert axis.range[0] < -41
    assert "%" not in timeline.description(window)
