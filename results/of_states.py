"""Stress states of markets, forecasts of them, and how past forecasts went."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from regime_core import states, walkforward
from regime_core.datasets import DEFAULT, VIX, Dataset
from regime_core.evaluation.forecasts import ForecastScores
from regime_core.evaluation.outcomes import Outcomes
from regime_core.models import kmeans, sensitivity
from regime_core.models.kmeans import Candidates
from regime_core.models.sensitivity import Sensitivity
from regime_core.states import Clustering, Forecast, Market, WalkForward
from results.base import Base, Kept, Sources, key_of

INLINE_DAYS = 30_000
"""Days of more are clustered by a job: on a busy machine it takes over a second."""
VARIED_DAYS = 10_000
"""Days of more are not divided again and again to see how firm their states are: it would take many seconds of a request."""
MARKETS_KEPT = 32
WALKS_KEPT = 12


class StateResults(Base):
    """Clusters, forecasts and records."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is made yet."""
        super().__init__(sources)
        self._markets: Kept[Market] = Kept(MARKETS_KEPT)
        self._candidates: Kept[Candidates] = Kept(MARKETS_KEPT)
        self._clusterings: Kept[Clustering] = Kept(MARKETS_KEPT)
        self._sensitivities: Kept[Sensitivity] = Kept(MARKETS_KEPT)
        self._forecasts: Kept[Forecast] = Kept(MARKETS_KEPT)
        self._walks: Kept[WalkForward] = Kept(WALKS_KEPT)
        self._scores: Kept[dict[int, ForecastScores]] = Kept(WALKS_KEPT)
        self._outcomes: Kept[dict[int, Outcomes]] = Kept(WALKS_KEPT)

    def market(self, dataset: Dataset) -> Market:
        """Days of a dataset with the values that stress states rest on; S&P 500 and VIX are joined with the VIX.

        Raises ModelError ``market.intraday``, ``market.few``, ``market.constant`` or ``market.no_overlap``.
        """
        vix = self._vix_of(dataset)
        return self._markets.get(key_of(dataset, vix), lambda: states.market(dataset.bars, vix.bars if vix else None))

    def clusters(self, dataset: Dataset, k: int | None = None) -> Clustering | None:
        """States of a dataset fitted on all its days, in sample; k by silhouette where None.

        None while those of a long history still have to be made by ``start_clusters``. Raises ModelError as ``market`` does,
        and ``model.k``.
        """
        found = self._candidates_of(dataset)
        if found is None:
            return None
        chosen = kmeans.best_k(found.silhouettes) if k is None else k
        key = (*key_of(dataset, self._vix_of(dataset)), chosen)
        return self._clusterings.get(key, lambda: found.clustering(self.market(dataset), chosen))

    def sensitivity(self, dataset: Dataset, varied: str, k: int | None = None) -> Sensitivity | None:
        """How the states of ``clusters`` move with one of ``models.sensitivity.VARIED``, in sample.

        None for a history that is too long to be clustered here so often. Raises ModelError as ``clusters`` does.
        """
        present, found = self.clusters(dataset, k), self._candidates_of(dataset)
        market = self.market(dataset)
        if present is None or found is None or market.n_days > VARIED_DAYS:
            return None
        key = (*key_of(dataset, self._vix_of(dataset)), present.k, varied)
        return self._sensitivities.get(key, lambda: sensitivity.vary(varied, market, found, present))

    def start_clusters(self, dataset: Dataset) -> str:
        """Start (or join) the job that clusters the days of a long history, and return its id.

        Raises RegimeError ``jobs.off``.
        """
        return self._start_fit(["clusters", *self._market_arguments(dataset, None), "--out", str(self._clusters_path(dataset))])

    def forecast(self, dataset: Dataset, k: int | None = None) -> Forecast | None:
        """Forecast of a dataset's last day: by a model fitted on its own days where one was made, else by the shipped one.

        None while it has to be made first, as for another k than the shipped one or without a VIX. Raises ModelError as
        ``market`` does, and ``market.short`` where there is neither a shipped answer nor enough history to fit one.
        """
        path = self._forecast_path(dataset, k)
        if path.is_file():
            return self._forecasts.get(str(path), lambda: Forecast.from_dict(json.loads(path.read_text())))
        market = self.market(dataset)
        shipped = self._shipped_forecast(dataset, market)
        if shipped is not None and k in (None, shipped.k):
            return shipped
        states.require_history(market)
        return None

    def start_forecast(self, dataset: Dataset, k: int | None = None) -> str:
        """Start (or join) the job that fits a forecast on all days of a dataset, and return its id.

        Raises RegimeError ``jobs.off``.
        """
        return self._start_fit(self._forecast_arguments(dataset, k))

    def forecast_under_way(self, dataset: Dataset, k: int | None = None) -> str | None:
        """Id of the job of ``start_forecast`` that is queued or running; None where there is none, and of others' data."""
        return None if dataset.shared else self._jobs.under_way(self._forecast_arguments(dataset, k))

    def walk_forward(self, dataset: Dataset, k: int | None = None) -> WalkForward | None:
        """Forecasts of past days, each year by models of the years before; None while they still have to be made.

        Those of the S&P 500 are shipped. Raises ModelError as ``market`` does, ``market.short`` with too little history.
        """
        key = self._walk_key(dataset, k)
        if key[0] == "shipped":
            return self._walks.get(key, lambda: self._engine().walk_forward(self._shipped_k(k)))
        walkforward.first_year(self.market(dataset))
        path = Path(key[1])
        return self._walks.get(key, lambda: walkforward.read(path)) if path.is_file() else None

    def start_walk_forward(self, dataset: Dataset, k: int | None = None) -> str:
        """Start (or join) the job that walks forward through a dataset, and return its id.

        Raises RegimeError ``jobs.off``.
        """
        return self._start_fit(self._walk_arguments(dataset, k))

    def walk_forward_under_way(self, dataset: Dataset, k: int | None = None) -> str | None:
        """Id of the job of ``start_walk_forward`` that is queued or running; None where there is none, and of others' data."""
        return None if dataset.shared else self._jobs.under_way(self._walk_arguments(dataset, k))

    def scores(self, dataset: Dataset, k: int | None = None) -> dict[int, ForecastScores]:
        """Scores of ``walk_forward`` by horizon; empty while there is none."""
        walk = self.walk_forward(dataset, k)
        if walk is None:
            return {}
        return self._scores.get(self._walk_key(dataset, k), lambda: walkforward.scores(walk))

    def outcomes(self, dataset: Dataset, k: int | None = None) -> dict[int, Outcomes]:
        """What followed each causal label of ``walk_forward`` that has prices here, by horizon; empty without any."""
        walk = self.walk_forward(dataset, k)
        if walk is None:
            return {}
        key = (*self._walk_key(dataset, k), *key_of(dataset, self._vix_of(dataset)))
        return self._outcomes.get(key, lambda: _outcomes(dataset, self._vix_of(dataset), walk))

    def _candidates_of(self, dataset: Dataset) -> Candidates | None:
        """Clusters of a dataset for each k; None while those of a long history still have to be made."""
        market = self.market(dataset)
        key = key_of(dataset, self._vix_of(dataset))
        if market.n_days <= INLINE_DAYS:
            return self._candidates.get(key, lambda: kmeans.candidates(market))
        path = self._clusters_path(dataset)
        if not path.is_file():
            return None
        return self._candidates.get(key, lambda: Candidates.from_dict(json.loads(path.read_text())))

    def _shipped_k(self, k: int | None) -> int | None:
        """Number of states of a shipped walk-forward: the shipped forecaster's where k is None; None where there is none."""
        there = self._engine().walk_forward_k
        wanted = k if k is not None or not there else int(self._engine().state_entry("forecaster").training["k"])
        return wanted if wanted in there else None

    def _shipped_forecast(self, dataset: Dataset, market: Market) -> Forecast | None:
        """Answer of the shipped forecaster; None for all but the S&P 500 with its VIX, and where no forecaster is shipped."""
        if dataset.id != DEFAULT or market.vix is None or not self._engine().walk_forward_k:
            return None
        return self._forecasts.get(
            key_of(dataset, self._vix_of(dataset)), lambda: self._engine().forecast(market, explained=True)
        )

    def _market_arguments(self, dataset: Dataset, k: int | None) -> list[str]:
        """Arguments of a job on the days of a dataset."""
        vix = self._vix_of(dataset)
        beside = [] if vix is None else ["--vix", str(vix.path)]
        return ["--bars", str(dataset.path), *beside, *([] if k is None else ["--regimes", str(k)])]

    def _forecast_arguments(self, dataset: Dataset, k: int | None) -> list[str]:
        return ["forecast", *self._market_arguments(dataset, k), "--out", str(self._forecast_path(dataset, k))]

    def _walk_arguments(self, dataset: Dataset, k: int | None) -> list[str]:
        return ["evaluate", *self._market_arguments(dataset, k), "--out", str(self._walk_path(dataset, k))]

    def _walk_key(self, dataset: Dataset, k: int | None) -> tuple[str, str]:
        """Where a walk-forward comes from: ``shipped``, or the file of a job."""
        if dataset.id == DEFAULT and self._shipped_k(k) is not None:
            return ("shipped", str(self._shipped_k(k)))
        return ("file", str(self._walk_path(dataset, k)))

    def _walk_path(self, dataset: Dataset, k: int | None) -> Path:
        return self._job_path(dataset, f"walk-{k or 'auto'}", "parquet")

    def _forecast_path(self, dataset: Dataset, k: int | None) -> Path:
        return self._job_path(dataset, f"fanned-forecast-{k or 'auto'}", "json")

    def _clusters_path(self, dataset: Dataset) -> Path:
        return self._job_path(dataset, "clusters", "json")

    def _job_path(self, dataset: Dataset, what: str, suffix: str) -> Path:
        """File of a result on the days of a dataset, which also rests on the VIX of these days."""
        vix = self._vix_of(dataset)
        beside = "none" if vix is None else vix.version
        return self._result_path(dataset, f"{what}-{beside}.{suffix}")


def _outcomes(dataset: Dataset, vix: Dataset | None, walk: WalkForward) -> dict[int, Outcomes]:
    """What followed each label; the prices may begin before the VIX does, and the labels may go on after the prices."""
    days = states.market(dataset.bars)
    labelled = walk.between(int(days.time[0]), int(days.time[-1]))
    if not len(labelled):
        return {}
    kept = (days.time < labelled.time[0]) | np.isin(days.time, labelled.time)
    time = days.time[kept]
    level = None
    if vix is not None and dataset.id != VIX:  # the VIX foretells the volatility of the index, not its own
        level = np.full(len(time), np.nan)
        _, here, there = np.intersect1d(time, vix.bars.time, return_indices=True)
        level[here] = vix.bars.close[there]
    priced = replace(days, time=time, bars=days.bars.take(kept), vix=level, values=days.values[kept])
    return walkforward.outcomes(priced, labelled)
