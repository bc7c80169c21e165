"""The command line: ``python -m regime_core COMMAND``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from regime_core import MODEL_DIR, commands
from regime_core.commands import Progress
from regime_core.errors import RegimeError

DATA_DIR = MODEL_DIR.parent / "data"
RUNS_DIR = MODEL_DIR.parent / "runs"
REDRAW_SECONDS = 0.1
"""The progress bar is not drawn again sooner, but for the end of a stage."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 on success, 1 with one sentence on stderr on an error, 2 on wrong usage."""
    try:
        with _Bar() as bar:
            message = run_command(argv, bar.show)
    except RegimeError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    print(message)
    return 0


def run_command(argv: Sequence[str] | None, progress: Progress) -> str:
    """Parse and run a command, reporting progress, and return what it has to say. Raises RegimeError."""
    arguments = _parser().parse_args(argv)
    try:
        message: str = arguments.run(arguments, progress)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RegimeError("file.unusable", f"{name}{reason}: check the path, its permissions and the space left.") from error
    return message


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m regime_core", description="Market regimes from price bars.")
    chosen = parser.add_subparsers(required=True, metavar="COMMAND")

    label = chosen.add_parser("label", help="label every bar of a CSV file with its regime")
    label.add_argument("file", type=Path, metavar="FILE.csv", help="open, high, low, close and optionally volume")
    label.add_argument(
        "--out", type=Path, required=True, metavar="OUT.csv", help="where the labels go; Parquet if it ends in .parquet"
    )
    label.add_argument(
        "--keep-columns", action="store_true", help="keep every column of the file as it stood, with the answers after them"
    )
    label.add_argument("--model", help="a model of the manifest; its default if left out")
    label.add_argument("--model-dir", type=Path, default=MODEL_DIR, help="folder of the models (default: final_model)")
    _add_overrides(label)
    label.set_defaults(run=commands.label)

    table = chosen.add_parser("features", help="compute every feature of every bar of a CSV file")
    table.add_argument("file", type=Path, metavar="FILE.csv", help="open, high, low, close and optionally volume")
    table.add_argument("--vix", type=Path, metavar="VIX.csv", help="the VIX, for the features that rest on it")
    table.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="where the table goes; Parquet if it ends so")
    table.set_defaults(run=commands.features)

    inspect = chosen.add_parser("inspect", help="say how a file would be read, and what is odd in it")
    inspect.add_argument("file", type=Path)
    inspect.add_argument("--json", action="store_true", help="as JSON")
    _add_overrides(inspect)
    inspect.set_defaults(run=commands.inspect)

    study = chosen.add_parser("study", help="make all that the Label page shows of a file, in a folder")
    study.add_argument("file", type=Path)
    study.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where it goes; made if it is not there")
    study.add_argument("--name", help="what the file is called in messages")
    study.add_argument("--model", help="a model of the manifest; its default if left out")
    study.add_argument("--model-dir", type=Path, default=MODEL_DIR, help="folder of the models (default: final_model)")
    study.add_argument("--overrides", default="{}", metavar="JSON", help="what is known better than the file shows")
    study.set_defaults(run=commands.study)

    ingest = chosen.add_parser("ingest", help="bring the S&P 500 and VIX histories up to date")
    ingest.add_argument(
        "--source", required=True, help="arch, yahoo, cboe, fred or csv; of several (comma-separated), the first that brings it"
    )
    ingest.add_argument("--data-dir", type=Path, default=DATA_DIR, help="folder of the histories (default: data)")
    ingest.add_argument("--sp500", type=Path, help="with --source csv: file of the S&P 500")
    ingest.add_argument("--vix", type=Path, help="with --source csv: file of the VIX")
    ingest.add_argument(
        "--base-url", action="append", default=[], type=_base_url, metavar="SOURCE=URL", help="ask this address instead"
    )
    ingest.set_defaults(run=commands.ingest)

    evaluate = chosen.add_parser(
        "evaluate", help="forecast every day of past years by models of the years before, and score it"
    )
    _add_market(evaluate)
    evaluate.add_argument("--start", type=_day, metavar="YYYY-MM-DD", help="first day forecast (default: after three years)")
    evaluate.add_argument(
        "--out", type=Path, required=True, metavar="OUT.csv", help="where the forecasts go; Parquet if so named"
    )
    evaluate.set_defaults(run=commands.evaluate)

    clusters = chosen.add_parser("clusters", help="cluster all days of a market into 2 to 5 states, in sample")
    _add_histories(clusters)
    clusters.add_argument(
        "--out", type=Path, required=True, metavar="OUT.json", help="where centres and silhouettes go, as JSON"
    )
    clusters.set_defaults(run=commands.clusters)

    forecast = chosen.add_parser("forecast", help="forecast the state after the last day, by models fitted on all of them")
    _add_market(forecast)
    forecast.add_argument("--out", type=Path, required=True, metavar="OUT.json", help="where the forecast goes, as JSON")
    forecast.set_defaults(run=commands.forecast)

    train = chosen.add_parser("train", help="rebuild the models from nothing; the same seed gives the same bits")
    train.add_argument("--out", type=Path, default=MODEL_DIR, help="folder of the models (default: final_model)")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--data", type=Path, default=DATA_DIR, metavar="DIR", help="folder of sp500.csv and vix.csv (default: data)"
    )
    train.add_argument("--only", choices=("all", "detectors", "states"), default="all", help="train these alone")
    train.add_argument("--trials", type=int, default=12, help="of the search (default: 12)")
    train.add_argument("--force", action="store_true", help="put in use also what is worse than what is there")
    train.add_argument("--runs", type=Path, default=RUNS_DIR, help="folder of searches, runs and versions (default: runs)")
    train.set_defaults(run=commands.train)

    models = chosen.add_parser("models", help="list the versions kept: when, scores, which are in use")
    _add_versions(models)
    models.set_defaults(run=commands.models)

    use = chosen.add_parser("use", help="go back to a version, with the models that were trained with it")
    use.add_argument("version", metavar="NAME@VERSION", help="as `models` lists it")
    _add_versions(use)
    use.set_defaults(run=commands.use)
    return parser


