"""The one contract of all detectors, run on every model of ``MODELS`` as it ships, or on a small one where it does not."""

import numpy as np
import pytest

import detectors
from regime_core import MODEL_DIR
from regime_core.bars import OHLCV
from regime_core.errors import ModelError
from regime_core.models import MODELS
from regime_core.regimes import MIN_BARS, UNKNOWN_CODE
from regime_core.training import markets


@pytest.fixture(scope="module", params=sorted(MODELS))
def detector(request):
    return detectors.detector(request.param)


@pytest.fixture(scope="module", params=["every bar", "bars without a trade"])
def bars(request, sp500):
    every = sp500.rows(2200, 3000)
    return every if request.param == "every bar" else markets.untraded(every, 0.3, np.random.default_rng(7))


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_shapes_and_ranges(detector, bars):
    codes, probabilities, confidence = detector.filter(bars)
    assert codes.shape == confidence.shape == (bars.n_bars,)
    assert codes.dtype == np.int8
    assert probabilities.shape == (bars.n_bars, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()
    known = codes != UNKNOWN_CODE
    assert (confidence[~known] == 0).all()
    assert (confidence[known] > 0).all()
    assert (codes[known] == probabilities[known].argmax(axis=1)).all()


def test_the_first_bars_are_unknown(detector, bars):
    filtered = detector.filter(bars)
    assert (filtered.codes[: MIN_BARS - 1] == UNKNOWN_CODE).all()
    assert (filtered.probabilities[: MIN_BARS - 1] == 0.2).all()


@pytest.mark.parametrize("cut", [50, 51, 133, 400, 799])
def test_no_label_sees_the_future(detector, bars, cut):
    whole = detector.filter(bars)
    assert_same(detector.filter(bars.rows(None, cut)), (whole.codes[:cut], whole.probabilities[:cut], whole.confidence[:cut]))


@pytest.mark.parametrize("start", [1, 48, 49, 300, 799])
def test_rows_from_a_start_are_those_of_the_whole(detector, bars, start):
    whole = detector.filter(bars)
    assert_same(
        detector.filter(bars, start=start), (whole.codes[start:], whole.probabilities[start:], whole.confidence[start:])
    )


def test_hindsight_answers_the_same_bars_as_the_filter(detector, bars):
    codes = detector.decode(bars)
    assert codes.dtype == np.int8
    np.testing.assert_array_equal(codes == UNKNOWN_CODE, detector.filter(bars).codes == UNKNOWN_CODE)
    np.testing.assert_array_equal(detector.decode(bars), codes)


def test_hindsight_uses_later_bars(detector, bars):
    """On purpose: were it causal, the labels of every beginning would be those of the whole."""
    whole = detector.decode(bars)
    assert any((detector.decode(bars.rows(None, cut)) != whole[:cut]).any() for cut in range(200, 780, 8))


def test_repeatable_and_leaves_its_input_alone(detector, bars):
    copy = OHLCV(*(column.copy() for column in bars))
    assert_same(detector.filter(bars), detector.filter(bars))
    detector.read(bars).evidence(int(detector.filter(bars).codes[-1]))
    assert_same(bars, copy)


def test_survives_save_and_load_bit_for_bit(detector, bars, tmp_path):
    written = detector.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written)
    assert_same(type(detector).load(tmp_path).filter(bars), detector.filter(bars))


def test_saved_weights_are_the_shipped_ones(detector, tmp_path):
    if detector.name not in detectors.shipped_names():
        pytest.skip(f"{detector.name} does not ship")
    for name in detector.save(tmp_path):
        assert (tmp_path / name).read_bytes() == (MODEL_DIR / name).read_bytes()


@pytest.mark.parametrize("n", [0, 1, MIN_BARS - 1])
def test_refuses_fewer_bars_than_it_needs(detector, bars, n):
    with pytest.raises(ModelError, match="50"):
        detector.filter(bars.rows(None, n))
    with pytest.raises(ModelError, match="50"):
        detector.decode(bars.rows(None, n))


def test_evidence_names_figures(detector, bars):
    told = detector.read(bars).evidence(int(detector.filter(bars).codes[-1]))
    assert any(character.isdigit() for character in told)


@pytest.mark.parametrize("price", [1e-8, 1.0, 1e8])
def test_a_price_that_never_moves_is_answered(detector, price):
    n = 300
    flat = np.full(n, price)
    still = OHLCV(np.arange(n, dtype=np.int64) * 60_000_000_000, flat, flat, flat, flat, np.zeros(n))
    filtered = detector.filter(still)
    assert np.isfinite(filtered.probabilities).all()
    assert filtered.codes[-1] == 4  # calm


def test_volume_may_be_missing_or_zero(detector, bars):
    for volume in (np.zeros(bars.n_bars), np.full(bars.n_bars, np.nan)):
        filtered = detector.filter(bars._replace(volume=volume))
        assert (filtered.codes[MIN_BARS:] != UNKNOWN_CODE).any()
