"""Clusters of market days: scikit-learn finds the centres, and a day belongs to the nearest one."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Self, SupportsInt

import numpy as np
from numpy.typing import ArrayLike

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.evaluation.geometry import mean_silhouette
from regime_core.states import K_RANGE, WINDOW, Clustering, Codes, Market

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Progress = Callable[[str, int, int], None]

WEIGHTS = "kmeans.npz"
SILHOUETTE_DAYS = 2000
"""Days, evenly spread, that silhouettes are measured on: the distances between all pairs of them are held, 32 MB."""


class KMeans:
    """K-means on the standardised values of a market; states are ordered by rising centre of the VIX, else of volatility.

    k : number of states. n_init : starts, of which the best counts. random_state : seed of the starts.

    Fitted: ``columns_`` (names of the values), ``mean_`` and ``scale_`` (n_values,) of the days fitted on, ``centres_``
    (k, n_values) standardised, ``fitted_through_`` (last day fitted on, int nanoseconds since 1970 UTC).
    """

    name: ClassVar[str] = "kmeans"
    window = WINDOW + 1

    def __init__(self, *, k: int = 2, n_init: int = 10, random_state: int = 0) -> None:
        self.k = k
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, past: Market) -> Self:
        """Fit scaler and centres on every day of ``past``: pass the days that were known, and no other.

        Raises ModelError ``model.k`` for a k outside 2..5 or one that the data does not bear.
        """
        from sklearn import cluster

        require_k(past, self.k)
        self.columns_ = past.columns
        self.mean_, self.scale_ = scaler(past.values)
        # Sums of several threads differ in their last bits from run to run. The limit is the whole process's: one at a time.
        with _ONE_FIT, _thread_pools().limit(limits=1):
            found = cluster.KMeans(self.k, n_init=self.n_init, random_state=self.random_state).fit(
                self._standardised(past.values)
            )
        order = np.argsort(found.cluster_centers_[:, past.order_column], kind="stable")
        self.centres_ = np.ascontiguousarray(found.cluster_centers_[order])
        self.fitted_through_ = int(past.time[-1])
        return self

    def distances(self, values: Float) -> Float:
        """Euclidean distance of days to each centre in standard deviations, (n_days, k). values : (n_days, n_values)."""
        between = self._standardised(values)[:, None, :] - self.centres_
        return np.asarray(np.sqrt((between**2).sum(axis=2)))

    def label(self, values: Float) -> Codes:
        """Nearest centre of each day, (n_days,). values : (n_days, n_values)."""
        return np.asarray(self.distances(values).argmin(axis=1), dtype=np.int8)

    def cluster(self, days: Market, *, silhouettes: Mapping[int, float] | None = None) -> Clustering:
        """States of any days that have the same values. Raises ModelError ``model.columns`` if they are others."""
        self.require_columns(days)
        distances = self.distances(days.values)
        return Clustering(
            k=self.k,
            columns=self.columns_,
            centres=self.centres_ * self.scale_ + self.mean_,
            codes=distances.argmin(axis=1).astype(np.int8),
            distances=distances,
            silhouettes=silhouettes or {},
            fitted_through=self.fitted_through_,
            in_sample=bool(days.n_days and days.time[0] <= self.fitted_through_),
        )

    def require_columns(self, days: Market) -> None:
        """Refuse days whose values are not those that were fitted on."""
        if days.columns != self.columns_:
            raise ModelError(
                "model.columns",
                f"This model rests on {', '.join(self.columns_)}, and the data has {', '.join(days.columns)}: "
                "bring the missing one, or fit a model on this data.",
            )

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write ``kmeans.npz`` and return its name; the same fit gives the same bytes."""
        content = io.BytesIO()
        np.savez(
            content,
            columns=np.array(self.columns_),
            mean=self.mean_,
            scale=self.scale_,
            centres=self.centres_,
            fitted_through=np.int64(self.fitted_through_),
        )
        (folder / WEIGHTS).write_bytes(content.getvalue())
        return (WEIGHTS,)

    @classmethod
    def of(
        cls, columns: Sequence[str], mean: ArrayLike, scale: ArrayLike, centres: ArrayLike, fitted_through: SupportsInt
    ) -> Self:
        """Model with the scaler and centres given, as ``fit`` leaves it."""
        model = cls(k=len(np.asarray(centres)))
        model.columns_ = tuple(str(name) for name in columns)
        model.mean_, model.scale_, model.centres_ = (np.asarray(part, dtype=np.float64) for part in (mean, scale, centres))
        model.fitted_through_ = int(fitted_through)
        return model

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            return cls.of(**stored)

    def _standardised(self, values: Float) -> Float:
        return np.asarray((values - self.mean_) / self.scale_)