def _add_versions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-dir", type=Path, default=MODEL_DIR, help="folder of the models (default: final_model)")
    parser.add_argument("--runs", type=Path, default=RUNS_DIR, help="folder that has the versions (default: runs)")


def _add_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_mapped,
        metavar="FIELD=COLUMN",
        help="read a field from this column: close=PX_LAST",
    )
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--dayfirst", dest="order", action="store_const", const="day/month/year", help="dates are day/month/year"
    )
    order.add_argument(
        "--monthfirst", dest="order", action="store_const", const="month/day/year", help="dates are month/day/year"
    )
    parser.add_argument("--tz", metavar="ZONE", help="zone of times that name none, as America/New_York (default: UTC)")
    parser.add_argument("--decimal", choices=(".", ","), help="the mark of decimals")


def _mapped(text: str) -> tuple[str, str]:
    from regime_core.readers.columns import MAPPABLE

    field, equals, column = text.partition("=")
    if not equals or field not in MAPPABLE:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN with one of {', '.join(MAPPABLE)}")
    return field, column


def _add_histories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bars", type=Path, required=True, metavar="FILE.csv", help="daily open, high, low, close")
    parser.add_argument("--vix", type=Path, metavar="VIX.csv", help="the VIX; without it ranges stand in for it")


def _add_market(parser: argparse.ArgumentParser) -> None:
    _add_histories(parser)
    parser.add_argument("--horizons", type=_whole_numbers, default=(1, 5, 21), metavar="1,5,21", help="trading days ahead")
    parser.add_argument("--regimes", type=int, metavar="K", help="number of states, 2 to 5 (default: by silhouette)")


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 1,5,21") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2000-01-31") from None


def _base_url(text: str) -> tuple[str, str]:
    source, equals, url = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not SOURCE=URL")
    return source, url


class _Bar:
    """Progress bar on stderr, shown only once a stage has steps.

    The steps of a stage, told as ``stage: step``, share a bar that stays when the next stage begins.
    """

    def __enter__(self) -> _Bar:
        self._stage, self._drawn = "", 0.0
        self._begin()
        return self

    def _begin(self) -> None:
        from tqdm import tqdm

        self._tqdm = tqdm(file=sys.stderr, leave=False, delay=0.5)

    def show(self, stage: str, done: int, total: int) -> None:
        named, step, _ = stage.partition(": ")
        if self._stage not in ("", named):
            self._tqdm.set_description_str(self._stage, refresh=False)
            self._tqdm.leave = True
            self._tqdm.close()
            self._begin()
        self._stage = named if step else ""
        self._tqdm.set_description_str(stage, refresh=False)
        self._tqdm.total = total or None
        self._tqdm.n = done
        if done == total or time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._tqdm.refresh()
            self._drawn = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._tqdm.clear()  # close leaves it standing beside the error where it was not shown for long
        self._tqdm.close()


if __name__ == "__main__":
    sys.exit(main())
