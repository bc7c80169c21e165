"""What cards and tables say, against labels written out by hand."""

from pathlib import Path

import numpy as np
import pytest

from components import cards, tables
from components.figures import window as windows
from markets import daily_bars, labels_of, text_of
from regime_core.bars import DAY_NS
from regime_core.datasets import Dataset
from regime_core.evaluation import persistence
from regime_core.regimes import ALL_REGIMES, CALM, TRENDING_BULLISH, UNKNOWN, Detection, Metrics, ModelRef
from regime_core.uploads import Upload, base_name, download_name

BARS = daily_bars([100, 102, 104, 103, 101, 99, 98, 97])
CODES = np.array([5, 0, 0, 0, 3, 3, 2, 2], dtype=np.int8)
SURE = np.array([0.0, 0.5, 0.5, 0.9, 0.7, 0.7, 0.35, 0.95])
LABELS = labels_of(BARS, CODES, SURE)
TODAY = np.datetime64("2018-01-10")


def detection(regime=TRENDING_BULLISH, confidence=0.7213, age=17, *, censored=False, model="boosted", bars_used=300):
    metrics = Metrics(0.0112, -0.0021, 1.4, 0.42, 0.034, float("nan"), 252)
    spread = np.array([0.7, 0.1, 0.1, 0.05, 0.05])
    return Detection(
        regime, confidence, "Because.", spread, metrics, 0, age, censored, bars_used, False, ModelRef(model, "1")
    )  # fmt: skip


def dataset(*, bundled=True, problems=()):
    return Dataset("sp500", "S&P 500", bundled, "arch" if bundled else "upload", "1", BARS, Path("x"), problems, step_ns=DAY_NS)


@pytest.mark.parametrize(
    ("given", "unit", "text"),
    [
        (detection(), "day", "▲ 72 % likely trending bullish, for 17 days"),
        (detection(CALM, 0.4, 1, censored=True), "bar", "● 40 % likely calm, for at least 1 bar"),
        (detection(CALM, 0.4, 3, model="rules"), "day", "● Calm with 40 of 100 points, for 3 days"),
        (detection(UNKNOWN, 0.0, 0), "day", "? No regime stands out"),
        (detection(UNKNOWN, 0.0, 0, bars_used=49), "day", "? Unknown: 49 bars, need 50"),
    ],
)
def test_headline(given, unit, text):
    assert text_of(cards.headline(given, unit)) == text


def test_stale_is_said_plainly_beyond_three_trading_days():
    # the newest bar is Monday 8 January 2018
    assert text_of(cards.where(dataset(), np.datetime64("2018-01-11"))) == "S&P 500 as of 8 Jan 2018 (arch package)"
    told = text_of(cards.where(dataset(), np.datetime64("2018-01-12")))
    assert told.endswith("Stale: the newest bar is 4 trading days old")
    *_, brief = cards.as_of(dataset(), np.datetime64("2018-01-12"), brief=True)
    assert (text_of(brief), brief.title.replace("\u00a0", " ")) == ("Stale", "Stale: the newest bar is 4 trading days old")


def test_a_file_of_ones_own_is_history_and_never_stale():
    own = dataset(bundled=False)
    assert text_of(cards.where(own, np.datetime64("2026-01-12"))) == "S&P 500 8 bars, 1 Jan 2018 – 8 Jan 2018 (upload)"
    (brief,) = cards.as_of(own, np.datetime64("2026-01-12"), brief=True)
    assert text_of(brief) == "as of 8 Jan 2018 (upload)"


def test_evidence_has_units_and_a_dash_for_what_is_not_known():
    told = text_of(cards.evidence(detection()))
    for part in (
        "Because.",
        "1.12 % a bar",
        "−0.210 % a bar",
        "1.40 % of price",
        "0.42 of 1",
        "–",
        "last 252 bars",
        "The series is short",
    ):
        assert part in told
    assert "×1.2" in text_of(cards.advice(detection())).replace("× ", "×")
    assert "trend following" in text_of(cards.advice(detection()))


def test_evidence_says_where_a_true_range_is_made_of_closes():
    assert "closes only" in text_of(cards.evidence(detection(), closes_only=True))
    assert "closes only" not in text_of(cards.evidence(detection()))


