"""Results on datasets, each made once in a process: here where that is quick, by a job and read back where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs import Jobs
from regime_core.datasets import Library
from regime_core.engine import Engine
from results.base import Sources
from results.of_features import FeatureResults
from results.of_trials import TrialResults


class Results(TrialResults, FeatureResults):
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
        super().__init__(Sources(library, jobs, engine, model_dir, folder, fits_off))
