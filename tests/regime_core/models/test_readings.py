"""Bars are read once for all that is asked of them, and each answer is the one that a reading of its own gives."""

from dataclasses import replace

import numpy as np
import pytest

import detectors
from regime_core import MODEL_DIR, artifacts, simulate
from regime_core.engine import RECENT_BARS, Engine
from regime_core.evaluation.persistence import last_run
from regime_core.features import relative
from regime_core.kernels import regime_filter
from regime_core.kernels import relative as kernel
from regime_core.models import MODELS, Ensemble, Rules, reasons
from regime_core.models.lstm import EXPLAINED_BARS, FEATURE_OF_INPUT, inputs_of
from regime_core.regimes import ALL_REGIMES, MIN_BARS

WINDOW = 252
LEARNED = sorted(MODELS.keys() - {"rules"})


@pytest.fixture(scope="module")
def everyone():
    """Engine that serves every detector, shipped or small."""
    shipped = artifacts.load(MODEL_DIR)
    served = {name: detectors.detector(name) for name in MODELS}
    entries = {name: replace(shipped.entries["rules" if name == "rules" else "boosted"], name=name) for name in MODELS}
    return Engine(replace(shipped, detectors=served, entries=entries))


@pytest.fixture(scope="module")
def windows(sp500):
    """Of a real index, and of a simulated market whose regimes last, so that ages are looked for far back too."""
    lasting = simulate.market(1500, s0=0.01, mean_duration=300, shocks="student", rng=np.random.default_rng(81)).bars
    return [bars.rows(stop - WINDOW, stop) for bars in (sp500, lasting) for stop in range(WINDOW, 1500, 130)]


def counted(monkeypatch, module, name):
    """Calls of a kernel from here on."""
    made, work = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: made.append(given) or work(*given))
    return made


@pytest.mark.parametrize("name", sorted(MODELS))
def test_questions_in_any_order_have_the_answers_of_a_reading_each(name, windows):
    model = detectors.detector(name)
    for bars in windows[::4]:
        reading = model.read(bars)
        for start in (200, 230, 10, 251, 130):
            for one, alone in zip(reading.filter(start), model.filter(bars, start=start), strict=True):
                np.testing.assert_array_equal(one, alone)
            assert reading.evidence(2) == model.read(bars).evidence(2)


@pytest.mark.parametrize("name", LEARNED)
def test_labels_of_a_history_in_pieces_are_those_of_the_whole(name, windows, monkeypatch):
    model, bars = detectors.detector(name), windows[0]
    whole, hindsight = model.filter(bars), model.decode(bars)
    monkeypatch.setattr(relative, "PIECE", 60)
    for one, other in zip(model.filter(bars), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.decode(bars), hindsight)


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("history", [False, True])
def test_an_answer_is_made_of_what_each_question_alone_gives(everyone, windows, name, history):
    model = Rules(window=0) if name == "rules" else detectors.detector(name)
    far = 0
    for bars in windows:
        given = everyone.detect(bars, model=name, history=history)
        whole = model.filter(bars)
        assert given.regime == ALL_REGIMES[whole.codes[-1]]
        assert given.confidence == whole.confidence[-1]
        np.testing.assert_array_equal(given.probabilities, whole.probabilities[-1])
        assert given.reasoning.endswith(f": {model.read(bars).evidence(int(whole.codes[-1]))}.")
        if given.regime.name != "unknown":
            age = min(last_run(whole.codes), WINDOW - MIN_BARS + 1)
            assert given.regime_age == age
            far += age > RECENT_BARS
        if history:
            labels = everyone.label(bars, model=name)
            np.testing.assert_array_equal(given.labels.probabilities, labels.probabilities)
    assert far > 0


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("history", [False, True])
def test_an_answer_takes_one_pass_of_the_forward_filter(everyone, windows, name, history, monkeypatch):
    for bars in windows:
        passes = counted(monkeypatch, regime_filter, "filter_bars"), counted(monkeypatch, kernel, "filtered_and_features")
        everyone.detect(bars, model=name, history=history)
        assert sum(map(len, passes)) == 1
        monkeypatch.undo()


def test_members_of_a_mixture_share_one_matrix(windows, monkeypatch):
    members = [detectors.detector("linear"), detectors.detector("forest")]
    mixed = Ensemble(members=["linear", "forest"])
    mixed.members_, mixed.shares_, mixed.temperature_, mixed.weights_ = tuple(members), np.array([0.6, 0.4]), 1.0, b""
    made = counted(monkeypatch, kernel, "features"), counted(monkeypatch, kernel, "filtered_and_features")
    reading = mixed.read(windows[0])
    reading.evidence(int(reading.filter(WINDOW - RECENT_BARS).codes[-1]))
    assert sum(map(len, made)) == 1


@pytest.mark.parametrize("code", range(5))
def test_effects_of_an_input_are_what_whole_passes_without_it_lose(code, windows):
    model = detectors.detector("lstm")
    for bars in windows[::6]:
        inputs = inputs_of(bars)
        margins = model.margins(inputs)[-1]
        losses = np.empty((5, inputs.shape[1]))
        for i, usual in enumerate(model.usual_):
            changed = inputs.copy()
            changed[-EXPLAINED_BARS:, i] = usual
            losses[:, i] = margins - model.margins(changed)[-1]
        expected = np.zeros(len(relative.NAMES))
        np.add.at(expected, FEATURE_OF_INPUT, reasons.against_others(losses, margins / model.temperature_, code))
        np.testing.assert_array_equal(model.read(bars).effects(code), expected)
