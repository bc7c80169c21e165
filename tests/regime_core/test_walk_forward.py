"""Walking forward: no leak of the future, each planted once; the record's file; scores and outcomes of it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from regime_core import states, walkforward
from regime_core.errors import ModelError, ReaderError
from regime_core.features import stress
from regime_core.models import kmeans, pool
from regime_core.models.forecaster import CANDIDATES, Forecaster
from regime_core.models.historical import HistoricalSimulation
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Margin, Past
from regime_core.regimes import ModelRef
from stress_markets import index_and_vix

ROWS = ("today", "probabilities", "markov", "margin", "stay")
LOGISTIC = ("logistic",)
POOL = ("historical_simulation", "margin")


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1250))


@pytest.fixture(scope="module")
def walk(market):
    return walkforward.walk_forward(market, k=2, horizons=(1, 5))


def leaks(market, k=2):
    """Columns of early rows that change when the last half year is cut off, with what was chosen for their years."""
    early = market.n_days - 126
    whole = walkforward.walk_forward(market, k=k, horizons=(5,), candidates=POOL)
    cut = walkforward.walk_forward(market.rows(None, early), k=k, horizons=(5,), candidates=POOL)
    if whole.k != cut.k:
        return {"k"}
    kept = whole.between(0, int(market.time[early - 1]))
    changed = {name for name in ROWS if not np.array_equal(getattr(kept, name), getattr(cut, name))}
    if not np.array_equal(kept.realised[cut.known], cut.realised[cut.known]):
        changed.add("realised")
    if not np.array_equal(whole.centres[: len(cut.centres)], cut.centres):
        changed.add("centres")
    if whole.models[: len(cut.models)] != cut.models:
        changed.add("models")
    return changed


def test_rows_do_not_change_when_later_days_are_cut_off(market):
    assert leaks(market) == set()


def plant_scaler_and_clusters_on_all_dates(market, monkeypatch):
    fit = KMeans.fit
    lengths = []

    def on_all(self, past):
        lengths.append(past.n_days)
        return fit(self, market_of_walk["now"])

    market_of_walk = {"now": market}
    walk = walkforward.walk_forward

    def remember(given, **named):
        market_of_walk["now"] = given
        return walk(given, **named)

    monkeypatch.setattr(KMeans, "fit", on_all)
    monkeypatch.setattr(walkforward, "walk_forward", remember)


def plant_k_chosen_on_scored_years(market, monkeypatch):
    monkeypatch.setattr(kmeans, "silhouettes", lambda past: {2: 0.5, 3: 0.4 if seen["days"] < market.n_days else 0.6})
    seen = {}
    walk = walkforward.walk_forward

    def remember(given, **named):
        seen["days"] = given.n_days
        return walk(given, **(named | {"k": None}))

    monkeypatch.setattr(walkforward, "walk_forward", remember)


def plant_a_forecaster_fitted_and_calibrated_on_scored_years(market, monkeypatch):
    fit = Forecaster.fit
    now = {}
    walk = walkforward.walk_forward

    def remember(given, **named):
        now["market"] = given
        return walk(given, **named)

    monkeypatch.setattr(Forecaster, "fit", lambda self, past, clusters: fit(self, now["market"], clusters))
    monkeypatch.setattr(walkforward, "walk_forward", remember)


def with_the_walks_market(monkeypatch):
    """Where the market that is walked, its scored years included, can be found during the walk."""
    now = {}
    walk = walkforward.walk_forward

    def remember(given, **named):
        now["market"] = given
        return walk(given, **named)

    monkeypatch.setattr(walkforward, "walk_forward", remember)
    return now


def plant_weights_learnt_on_scored_years(market, monkeypatch):
    now, weighted = with_the_walks_market(monkeypatch), pool.weighted
    monkeypatch.setattr(
        pool,
        "weighted",
        lambda past, candidates: weighted(Past.of(now["market"], past.states, past.horizon), candidates),
    )


def plant_paths_of_scored_years(market, monkeypatch):
    now, fit = with_the_walks_market(monkeypatch), HistoricalSimulation.fit

    def with_later_paths(self, past):
        later = fit(HistoricalSimulation(), Past.of(now["market"], past.states, past.horizon))
        fit(self, past).paths_ = later.paths_
        return self

    monkeypatch.setattr(HistoricalSimulation, "fit", with_later_paths)


def plant_centred_windows(market, monkeypatch):
    mean = stress._trailing_mean

    def centred(values, days):
        return np.append(mean(values, days)[days // 2 :], np.full(min(days // 2, len(values)), values[-1]))

    monkeypatch.setattr(stress, "_trailing_mean", centred)


def plant_bfill(market, monkeypatch):
    """Twenty of every fifty VIX are taken as missing and filled from the next one; the cut is among them."""

    def filled(given):
        row = np.searchsorted(market.time, given.time)
        left = (market.n_days - 117 - row) % 50
        next_known = np.minimum(row + left + 1, row[-1]) - row[0]
        return np.where(left < 20, given.vix[next_known], given.vix)

    monkeypatch.setattr(stress, "stress", filled)


def plant_a_decode_that_saw_the_future(market, monkeypatch):
    label = KMeans.label

    def smoothed(self, values):
        codes = label(self, values).astype(float)
        return (np.convolve(codes, np.ones(41) / 41, "same") > 0.5).astype(np.int8)

    monkeypatch.setattr(KMeans, "label", smoothed)


@pytest.mark.parametrize(
    "plant",
    [
        plant_scaler_and_clusters_on_all_dates,
        plant_k_chosen_on_scored_years,
        plant_a_forecaster_fitted_and_calibrated_on_scored_years,
        plant_weights_learnt_on_scored_years,
        plant_paths_of_scored_years,
        plant_centred_windows,
        plant_bfill,
        plant_a_decode_that_saw_the_future,
    ],
)
def test_a_planted_leak_is_seen(market, monkeypatch, plant):
    plant(market, monkeypatch)
    assert leaks(market)


def test_everything_is_fitted_on_days_before_the_year(market, monkeypatch):
    """Spies: what each fit was handed ends before the year it is for; k is chosen before the first."""
    seen = {"clusters": [], "forecaster": [], "k": []}
    fit, forecast_fit, silhouettes = KMeans.fit, Forecaster.fit, kmeans.silhouettes
    monkeypatch.setattr(KMeans, "fit", lambda self, past: (seen["clusters"].append(past.years[-1]), fit(self, past))[1])
    monkeypatch.setattr(
        Forecaster,
        "fit",
        lambda self, past, clusters: (seen["forecaster"].append(past.years[-1]), forecast_fit(self, past, clusters))[1],
    )
    monkeypatch.setattr(kmeans, "silhouettes", lambda past: (seen["k"].append(past.years[-1]), silhouettes(past))[1])
    walk = walkforward.walk_forward(market, horizons=(1,), candidates=LOGISTIC)
    assert seen["k"] == [walk.years[0] - 1]
    assert sorted(seen["forecaster"]) == [year - 1 for year in walk.years]
    assert max(seen["clusters"]) < market.years[-1]


def test_weights_are_learnt_on_days_that_members_were_not_fitted_on(market, monkeypatch):
    """No member is asked about a day in or about a stretch that it was fitted on."""
    seen = []

    class Spy(Margin):
        def fit(self, past):
            self.rows = past.rows
            return super().fit(past)

        def probabilities(self, ingredients):
            asked = np.searchsorted(ingredients_of[:, 0], ingredients[:, 0], sorter=order)
            seen.append((self.rows, order[asked]))
            return super().probabilities(ingredients)

    past = Past.of(market.rows(None, 700), KMeans().fit(market.rows(None, 700)), 5)
    ingredients_of = past.ingredients
    order = np.argsort(ingredients_of[:, 0])
    pool.weighted(past, {"margin": Spy})
    assert len(seen) == pool.FOLDS
    np.testing.assert_array_equal(np.concatenate([asked for _, asked in seen]), past.rows)
    for fitted, asked in seen:
        assert np.abs(fitted[:, None] - asked).min() > 5


def test_labels_are_those_of_the_years_own_clusters(market, walk):
    year = int(walk.years[-1])
    start = int(np.searchsorted(market.years, year))
    model = KMeans().fit(market.rows(None, start))
    codes = model.label(market.values)
    rows = walk.at(5)
    inside = np.flatnonzero(rows.time >= market.time[start])
    np.testing.assert_array_equal(rows.today[inside], codes[start:])
    known = inside[rows.known[inside]]
    np.testing.assert_array_equal(rows.realised[known], codes[start + 5 :])
    assert rows.known.sum() == len(rows) - 5


def test_the_margin_baseline_is_scikit_learns(market, walk):
    year = int(walk.years[-1])
    start = int(np.searchsorted(market.years, year))
    past = market.rows(None, start)
    model = KMeans().fit(past)
    distances = model.distances(market.values)
    inputs = np.column_stack([distances, distances[:, 1] ** 2 - distances[:, 0] ** 2])
    codes = model.label(market.values)
    rows = np.arange(stress.FIRST_ROW, start - 1)
    scaler = StandardScaler().fit(inputs[rows])
    oracle = LogisticRegression(C=1.0, max_iter=5000).fit(np.clip(scaler.transform(inputs[rows]), -6, 6), codes[rows + 1])
    expected = oracle.predict_proba(np.clip(scaler.transform(inputs[start:]), -6, 6))
    found = walk.at(1)
    np.testing.assert_allclose(found.margin[found.time >= market.time[start]], expected, atol=1e-5)


def test_rows_are_probabilities_in_order(walk):
    for given in (walk.probabilities, walk.markov, walk.margin, walk.persistence):
        assert (given > 0).all()
        np.testing.assert_allclose(given.sum(axis=1), 1)
    assert (np.diff(walk.time) >= 0).all()
    assert walk.horizons == (1, 5)
    assert len(walk.at(1)) == len(walk.at(5)) == len(walk) / 2
    for model in walk.models:
        assert set(model.weights) <= set(CANDIDATES) == set(model.log_loss)
        assert sum(model.weights.values()) == pytest.approx(1)


def test_the_same_market_gives_the_same_rows(market, walk):
    again = walkforward.walk_forward(market, k=2, horizons=(5, 1, 5))
    for name in ROWS:
        np.testing.assert_array_equal(getattr(again, name), getattr(walk, name))


def test_the_record_survives_its_file(walk, market, tmp_path):
    path = tmp_path / "walk.parquet"
    other = walkforward.walk_forward(market, k=3, horizons=(1,), candidates=LOGISTIC)
    walkforward.write(path, [walk, other])
    assert walkforward.shipped_k(path) == (2, 3)
    for written in (walk, other):
        found = walkforward.read(path, written.k)
        for name in ("time", "horizon", "today", "realised", "known", "stay", "years", "centres"):
            np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
        np.testing.assert_allclose(found.probabilities, written.probabilities, atol=1e-7)
        assert (found.models, found.columns, found.notes) == (written.models, written.columns, written.notes)
    assert walkforward.read(path).k == 2
    with pytest.raises(ReaderError, match="k = 2, 3"):
        walkforward.read(path, 5)
    (tmp_path / "other.parquet").write_bytes(b"not a record")
    with pytest.raises(ReaderError, match=r"other\.parquet"):
        walkforward.read(tmp_path / "other.parquet")


def test_scores_leave_out_what_is_not_known(walk):
    found = walkforward.scores(walk, draws=50)
    assert found[5].n_days == len(walk.at(5)) - 5
    assert found[1].score("persistence").accuracy == pytest.approx(
        np.mean(walk.at(1).settled().today == walk.at(1).settled().realised)
    )


def test_outcomes_are_of_the_walked_market(market, walk):
    found = walkforward.outcomes(market, walk, draws=50)
    assert found[1].n.sum() == len(walk.at(1)) - 1
    with pytest.raises(ModelError, match="other days"):
        walkforward.outcomes(market.rows(None, 900), walk)


def test_a_forecast_of_the_last_day_agrees_with_the_whole_history(market):
    fitted = walkforward.fit(market, k=2, horizons=(1, 5))
    forecast = walkforward.fit_forecast(market, k=2, horizons=(1, 5))
    for horizon in (1, 5):
        np.testing.assert_array_equal(forecast.horizons[horizon], fitted.probabilities(market, horizon)[-1])
        np.testing.assert_array_equal(forecast.margin[horizon], fitted.margin(market, horizon)[-1])
        assert forecast.horizons[horizon].sum() == pytest.approx(1)
    assert not forecast.in_sample
    assert fitted.forecast(market.rows(None, 800), model=forecast.model).in_sample
    assert set(forecast.explanations) == {1, 5}


def test_the_forecaster_survives_its_files(market, tmp_path):
    fitted = walkforward.fit(market, k=3, horizons=(1, 5))
    names = fitted.save(tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in names}
    again = Forecaster.load(tmp_path)
    for horizon in (1, 5):
        np.testing.assert_array_equal(again.probabilities(market, horizon), fitted.probabilities(market, horizon))
        np.testing.assert_array_equal(again.margin(market, horizon), fitted.margin(market, horizon))
    again.save(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in names} == first


def test_without_a_vix_it_walks_too():
    bars, _ = index_and_vix(1100)
    walk = walkforward.walk_forward(states.market(bars), k=2, horizons=(1,), candidates=LOGISTIC)
    assert walk.columns[2] == "parkinson"
    found = walkforward.scores(walk, draws=50)[1]
    assert found.against("markov").skill > 0


def test_closes_only_are_forecast_too_and_no_contribution_speaks_of_a_vix():
    bars, _ = index_and_vix(1100)
    market = states.market(bars._replace(open=bars.close, high=bars.close, low=bars.close))
    walk = walkforward.walk_forward(market, k=2, horizons=(1,), candidates=LOGISTIC)
    assert walk.columns == ("return", "volatility")
    assert walk.centres.shape[1:] == (2, 2)
    assert walkforward.scores(walk, draws=50)[1].against("markov").skill > 0
    forecast = Forecaster(horizons=(1,), candidates=LOGISTIC).fit(market, KMeans().fit(market))
    told = forecast.forecast(market, model=ModelRef("", ""), explained=True).explanations[1]
    assert "21-day volatility change, 5 days" in str(told)
    assert "VIX" not in str(told)


@pytest.mark.parametrize(
    ("named", "code", "words"),
    [
        ({"start_year": 2011}, "market.short", "start in 2013"),
        ({"start_year": 2030}, "market.short", "ends on"),
        ({"horizons": (0,)}, "model.horizon", "1 to 63"),
        ({"horizons": ()}, "model.horizon", "1 to 63"),
        ({"k": 9}, "model.k", "2 to 5"),
    ],
)
def test_what_cannot_be_walked_is_named(market, named, code, words):
    with pytest.raises(ModelError, match=words) as caught:
        walkforward.walk_forward(market, **({"k": 2, "candidates": LOGISTIC} | named))
    assert caught.value.code == code


def test_too_short_a_history_says_what_can_still_be_shown(market):
    for days in (400, 757):  # under three years; three years, but none after them
        with pytest.raises(ModelError, match="Clusters and features") as caught:
            walkforward.walk_forward(market.rows(None, days), k=2)
        assert caught.value.code == "market.short"


def test_a_past_of_one_state_is_named(market):
    past = market.rows(None, 600)
    model = KMeans().fit(past)
    model.centres_ = np.vstack([model.centres_[0], model.centres_[1] + 1e6])
    with pytest.raises(ModelError, match="one state only"):
        Forecaster(horizons=(1,), candidates=LOGISTIC).fit(past, model)
