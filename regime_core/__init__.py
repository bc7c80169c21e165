"""Market regimes: the library behind the dashboard, the JSON service and the command line.

The heavy parts are imported when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from regime_core.engine import Engine
    from regime_core.readers import ReadResult
    from regime_core.regimes import Detection, Labels
    from regime_core.states import Forecast

__all__ = ["MODEL_DIR", "detect", "feature_table", "forecast", "label", "read_csv"]

MODEL_DIR = Path(__file__).resolve().parent.parent / "final_model"
"""The shipped models."""


def read_csv(source: Path | str | bytes) -> ReadResult:
    """Bars of a CSV file of open, high, low, close and, where there is one, volume.

    Raises ReaderError, naming row and column, on a file that cannot be read.
    """
    from regime_core import readers

    return readers.read_csv(source)


def feature_table(bars: pd.DataFrame, vix: pd.Series | None = None) -> pd.DataFrame:
    """All features of a Bars frame, shape (n_bars, n_features); row t uses rows up to t only, NaN where bars are lacking.

    vix : daily closes of the VIX by date; without it the VIX features are NaN.
    """
    from regime_core import features

    return features.table(bars, vix)


def detect(bars: pd.DataFrame, *, model: str | None = None, model_dir: Path = MODEL_DIR) -> Detection:
    """Regime of the last bar of a frame with a DatetimeIndex and ``open high low close [volume]`` columns.

    Raises BarsError on bars that cannot be used, ModelError on an unknown model.
    """
    from regime_core import bars as bars_

    ohlcv, warnings = bars_.from_frame(bars)
    return _engine(model_dir).detect(ohlcv, model=model, warnings=warnings)


def label(bars: pd.DataFrame, *, model: str | None = None, model_dir: Path = MODEL_DIR) -> Labels:
    """Causal labels of every bar of a frame, after the repairs that ``bars.normalise`` makes."""
    from regime_core import bars as bars_

    return _engine(model_dir).label(bars_.from_frame(bars)[0], model=model)


def forecast(bars: pd.DataFrame, vix: pd.DataFrame, *, model_dir: Path = MODEL_DIR) -> Forecast:
    """Probabilities of the market's stress state 1, 5 and 21 trading days after the newest day of both frames.

    bars, vix : daily frames of the S&P 500 and of the VIX, as ``detect`` takes them; the days that both have count.
    Raises BarsError on bars that cannot be used, ModelError on frames without enough days in common.
    """
    from regime_core import bars as bars_
    from regime_core import states

    return _engine(model_dir).forecast(states.market(bars_.from_frame(bars)[0], bars_.from_frame(vix)[0]))


@cache
def _engine(model_dir: Path) -> Engine:
    from regime_core.engine import Engine

    return Engine.load(model_dir)
