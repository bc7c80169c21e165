"""Results on datasets, each made once in a process: here where that is quick, by a job and read back where it is not."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Generic, TypeVar

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs import Jobs
from regime_core import backtests, states, studies, trials, walkforward
from regime_core.backtests import Tested, Trade
from regime_core.bars import OHLCV, Float, to_frame
from regime_core.datasets import DEFAULT, VIX, Dataset, Library
from regime_core.engine import Engine
from regime_core.errors import RegimeError
from regime_core.evaluation import aftermath, persistence, stability
from regime_core.evaluation import standing as standings
from regime_core.evaluation.aftermath import Aftermath
from regime_core.evaluation.forecasts import ForecastScores
from regime_core.evaluation.outcomes import Outcomes
from regime_core.evaluation.persistence import Spells
from regime_core.evaluation.stability import InputDrift
from regime_core.evaluation.standing import Standing
from regime_core.features import FEATURES
from regime_core.features import table as feature_table
from regime_core.models import kmeans, sensitivity
from regime_core.models.kmeans import Candidates
from regime_core.models.sensitivity import Sensitivity
from regime_core.models.training_rows import TrainingRows, binned
from regime_core.readers import Overrides
from regime_core.regimes import MIN_BARS, N_REGIMES, Labels, ModelRef
from regime_core.states import Clustering, Forecast, Market, WalkForward
from regime_core.studies import Shelf, Summary
from regime_core.training import usual_drift
from regime_core.trials import Answers, Cell, Trial
from regime_core.uploads import Upload

INLINE_BARS = 50_000
"""Longer series are labelled by a job, so that a request of a trading client never waits behind one."""
INLINE_BYTES = 1_000_000
"""Larger files are read and labelled by a job; so is whatever is packed, as it may be large inside."""
PACKED = (b"PK", b"\x1f\x8b")
INLINE_DAYS = 30_000
"""Days of more are clustered by a job: on a busy machine it takes over a second."""
QUICK_BARS = 20_000
"""Series up to here are labelled for a comparison with others, where nobody asked for their labels."""
AFTERMATH_BARS = 50_000
"""Newest bars that what followed a label rests on: in a request, however long the series is."""
LABELS_KEPT = 32
MARKETS_KEPT = 32
FEATURE_TABLES_KEPT = 4
"""Each has at most ``INLINE_BARS`` rows: 31 MB."""
WALKS_KEPT = 12
DRIFTS_KEPT = 64
USUAL_MARKETS_KEPT = 2
"""Each has at most 9 MB."""
TESTS_KEPT = 64
TRIALS_KEPT = 64
SUMMARIES_KEPT = 128

_Made = TypeVar("_Made")


class _Kept(Generic[_Made]):
    """The results asked for last, each made once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()
        self._lock = RLock()

    def has(self, key: Hashable) -> bool:
        """Whether the result is made."""
        return key in self._made

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was made under the key; whoever else asks waits while it is."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
            return self._made[key]


