"""From nothing to ``final_model/``: simulate markets, fit, calibrate, score on markets never seen, save; then stress states."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from regime_core import artifacts, simulate, states, walkforward
from regime_core.bars import DAY_NS, OHLCV
from regime_core.errors import RegimeError
from regime_core.evaluation import scores
from regime_core.features import relative
from regime_core.models import Boosted, Rules, kmeans
from regime_core.models.base import Detector
from regime_core.readers import read_csv
from regime_core.regimes import MIN_BARS
from regime_core.states import HORIZONS, K_RANGE, Market, WalkForward

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""
Part = Literal["train", "validation", "test"]
SEED_OF_PART: dict[Part, int] = {"train": 0, "validation": 1, "test": 2}

S0_RANGE = (1e-4, 5e-2)
DURATION_RANGE = (30.0, 150.0)
LENGTH_RANGE = (60, 4000)
WANDER_SHARE, WANDER_RANGE = 0.5, (0.1, 0.5)
"""Half of the markets keep to the definition; the others are less tidy, as real ones are."""
EVEN_SHARE, LONG_SHARE = 0.05, 0.05
"""Of markets of one volatility, and of markets of regimes longer than memory."""
UNENDING_DURATION_RANGE = (500.0, 20_000.0)
"""Of the regimes of the latter, and of half of the former."""
UNUSUAL_LENGTH_RANGE, UNUSUAL_WANDER_RANGE = (1500, 6000), (0.05, 0.3)
INTRADAY_STEP_NS = 5 * 60 * 1_000_000_000

TEST_S0 = (0.0005, 0.01, 0.03)
TEST_DURATIONS = (30.0, 60.0, 120.0)
TEST_SHOCKS: tuple[simulate.Shocks, ...] = ("gaussian", "student")
TEST_BARS, TEST_FROM = 4000, 500
WINDOWS = (60, 120, 252, 500, 1000)
WINDOW_STRIDE = 50
AGREEMENT_WANTED = 0.95
"""Share of labels a window must have in common with those on all history to be called warm."""
RECORD_AFTER_YEARS = 10
"""Years of history before the first year of the shipped walk-forward, where there are so many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is simulated; the defaults are those of the shipped model.

    train_markets, validation_markets : of random parameters and lengths. rows_a_market : taken at random from each, at most.
    test_paths : of TEST_BARS bars, for each s0, mean duration and kind of shocks.
    """

    train_markets: int = 4000
    validation_markets: int = 300
    rows_a_market: int = 300
    test_paths: int = 4


def train(out: Path, *, seed: int, progress: Progress | None = None, plan: Plan | None = None) -> None:
    """Rebuild every shipped model into the folder ``out``; the same seed gives the same bytes.

    progress : called with the stage, how much is done and how much there is.
    """
    plan = plan or Plan()
    tell = progress or _silent
    features, codes = rows(plan.train_markets, plan.rows_a_market, part="train", seed=seed, progress=tell)
    tell("fit", 0, 1)
    model = Boosted(random_state=seed).fit(features, codes)
    tell("fit", 1, 1)
    model.calibrate(*rows(plan.validation_markets, plan.rows_a_market, part="validation", seed=seed, progress=tell))
    figures = held_out_scores(model, seed=seed, paths=plan.test_paths, progress=tell)
    model.window = choose_window(figures["agreement_by_window"])
    training = {
        "seed": seed,
        "rows": len(codes),
        "s0": list(S0_RANGE),
        "mean_duration": list(DURATION_RANGE),
        "bars": list(LENGTH_RANGE),
        "data": "simulated markets, see docs/models.md",
        **asdict(plan),
    }
    artifacts.save(
        out,
        [
            artifacts.Fitted(model, features=relative.NAMES, training=training, scores=figures),
            artifacts.Fitted(Rules()),
        ],
        default=Boosted.name,
    )


def train_states(
    out: Path,
    data_dir: Path,
    *,
    ks: Sequence[int] = K_RANGE,
    horizons: Sequence[int] = HORIZONS,
    progress: Progress | None = None,
) -> None:
    """Fit clustering and forecaster on all of ``sp500.csv`` and ``vix.csv`` of a folder, and add them to the models in ``out``.

    Files named ``sp500_daily.csv`` and ``vix_daily.csv`` do as well where those are not there.
    Beside them goes ``walk_forward.parquet``: forecasts of past years by models of the years before, for each k of ``ks``; the
    models themselves have the k with the best silhouette. The same data gives the same bytes.
    Raises ModelError on histories that do not overlap or hold fewer than three years before the last one.
    """
    tell = progress or _silent
    market = states.market(*(_history(data_dir, name) for name in ("sp500", "vix")))
    start = _record_start(market)
    walks = [walkforward.walk_forward(market, k=k, horizons=horizons, start_year=start, progress=_named(tell, k)) for k in ks]
    tell("Fit on all days", 0, 1)
    silhouettes = kmeans.silhouettes(market)
    forecaster = walkforward.fit(market, k=kmeans.best_k(silhouettes), horizons=horizons)
    tell("Fit on all days", 1, 1)
    walkforward.write(out / artifacts.WALK_FORWARD, walks)
    about = {
        "first": str(market.time[0].view("M8[ns]").astype("M8[D]")),
        "last": str(market.time[-1].view("M8[ns]").astype("M8[D]")),
        "days": market.n_days,
        "data_sha256": hashlib.sha256(market.time.tobytes() + market.values.tobytes()).hexdigest(),
        "columns": list(market.columns),
        "k": forecaster.states_.k,
        "seed": forecaster.states_.random_state,
    }
    figures = {f"k {walk.k}": _walk_figures(walk) for walk in walks}
    models = [
        artifacts.Fitted(
            forecaster.states_,
            features=market.columns,
            training=about,
            scores={"silhouette": {str(k): _rounded(score) for k, score in silhouettes.items()}},
        ),
        artifacts.Fitted(forecaster, features=forecaster.groups(), training=about, scores={"walk_forward": figures}),
    ]
    artifacts.add_states(out, models)


def _history(folder: Path, name: str) -> OHLCV:
    """Bars of a series in a folder. Raises RegimeError where it is not there, ReaderError where it cannot be read."""
    paths = [folder / f"{stem}.csv" for stem in (name, f"{name}_daily")]
    for path in paths:
        if path.exists():
            return read_csv(path).bars
    raise RegimeError(
        "file.missing", f"{folder} has neither {paths[0].name} nor {paths[1].name}: name a folder of daily histories as --data."
    )


def _record_start(market: Market) -> int:
    """First year with ten calendar years of history before it, or, of a shorter market, with three."""
    later = int(market.years[0]) + RECORD_AFTER_YEARS
    return later if later <= market.years[-1] else walkforward.first_year(market)


def _named(tell: Progress, k: int) -> Progress:
    return lambda stage, done, total: tell(f"{stage}, {k} states", done, total)


def _walk_figures(walk: WalkForward) -> dict[str, Any]:
    """Log-loss, and skill over each baseline, by horizon, of forecasts made by models of the years before."""
    figures = {}
    for horizon, found in walkforward.scores(walk).items():
        skill = {comparison.baseline: _rounded(comparison.skill) for comparison in found.comparisons}
        model = found.score("model")
        figures[f"horizon {horizon}"] = {
            "days": found.n_days,
            "accuracy": _rounded(model.accuracy),
            "log_loss": _rounded(model.log_loss),
            "skill": skill,
        }
    return figures


def rows(
    n_markets: int, rows_a_market: int, *, part: Part, seed: int, progress: Progress | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Features and true regimes of random rows of random markets.

    Returns (n_rows, n_features) and (n_rows,). Markets of different parts share no random number.
    """
    tell = progress or _silent
    features, codes = [], []
    for i in range(n_markets):
        rng = np.random.default_rng([seed, SEED_OF_PART[part], i])
        market = random_market(rng)
        n_bars = market.bars.n_bars
        labelled = np.arange(MIN_BARS - 1, n_bars)
        taken = np.sort(rng.choice(labelled, min(rows_a_market, len(labelled)), replace=False))
        features.append(relative.matrix(market.bars)[taken])
        codes.append(market.regimes[taken])
        if i % 50 == 49 or i == n_markets - 1:
            tell(f"simulate {part}", i + 1, n_markets)
    return np.concatenate(features), np.concatenate(codes)


