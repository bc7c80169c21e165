"""What each command of ``python -m regime_core`` does: from parsed arguments to a sentence on what came of it.

Every command takes the arguments and whom to tell of its progress, and imports what it needs only then: a command starts sooner
without the libraries of the others. Raises RegimeError, or OSError where a file cannot be read or written.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from regime_core.errors import RegimeError

if TYPE_CHECKING:
    from regime_core.bars import OHLCV
    from regime_core.engine import Engine
    from regime_core.readers import Overrides, Reading
    from regime_core.regimes import Labels
    from regime_core.states import Market

Progress = Callable[[str, int, int], None]
"""Called with the stage in words, the steps done and their total (0 while unknown)."""

LABEL_WARNINGS = ("negative_prices", "too_few_bars", "mislabelled_columns", "extreme_moves")
"""What ``label`` tells beside the labels, as they may mean less because of it; ``inspect`` tells all."""


def label(arguments: argparse.Namespace, progress: Progress) -> str:
    """Label every bar of a file."""
    from regime_core import readers, studies

    _require_folder(arguments.out)
    progress("Reading", 0, 3)
    with ThreadPoolExecutor(1) as beside:
        read = beside.submit(readers.read, arguments.file, overrides=_overrides(arguments))
        engine = _load_engine(arguments.model_dir, arguments.model)
        ref = engine.entry(arguments.model).ref  # a model that is not there is told before the long work
        reading = read.result()
    labels = _labels(engine, reading, arguments.model, progress)
    progress("Writing", 2, 3)
    kind: Literal["csv", "parquet"] = "parquet" if arguments.out.suffix == ".parquet" else "csv"
    if kind == "parquet" and arguments.keep_columns:
        studies.write_parquet(arguments.out, reading, labels)
    else:
        readers.write_labels(arguments.out, reading, labels, kind=kind, keep_columns=arguments.keep_columns)
    progress("Writing", 3, 3)
    of = f" of {len(labels):,} symbols" if len(labels) > 1 else ""
    warned = "".join(f"\nwarning: {one.code}: {one.detail}" for one in reading.warnings if one.code in LABEL_WARNINGS)
    return f"{sum(map(len, labels)):,} bars{of} labelled by {ref.name}@{ref.version}: {arguments.out}{warned}"


def _labels(engine: Engine, reading: Reading, model: str | None, progress: Progress) -> list[Labels]:
    """Labels of each series; with several of them each is a step."""
    n = len(reading.series)
    if n == 1:
        progress("Labelling", 1, 3)
        return [engine.label(reading.series[0].bars, model=model)]
    labels = []
    with ThreadPoolExecutor(2) as pool:
        for series, made in zip(
            reading.series, pool.map(lambda one: engine.label(one.bars, model=model), reading.series), strict=True
        ):
            labels.append(made)
            progress(f"Labelling: {series.symbol}", len(labels), n)
    return labels


def features(arguments: argparse.Namespace, progress: Progress) -> str:
    """Compute every feature of every bar of a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from regime_core import features
    from regime_core.bars import to_frame

    _require_folder(arguments.out)
    progress("Reading", 0, 3)
    bars = to_frame(_bars(arguments.file))
    vix = None if arguments.vix is None else to_frame(_bars(arguments.vix))["close"]
    progress("Computing features", 1, 3)
    table = features.table(bars, vix)
    progress("Writing", 2, 3)
    if arguments.out.suffix == ".parquet":
        temporary = arguments.out.with_name(f".{arguments.out.name}.part")
        pq.write_table(pa.Table.from_pandas(table.reset_index(), preserve_index=False), temporary)
        temporary.replace(arguments.out)
    else:
        table.to_csv(arguments.out)
    progress("Writing", 3, 3)
    return f"{table.shape[1]} features of {len(table):,} bars: {arguments.out}"


def _bars(path: Path) -> OHLCV:
    """Bars of a CSV file, or of the first series of a file that an upload's bars were stored in."""
    from regime_core import mapped, readers

    if path.suffix == mapped.SUFFIX:
        return mapped.bars(path).copy()
    return readers.read_csv(path).bars


def _require_folder(out: Path) -> None:
    """Refuse an output that cannot be written before the long work, not after it."""
    if out.is_dir():
        raise RegimeError("file.unusable", f"--out {out} is a folder: name a file in it.")
    if not out.absolute().parent.is_dir():
        raise RegimeError("file.unusable", f"--out {out}: the folder {out.absolute().parent} does not exist; make it first.")


def inspect(arguments: argparse.Namespace, progress: Progress) -> str:
    """Say how a file would be read."""
    from regime_core import readers

    inspection = readers.inspect(arguments.file, overrides=_overrides(arguments))
    if inspection.status != "ok" and not arguments.json:
        raise RegimeError(f"reader.{inspection.status}", inspection.reason)
    return json.dumps(inspection.as_dict(), indent=1) if arguments.json else str(inspection)


