"""The last settled forecasts and the running share right, against records written out by hand."""

import numpy as np
import pytest

from components import track_record
from components.figures import record
from markets import FIRST_DAY, text_of
from records import walk_of
from regime_core.bars import DAY_NS
from regime_core.evaluation.running import running_share

WALK = walk_of([0.1, 0.2, 0.7, 0.9, 0.4], [0, 0, 0, 1, 1], [0, 1, 1, 1, None])
EVER = (0, 2**62)


def plain(text):
    return text.replace("\u00a0", " ")


def test_one_row_a_settled_forecast_the_newest_first():
    rows = track_record.rows(WALK, 1)
    assert [row["made_on"] for row in rows] == ["2018-01-04", "2018-01-03", "2018-01-02", "2018-01-01"]
    assert [row["for_day"] for row in rows] == ["2018-01-05", "2018-01-04", "2018-01-03", "2018-01-02"]
    assert [(row["said"], row["came"]) for row in rows] == [
        ("state_1", "state_1"),
        ("state_1", "state_1"),
        ("state_0", "state_1"),
        ("state_0", "state_0"),
    ]
    assert [row["right"] for row in rows] == [True, True, False, True]
    assert [row["persistence_right"] for row in rows] == [True, False, False, True]
    assert [row["probability"] for row in rows] == pytest.approx([0.9, 0.7, 0.8, 0.9])


def test_only_the_last_21_are_shown():
    walk = walk_of([0.9] * 40, [1] * 40, [1] * 30 + [None] * 10)
    rows = track_record.rows(walk, 1)
    assert len(rows) == 21
    assert rows[0]["made_on"] == "2018-01-30"
    assert plain(track_record.summary(walk)) == "Of the last 21, 21 came true; persistence was right on 21."


def test_the_table_says_right_and_missed_beside_persistence():
    assert track_record.summary(WALK) == "Of the last 4, 3 came true; persistence was right on 2."
    told = plain(text_of(track_record.table(WALK, 1)))
    assert "3 Jan 2018 4 Jan 2018 High stress 70 % High stress right missed" in told
    heading = "S&P 500: the last 4 settled forecasts, 1 day ahead, made 1 Jan 2018 – 4 Jan 2018"
    assert plain(track_record.heading("S&P 500", WALK, 1)) == heading
    nothing = walk_of([0.5], [0], [None])
    assert track_record.summary(nothing) == "No forecast has a known outcome yet."
    assert track_record.rows(nothing, 1) == ()
    assert "none yet" in track_record.heading("S&P 500", nothing, 1)


def test_a_running_share_is_the_mean_of_the_last_so_many():
    held = np.random.default_rng(5).random(300) < 0.7
    found = running_share(held, 50)
    assert np.isnan(found[:49]).all()
    np.testing.assert_allclose(found[49:], [held[i - 49 : i + 1].mean() for i in range(49, 300)])
    assert np.isnan(running_share(held[:10], 50)).all()
    np.testing.assert_allclose(running_share(held, 300)[-1], held.mean())


def test_the_lines_are_the_shares_of_the_year_before():
    n, rng = 400, np.random.default_rng(6)
    high, today, came = rng.random(n), rng.integers(0, 2, n).tolist(), rng.integers(0, 2, n).tolist()
    walk = walk_of(high.tolist(), today, came)
    first = (FIRST_DAY + 300) * DAY_NS
    figure = record.running(walk, (first, EVER[1]))
    lines = {trace.name: np.array(trace.y) for trace in figure.data}
    right = (high > 0.5) == np.array(came)
    stayed = np.array(today) == np.array(came)
    for name, held in (("Model", right), ("Persistence", stayed)):
        np.testing.assert_allclose(lines[name], [held[i - 251 : i + 1].mean() for i in range(300, n)])
    sentence = plain(record.running_sentence(walk, (first, EVER[1])))
    assert sentence.startswith(
        f"At the end: model {100 * right[-252:].mean():.1f} %, persistence {100 * stayed[-252:].mean():.1f} %"
    )
    assert "of 100 days shown" in sentence
    heading = plain(record.running_heading("S&P 500", walk, 1, (first, EVER[1])))
    assert heading.startswith("S&P 500: share right over the last 252 forecasts, 1 day ahead, 28 Oct 2018 – 4 Feb 2019")
    assert record.running_description("S&P 500", walk, 1, (first, EVER[1])).startswith("Line chart.")


def test_fewer_than_a_year_of_forecasts_say_so():
    figure = record.running(WALK, EVER)
    assert [len(trace.x) for trace in figure.data] == [0, 0]
    assert "Needs 252 forecasts" in figure.layout.annotations[0].text
    assert "needs 252 forecasts" in record.running_sentence(WALK, EVER)
    assert "no day yet" in record.running_heading("S&P 500", WALK, 1, EVER)
