"""The fan of a forecast: traces and words, against a forecast written out by hand."""

import dataclasses

import numpy as np
import pytest

from components import fans, theme
from components.figures import fan as figures
from markets import FIRST_DAY, text_of
from records import forecast_of

FORECAST = forecast_of([1.0])


def plain(text):
    return text.replace("\u00a0", " ")


def with_fan(forecast, high, today=None):
    """The forecast with other probabilities of high stress; the baselines stay."""
    fan = dataclasses.replace(forecast.fan, probabilities=np.column_stack([1 - np.array(high), high]))
    return dataclasses.replace(forecast, fan=fan, state_today=forecast.state_today if today is None else today)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_areas_are_the_probabilities_of_each_day_from_today_on(mode):
    figure = figures.figure(FORECAST, 5, mode=mode)
    traces = {trace.name: trace for trace in figure.data}
    high = traces["High stress"]
    assert list(high.x) == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(high.y, [1, 0.966, 0.9, 0.7, 0.52, 0.45])  # today is high stress
    np.testing.assert_allclose(traces["Low stress"].y, [0, 0.034, 0.1, 0.3, 0.48, 0.55])
    assert high.stackgroup == traces["Low stress"].stackgroup
    assert [traces[name].fillcolor for name in ("Low stress", "High stress")] == list(theme.stress_colours(2, mode))
    np.testing.assert_allclose(traces["Markov chain, high stress"].y, [1, 0.9, 0.87, 0.85, 0.82, 0.8])
    np.testing.assert_allclose(traces["Persistence, low stress"].y, [0, 0.05, 0.06, 0.08, 0.09, 0.1])


def test_dots_are_on_the_fitted_days_and_a_line_on_the_chosen_one():
    figure = figures.figure(FORECAST, 5)
    low = figure.data[0]
    assert [day for day, size in zip(low.x, low.marker.size, strict=True) if size] == [1, 5]
    accent = theme.PALETTES["light"].accent
    assert {shape.x0 for shape in figure.layout.shapes if shape.type == "line" and shape.line.color == accent} == {5}
    assert plain(figure.layout.annotations[0].text) == "5 days ahead"


def test_grey_lines_are_drawn_where_the_edge_of_todays_state_would_lie():
    paths = [shape.path for shape in figures.figure(FORECAST, 1).layout.shapes if shape.type == "path"]
    assert paths == [
        "M0,0.0000L1,0.1000L2,0.1300L3,0.1500L4,0.1800L5,0.2000",
        "M0,0.0000L1,0.0500L2,0.0600L3,0.0800L4,0.0900L5,0.1000",
    ]
    assert figures.compared(FORECAST) == "low and high stress"
    three = np.array([[0.2, 0.3, 0.5], [0.3, 0.3, 0.4]])
    fan = dataclasses.replace(
        FORECAST.fan, days=np.array([1, 2]), fitted=(1, 2), probabilities=three, markov=three, persistence=three
    )
    edges = []
    for today in range(3):
        forecast = dataclasses.replace(FORECAST, k=3, fan=fan, state_today=today)
        edges.append(figures.compared(forecast))
        path = next(shape.path for shape in figures.figure(forecast, 1).layout.shapes if shape.type == "path")
        assert path.endswith(("L1,0.2000L2,0.3000", "L1,0.2000L2,0.3000", "L1,0.5000L2,0.6000")[today])
    assert edges == ["low and medium stress", "low and medium stress", "medium and high stress"]


def test_a_day_is_told_in_words_with_its_baselines():
    told = figures.figure(FORECAST, 1).data[1].customdata
    assert plain(told[0]) == "<b>High stress</b> today"
    assert plain(told[2]) == "<b>High stress 90.0 %</b><br>Markov chain 87.0 %, Persistence 94.0 %"


def test_the_answer_of_the_chosen_day_and_which_state_is_the_likeliest_when():
    assert plain(figures.answer(FORECAST, 1)) == "Tomorrow: 97 % high stress (Markov chain 90 %, persistence 95 %)."
    assert plain(figures.answer(FORECAST, 5)) == "In 5 trading days: 55 % low stress (Markov chain 20 %, persistence 10 %)."
    assert plain(figures.stretches(FORECAST)) == "High stress is the likeliest through day 4, low stress from day 5 on."
    steady = with_fan(FORECAST, [0.9] * 5)
    assert plain(figures.stretches(steady)) == "High stress is the likeliest on every one of the 5 trading days."
    there_and_back = with_fan(FORECAST, [0.9, 0.4, 0.4, 0.8, 0.9])
    assert plain(figures.stretches(there_and_back)) == (
        "High stress is the likeliest through day 1, low stress from day 2 on, high stress from day 4 on."
    )
    sure = with_fan(FORECAST, [0.999] * 5)
    assert plain(figures.answer(sure, 1)).startswith("Tomorrow: > 99 % high stress")


def test_title_and_alternative_text():
    heading = "S&P 500: how likely each stress state is on each of the next 5 trading days, from 1 Jan 2018"
    assert plain(figures.heading("S&P 500", FORECAST)) == heading
    assert figures.heading("S&P 500", forecast_of([1.0], fitted=FIRST_DAY + 9)).endswith(", in sample")
    told = plain(figures.description("S&P 500", FORECAST))
    assert told.startswith(f"Area chart. {heading}. tomorrow: 3.4 % low stress, 96.6 % high stress; in 5 trading days:")
    assert "low stress from day 5 on" in told


def test_the_note_says_which_days_are_fitted_and_scored(app):
    note = plain(text_of(fans.note(FORECAST)))
    assert "Models were fitted for 1 and 5 days ahead, marked by dots: the record below scores these." in note
    assert "the edge between low and high stress" in note
    legend = text_of(fans.legend(2))
    for word in ("Low stress", "High stress", "Fitted and scored", "Markov chain", "Persistence"):
        assert word in legend


def test_a_forecast_without_a_fan_is_refused():
    with pytest.raises(ValueError, match="without its fan"):
        figures.figure(dataclasses.replace(FORECAST, fan=None), 1)