_ONE_FIT = Lock()


@cache
def _thread_pools() -> ThreadpoolController:
    """Thread pools of the libraries loaded, sought once: seeking takes as long as a start. Call with scikit-learn imported."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def require_k(market: Market, k: int) -> None:
    """Raise ModelError ``model.k`` for a k outside 2..5 or with fewer days that differ."""
    if k not in K_RANGE:
        raise ModelError("model.k", f"{k} states were asked for: ask for {K_RANGE[0]} to {K_RANGE[-1]}.")
    distinct = len(np.unique(market.values, axis=0))
    if distinct < k:
        raise ModelError(
            "model.k", f"{k} states were asked for, but the data has only {distinct} days that differ: ask for fewer."
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """Clusters of a market for each k in 2..5 that it bears, all fitted on all its days.

    models : k -> fitted KMeans. silhouettes : k -> mean silhouette, in [-1, 1]; without a k of which one state was never met.
    """

    models: Mapping[int, KMeans]
    silhouettes: Mapping[int, float]

    def clustering(self, market: Market, k: int | None = None) -> Clustering:
        """States of the market they were fitted on, in sample; of the k with the largest silhouette where None.

        Raises ModelError ``model.k`` for a k that the market does not bear.
        """
        chosen = best_k(self.silhouettes) if k is None else k
        if chosen not in self.models:
            require_k(market, chosen)
        return self.models[chosen].cluster(market, silhouettes=self.silhouettes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "silhouettes": {str(k): score for k, score in self.silhouettes.items()},
            "models": [
                {
                    "columns": list(model.columns_),
                    "mean": model.mean_.tolist(),
                    "scale": model.scale_.tolist(),
                    "centres": model.centres_.tolist(),
                    "fitted_through": model.fitted_through_,
                }
                for model in self.models.values()
            ],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what ``as_dict`` gave."""
        models = [KMeans.of(**model) for model in stored["models"]]
        return cls({model.k: model for model in models}, {int(k): score for k, score in stored["silhouettes"].items()})


def candidates(market: Market, *, progress: Progress | None = None) -> Candidates:
    """Clusters of a market for each k in 2..5 that it bears, and the mean silhouette of each.

    progress : called with the stage in words, the numbers of states tried and how many there are.
    """
    from scipy.spatial import distance

    days = market.values[:: -(-market.n_days // SILHOUETTE_DAYS)]
    mean, scale = scaler(market.values)
    standard = (days - mean) / scale
    between = distance.cdist(standard, standard)
    distinct = len(np.unique(market.values, axis=0))
    models, scores = {}, {}
    for done, k in enumerate(k for k in K_RANGE if k <= distinct):
        if progress is not None:
            progress("Clustering days", done, len(K_RANGE))
        models[k] = KMeans(k=k).fit(market)
        codes = models[k].label(days)
        if 1 < len(np.unique(codes)) < len(days):
            scores[k] = mean_silhouette(between, codes)
    return Candidates(models, scores)


def silhouettes(market: Market) -> dict[int, float]:
    """Mean silhouette of each k in 2..5 whose states are all met, fitted on every day given."""
    return dict(candidates(market).silhouettes)


def best_k(scores: Mapping[int, float]) -> int:
    """Return the k with the largest silhouette; the smallest of equals. Raises ModelError where none could be measured."""
    if not scores:
        raise ModelError("model.k", "The data has too few days that differ for two states: send more, or prices that move.")
    return max(sorted(scores), key=lambda k: scores[k])


def scaler(values: Float) -> tuple[Float, Float]:
    """Mean and standard deviation of each value, (n_values,) each; 1 for one that never changes."""
    spread = values.std(axis=0)
    return values.mean(axis=0), np.where(spread > 0, spread, 1.0)
