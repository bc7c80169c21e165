"""Settings, read once, and the one engine, library and job pool of this process."""

from __future__ import annotations

import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow.parquet as pq

from jobs import Jobs
from regime_core import states, walkforward
from regime_core.bars import Float, to_frame
from regime_core.datasets import DEFAULT, VIX, Dataset, Library, read_labels
from regime_core.engine import Engine
from regime_core.errors import RegimeError
from regime_core.evaluation.forecasts import ForecastScores
from regime_core.evaluation.outcomes import Outcomes
from regime_core.features import FEATURES
from regime_core.features import table as feature_table
from regime_core.models import kmeans
from regime_core.models.kmeans import Candidates
from regime_core.regimes import Labels
from regime_core.states import Clustering, Forecast, Market, WalkForward

ROOT = Path(__file__).resolve().parent


def _setting(default: object, env: str, help_: str) -> Any:  # noqa: ANN401 - the field's own type is declared where it is used
    return field(default=default, metadata={"env": env, "help": help_})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the server, with its environment variable."""

    host: str = _setting("127.0.0.1", "HOST", "Address to serve on; 0.0.0.0 opens it beyond this machine.")
    port: int = _setting(8050, "PORT", "Port to serve on.")
    workers: int = _setting(2, "WEB_CONCURRENCY", "Worker processes.")
    threads: int = _setting(4, "REGIME_THREADS", "Threads a worker.")
    url_prefix: str = _setting(
        "", "REGIME_URL_PREFIX", "Path under which a reverse proxy shows the server, for example /regimes."
    )
    trusted_proxies: int = _setting(
        0, "REGIME_TRUSTED_PROXIES", "Reverse proxies in front whose X-Forwarded headers are believed."
    )
    data_dir: Path = _setting(ROOT / "data", "REGIME_DATA_DIR", "Folder of the S&P 500 and VIX histories.")
    model_dir: Path = _setting(ROOT / "final_model", "REGIME_MODEL_DIR", "Folder of the models.")
    state_dir: Path = _setting(
        ROOT / "var", "REGIME_STATE_DIR", "Folder of uploads, jobs and the signing key; made on first start."
    )
    refresh_hours: float = _setting(
        0.0, "REGIME_REFRESH_HOURS", "Hours between updates of the histories; 0 never updates by itself."
    )
    refresh_sources: str = _setting(
        "yahoo,cboe", "REGIME_REFRESH_SOURCES", "Sources tried for an update, comma-separated, in order."
    )
    yahoo_url: str = _setting("https://query1.finance.yahoo.com", "REGIME_YAHOO_URL", "Base address of Yahoo's chart endpoint.")
    cboe_url: str = _setting(
        "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv",
        "REGIME_CBOE_URL",
        "Address of CBOE's VIX history.",
    )
    fred_url: str = _setting(
        "https://fred.stlouisfed.org/graph/fredgraph.csv", "REGIME_FRED_URL", "Address of FRED's CSV service."
    )
    max_body_mb: int = _setting(32, "REGIME_MAX_BODY_MB", "Largest request body, in MB; beyond it 413.")
    max_bars: int = _setting(200_000, "REGIME_MAX_BARS", "Most bars in one series of a request; beyond it 422.")
    max_series: int = _setting(5_000, "REGIME_MAX_SERIES", "Most series in one batch; beyond it 422.")
    max_upload_mb: int = _setting(32, "REGIME_MAX_UPLOAD_MB", "Largest file on the Label page, in MB.")
    max_uploads: int = _setting(20, "REGIME_MAX_UPLOADS", "Uploads kept for one visitor; the oldest beyond them are removed.")
    upload_days: float = _setting(7.0, "REGIME_UPLOAD_DAYS", "Days an upload is kept.")
    max_jobs: int = _setting(1, "REGIME_MAX_JOBS", "Heavy jobs (large labellings, updates) that run at once; others wait.")
    api_keys: str = _setting(
        "", "REGIME_API_KEYS", "SHA-256 hashes (hex) of accepted API keys, comma-separated; empty leaves the JSON routes open."
    )
    rate_limit: str = _setting(
        "", "REGIME_RATE_LIMIT", "Requests allowed per key or address and worker, such as 600/minute; empty for no limit."
    )
    redis_url: str = _setting(
        "", "REDIS_URL", "Redis that shares rate limits between workers; empty keeps them in each worker."
    )
    secure_cookies: bool = _setting(False, "REGIME_SECURE_COOKIES", "1 sends the visitor's cookie over HTTPS only.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings of the environment; unset or empty variables keep the default.

        Raises ValueError, naming the variable, for a value that does not parse.
        """
        environment = os.environ if environment is None else environment
        given: dict[str, Any] = {}
        for setting in fields(cls):
            variable = setting.metadata["env"]
            if environment.get(variable):
                given[setting.name] = _parse(setting.type, variable, environment[variable])
        return cls(**given)

    @classmethod
    def markdown(cls) -> str:
        """Table of every setting, for the README."""
        rows = [f"| `{f.metadata['env']}` | {_shown(f.default)} | {f.metadata['help']} |" for f in fields(cls)]
        return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows])

    @property
    def base_urls(self) -> dict[str, str]:
        """Base address of each source."""
        return {"yahoo": self.yahoo_url, "cboe": self.cboe_url, "fred": self.fred_url}