class Results:
    """Labels, states, forecasts, records and features of datasets; what a job still has to make is None."""

    def __init__(
        self,
        library: Library,
        jobs: Jobs,
        engine: Callable[[], Engine],
        *,
        model_dir: Path,
        folder: Path,
        fits_off: str = "",
    ) -> None:
        """Keep results of jobs on bundled histories in ``folder``; those of an upload lie beside it.

        fits_off : why no job that fits may be started; empty where it may.
        """
        self._library = library
        self._jobs = jobs
        self._engine = engine
        self._model_dir = model_dir
        self._folder = folder
        self._fits_off = fits_off
        self._labels: _Kept[Labels] = _Kept(LABELS_KEPT)
        self._hindsight: _Kept[NDArray[np.int8]] = _Kept(LABELS_KEPT)
        self._summaries: _Kept[Summary] = _Kept(SUMMARIES_KEPT)
        self._aftermaths: _Kept[dict[int, Aftermath]] = _Kept(LABELS_KEPT)
        self._markets: _Kept[Market] = _Kept(MARKETS_KEPT)
        self._candidates: _Kept[Candidates] = _Kept(MARKETS_KEPT)
        self._clusterings: _Kept[Clustering] = _Kept(MARKETS_KEPT)
        self._sensitivities: _Kept[Sensitivity] = _Kept(MARKETS_KEPT)
        self._features: _Kept[Float] = _Kept(FEATURE_TABLES_KEPT)
        self._standings: _Kept[Standing] = _Kept(DRIFTS_KEPT)
        self._ranks: _Kept[Float] = _Kept(DRIFTS_KEPT)
        self._drifts: _Kept[InputDrift] = _Kept(DRIFTS_KEPT)
        self._usual_markets: _Kept[list[NDArray[np.uint8]]] = _Kept(USUAL_MARKETS_KEPT)
        self._usual: _Kept[tuple[Float, int]] = _Kept(DRIFTS_KEPT)
        self._forecasts: _Kept[Forecast] = _Kept(MARKETS_KEPT)
        self._walks: _Kept[WalkForward] = _Kept(WALKS_KEPT)
        self._scores: _Kept[dict[int, ForecastScores]] = _Kept(WALKS_KEPT)
        self._outcomes: _Kept[dict[int, Outcomes]] = _Kept(WALKS_KEPT)
        self._tests: _Kept[Tested] = _Kept(TESTS_KEPT)
        self._trials: _Kept[Trial] = _Kept(TRIALS_KEPT)

    def labels(self, dataset: Dataset, model: str | None = None) -> Labels | None:
        """Labels of a dataset; None while those of a long upload still have to be made by ``start_study``."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.labels(dataset.series, ref, dataset.bars.time)
        if dataset.bars.n_bars > INLINE_BARS:
            return None
        return self._labels.get(self._label_key(dataset, ref), lambda: self._engine().label(dataset.bars, model=ref.name))

    def has_labels(self, dataset: Dataset, model: str | None = None) -> bool:
        """Whether ``labels`` and ``hindsight`` would give any at once."""
        shelf, ref = dataset.shelf, self._engine().entry(model).ref
        return dataset.bars.n_bars <= INLINE_BARS or (shelf is not None and shelf.labelled(ref))

    def labels_at_hand(self, dataset: Dataset, model: str | None = None) -> Labels | None:
        """Labels of a dataset as ``labels`` gives them, where that takes a moment; None where it would not."""
        ref = self._engine().entry(model).ref
        made = dataset.shelf is not None and dataset.shelf.labelled(ref)
        if made or dataset.bars.n_bars <= QUICK_BARS or self._labels.has(self._label_key(dataset, ref)):
            return self.labels(dataset, model)
        return None

    def aftermath(self, dataset: Dataset, model: str | None = None) -> dict[int, Aftermath]:
        """What followed each bar with the label of the newest one, beside all bars, by bars ahead; of the newest bars only.

        Empty while there are no labels, and where the newest bar has none.
        """
        labels = self.labels(dataset, model)
        if labels is None or labels.codes[-1] >= N_REGIMES:
            return {}
        close, codes = dataset.bars.close, labels.codes
        first = max(MIN_BARS - 1, len(labels) - AFTERMATH_BARS)

        def make() -> dict[int, Aftermath]:
            return {h: aftermath.aftermath(close, codes, int(codes[-1]), first=first, horizon=h) for h in aftermath.HORIZONS}

        return self._aftermaths.get(self._label_key(dataset, labels.model), make)

    def hindsight(self, dataset: Dataset, model: str | None = None) -> NDArray[np.int8] | None:
        """Labels of a dataset that rest on later bars too, (n_bars,); None while those of a long upload have to be made."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.hindsight(dataset.series, ref)
        if dataset.bars.n_bars > INLINE_BARS:
            return None
        key = self._label_key(dataset, ref)
        return self._hindsight.get(key, lambda: self._engine().hindsight(dataset.bars, model=ref.name))

    def differing(self, dataset: Dataset, model: str | None = None) -> tuple[int, int] | None:
        """Bars whose label hindsight changes, and bars that have both labels; None while that is not known."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.differing(dataset.series, ref)
        labels, hindsight = self.labels(dataset, model), self.hindsight(dataset, model)
        return None if labels is None or hindsight is None else studies.differing(labels.codes, hindsight)

    def spells(self, dataset: Dataset, model: str | None = None, *, hindsight: bool = False) -> Spells | None:
        """Spells of a dataset's labels; None while these are not there."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.spells(dataset.series, ref, hindsight=hindsight)
        labels = self.labels(dataset, model)
        codes = self.hindsight(dataset, model) if hindsight else None if labels is None else labels.codes
        if labels is None or codes is None:
            return None
        return persistence.spells(codes, labels.confidence, dataset.bars.close)

    def summary(self, upload: Upload, model: str | None = None) -> Summary | None:
        """Where each series of an upload stands, as far as it is there; None where the model has not labelled the file."""
        shelf, ref = Shelf(upload.folder / upload.reading), self._engine().entry(model).ref
        if not upload.reading or not shelf.labelled(ref):
            return None
        return self._summaries.get((str(shelf.folder), f"{ref.name}@{ref.version}"), lambda: shelf.summary(ref))

    def summary_of(self, dataset: Dataset, model: str | None = None) -> Summary | None:
        """Where a single series stands; None where ``labels`` is."""
        labels, ref = self.labels(dataset, model), self._engine().entry(model).ref
        if labels is None:
            return None
        return self._summaries.get(self._label_key(dataset, ref), lambda: studies.summary(dataset.title, dataset.bars, labels))

    def start_study(self, upload: Upload, overrides: Overrides, model: str | None = None) -> str | None:
        """Make all that the Label page shows of a file: at once where it is small, else by a job, whose id is returned.

        Raises RegimeError ``jobs.full``, and ``file.unusable`` where the disk is full.
        """
        name = self._engine().entry(model).name
        folder = self.shelf(upload, overrides).folder
        if _is_small(upload.source):
            try:
                studies.make(upload.source, folder, self._engine, _quiet, name=upload.name, overrides=overrides, model=name)
            except OSError as error:
                reason = f"The server could not keep {upload.name} ({error.strerror}): try again, or tell whoever runs it."
                raise RegimeError("file.unusable", reason) from error
            return None
        return self._jobs.start(
            [
                *("study", str(upload.source), "--out", str(folder), f"--name={upload.name}"),
                *("--model", name, "--model-dir", str(self._model_dir)),
                f"--overrides={studies.overrides_json(overrides)}",
            ]
        )

    def shelf(self, upload: Upload, overrides: Overrides) -> Shelf:
        """Where what is made of a file under these overrides lies."""
        return Shelf(upload.folder / studies.overrides_key(overrides))

    def market(self, dataset: Dataset) -> Market:
        """Days of a dataset with the values that stress states rest on; S&P 500 and VIX are joined with the VIX.

        Raises ModelError ``market.intraday``, ``market.few``, ``market.constant`` or ``market.no_overlap``.
        """
        vix = self._vix_of(dataset)
        return self._markets.get(_key(dataset, vix), lambda: states.market(dataset.bars, vix.bars if vix else None))

    def clusters(self, dataset: Dataset, k: int | None = None) -> Clustering | None:
        """States of a dataset fitted on all its days, in sample; k by silhouette where None.

        None while those of a long history still have to be made by ``start_clusters``. Raises ModelError as ``market`` does,
        and ``model.k``.
        """
        found = self._candidates_of(dataset)
        if found is None:
            return None
        chosen = kmeans.best_k(found.silhouettes) if k is None else k
        key = (*_key(dataset, self._vix_of(dataset)), chosen)
        return self._clusterings.get(key, lambda: found.clustering(self.market(dataset), chosen))

    def sensitivity(self, dataset: Dataset, varied: str, k: int | None = None) -> Sensitivity | None:
        """How the states of ``clusters`` move with one of ``models.sensitivity.VARIED``, in sample.

        None for a history that is too long to be clustered here so often. Raises ModelError as ``clusters`` does.
        """
        present, found = self.clusters(dataset, k), self._candidates_of(dataset)
        market = self.market(dataset)
        if present is None or found is None or market.n_days > INLINE_DAYS:
            return None
        key = (*_key(dataset, self._vix_of(dataset)), present.k, varied)
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
        """Id of the job of ``start_forecast`` that is queued or running; None where there is none."""
        return self._jobs.under_way(self._forecast_arguments(dataset, k))

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
        """Id of the job of ``start_walk_forward`` that is queued or running; None where there is none."""
        return self._jobs.under_way(self._walk_arguments(dataset, k))

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
        key = (*self._walk_key(dataset, k), *_key(dataset, self._vix_of(dataset)))
        return self._outcomes.get(key, lambda: _outcomes(dataset, self._vix_of(dataset), walk))

    def tested_labels(self, dataset: Dataset, model: str, out: tuple[int, ...], trade: Trade) -> Tested | None:
        """Backtest of staying out of regimes as a detector named them; None while its labels still have to be made.

        Raises RegimeError as ``backtests.of_labels`` does.
        """
        labels = self.labels(dataset, model)
        if labels is None:
            return None
        key = (*self._label_key(dataset, labels.model), out, trade)
        return self._tests.get(key, lambda: backtests.of_labels(dataset.bars, labels, out, trade))

    def tested_states(
        self, dataset: Dataset, k: int | None, out: Callable[[int], tuple[int, ...]], trade: Trade, *, horizon: int | None
    ) -> Tested | None:
        """Backtest of staying out of stress states, forecast ``horizon`` days ahead or, where None, today's as known today.

        out : number of states -> codes to stay out of. None while ``walk_forward`` has none.
        Raises RegimeError as ``walk_forward`` and ``backtests.of_labels`` do.
        """
        walk = self.walk_forward(dataset, k)
        if walk is None:
            return None
        codes = out(walk.k)
        key = (*self._walk_key(dataset, k), *_key(dataset, None), codes, trade, horizon)

        def make() -> Tested:
            if horizon is None:
                return backtests.of_states(dataset.bars, walk, codes, trade)
            return backtests.of_forecasts(dataset.bars, walk, codes, trade, horizon=horizon)

        return self._tests.get(key, make)

    def trial(self, cell: Cell, model: str | None = None) -> Trial:
        """How well a detector names the regimes of simulated markets; made anew for each version of the model."""
        ref = self._engine().entry(model).ref

        def answers(bars: OHLCV) -> Answers:
            labels = self._engine().label(bars, model=ref.name)
            return Answers(labels.codes, labels.probabilities)

        return self._trials.get((cell, ref), lambda: trials.of_detector(cell, answers))

    def yardstick(self, cell: Cell) -> Trial:
        """How well the exact Bayes filter names the regimes of the same markets."""
        return self._trials.get((cell, None), lambda: trials.of_yardstick(cell))

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

        return self._features.get(_key(dataset, vix), make)[:, chosen]

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
        key = (*_key(dataset, self._vix()), name)
        return self._standings.get(key, lambda: standings.standing(dataset.bars.time, values[:, 0]))

    def past_ranks(self, dataset: Dataset, name: str) -> Float | None:
        """Rank of each value of a feature among those before it, (n_bars,), as by ``standing.past_ranks``.

        None for a long series: the ranks of a million bars take seconds.
        """
        values = None if dataset.bars.n_bars > INLINE_BARS else self.features(dataset, [name])
        if values is None:
            return None
        return self._ranks.get((*_key(dataset, self._vix()), name), lambda: standings.past_ranks(values[:, 0]))

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
        return self._drifts.get((*_key(dataset, None), first, stop), lambda: self._input_drift(dataset, first, stop, learnt))

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

    def _candidates_of(self, dataset: Dataset) -> Candidates | None:
        """Clusters of a dataset for each k; None while those of a long history still have to be made."""
        market = self.market(dataset)
        key = _key(dataset, self._vix_of(dataset))
        if market.n_days <= INLINE_DAYS:
            return self._candidates.get(key, lambda: kmeans.candidates(market))
        path = self._clusters_path(dataset)
        if not path.is_file():
            return None
        return self._candidates.get(key, lambda: Candidates.from_dict(json.loads(path.read_text())))

    def _start_fit(self, arguments: list[str]) -> str:
        if self._fits_off:
            raise RegimeError("jobs.off", self._fits_off)
        return self._jobs.start(arguments)

    def _vix(self) -> Dataset | None:
        """The VIX that is served, where there is one."""
        return self._library.get(VIX) if any(info.id == VIX for info in self._library.infos()) else None

    def _vix_of(self, dataset: Dataset) -> Dataset | None:
        """The VIX that states of a dataset rest on: those of the S&P 500 and of the VIX itself alone."""
        return self._vix() if dataset.id in (DEFAULT, VIX) else None

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
            _key(dataset, self._vix_of(dataset)), lambda: self._engine().forecast(market, explained=True)
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

    def _features_path(self, dataset: Dataset, vix: Dataset | None) -> Path:
        beside = "none" if vix is None else vix.version
        return self._result_path(dataset, f"features-{beside}.parquet")

    def _label_key(self, dataset: Dataset, model: ModelRef) -> tuple[str, ...]:
        return (str(dataset.path), dataset.version, f"{model.name}@{model.version}")

    def _result_path(self, dataset: Dataset, name: str) -> Path:
        """File of a job's result: beside an upload, so that it goes with it; never in the folder of the bundled histories."""
        folder = dataset.path.parent
        if dataset.bundled:
            folder = self._folder
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{dataset.path.stem}.{dataset.version}.{name}"


def _is_small(source: Path) -> bool:
    with source.open("rb") as file:
        return source.stat().st_size <= INLINE_BYTES and not file.read(4).startswith(PACKED)


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Tell no one of the progress of what is done at once."""


def _key(dataset: Dataset, beside: Dataset | None) -> tuple[str, ...]:
    """What a result rests on: the dataset, the one beside it, and the version of each."""
    return (str(dataset.path), dataset.version, beside.version if beside else "")


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


def _feature_column(name: str) -> int:
    try:
        return list(FEATURES).index(name)
    except ValueError:
        raise RegimeError("features.unknown", f"No feature is called {name}: pick one from the list.") from None
