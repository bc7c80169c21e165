"""Both kinds of labels under one price, held against labels that are written out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from components import theme
from components.figures import repaint, timeline
from components.figures import window as windows
from markets import daily_bars, labels_of
from regime_core.regimes import UNKNOWN_CODE

BARS = daily_bars([100, 102, 104, 103, 101, 99, 98, 97])
THEN = labels_of(BARS, [5, 0, 0, 0, 0, 3, 2, 2], [0.0, 0.5, 0.5, 0.9, 0.7, 0.7, 0.35, 0.95])
LATER = replace(THEN, codes=np.array([1, 0, 0, 3, 3, 3, 3, 2], dtype=np.int8))
DIFFER = [False, False, False, True, True, False, True, False]


def window(labels, *, hindsight):
    return windows.window("Test", BARS, labels, 0, 8, hindsight=hindsight)


@pytest.fixture
def pair():
    return window(LATER, hindsight=True), window(THEN, hindsight=False)


def drawn(pair, mode="light", candles=False):
    later, then = pair
    figure = repaint.beside(timeline.price(later, mode=mode, candles=candles), later, then, mode=mode)
    return figure, {trace.name: trace for trace in figure.data}


def test_bars_without_one_of_the_labels_do_not_differ(pair):
    assert repaint.differs(*pair).tolist() == DIFFER
    unknown = replace(LATER, codes=np.full(8, UNKNOWN_CODE, dtype=np.int8))
    assert not repaint.differs(window(unknown, hindsight=True), pair[1]).any()
    assert repaint.in_sight(*pair).replace("\u00a0", " ") == "Of the 8 bars in sight, hindsight changes 3 (37.5 %)."


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_lower_ribbon_holds_what_was_known_then(pair, mode):
    figure, traces = drawn(pair, mode)
    assert list(traces["Regime and confidence (ribbon)"].z[0]) == [9, 4, 19, 14]  # full steps of 1, 0, 3 and 2
    lower = traces["Regime known then (lower ribbon)"]
    assert list(lower.z[0]) == [5, 0, 3, 2]
    assert len(lower.x) == 5
    assert lower.colorscale[-1][1] == theme.PALETTES[mode].hairline
    heights = [
        figure.layout[trace.yaxis.replace("y", "yaxis")].domain for trace in (lower, traces["Regime and confidence (ribbon)"])
    ]
    assert heights[0][1] < heights[1][0] < heights[1][1] < figure.layout.yaxis2.domain[0]


def test_marks_stand_where_the_ribbons_differ(pair):
    marks = drawn(pair)[1]["Hindsight says otherwise"]
    assert list(marks.z[0]) == [0, 1, 0, 1, 0]
    day = np.asarray(marks.x).astype("M8[h]")
    assert (day[1], day[2]) == (np.datetime64("2018-01-03T12"), np.datetime64("2018-01-05T12"))  # bars 3 and 4
    assert marks.colorscale[0][1].endswith(",0)")


def test_the_hover_tells_what_was_known_then_only_where_it_was_something_else(pair):
    line = drawn(pair)[1]["Close"]
    told = [more for _, _, more in line.customdata]
    assert [bool(more) for more in told] == DIFFER
    assert told[3].replace("\u00a0", " ") == "<br>Known then: ▲ Trending bullish, confidence 90 %"
    assert "%{customdata[2]}" in line.hovertemplate


def test_the_newest_close_is_still_written_at_its_height(pair):
    figure, _ = drawn(pair)
    tag = next(note for note in figure.layout.annotations if note.bgcolor)
    low, high = figure.layout.yaxis2.range
    lower = figure.layout.yaxis2.domain[0]
    assert tag.y == pytest.approx(lower + (1 - lower) * (97 - low) / (high - low))


def test_candles_stand_over_both_ribbons_too(pair):
    names = set(drawn(pair, candles=True)[1])
    assert {"Regime known then (lower ribbon)", "Hindsight says otherwise"} <= names
