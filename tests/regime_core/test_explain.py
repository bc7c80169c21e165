"""What a page says of the newest label is that label itself, and what a client is told of the same bars."""

import numpy as np
import pytest

from regime_core import MODEL_DIR
from regime_core.engine import EXPLAIN_BARS, Engine
from regime_core.sources import bundled


@pytest.fixture(scope="module")
def engine():
    return Engine.load(MODEL_DIR)


@pytest.fixture(scope="module")
def bars():
    return bundled.read(MODEL_DIR.parent / "data" / "sp500.csv").bars


@pytest.mark.parametrize("stop", [5031, 4400, 2500, 1200, 300])
@pytest.mark.parametrize("model", ["boosted", "rules"])
def test_it_is_the_last_label_with_its_age(engine, bars, model, stop):
    seen = bars.rows(0, stop)
    labels = engine.label(seen, model=model)
    told = engine.explain(seen, labels)
    assert told.regime.name == labels.names[-1]
    assert told.confidence == labels.confidence[-1]
    names, age = labels.names, 0
    while age < len(names) and names[-1 - age] == names[-1]:
        age += 1
    assert told.regime_age == (0 if names[-1] == "unknown" else age)
    assert not told.regime_age_censored
    assert told.metrics.sample_size == min(stop, EXPLAIN_BARS)


@pytest.mark.parametrize("stop", [5031, 3000, 400])
def test_a_client_who_sends_the_same_bars_is_told_the_same(engine, bars, stop):
    seen = bars.rows(0, stop)
    told, answered = engine.explain(seen, engine.label(seen)), engine.detect(seen)
    assert told.regime == answered.regime
    assert told.reasoning == answered.reasoning
    assert (told.regime_age, told.regime_age_censored) == (answered.regime_age, answered.regime_age_censored)
    np.testing.assert_array_equal(told.probabilities, answered.probabilities)


def test_a_run_from_the_first_label_may_be_older(engine, bars):
    seen = bars.rows(0, 52)
    labels = engine.label(seen)
    assert len(set(labels.names[49:])) == 1
    told = engine.explain(seen, labels)
    assert (told.regime_age, told.regime_age_censored) == (3, True)


def test_49_bars_are_unknown(engine, bars):
    seen = bars.rows(0, 49)
    told = engine.explain(seen, engine.label(seen))
    assert told.regime.name == "unknown"
    assert told.reasoning == "Insufficient data: 49 bars (need 50)"