def _parse(type_: object, variable: str, text: str) -> object:
    try:
        match type_:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
            case "Path":
                return Path(text)
    except (ValueError, KeyError):
        raise ValueError(f"{variable}={text!r} is not a valid {type_}.") from None
    return text


def _shown(default: object) -> str:
    match default:
        case "":
            return ""
        case bool():
            return f"`{int(default)}`"
        case Path():
            return f"`{default.relative_to(ROOT)}`"
    return f"`{default}`"


INLINE_BARS = 50_000
"""Longer series are labelled by a job, so that a request of a trading client never waits behind one."""
INLINE_DAYS = 30_000
"""Days of more are clustered by a job: on a busy machine it takes over a second."""
LABELS_KEPT = 32
MARKETS_KEPT = 32
FEATURE_TABLES_KEPT = 4
"""Each has at most ``INLINE_BARS`` rows: 31 MB."""
WALKS_KEPT = 12

_Made = TypeVar("_Made")


class _Kept(Generic[_Made]):
    """The results asked for last, each made once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()
        self._lock = RLock()

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was made under the key; whoever else asks waits while it is."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
            return self._made[key]


class Runtime:
    """What one process holds: its settings, engine, library and jobs, each made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.library = Library(
            settings.data_dir,
            settings.state_dir / "uploads",
            max_uploads_per_visitor=settings.max_uploads,
            ttl_seconds=settings.upload_days * 86_400,
        )
        self.jobs = Jobs(settings.state_dir / "jobs", max_running=settings.max_jobs)
        self._engine: Engine | None = None
        self._labels: OrderedDict[tuple[str, str, str], Labels] = OrderedDict()
        self._markets: _Kept[Market] = _Kept(MARKETS_KEPT)
        self._candidates: _Kept[Candidates] = _Kept(MARKETS_KEPT)
        self._clusterings: _Kept[Clustering] = _Kept(MARKETS_KEPT)
        self._features: _Kept[Float] = _Kept(FEATURE_TABLES_KEPT)
        self._forecasts: _Kept[Forecast] = _Kept(MARKETS_KEPT)
        self._walks: _Kept[WalkForward] = _Kept(WALKS_KEPT)
        self._scores: _Kept[dict[int, ForecastScores]] = _Kept(WALKS_KEPT)
        self._outcomes: _Kept[dict[int, Outcomes]] = _Kept(WALKS_KEPT)
        self._lock = RLock()

    @property
    def loaded(self) -> bool:
        """Whether the models are loaded and warm."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The engine, loaded and warmed at the first call. Raises ArtifactError on a model folder that is not whole."""
        with self._lock:
            if self._engine is None:
                engine = Engine.load(self.settings.model_dir)
                engine.warm_up()
                self._engine = engine
            return self._engine

    def labels(self, dataset: Dataset, model: str | None = None) -> Labels | None:
        """Labels of a dataset; None while those of a long series still have to be made by ``start_labelling``."""
        entry = self.engine.entry(model)
        key = (str(dataset.path), dataset.version, f"{entry.name}@{entry.version}")
        with self._lock:
            if key in self._labels:
                self._labels.move_to_end(key)
                return self._labels[key]
        if dataset.bars.n_bars <= INLINE_BARS:
            labels = self.engine.label(dataset.bars, model=entry.name)
        else:
            path = self._labels_path(dataset, model)
            if not path.is_file():
                return None
            labels = read_labels(path, entry.ref)
        with self._lock:
            self._labels[key] = labels
            while len(self._labels) > LABELS_KEPT:
                self._labels.popitem(last=False)
        return labels

    def start_labelling(self, dataset: Dataset, model: str | None = None) -> str:
        """Start (or join) the job that labels a long series, and return its id."""
        name = self.engine.entry(model).name
        out = self._labels_path(dataset, model)
        arguments = [
            "label",
            str(dataset.path),
            "--out",
            str(out),
            "--model",
            name,
            "--model-dir",
            str(self.settings.model_dir),
        ]
        return self.jobs.start(arguments)

    def start_update(self) -> str:
        """Start (or join) the job that brings the bundled histories up to date, and return its id."""
        settings = self.settings
        arguments = ["ingest", "--source", settings.refresh_sources, "--data-dir", str(settings.data_dir)]
        for source, url in settings.base_urls.items():
            arguments += ["--base-url", f"{source}={url}"]
        return self.jobs.start(arguments)

    def market(self, dataset: Dataset) -> Market:
        """Days of a dataset with the values that stress states rest on; S&P 500 and VIX are joined with the VIX.

        Raises ModelError ``market.intraday``, ``market.short``, ``market.constant`` or ``market.no_overlap``.
        """
        vix = self._vix_of(dataset)
        return self._markets.get(_key(dataset, vix), lambda: states.market(dataset.bars, vix.bars if vix else None))

    def clusters(self, dataset: Dataset, k: int | None = None) -> Clustering | None:
        """States of a dataset fitted on all its days, in sample; k by silhouette where None.

        None while those of a long history still have to be made by ``start_clusters``. Raises ModelError as ``market`` does,
        and ``model.k``.
        """
        market = self.market(dataset)
        key = _key(dataset, self._vix_of(dataset))
        path = self._clusters_path(dataset)
        if market.n_days <= INLINE_DAYS:
            found = self._candidates.get(key, lambda: kmeans.candidates(market))
        elif path.is_file():
            found = self._candidates.get(key, lambda: Candidates.from_dict(json.loads(path.read_text())))
        else:
            return None
        chosen = kmeans.best_k(found.silhouettes) if k is None else k
        return self._clusterings.get((*key, chosen), lambda: found.clustering(market, chosen))

    def start_clusters(self, dataset: Dataset) -> str:
        """Start (or join) the job that clusters the days of a long history, and return its id."""
        return self.jobs.start(["clusters", *self._market_arguments(dataset, None), "--out", str(self._clusters_path(dataset))])

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
        """Start (or join) the job that fits a forecast on all days of a dataset, and return its id."""
        return self.jobs.start(["forecast", *self._market_arguments(dataset, k), "--out", str(self._forecast_path(dataset, k))])

    def walk_forward(self, dataset: Dataset, k: int | None = None) -> WalkForward | None:
        """Forecasts of past days, each year by models of the years before; None while they still have to be made.

        Those of the S&P 500 are shipped. Raises ModelError as ``market`` does, ``market.short`` with too little history.
        """
        key = self._walk_key(dataset, k)
        if key[0] == "shipped":
            return self._walks.get(key, lambda: self.engine.walk_forward(self._shipped_k(k)))
        walkforward.first_year(self.market(dataset))
        path = Path(key[1])
        return self._walks.get(key, lambda: walkforward.read(path)) if path.is_file() else None

    def start_walk_forward(self, dataset: Dataset, k: int | None = None) -> str:
        """Start (or join) the job that walks forward through a dataset, and return its id."""
        return self.jobs.start(["evaluate", *self._market_arguments(dataset, k), "--out", str(self._walk_path(dataset, k))])

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
        return self.jobs.start(arguments if vix is None else [*arguments, "--vix", str(vix.path)])

    def _vix(self) -> Dataset | None:
        """The VIX that is served, where there is one."""
        return self.library.get(VIX) if any(info.id == VIX for info in self.library.infos()) else None

    def _vix_of(self, dataset: Dataset) -> Dataset | None:
        """The VIX that states of a dataset rest on: those of the S&P 500 and of the VIX itself alone."""
        return self._vix() if dataset.id in (DEFAULT, VIX) else None

    def _shipped_k(self, k: int | None) -> int | None:
        """Number of states of a shipped walk-forward: the shipped forecaster's where k is None; None where there is none."""
        there = self.engine.walk_forward_k
        wanted = k if k is not None or not there else int(self.engine.state_entry("forecaster").training["k"])
        return wanted if wanted in there else None

    def _shipped_forecast(self, dataset: Dataset, market: Market) -> Forecast | None:
        """Answer of the shipped forecaster; None for all but the S&P 500 with its VIX, and where no forecaster is shipped."""
        if dataset.id != DEFAULT or market.vix is None or not self.engine.walk_forward_k:
            return None
        return self._forecasts.get(_key(dataset, self._vix_of(dataset)), lambda: self.engine.forecast(market, explained=True))

    def _market_arguments(self, dataset: Dataset, k: int | None) -> list[str]:
        """Arguments of a job on the days of a dataset."""
        vix = self._vix_of(dataset)
        beside = [] if vix is None else ["--vix", str(vix.path)]
        return ["--bars", str(dataset.path), *beside, *([] if k is None else ["--regimes", str(k)])]

    def _walk_key(self, dataset: Dataset, k: int | None) -> tuple[str, str]:
        """Where a walk-forward comes from: ``shipped``, or the file of a job."""
        if dataset.id == DEFAULT and self._shipped_k(k) is not None:
            return ("shipped", str(self._shipped_k(k)))
        return ("file", str(self._walk_path(dataset, k)))

    def _walk_path(self, dataset: Dataset, k: int | None) -> Path:
        return self._job_path(dataset, f"walk-{k or 'auto'}", "parquet")

    def _forecast_path(self, dataset: Dataset, k: int | None) -> Path:
        return self._job_path(dataset, f"explained-forecast-{k or 'auto'}", "json")

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

    def _labels_path(self, dataset: Dataset, model: str | None) -> Path:
        entry = self.engine.entry(model)
        return self._result_path(dataset, f"{entry.name}-{entry.version}.parquet")

    def _result_path(self, dataset: Dataset, name: str) -> Path:
        """File of a job's result: beside an upload, so that it goes with it; never in the folder of the bundled histories."""
        folder = dataset.path.parent
        if dataset.bundled:
            folder = self.settings.state_dir / "results"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{dataset.path.stem}.{dataset.version}.{name}"


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


_runtime: Runtime | None = None


def configure(settings: Settings) -> Runtime:
    """Set up this process; called once by ``create_app``."""
    global _runtime
    _runtime = Runtime(settings)
    return _runtime


def current() -> Runtime:
    """This process's runtime. Raises RuntimeError before ``configure``."""
    if _runtime is None:
        raise RuntimeError("runtime.configure(settings) has not been called: create the app with app.create_app().")
    return _runtime


def engine() -> Engine:
    """The one engine of this process."""
    return current().engine


def library() -> Library:
    """The one dataset library of this process."""
    return current().library


def signing_key(state_dir: Path) -> bytes:
    """Key that signs visitors' cookies: made on first start, readable by its owner only, shared by all workers."""
    path = state_dir / "signing.key"
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        temporary = state_dir / f".signing.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(temporary, path)  # fails if another worker was first: then its key counts
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_bytes()


if __name__ == "__main__":
    print(Settings.markdown())