def _overrides(arguments: argparse.Namespace) -> Overrides:
    from regime_core.readers import Overrides

    return Overrides(dict(arguments.map), arguments.order, arguments.tz, arguments.decimal)


def study(arguments: argparse.Namespace, progress: Progress) -> str:
    """Make all that the Label page shows of a file, in a folder."""
    loading = ThreadPoolExecutor(1).submit(_load_engine, arguments.model_dir, arguments.model)  # while the file is read
    from regime_core import studies

    return studies.make(
        arguments.file,
        arguments.out,
        loading.result,
        progress,
        name=arguments.name or arguments.file.name,
        overrides=studies.overrides_of_json(arguments.overrides),
        model=arguments.model,
    )


def _load_engine(model_dir: Path, model: str | None) -> Engine:
    """Engine of one detector, its kernels loaded: a file is being read meanwhile."""
    from regime_core.engine import Engine

    engine = Engine.load_one(model_dir, model)
    engine.warm_up()
    return engine


def ingest(arguments: argparse.Namespace, progress: Progress) -> str:
    """Bring the histories up to date."""
    from regime_core.sources.fallback import ingest_first

    files = {series: path for series, path in (("sp500", arguments.sp500), ("vix", arguments.vix)) if path is not None}
    return ingest_first(
        arguments.source.split(","),
        arguments.data_dir,
        files=files or None,
        base_urls=dict(arguments.base_url),
        progress=progress,
    )


def train(arguments: argparse.Namespace, progress: Progress) -> str:
    """Rebuild the models from nothing."""
    from regime_core import training
    from regime_core.training import tracking
    from regime_core.training.summary import summary

    tracking.require()
    order = training.Order(
        arguments.data,
        arguments.out,
        arguments.runs,
        seed=arguments.seed,
        only=arguments.only,
        force=arguments.force,
        plan=training.Plan(trials=arguments.trials),
    )
    trained = training.run(order, progress)
    progress("tracking: MLflow", 0, 1)
    run = tracking.track(trained, order)
    progress("tracking: MLflow", 1, 1)
    return summary(trained, order, run=run)


def models(arguments: argparse.Namespace, progress: Progress) -> str:
    """List the versions kept."""
    from regime_core import versions

    return versions.table(versions.versions(arguments.model_dir, arguments.runs / "versions"))


def use(arguments: argparse.Namespace, progress: Progress) -> str:
    """Go back to a version."""
    from regime_core import versions

    found = versions.use(arguments.version, arguments.model_dir, arguments.runs / "versions")
    return f"{arguments.version} and what was trained with it ({found.kind}) are in {arguments.model_dir}; restart the server."


def evaluate(arguments: argparse.Namespace, progress: Progress) -> str:
    """Forecast every day of past years by models of the years before, and score it."""
    from regime_core import reports, walkforward

    _require_folder(arguments.out)
    market = _market(arguments)
    if arguments.start is not None:
        walkforward.require_day_from(market, arguments.start)  # told before the long work
    walk = walkforward.walk_forward(
        market,
        k=arguments.regimes,
        horizons=arguments.horizons,
        start_year=None if arguments.start is None else arguments.start.year,
        progress=progress,
    )
    if arguments.start is not None:
        walk = walk.since(arguments.start)
    if arguments.out.suffix == ".parquet":
        walkforward.write(arguments.out, [walk])
    else:
        reports.write_predictions(arguments.out, walk)
    return f"{reports.scores_table(walk, walkforward.scores(walk))}\n\n{len(walk):,} forecasts: {arguments.out}"


def forecast(arguments: argparse.Namespace, progress: Progress) -> str:
    """Forecast the state after the last day."""
    from regime_core import reports, walkforward

    _require_folder(arguments.out)
    market = _market(arguments)
    progress("Fitting", 0, 1)
    forecast = walkforward.fit_forecast(market, k=arguments.regimes, horizons=arguments.horizons)
    progress("Fitting", 1, 1)
    reports.write_forecast(arguments.out, forecast)
    return reports.forecast_words(forecast)


def clusters(arguments: argparse.Namespace, progress: Progress) -> str:
    """Cluster all days of a market, in sample."""
    from regime_core import reports
    from regime_core.models import kmeans

    _require_folder(arguments.out)
    market = _market(arguments)
    found = kmeans.candidates(market, progress=progress)
    best = kmeans.best_k(found.silhouettes)
    reports.write_candidates(arguments.out, found)
    scores = ", ".join(f"{score:.3f} of {k}" for k, score in found.silhouettes.items())
    return f"{market.n_days:,} days in {best} states, by the mean silhouettes {scores}: {arguments.out}"


def _market(arguments: argparse.Namespace) -> Market:
    from regime_core import states

    vix = None if arguments.vix is None else _bars(arguments.vix)
    return states.market(_bars(arguments.bars), vix)
