"""What an answer's reasons cost, how many it names, and whether exact Shapley values would have named the same.

Run from the repository: ``python -m benchmarks.reasons``. The yardstick is XGBoost's own TreeSHAP (Lundberg, Erion and Lee,
Consistent individualized feature attribution for tree ensembles, 2018).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xgboost

from regime_core.bars import OHLCV
from regime_core.features import relative
from regime_core.models import Boosted, reasons
from regime_core.regimes import MIN_BARS
from regime_core.sources import bundled
from regime_core.training import markets

EVERY, SETTLED, WINDOW = 10, 200, 252
N_MARKETS = 40


def explained(model: Boosted, bars: OHLCV) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, margins and answered regime of every tenth bar, once things have settled."""
    features = relative.matrix(bars, start=MIN_BARS - 1)[SETTLED::EVERY]
    codes = model.filter(bars, start=MIN_BARS - 1).codes[SETTLED::EVERY].astype(np.int64)
    return features, model.margins(features), codes


def compare(model: Boosted, booster: xgboost.Booster, series: list[OHLCV]) -> dict[str, float]:
    """Shares of bars on which both ways name the same first concept, and on which ours names one, two or three."""
    same, named = [], []
    for bars in series:
        features, margins, codes = explained(model, bars)
        if not len(features):
            continue
        exact = booster.predict(xgboost.DMatrix(features, feature_names=list(relative.NAMES)), pred_contribs=True)
        for row, margin, code, shap in zip(features, margins / model.temperature_, codes, exact, strict=True):
            ways = (model.contributions(row), shap.astype(np.float64))
            ours, theirs = (
                reasons.reasons(reasons.against_others(parts[:, :-1], margin, int(code)), int(code)) for parts in ways
            )
            same.append((ours[0].concept, ours[0].weight > 0) == (theirs[0].concept, theirs[0].weight > 0))
            named.append(len(ours))
    counts = np.bincount(named, minlength=4) / len(named)
    return {"bars": len(same), "same first concept": float(np.mean(same)), **{f"names {n}": counts[n] for n in (1, 2, 3)}}


def microseconds(work: Callable[[], object], *, rounds: int = 20, calls: int = 50) -> float:
    """Best mean time of a call over several rounds."""
    best = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        best = min(best, (time.perf_counter() - start) / calls)
    return best * 1e6


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = Boosted.load(arguments.models)
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(model.weights_))
    daily = bundled.read(Path("data") / "sp500.csv").bars
    simulated = [
        markets.random_market(np.random.default_rng([arguments.seed, markets.SEED_OF_PART["test"], i])).bars
        for i in range(N_MARKETS)
    ]
    for name, series in (("S&P 500", [daily]), ("simulated markets", simulated)):
        print(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in compare(model, booster, series).items()))
    window = daily.rows(daily.n_bars - WINDOW, daily.n_bars)
    row = relative.matrix(window, start=WINDOW - 1)[0]
    margin, code = model.margins(row[None])[0], int(model.filter(window, start=WINDOW - 1).codes[0])

    def told() -> str:
        parts = reasons.against_others(model.contributions(row)[:, :-1], margin, code)
        return reasons.in_words(reasons.reasons(parts, code), row, code, window.close)

    print(f"reasons {microseconds(told):.0f} us, label {microseconds(lambda: model.filter(window, start=WINDOW - 1)):.0f} us")


if __name__ == "__main__":
    main()