def random_market(rng: np.random.Generator) -> simulate.SimulatedMarket:
    """Simulate a market as a client might send one: any s0, duration, length and shocks, at times intraday or closes only."""
    kind = rng.random()
    if kind < EVEN_SHARE + LONG_SHARE:
        return _unusual_market(rng, even=bool(kind < EVEN_SHARE))
    n_bars = int(np.exp(rng.uniform(*np.log(LENGTH_RANGE))))
    market = simulate.market(
        n_bars,
        s0=float(np.exp(rng.uniform(*np.log(S0_RANGE)))),
        mean_duration=float(np.exp(rng.uniform(*np.log(DURATION_RANGE)))),
        shocks="student" if rng.random() < 0.5 else "gaussian",
        rng=rng,
        volume=bool(rng.random() < 0.5),
        wander=float(rng.uniform(*WANDER_RANGE)) if rng.random() < WANDER_SHARE else 0.0,
        step_ns=INTRADAY_STEP_NS if rng.random() < 0.15 else DAY_NS,
    )
    if rng.random() < 0.08:
        return simulate.SimulatedMarket(
            closes_only(market.bars), market.regimes, market.s0, market.mean_duration, market.shocks
        )
    return market


def _unusual_market(rng: np.random.Generator, *, even: bool) -> simulate.SimulatedMarket:
    """Simulate a market of one volatility, or of very long regimes."""
    simulated = simulate.even_market if even else simulate.long_market
    durations = DURATION_RANGE if even and rng.random() < 0.5 else UNENDING_DURATION_RANGE
    return simulated(
        int(np.exp(rng.uniform(*np.log(UNUSUAL_LENGTH_RANGE)))),
        s0=float(np.exp(rng.uniform(*np.log(S0_RANGE)))),
        mean_duration=float(np.exp(rng.uniform(*np.log(durations)))),
        shocks="student" if rng.random() < 0.5 else "gaussian",
        rng=rng,
        wander=float(rng.uniform(*UNUSUAL_WANDER_RANGE)) if rng.random() < WANDER_SHARE else 0.0,
    )


