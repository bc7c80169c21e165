"""Train clustering and forecaster of stress states on a history, with the record of past forecasts beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regime_core import artifacts, states, walkforward
from regime_core.bars import OHLCV
from regime_core.errors import RegimeError
from regime_core.models import kmeans
from regime_core.readers import read_csv
from regime_core.states import HORIZONS, K_RANGE, Market, WalkForward
from regime_core.training.heldout import rounded
from regime_core.training.progress import Progress, silent

RECORD_AFTER_YEARS = 10
"""Years of history before the first year of the shipped walk-forward, where there are so many."""


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
    tell = progress or silent
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
            scores={"silhouette": {str(k): rounded(score) for k, score in silhouettes.items()}},
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
        skill = {comparison.baseline: rounded(comparison.skill) for comparison in found.comparisons}
        model = found.score("model")
        figures[f"horizon {horizon}"] = {
            "days": found.n_days,
            "accuracy": rounded(model.accuracy),
            "log_loss": rounded(model.log_loss),
            "skill": skill,
        }
    return figures
