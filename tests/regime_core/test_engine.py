from dataclasses import replace

import numpy as np
import pytest

from regime_core import MODEL_DIR, artifacts
from regime_core.bars import DAY_NS, OHLCV
from regime_core.engine import RECENT_BARS, Engine
from regime_core.errors import ModelError
from regime_core.features import relative
from regime_core.regimes import MIN_BARS, REGIMES, UNKNOWN_CODE

MODELS = ["rules", "boosted"]


@pytest.mark.parametrize("model", MODELS)
def test_the_answer_is_the_last_label(engine, sp500, model):
    for stop in range(1000, 1250, 25):
        window = sp500.rows(stop - 252, stop)
        detection = engine.detect(window, model=model, history=True)
        assert detection.labels is not None
        assert detection.regime.name == detection.labels.names[-1]
        assert detection.confidence == detection.labels.confidence[-1]
        np.testing.assert_array_equal(detection.probabilities, detection.labels.probabilities[-1])


@pytest.mark.parametrize("model", MODELS)
def test_the_age_is_the_length_of_the_last_run(engine, sp500, model):
    ages = set()
    for stop in range(400, 1500, 40):
        window = sp500.rows(stop - 252, stop)
        detection = engine.detect(window, model=model, history=True)
        codes = detection.labels.codes
        if codes[-1] == UNKNOWN_CODE:
            assert detection.regime_age == 0
            continue
        run = len(codes) - 1 - max(np.flatnonzero(codes != codes[-1]), default=-1)
        run = min(run, len(codes) - MIN_BARS + 1)
        assert detection.regime_age == run
        assert detection.regime_age_censored == (run == len(codes) - MIN_BARS + 1)
        ages.add(detection.regime_age)
    assert max(ages) > RECENT_BARS  # so that a further look back was needed


@pytest.mark.parametrize("n", [0, 1, 49])
def test_too_few_bars_are_unknown_and_say_so(engine, sp500, n):
    detection = engine.detect(sp500.rows(None, n), history=True)
    assert detection.regime.name == "unknown"
    assert detection.confidence == 0
    assert detection.reasoning == f"Insufficient data: {n} bars (need 50)"
    assert detection.probabilities.tolist() == [0.2] * 5
    assert len(detection.labels) == n
    assert detection.as_of == (int(sp500.time[n - 1]) if n else None)


def test_fifty_bars_are_answered(engine, sp500):
    detection = engine.detect(sp500.rows(None, 50))
    assert detection.regime.name != "unknown"
    assert detection.warm is False


def test_a_long_window_is_warm(engine, sp500):
    assert engine.detect(sp500.rows(None, engine.entry().window)).warm is True


def test_models_are_found_by_name_and_version(engine):
    entry = engine.entry("boosted")
    assert engine.entry(f"boosted@{entry.version}") == entry
    assert engine.entry() == engine.entry(engine.default)
    with pytest.raises(ModelError, match="rules") as caught:
        engine.entry("oracle")
    assert caught.value.code == "model.unknown"
    with pytest.raises(ModelError, match=entry.version) as caught:
        engine.entry("boosted@0")
    assert caught.value.code == "model.gone"


@pytest.mark.parametrize(("model", "code"), [("", "model.unknown"), ("boosted@", "model.gone"), ("@1", "model.unknown")])
def test_half_a_name_is_no_name(engine, model, code):
    with pytest.raises(ModelError) as caught:
        engine.entry(model)
    assert caught.value.code == code


@pytest.mark.parametrize(("n", "differ"), [(252, False), (3000, True)])
def test_labels_that_end_on_another_regime_than_the_answer_say_why(engine, n, differ):
    """A steady rise is a strong trend against the mean of all its closes, and a weak one against those of a year."""
    close = np.exp(0.002 * np.arange(n))
    bars = OHLCV(np.arange(n, dtype=np.int64) * DAY_NS, close, close, close, close, np.full(n, np.nan))
    detection = engine.detect(bars, model="rules", history=True)
    assert (detection.labels.names[-1] != detection.regime.name) is differ
    assert any("252 up to it" in warning for warning in detection.warnings) is differ


def test_a_client_s_rules_rest_on_all_bars_sent(engine, sp500):
    """A file's labels rest on a trailing window of 252 bars; a client's answer on every bar it sent."""
    detection = engine.detect(sp500.rows(None, 2000), model="rules")
    close = sp500.close[:2000]
    returns = np.diff(close) / close[:-1]
    efficiency = abs(close[-1] - close[0]) / (np.abs(returns).sum() * close.mean())
    assert detection.metrics.range_efficiency == pytest.approx(efficiency, rel=1e-12)


