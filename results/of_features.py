"""Features of datasets, where their values stand, and how far they have drifted from training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from regime_core.bars import Float, to_frame
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.evaluation import stability
from regime_core.evaluation import standing as standings
from regime_core.evaluation.stability import InputDrift
from regime_core.evaluation.standing import Standing
from regime_core.features import FEATURES
from regime_core.features import table as feature_table
from regime_core.models.training_rows import TrainingRows, binned
from regime_core.training import usual_drift
from results.base import INLINE_BARS, Base, Kept, Sources, key_of

FEATURE_TABLES_KEPT = 4
"""Each has at most ``INLINE_BARS`` rows: 31 MB."""
DRIFTS_KEPT = 64
USUAL_MARKETS_KEPT = 2
"""Each has at most 9 MB."""


class FeatureResults(Base):
    """Feature tables, ranks and drift."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is made yet."""
        super().__init__(sources)
        self._features: Kept[Float] = Kept(FEATURE_TABLES_KEPT)
        self._standings: Kept[Standing] = Kept(DRIFTS_KEPT)
        self._ranks: Kept[Float] = Kept(DRIFTS_KEPT)
        self._drifts: Kept[InputDrift] = Kept(DRIFTS_KEPT)
        self._usual_markets: Kept[list[NDArray[np.uint8]]] = Kept(USUAL_MARKETS_KEPT)
        self._usual: Kept[tuple[Float, int]] = Kept(DRIFTS_KEPT)

    def features(self, dataset: Dataset, names: Sequence[str]) -> Float | None:
        """Columns of the feature table, (n_bars, len(names)); None while those of a long series still have to be made.

        Raises RegimeError ``features.unknown`` for a name that is not in ``FEATURES``.
        """
        chosen = [_feature_column(name) for name in names]
        vix = self._vix()
        if dataset.bars.n_bars > INLINE_BARS:
            path = self._features_path(dataset, vix)
            if not path.is_file():
                return None
            stored = pq.read_table(path, columns=list(names))
            return np.column_stack([stored[name].to_numpy() for name in names])

        def make() -> Float:
            beside = None if vix is None else to_frame(vix.bars)["close"]
            return feature_table(to_frame(dataset.bars), beside).to_numpy()

        return self._features.get(key_of(dataset, vix), make)[:, chosen]

    def start_features(self, dataset: Dataset) -> str:
        """Start (or join) the job that computes the features of a long series, and return its id."""
        vix = self._vix()
        arguments = ["features", str(dataset.path), "--out", str(self._features_path(dataset, vix))]
        return self._jobs.start(arguments if vix is None else [*arguments, "--vix", str(vix.path)])

    def standing(self, dataset: Dataset, name: str) -> Standing | None:
        """Where the newest value of a feature stands within its past; None and errors as of ``features``."""
        values = self.features(dataset, [name])
        if values is None:
            return None
        key = (*key_of(dataset, self._vix()), name)
        return self._standings.get(key, lambda: standings.standing(dataset.bars.time, values[:, 0]))

    def past_ranks(self, dataset: Dataset, name: str) -> Float | None:
        """Rank of each value of a feature among those before it, (n_bars,), as by ``standing.past_ranks``.

        None for a long series: the ranks of a million bars take seconds.
        """
        values = None if dataset.bars.n_bars > INLINE_BARS else self.features(dataset, [name])
        if values is None:
            return None
        return self._ranks.get((*key_of(dataset, self._vix()), name), lambda: standings.past_ranks(values[:, 0]))

    def input_drift(self, dataset: Dataset, first: int, stop: int) -> InputDrift | None:
        """How far the detectors' inputs on bars ``first:stop`` lie from what the detectors were trained on.

        None while the features of a long series still have to be made. Raises RegimeError ``drift.unknown`` in a model folder
        that does not say what its detectors were trained on.
        """
        learnt = self._engine().training_rows
        if learnt is None:
            raise RegimeError("drift.unknown", "These models do not say what they were trained on, so drift cannot be told.")
        if self.features(dataset, learnt.names[:1]) is None:
            return None
        return self._drifts.get((*key_of(dataset, None), first, stop), lambda: self._input_drift(dataset, first, stop, learnt))

    def _input_drift(self, dataset: Dataset, first: int, stop: int, learnt: TrainingRows) -> InputDrift:
        counts = []
        for i, name in enumerate(learnt.names):  # one after the other: all inputs of a long series would fill the memory
            table = self.features(dataset, [name])
            values = np.empty((0, 1)) if table is None else table[first:stop]
            counts.append(binned(values[np.isfinite(values[:, 0])], learnt.edges[i : i + 1])[0])
        seen = np.stack(counts)
        n_rows = int(seen.sum(axis=1).max())
        with np.errstate(invalid="ignore"):
            shares = seen / seen.sum(axis=1, keepdims=True)
        index = stability.population_stability_index(seen, learnt.shares)
        usual = self._usual_drift(learnt, stop, n_rows)
        return InputDrift(learnt.names, learnt.edges, learnt.shares, shares, index, *usual, n_rows, learnt.n_rows)

    def _usual_drift(self, learnt: TrainingRows, n_bars: int, n_rows: int) -> tuple[Float, int]:
        """Between which the indices of single markets like those trained on lie, over the last rows of about as many bars."""
        length, rows = usual_drift.rounded(n_bars), usual_drift.rounded(n_rows)
        made = self._usual_markets.get(length, lambda: usual_drift.market_bins(learnt, length))
        return self._usual.get((length, rows), lambda: usual_drift.usual(learnt, made, rows))

    def _features_path(self, dataset: Dataset, vix: Dataset | None) -> Path:
        beside = "none" if vix is None else vix.version
        return self._result_path(dataset, f"features-{beside}.parquet")


def _feature_column(name: str) -> int:
    try:
        return list(FEATURES).index(name)
    except ValueError:
        raise RegimeError("features.unknown", f"No feature is called {name}: pick one from the list.") from None
