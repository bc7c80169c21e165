"""Correlation matrices by label."""

import numpy as np
import pandas as pd
import pytest

from components import correlation_views, theme
from components.figures import correlations
from components.figures.trends import Strip, Trends
from markets import daily_bars, text_of
from regime_core.features import FEATURES

NAMES = ("volatility_21", "rsi_14", "drawdown_63")


def view(n=400, labels=True, kind="regime"):
    rng = np.random.default_rng(4)
    table = rng.normal(size=(n, 3))
    codes = np.where(np.arange(n) < 20, 1, np.where(np.arange(n) < 340, 0, 2))
    table[codes == 2, 1] = table[codes == 2, 0] + rng.normal(0, 0.1, (codes == 2).sum())
    names = (
        ("▲ Trending bullish", "▼ Trending bearish", "● Calm")
        if kind == "regime"
        else ("Low stress", "Mild stress", "High stress")
    )
    strip = Strip(kind, codes, names, ("#000000",) * 3) if labels else None
    return Trends("Walk", daily_bars(np.full(n, 10.0)).time, table, tuple(FEATURES[name] for name in NAMES), strip)


def test_each_label_has_its_own_matrix_against_pandas():
    seen = view()
    everything, bullish, bearish, calm = correlations.matrices(seen)
    np.testing.assert_allclose(everything.values, pd.DataFrame(seen.table).corr(), atol=1e-12)
    np.testing.assert_allclose(calm.values, pd.DataFrame(seen.table[seen.labels.codes == 2]).corr(), atol=1e-12)
    assert [found.n_bars for found in (everything, bullish, bearish, calm)] == [400, 320, 20, 60]
    assert not bearish.enough
    assert np.isnan(bearish.values).all()
    assert [found.name for found in correlations.matrices(view(labels=False))] == ["All bars"]


@pytest.mark.parametrize("mode", theme.THEMES)
def test_each_pair_is_drawn_once_with_its_number(mode):
    seen = view()
    found = correlations.matrices(seen)[0]
    heat, written = correlations.matrix(seen, found, mode=mode).data
    drawn = np.array(heat.z, dtype=float)
    assert np.isfinite(drawn).sum() == 3
    assert drawn[1, 0] == pytest.approx(found.values[2, 0])
    assert heat.text[1][0] == f"Volatility, 21 bars and close below its 63-bar high: {correlations.written(found.values[2, 0])}"
    assert (
        dict(zip(zip(written.x, written.y, strict=True), written.text, strict=True))["1", "3"] == heat.text[1][0].split(": ")[1]
    )


def test_the_largest_change_is_named_in_words():
    told = correlations.largest_change(view())
    everything, *_, calm = correlations.matrices(view())
    one, other = (correlations.written(found.values[1, 0]) for found in (everything, calm))
    assert told == (
        f"Largest change: Volatility, 21 bars and relative strength index, 14 bars, {one} over all bars, "
        f"{other} when calm (60\u00a0bars)."
    )
    assert "under high stress (60" in correlations.largest_change(view(kind="state"))
    assert correlations.largest_change(view(labels=False)) == ""


def test_labels_of_few_bars_and_single_features_have_a_word():
    seen = view()
    shown = correlation_views.matrices(seen, "light")
    assert "Too few bars: at least 30" in text_of(shown[2])
    assert "Trending bearish 20 bars" in text_of(shown[2])
    alone = Trends(seen.title, seen.time, seen.table[:, :1], seen.features[:1], seen.labels)
    assert "choose a second one" in text_of(correlation_views.matrices(alone, "light")[0])
