"""What every model of stress states that labels days keeps, whatever it is: found in ``STATE_MODELS`` and run alike."""

import numpy as np
import pytest

from regime_core import states
from regime_core.models import STATE_MODELS
from stress_markets import index_and_vix

LABELLERS = sorted(name for name, model in STATE_MODELS.items() if hasattr(model, "filter"))
KNOWN = 700


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1000))


@pytest.fixture(scope="module", params=LABELLERS)
def model(request, market):
    return STATE_MODELS[request.param](k=2, n_init=2).fit(market.rows(None, KNOWN))


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_there_are_such_models():
    assert {"jump", "hmm"} <= set(LABELLERS)


def test_shapes_and_ranges(model, market):
    codes, probabilities = model.filter(market)
    assert codes.dtype == np.int8
    assert probabilities.shape == (market.n_days, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)
    assert (probabilities >= 0).all()
    assert (codes == probabilities.argmax(axis=1)).all()
    assert set(np.unique(model.decode(market))) == set(np.unique(codes)) == {0, 1}


def test_states_rise_with_the_vix(model, market):
    codes = model.decode(market.rows(None, KNOWN))
    vix = market.values[:KNOWN, 2]
    assert vix[codes == 0].mean() < vix[codes == 1].mean()


@pytest.mark.parametrize("first", [0, KNOWN])
@pytest.mark.parametrize("days", [1, 63, 280])
def test_no_label_sees_the_future(model, market, first, days):
    """Of days that were fitted on, and of those after them."""
    whole, part = model.filter(market.rows(first)), model.filter(market.rows(first, first + days))
    assert_same([given[:days] for given in whole], part)


def test_hindsight_differs_from_what_was_said_on_the_day(model, market):
    assert (model.decode(market) != model.filter(market)[0]).any()


def test_repeatable_and_leaves_its_input_alone(model, market):
    values, time = market.values.copy(), market.time.copy()
    again = type(model)(k=2, n_init=2).fit(market.rows(None, KNOWN))
    assert_same(again.filter(market), model.filter(market))
    np.testing.assert_array_equal(again.decode(market), model.decode(market))
    assert_same((market.values, market.time), (values, time))


def test_survives_save_and_load_bit_for_bit(model, market, tmp_path):
    written = model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written)
    first = {name: (tmp_path / name).read_bytes() for name in written}
    again = type(model).load(tmp_path)
    for days in (market, market.rows(KNOWN)):
        assert_same(again.filter(days), model.filter(days))
        np.testing.assert_array_equal(again.decode(days), model.decode(days))
    again.save(tmp_path)
    assert first == {name: (tmp_path / name).read_bytes() for name in written}