def closes_only(bars: OHLCV) -> OHLCV:
    """The same bars from a vendor that knows only closes: open, high and low equal the close."""
    return bars._replace(open=bars.close, high=bars.close, low=bars.close)


def held_out_scores(model: Detector, *, seed: int, paths: int, progress: Progress | None = None) -> dict[str, Any]:
    """Scores on markets of the test part, by s0, mean duration and kind of shocks, and by how many bars the model is given."""
    tell = progress or _silent
    cells = [(s0, duration, shocks) for shocks in TEST_SHOCKS for duration in TEST_DURATIONS for s0 in TEST_S0]
    balanced: dict[str, float] = {}
    truths, probabilities, windows = [], [], []
    for done, (s0, duration, shocks) in enumerate(cells):
        tell("score", done, len(cells))
        truth, given = [], []
        for path in range(paths):
            market = held_out_market(s0, duration, shocks, path=path, seed=seed)
            filtered = model.filter(market.bars)
            truth.append(market.regimes[TEST_FROM:])
            given.append(filtered.probabilities[TEST_FROM:])
            if s0 == TEST_S0[0]:
                windows.append(window_labels(model, market, filtered.codes))
        truths.append(np.concatenate(truth))
        probabilities.append(np.concatenate(given))
        name = f"{shocks}, s0 {s0:g}, mean duration {duration:g}"
        balanced[name] = _rounded(scores.balanced_accuracy(truths[-1], probabilities[-1].argmax(axis=1)))
    tell("score", len(cells), len(cells))
    truth_all, probabilities_all = np.concatenate(truths), np.concatenate(probabilities)
    seen = np.concatenate(windows)
    return {
        "balanced_accuracy": balanced,
        "expected_calibration_error": _rounded(scores.expected_calibration_error(truth_all, probabilities_all)),
        "log_loss": _rounded(scores.log_loss(truth_all, probabilities_all)),
        "accuracy_by_window": {str(w): _rounded(scores.accuracy(seen[:, 0], seen[:, i + 2])) for i, w in enumerate(WINDOWS)},
        "agreement_by_window": {str(w): _rounded(scores.accuracy(seen[:, 1], seen[:, i + 2])) for i, w in enumerate(WINDOWS)},
    }


def held_out_market(s0: float, duration: float, shocks: simulate.Shocks, *, path: int, seed: int) -> simulate.SimulatedMarket:
    """Market of the test part; odd paths have no volume."""
    key = [seed, SEED_OF_PART["test"], int(s0 * 1e6), int(duration), len(shocks), path]
    return simulate.market(
        TEST_BARS, s0=s0, mean_duration=duration, shocks=shocks, rng=np.random.default_rng(key), volume=path % 2 == 0
    )


def window_labels(model: Detector, market: simulate.SimulatedMarket, codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """True regime, label on all history and on the last W bars for W in WINDOWS, of bars WINDOW_STRIDE apart: (n, 2 + 5).

    codes : (n_bars,) labels on all history.
    """
    ends = range(max(WINDOWS), market.bars.n_bars, WINDOW_STRIDE)
    return np.array(
        [
            [market.regimes[end], codes[end], *(_last_label(model, market.bars.rows(end + 1 - w, end + 1)) for w in WINDOWS)]
            for end in ends
        ],
        dtype=np.int8,
    )


def _last_label(model: Detector, bars: OHLCV) -> int:
    return int(model.filter(bars, start=bars.n_bars - 1).codes[0])


def choose_window(agreement: dict[str, float]) -> int:
    """Shortest window that agrees with all history often enough, or the longest tried."""
    return next((int(w) for w, share in agreement.items() if share >= AGREEMENT_WANTED), max(WINDOWS))


def _rounded(value: float) -> float:
    return round(value, 4)


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