def test_the_title_of_spells_says_how_many_are_short():
    spells = windows.window("Test", BARS, LABELS, 0, 8)
    assert tables.spell_heading(spells).replace("\u00a0", " ") == (
        "Test: 4 spells of regimes (4 of at most 3 bars), 1 Jan 2018 – 8 Jan 2018"
    )
    calm = windows.window("Test", BARS, labels_of(BARS, [4] * 8, [0.5] * 8), 0, 8)
    assert tables.spell_heading(calm).replace("\u00a0", " ") == "Test: 1 spell of regimes, 1 Jan 2018 – 8 Jan 2018"


def test_time_spent():
    share = persistence.time_share(CODES, len(ALL_REGIMES))
    told = text_of(cards.time_spent(share, persistence.spells(CODES, SURE, BARS.close), "day"))
    assert "Trending bullish 37.5 % 3 days in one spell" in told
    assert "Trending bearish 0.0 % never" in told
    assert "Unknown 12.5 %" in told
    without = persistence.time_share(CODES[1:], len(ALL_REGIMES))
    assert "Unknown" not in text_of(cards.time_spent(without, persistence.spells(CODES[1:], SURE[1:], BARS.close[1:]), "day"))


def test_spells_are_listed_newest_first():
    rows = tables.spell_rows(persistence.spells(CODES, SURE, BARS.close), BARS.time)
    assert [row["regime"] for row in rows] == ["Ranging", "Volatile", "Trending bullish", "Unknown"]
    assert (rows[2]["from"], rows[2]["to"], rows[2]["bars"]) == ("2018-01-02", "2018-01-04", 3)
    assert rows[2]["change"] == pytest.approx(0.03)
    assert rows[3]["change"] is None


def test_label_rows_count_from_the_newest_bar():
    rows = tables.label_rows(BARS, LABELS, 0, 3, intraday=False)
    assert [row["time"] for row in rows] == ["2018-01-08", "2018-01-07", "2018-01-06"]
    assert rows[0]["close"] == 97
    assert (rows[0]["regime"], rows[0]["confidence"], rows[0]["ranging"]) == ("Ranging", 0.95, 0.95)
    assert [row["time"] for row in tables.label_rows(BARS, LABELS, 6, 200, intraday=False)] == ["2018-01-02", "2018-01-01"]
    minutes = daily_bars([1.0, 2.0], step_ns=DAY_NS // 1440)
    rows = tables.label_rows(minutes, labels_of(minutes, [5, 5], [0, 0]), 0, 1, intraday=True)
    assert rows[0]["time"] == "2018-01-01 00:01:00"


def test_transition_matrix():
    found = persistence.transitions(CODES, 5)
    matrix = tables.transition_matrix(found).children
    rows = matrix.children[1].children
    bullish = rows[0].children
    assert text_of(bullish) == "▲ Bullish 66.7 % 0 0 33.3 % 0"
    assert bullish[1].title.replace("\u00a0", " ") == (
        "After a bar that was trending bullish, the next was trending bullish in 66.7 % of cases (2 of 3)."
    )
    assert text_of(rows[1]) == "▼ Bearish – – – – –"
    told = tables.stay_sentence(found, "day").replace("\u00a0", " ")
    assert "Ranging is the most lasting: 100.0 % to stay at the next day, it was never left" in told
    assert tables.stay_sentence(persistence.transitions(CODES[:1], 5), "day").startswith("No steps")


def test_the_newest_answer_says_how_often_hindsight_differs():
    told = text_of(cards.newest(dataset(bundled=False), detection(), "day", (30, 200)))
    assert "on the newest bar, 8 Jan 2018, by boosted" in told
    assert "Hindsight changes the label of 15.0 % of the bars (30 of 200)." in told
    assert "not for testing a strategy" in told
    assert "Hindsight" not in text_of(cards.newest(dataset(bundled=False), detection(), "day", None))
    assert cards.knew((0, 0)) == ""  # nothing is labelled: there is nothing to say


@pytest.mark.parametrize(
    ("name", "title", "download"),
    [
        ("btc_usd_daily.csv", "btc_usd_daily", "btc_usd_daily_labels.csv"),
        ("C:\\prices\\Ä b.CSV", "Ä b", "b_labels.csv"),
        ("../../etc/passwd", "passwd", "passwd_labels.csv"),
        ("…", "…", "bars_labels.csv"),
        ("<b>\u202evsc.\x00x.csv", "<b>vsc.x", "b_vsc.x_labels.csv"),
    ],
)
def test_names(name, title, download):
    assert Upload("u", Path(), base_name(name)).title == title
    assert download_name(title) == download
