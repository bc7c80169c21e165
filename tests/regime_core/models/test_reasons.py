"""What moved an answer, in words: the arithmetic by hand, and markets whose reason is known."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regime_core import MODEL_DIR, simulate
from regime_core.bars import DAY_NS, OHLCV
from regime_core.features import relative
from regime_core.models import Boosted, reasons
from regime_core.regimes import REGIME_NAMES

N = len(relative.NAMES)
BULLISH, BEARISH, RANGING, VOLATILE, CALM = range(5)


@pytest.fixture(scope="module")
def shipped():
    return Boosted.load(MODEL_DIR)


def parts_of(**named):
    return np.array([named.get(name, 0.0) for name in relative.NAMES])


def row_of(**named):
    return np.array([named.get(name, 0.0) for name in relative.NAMES], dtype=np.float32)


def told(code, parts, row=None, close=None):
    row = row_of() if row is None else row
    return reasons.in_words(reasons.reasons(parts, code), row, code, np.arange(1.0, 101.0) if close is None else close)


@settings(deadline=None)
@given(
    hnp.arrays(float, (5, 6), elements=st.floats(-2, 2)),
    st.integers(0, 4),
)
def test_a_contribution_is_the_slope_of_the_log_odds(contributions, code):
    def log_odds(shares):
        likelihood = np.exp(contributions @ shares)
        return np.log(likelihood[code] / (likelihood.sum() - likelihood[code]))

    whole, step = np.ones(6), 1e-5
    slopes = [(log_odds(whole + step * one) - log_odds(whole - step * one)) / (2 * step) for one in np.eye(6)]
    got = reasons.against_others(contributions, contributions.sum(axis=1), code)
    np.testing.assert_allclose(got, slopes, atol=1e-6)


def test_margins_far_apart_are_no_trouble():
    got = reasons.against_others(np.eye(5), np.array([900.0, -900.0, 0.0, 0.0, -5.0]), 0)
    np.testing.assert_allclose(got, [1, 0, -0.498, -0.498, -0.0034], atol=1e-3)


@pytest.mark.parametrize("code", range(5))
def test_every_feature_counts_once(code):
    """A feature alone is the only reason, and the weights of several add up."""
    for name in relative.NAMES:
        (only,) = reasons.reasons(parts_of(**{name: -0.3}), code)
        assert only.weight == -0.3
        assert not any(character in told(code, parts_of(**{name: 0.3})) for character in "_{}")
    assert reasons.reasons(np.zeros(N), code) == ()


@pytest.mark.parametrize(
    ("code", "name", "concept"),
    [
        (BULLISH, "log_p_trending_bullish", "drift"),
        (BULLISH, "log_p_calm", "volatility"),
        (BEARISH, "mean_p_ranging", "drift"),
        (RANGING, "log_p_ranging", "path"),
        (RANGING, "log_p_trending_bearish", "drift"),
        (CALM, "log_p_trending_bullish", "volatility"),
        (VOLATILE, "log_p_volatile", "volatility"),
    ],
)
def test_a_probability_of_the_filter_counts_with_what_sets_its_regime_apart(code, name, concept):
    assert reasons.reasons(parts_of(**{name: 1.0}), code)[0].concept == concept


def test_overlapping_features_are_one_reason_and_what_is_negligible_is_none():
    parts = parts_of(drift_16=0.5, drift_32=0.4, fat_tails=0.06, turnover=0.04)
    assert [reason.concept for reason in reasons.reasons(parts, BULLISH)] == ["drift", "tails"]
    more = parts_of(drift_16=0.5, drift_32=0.3, fat_tails=-0.12, log_age=-0.11, turnover=0.001)
    assert [(reason.concept, round(reason.weight, 3)) for reason in reasons.reasons(more, BULLISH)] == [
        ("drift", 0.8),
        ("tails", -0.12),
        ("history", -0.11),
    ]
    assert len(reasons.reasons(np.ones(N), BULLISH)) == 3


def test_the_telling_feature_pushes_the_same_way():
    parts = parts_of(log_p_trending_bullish=1.0, correlation_20=-0.3, efficiency_8=0.2, distance_48=0.1)
    assert reasons.reasons(parts_of(correlation_20=-0.3, efficiency_8=0.2), BULLISH)[0].telling == "correlation_20"
    assert reasons.reasons(parts, BULLISH)[0].concept == "drift"
    assert reasons.reasons(parts_of(correlation_20=-0.1, efficiency_8=0.2), BULLISH)[0].telling == "efficiency_8"


def test_words_have_units_signs_and_a_count():
    close = 100 + np.cumsum(np.tile([1.0, 1.0, 1.0, -1.0], 25))
    row = row_of(drift_16=0.21, drift_32=0.1, log_volatility_8=np.log(0.42), fat_tails=0.93)
    parts = parts_of(drift_16=0.6, log_volatility_8=0.3, fat_tails=-0.2)
    assert told(BULLISH, parts, row, close) == (
        "drift +0.21 volatilities a bar over about 16 bars (up 12 of the last 16), "
        "volatility 0.42 of typical over about 8 bars; against it fat-tailed moves 93 % likely"
    )
    falling = row_of(drift_8=-0.31, log_volatility_8=np.log(2.44), efficiency_16=-0.38)
    parts = parts_of(drift_8=-0.3, log_volatility_8=0.6, efficiency_16=-0.4)
    assert told(VOLATILE, parts, falling, close) == (
        "volatility 2.4 times typical over about 8 bars; against it net move −38 % of the path over about 16 bars and "
        "drift 0.00 volatilities a bar over about 16 bars"
    )
    assert told(BEARISH, parts_of(drift_8=0.3), falling, close[::-1]).endswith("over about 8 bars (down 6 of the last 8)")


def test_a_change_of_volatility_is_told_against_its_long_run():
    row = row_of(log_long_volatility=-0.6, log_volatility_8_to_long=np.log(1.84))
    assert told(VOLATILE, parts_of(log_long_volatility=0.5), row) == "volatility 1.8 times its long run"


def test_volatility_is_told_by_a_horizon_that_shows_it_and_doubts_where_none_does():
    """A calm market is not explained by a volatility above typical without a word on it."""
    row = row_of(log_volatility_8=0.1, log_volatility_3=-0.2, log_volatility_20=-0.5, s0_uncertainty=np.log(1.35))
    assert told(CALM, parts_of(log_p_volatile=0.5), row) == "volatility 0.61 of typical over about 20 bars"
    assert told(VOLATILE, parts_of(log_p_calm=0.5), row) == "volatility 1.1 times typical over about 8 bars"
    assert told(CALM, parts_of(log_p_volatile=-0.5), row) == "against it volatility 1.1 times typical over about 8 bars"
    loud = row_of(**{f"log_volatility_{h}": 0.2 for h in (3, 8, 20, 60)}, s0_uncertainty=np.log(1.35))
    assert told(CALM, parts_of(log_p_volatile=0.5), loud) == (
        "volatility 1.2 times typical over about 3 bars, where typical is known to within 35 %"
    )


def test_untraded_bars_are_a_reason():
    assert told(RANGING, parts_of(untraded=-0.5), row_of(untraded=0.41)) == "against it no trade on 41 % of the last bars"


def test_a_long_history_is_no_evidence_but_a_short_one_is_a_doubt():
    """Two thousand bars of it make no regime."""
    row = row_of(log_age=np.log(70))
    assert told(CALM, parts_of(log_age=0.5), row) == "no single reason stands out"
    assert told(CALM, parts_of(log_age=-0.5), row) == "against it 70 bars of history"


def test_what_is_known_within_a_bound_is_never_within_under_it():
    assert told(CALM, parts_of(s0_uncertainty=-0.5), row_of()) == "against it typical volatility known to within 1 %"
    row = row_of(spread_of_volatility=np.log(1.07))
    assert told(CALM, parts_of(spread_of_volatility=0.5), row) == "volatility usually within 7 % of its long run"


def test_a_pull_back_is_told_by_what_shows_it_best():
    row = row_of(efficiency_16=0.17, distance_16=-0.2, distance_48=9.0)
    assert told(RANGING, parts_of(log_p_ranging=1.0), row) == "price 0.2 bar volatilities below its mean of about 16 bars"
    assert told(RANGING, parts_of(log_p_ranging=-1.0), row) == (
        "against it little pull-back seen (price 9.0 bar volatilities above its mean of about 48 bars)"
    )


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(0.214, 2, "+0.21"), (-3.0, 1, "−3.0"), (-0.004, 2, "0.00"), (0.0, 0, "0"), (-12.4, 0, "−12")]
)
def test_a_minus_is_a_minus_and_zero_has_no_sign(value, digits, text):
    assert reasons.signed(value, digits) == text


def then(volatility, *, drift=0.0, pull=0.0, n=80):
    """Bars of a switching market with s0 = 0.01, and then n bars of one kind."""
    rng = np.random.default_rng(12)
    before = simulate.market(1500, s0=0.01, mean_duration=60, shocks="gaussian", rng=np.random.default_rng(4)).bars
    steps, start = 24, np.log(before.close[-1])
    path, x = np.empty((n, 4)), start
    for t in range(n):
        inside = x + np.cumsum(
            (drift - pull * (x - start) / volatility) * volatility / steps
            + volatility / steps**0.5 * rng.standard_normal(steps)
        )
        path[t] = x, max(x, inside.max()), min(x, inside.min()), inside[-1]
        x = inside[-1]
    prices = [
        np.concatenate([getattr(before, name), np.exp(path[:, i])]) for i, name in enumerate(("open", "high", "low", "close"))
    ]
    return OHLCV(DAY_NS * np.arange(1500 + n, dtype=np.int64), *prices, np.full(1500 + n, np.nan))


@pytest.mark.parametrize(
    ("code", "kind", "pattern"),
    [
        (
            BULLISH,
            {"volatility": 0.007, "drift": 0.4},
            r"^drift \+0\.\d\d volatilities a bar over about \d+ bars \(up \d+ of the last",
        ),
        (
            BEARISH,
            {"volatility": 0.007, "drift": -0.4},
            r"^drift −0\.\d\d volatilities a bar over about \d+ bars \(down \d+ of the",
        ),
        (VOLATILE, {"volatility": 0.025}, r"^volatility [23]\.\d times typical"),
        (CALM, {"volatility": 0.004}, r"^volatility 0\.[34]\d of typical"),
        (RANGING, {"volatility": 0.01, "pull": 0.15}, r"^(net move|price \d\.\d bar volatilities) "),
    ],
)
def test_markets_made_by_hand_get_the_reason_one_expects(shipped, code, kind, pattern):
    bars = then(**kind)
    assert shipped.filter(bars, start=bars.n_bars - 1).codes[0] == code, REGIME_NAMES[code]
    told = shipped.read(bars).evidence(code)
    assert re.search(pattern, told), told


def test_evidence_is_about_the_answer_given(shipped, sp500):
    """Also where a regime is held that another one leads."""
    held = 0
    for stop in range(300, 900, 5):
        bars = sp500.rows(0, stop)
        row = relative.matrix(bars, start=stop - 1)[0]
        margins, code = shipped.margins(row[None])[0] / shipped.temperature_, int(shipped.filter(bars, start=stop - 1).codes[0])
        parts = reasons.against_others(shipped.contributions(row)[:, :-1], margins, code)
        assert shipped.read(bars).evidence(code) == reasons.in_words(reasons.reasons(parts, code), row, code, bars.close)
        held += code != margins.argmax()
    assert held > 0


def test_reasons_on_a_real_index_agree_with_the_answer(shipped, sp500):
    """Read from the words alone: a reason for a trend has its sign, one for calm is below typical, one for volatile above."""
    said = {code: [] for code in range(5)}
    for stop in range(400, sp500.n_bars, 20):
        bars = sp500.rows(stop - 252, stop)
        code = int(shipped.filter(bars, start=251).codes[0])
        words = shipped.read(bars).evidence(code)
        assert "\n" not in words
        assert not re.search(r"\.\s|-\d|\d%|_", words), words
        said[code].append(words.partition("against it")[0])
    for code, sign in ((BULLISH, "+"), (BEARISH, "−")):
        assert np.mean(np.array(re.findall(r"drift (.)\d", " ".join(said[code]))) == sign) > 0.9
    for code, below in ((CALM, True), (VOLATILE, False)):
        found = re.findall(r"volatility ([\d.]+) (?:of|times) typical over", " ".join(said[code]))
        assert np.mean((np.array(found, dtype=float) < 1) == below) > 0.9