def test_reasoning_says_how_likely_how_long_and_why(engine, sp500):
    detection = engine.detect(sp500.rows(None, 1000))
    assert f"{detection.confidence * 100:.0f} % likely" in detection.reasoning
    assert f"{detection.regime_age} bar" in detection.reasoning
    assert ": " in detection.reasoning


def test_loading_twice_gives_the_same_answers(engine, sp500):
    from regime_core import MODEL_DIR

    other = Engine.load(MODEL_DIR)
    other.warm_up()
    np.testing.assert_array_equal(other.label(sp500).probabilities, engine.label(sp500).probabilities)


def test_a_prediction_set_holds_what_is_likely_enough(engine, sp500):
    least = 1 - engine.entry().set_threshold
    sizes = set()
    for stop in range(300, 1500, 40):
        detection = engine.detect(sp500.rows(stop - 252, stop))
        expected = [
            (chance, regime)
            for chance, regime in zip(detection.probabilities, REGIMES, strict=True)
            if chance >= least or np.isclose(chance, least, rtol=1e-12)
        ]
        ranked = sorted(expected, key=lambda pair: -pair[0])
        assert detection.prediction_set == tuple(regime for _, regime in ranked)
        sizes.add(len(detection.prediction_set))
    assert len(sizes) > 1


def test_no_prediction_set_of_what_is_not_known_or_of_rules(engine, sp500):
    assert engine.detect(sp500.rows(None, 49)).prediction_set is None
    assert engine.detect(sp500.rows(None, 300), model="rules").prediction_set is None


def test_no_regime_is_likely_enough(sp500):
    """A threshold that asks for more than any regime has: the answer stays, and the set is empty."""
    loaded = artifacts.load(MODEL_DIR)
    entries = {name: replace(entry, set_threshold=1e-9) for name, entry in loaded.entries.items()}
    detection = Engine(replace(loaded, entries=entries)).detect(sp500.rows(None, 300), model="boosted")
    assert detection.prediction_set == ()
    assert detection.regime.name != "unknown"


@pytest.fixture
def oil(sp500):
    """A real market moved down, so that it falls through zero in the middle and comes back."""
    start = int(np.searchsorted(sp500.time, np.datetime64("2007-06-01", "ns").astype(np.int64)))
    bars = sp500.rows(start, start + 500)
    shift = float(np.quantile(bars.low, 0.3))
    prices = {name: getattr(bars, name) - shift for name in ("open", "high", "low", "close")}
    return bars._replace(**prices)


@pytest.mark.parametrize("cut", [60, 200, 300, 499])
def test_labels_of_prices_below_zero_see_no_future(engine, oil, cut):
    assert (oil.low <= 0).any()
    whole = engine.label(oil)
    part = engine.label(oil.rows(None, cut))
    np.testing.assert_array_equal(part.probabilities, whole.probabilities[:cut])
    np.testing.assert_array_equal(part.codes, whole.codes[:cut])


def test_labels_before_the_first_price_below_zero_are_those_of_any_series(engine, oil):
    start = int(np.argmax(oil.low <= 0))
    assert start > MIN_BARS
    whole = engine.label(oil)
    np.testing.assert_array_equal(whole.probabilities[:start], engine.label(oil.rows(None, start)).probabilities)
    assert (whole.codes[start:] != UNKNOWN_CODE).all()
    assert engine.explain(oil, whole).regime.name == whole.names[-1]


def test_rules_refuse_prices_below_zero(engine, oil):
    with pytest.raises(ModelError, match="percent") as caught:
        engine.label(oil, model="rules")
    assert caught.value.code == "model.negative_prices"


def test_an_engine_of_one_detector_answers_as_the_whole(sp500):
    """By the default where none is named; entries of the others are there."""
    whole, one = Engine.load(MODEL_DIR), Engine.load_one(MODEL_DIR)
    bars = sp500.rows(0, 300)
    np.testing.assert_array_equal(one.label(bars).codes, whole.label(bars).codes)
    assert one.entries == whole.entries
    by_rules = Engine.load_one(MODEL_DIR, f"rules@{whole.entries['rules'].version}")
    np.testing.assert_array_equal(by_rules.label(bars, model="rules").codes, whole.label(bars, model="rules").codes)


@pytest.mark.parametrize("model", ["boosted", "ensemble"])
def test_an_answer_carries_the_features_of_its_last_bar(engine, sp500, model):
    bars = sp500.rows(700, 1000)
    found = engine.detect(bars, model=model).inputs
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, relative.matrix(bars)[-1])


def test_rules_and_too_few_bars_carry_none(engine, sp500):
    assert engine.detect(sp500.rows(0, 80), model="rules").inputs is None
    assert engine.detect(sp500.rows(0, 20)).inputs is None
