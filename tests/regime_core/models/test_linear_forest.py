"""The linear detector and the forest: against scikit-learn and the obvious, their files, and what they find."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import detectors
from regime_core import simulate
from regime_core.errors import ArtifactError, ModelError
from regime_core.evaluation import scores
from regime_core.features import relative
from regime_core.models import Forest, Linear
from regime_core.models.forest import PRIOR_ROWS, just_above
from regime_core.models.margins import softmax


@pytest.fixture(scope="module", params=["linear", "forest"])
def model(request):
    return detectors.SMALL[request.param]()


@pytest.fixture(scope="module")
def unseen():
    return simulate.market(1500, s0=0.01, mean_duration=50, shocks="student", rng=np.random.default_rng(31))


def test_probabilities_equal_logistic_regression():
    features, codes = detectors.rows()
    found = detectors.small_linear()
    inputs = (features.astype(float) - found.mean_) / found.spread_
    expected = LogisticRegression(C=found.strength, max_iter=1000)
    expected.classes_, expected.coef_, expected.intercept_ = np.arange(5), found.coefficients_.T, found.intercept_
    inside = (np.abs(inputs) <= 6).all(axis=1)
    assert inside.mean() > 0.9
    np.testing.assert_allclose(softmax(found.margins(features[inside])), expected.predict_proba(inputs[inside]), atol=1e-9)
    refitted = LogisticRegression(max_iter=1000).fit(np.clip(inputs, -6, 6), codes)
    all_rows = Linear(rows=len(codes)).fit(features, codes)
    # the order of the rows decides where the solver stops
    np.testing.assert_allclose(softmax(all_rows.margins(features)), refitted.predict_proba(np.clip(inputs, -6, 6)), atol=0.03)


def test_a_feature_far_off_the_scale_counts_as_six_deviations():
    found = detectors.small_linear()
    row = found.mean_.astype(np.float32)
    far = row.copy()
    far[3] = 1e6
    difference = found.margins(far[None])[0] - found.margins(row[None])[0]
    np.testing.assert_allclose(difference, 6 * found.coefficients_[3], atol=1e-4)


def test_margins_equal_the_mean_log_shares_of_scikit_learn_s_trees():
    features, codes = detectors.rows()
    found = Forest(trees=4, depth=6, leaf=5, share=0.5, random_state=3).fit(features, codes)
    same = RandomForestClassifier(
        n_estimators=4, max_depth=6, min_samples_leaf=5, max_features=found.features, max_samples=0.5, random_state=3
    ).fit(features, codes)
    expected = np.zeros((len(features), 5))
    for tree in same.estimators_:
        rows_in_leaf = tree.tree_.weighted_n_node_samples[tree.apply(features)][:, None]
        expected += np.log((tree.predict_proba(features) * rows_in_leaf + PRIOR_ROWS) / (rows_in_leaf + 5 * PRIOR_ROWS)) / 4
    np.testing.assert_allclose(found.margins(features), expected, atol=2e-3)  # leaves are kept in half precision


@given(st.floats(-1e6, 1e6), st.integers(-2, 2))
def test_a_row_on_a_threshold_goes_where_scikit_learn_sends_it(threshold, steps):
    """scikit-learn compares a float32 value with a float64 threshold, and goes left where it is equal."""
    near = np.float32(threshold)
    for _ in range(abs(steps)):
        near = np.nextafter(near, np.float32(np.inf * steps))
    for at in (np.float64(threshold), np.float64(near)):
        assert (near <= at) == (near < just_above(np.array([at]))[0])


def test_contributions_sum_to_margins(model, unseen):
    features = relative.matrix(unseen.bars)[100::50]
    got = np.array([model.contributions(row) for row in features])
    np.testing.assert_allclose(got.sum(axis=2), model.margins(features), atol=1e-9)
    assert (np.abs(got[:, :, :-1]).sum(axis=(1, 2)) > 0).all()


def test_rows_do_not_depend_on_the_rows_beside_them(model):
    features = np.tile(detectors.rows()[0], (3, 1))[:12_345]
    whole = model.margins(features)
    np.testing.assert_array_equal(whole[10_000:10_007], model.margins(features[10_000:10_007]))
    assert model.margins(features[:0]).shape == (0, 5)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(model):
    def again(seed):
        parameters = {"trees": 2, "depth": 3, "share": 0.5} if isinstance(model, Forest) else {"rows": 2000}
        return type(model)(**parameters, random_state=seed).fit(*detectors.rows()).weights_

    assert again(0) == again(0) != again(1)


def test_finds_regimes_on_markets_never_seen(model, unseen):
    found = model.filter(unseen.bars)
    assert scores.balanced_accuracy(unseen.regimes[200:], found.codes[200:]) > 0.6


def test_an_unfitted_model_says_so(model, unseen):
    fresh = type(model)()
    assert not [name for name in vars(fresh) if name.endswith("_")]
    for ask in (fresh.filter, fresh.read):
        with pytest.raises(ModelError, match="not fitted"):
            ask(unseen.bars)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder, name: (folder / f"{name}.npz").unlink(), "npz is missing"),
        (lambda folder, name: (folder / f"{name}.npz").write_bytes(b"pickle"), "holds no arrays"),
        (lambda folder, name: (folder / f"{name}.npz").write_bytes(b""), "holds no arrays"),
        (lambda folder, name: np.savez(folder / f"{name}.npz", other=np.zeros(3)), "holds no arrays"),
        (lambda folder, name: (folder / f"{name}.json").write_text("{"), "json is not usable"),
    ],
)
def test_spoilt_files_are_named(model, tmp_path, spoil, message):
    model.save(tmp_path)
    spoil(tmp_path, model.name)
    with pytest.raises(ArtifactError, match=message):
        type(model).load(tmp_path)


def test_parameters_survive_saving(model, tmp_path):
    model.save(tmp_path)
    loaded = type(model).load(tmp_path)
    assert {k: v for k, v in vars(loaded).items() if not k.endswith("_")} == {
        k: v for k, v in vars(model).items() if not k.endswith("_")
    }
    assert json.loads((tmp_path / f"{model.name}.json").read_text())["temperature"] == loaded.temperature_
