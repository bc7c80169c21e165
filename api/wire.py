"""The JSON contract: what a request may hold, and what a reply holds, in its order."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from numpy.typing import ArrayLike, NDArray

from api import bodies
from api.bodies import Word
from regime_core import bars as bars_
from regime_core import regimes
from regime_core.bars import FIELDS, OHLCV, Where
from regime_core.errors import BarsError, RegimeError
from regime_core.regimes import ALL_NAMES, Detection
from regime_core.states import Forecast, state_name

Epoch = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | float


class Bar(Struct, frozen=True, gc=False):
    """One bar of a series."""

    timestamp: Annotated[Epoch, Meta(description="Epoch seconds, milliseconds, microseconds or nanoseconds.")]
    open: float
    high: float
    low: float
    close: float
    volume: Annotated[float | None, Meta(description="0, null or left out where unknown.")] = None


class Columns(Struct, frozen=True):
    """The same as a list of bars, a list a field: half the bytes, and faster."""

    timestamp: Annotated[list[Epoch], Meta(description="Epoch seconds, milliseconds, microseconds or nanoseconds.")]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: Annotated[list[float | None] | None, Meta(description="0, null or left out where unknown.")] = None


class DetectRequest(Struct, frozen=True):
    """One series, as bars or as columns. Unknown fields are ignored."""

    bars: Annotated[list[Bar] | None, Meta(description="Bars, oldest first; send these or columns.")] = None
    columns: Annotated[Columns | None, Meta(description="Columns, oldest first; send these or bars.")] = None
    symbol: Annotated[Word | None, Meta(description="Your own name of the instrument.")] = None
    model: Annotated[Word | None, Meta(description="name or name@version; the default if left out.")] = None
    history: Annotated[bool, Meta(description="Also answer the label of every bar.")] = False
    strict: Annotated[bool, Meta(description="Refuse with 422 what would be repaired.")] = False


class BatchRequest(Struct, frozen=True):
    """Several series, each decoded on its own, so that a bad one spoils no other."""

    series: list[Raw]


class Probabilities(Struct, frozen=True):
    """Probability of each regime; they sum to 1."""

    trending_bullish: float
    trending_bearish: float
    ranging: float
    volatile: float
    calm: float


class Metrics(Struct, frozen=True):
    """Figures of rule-based detection on the bars sent; null where too few bars were sent."""

    volatility: Annotated[float | None, Meta(description="Sample standard deviation of the last 20 simple returns.")]
    trend_strength: Annotated[float | None, Meta(description="Slope of the last 20 closes over the mean of all closes.")]
    atr_percent: Annotated[float | None, Meta(description="Mean of the last 14 true ranges, in percent of the last close.")]
    range_efficiency: Annotated[float | None, Meta(description="Net move over path length.")]
    momentum: Annotated[float | None, Meta(description="Last close over the close 19 bars earlier, less 1.")]
    ma_convergence: Annotated[float | None, Meta(description="10-bar over 50-bar moving average, less 1.")]
    sample_size: Annotated[int, Meta(description="Bars used.")]


class Model(Struct, frozen=True):
    """Which model answered."""

    name: str
    version: str


class DetectReply(Struct, frozen=True, kw_only=True):
    """The regime of the last bar, and what it rests on."""

    regime: Annotated[str, Meta(extra_json_schema={"enum": list(ALL_NAMES)})]
    confidence: Annotated[float, Meta(description="0 to 1; 0 where the regime is unknown.")]
    reasoning: Annotated[str, Meta(description="The same in words.")]
    probabilities: Probabilities
    metrics: Metrics
    as_of: Annotated[int | None, Meta(description="Time of the last bar in epoch seconds, whatever unit came in.")]
    regime_age: Annotated[int, Meta(description="Bars for which the regime has held, the last one included.")]
    regime_age_censored: Annotated[bool, Meta(description="The run reaches the first bar that could be labelled.")]
    bars_used: int
    warm: Annotated[bool, Meta(description="The window is as long as the model wants for full accuracy.")]
    strategies: tuple[str, ...]
    risk_multiplier: float
    model: Model
    warnings: Annotated[tuple[str, ...], Meta(description="Each repair of the bars that was made.")]
    fallback: Annotated[str | None, Meta(description="What answered in place of what was asked for, and why.")]
    labels: Annotated[list[str] | UnsetType, Meta(description="With history: one a bar used, oldest first.")] = UNSET
    confidences: Annotated[list[float] | UnsetType, Meta(description="With history: one a bar used.")] = UNSET


class HorizonForecast(Struct, frozen=True):
    """Forecast of one day ahead."""

    probabilities: Annotated[dict[str, float], Meta(description="state_0 (least stressed), state_1, …; they sum to 1.")]
    markov: Annotated[dict[str, float], Meta(description="The same by the Markov chain.")]
    margin: Annotated[dict[str, float], Meta(description="The same by the distances to the states' centres alone.")]


class BaselineForecast(Struct, frozen=True):
    """What the next day's forecast must beat."""

    persistence: Annotated[int, Meta(description="Today's state: that tomorrow is the same.")]
    markov: Annotated[dict[str, float], Meta(description="Probabilities by the Markov chain.")]


class StateModel(Struct, frozen=True):
    """Which model forecast."""

    name: str
    version: str
    data_through: Annotated[str, Meta(description="Date of the last day it was fitted on.")]
    in_sample: Annotated[bool, Meta(description="It was fitted on days after as_of, so that what came was known to it.")]


class PredictReply(Struct, frozen=True):
    """Forecast of the market's stress state after the newest day of the served histories."""

    prediction: Annotated[int, Meta(description="Most likely state of the next trading day; 0 is the least stressed.")]
    regime: Annotated[str, Meta(description="Its name: state_0, state_1, …")]
    as_of: Annotated[str, Meta(description="Date of the day it was made from, the newest that the index and the VIX share.")]
    horizons: Annotated[dict[str, HorizonForecast], Meta(description="By trading days ahead: 1, 5, 21.")]
    baseline: BaselineForecast
    model: StateModel


class Health(Struct, frozen=True, kw_only=True):
    """How the server is."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["healthy", "starting"]})]
    ml_available: Annotated[bool, Meta(description="A trained model is among those served.")]
    model_trained: Annotated[bool, Meta(description="A trained model is loaded and has answered.")]
    device: Annotated[str, Meta(description="Where inference runs.")]
    model: Annotated[Model | None, Meta(description="The default model.")]
    data_through: Annotated[str | None, Meta(description="Date of the newest bundled bar.")]


_detect = msgspec.json.Decoder(DetectRequest)
_batch = msgspec.json.Decoder(BatchRequest)
_any = msgspec.json.Decoder(Raw)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Series:
    """One series as it was sent: the bars, not yet looked at, and what is asked about them.

    time : (n_bars,) epochs. columns : ``open high low close`` and maybe ``volume``, NaN where unknown, one value a bar.
    by_column : they were sent as columns, and places are named so.
    """

    time: NDArray[np.int64] | NDArray[np.float64]
    columns: dict[str, NDArray[np.float64]]
    by_column: bool
    model: str | None
    history: bool
    strict: bool


def decode(body: bytes | Raw, *, at: str = "") -> Series:
    """Read one series. Raises RegimeError naming the place, which starts with ``at``, of what is wrong."""
    scanned = bodies.scan(bytes(body))
    if scanned is not None:
        asked = scanned.asked
        return Series(scanned.time, scanned.columns, bool(asked.columns), asked.model, asked.history, asked.strict)
    request: DetectRequest = _decoded(_detect, body, at)
    rows, columns = request.bars, request.columns
    if (rows is None) == (columns is None):
        raise RegimeError("json.series", f"{at}: send bars or columns, one of the two.".removeprefix(": ").capitalize())
    if columns is None:
        time = np.array([bar.timestamp for bar in rows or []])
        given = {name: np.array([getattr(bar, name) for bar in rows or []], dtype=np.float64) for name in FIELDS}
    else:
        time = np.array(columns.timestamp)
        sent = {name: getattr(columns, name) for name in FIELDS}
        given = {name: np.array(column, dtype=np.float64) for name, column in sent.items() if column is not None}
    return Series(time, given, columns is not None, request.model, request.history, request.strict)


def decode_batch(body: bytes) -> list[Raw]:
    """Read a batch, leaving each series as it was sent. Raises RegimeError."""
    request: BatchRequest = _decoded(_batch, body, "")
    return request.series


def to_bars(series: Series, *, max_bars: int, at: str = "") -> tuple[OHLCV, tuple[str, ...]]:
    """Bars of a series and the repairs made on the way, in words. Raises BarsError naming the place of a bad value."""
    n = len(series.time)
    if n > max_bars:
        raise BarsError("limits.bars", f"{at}{'.' if at else ''}{n:,} bars were sent; send at most {max_bars:,}, the newest.")
    where = _column_place(at) if series.by_column else _bar_place(at)
    values: dict[str, ArrayLike] = {**series.columns}
    return bars_.normalise(bars_.epoch_to_ns(series.time, where=where), values, strict=series.strict, where=where)


def reply(detection: Detection) -> DetectReply:
    """Render a detection."""
    labels = detection.labels
    return DetectReply(
        regime=detection.regime.name,
        confidence=detection.confidence,
        reasoning=detection.reasoning,
        probabilities=Probabilities(*detection.probabilities.tolist()),
        metrics=_metrics(detection.metrics),
        as_of=None if detection.as_of is None else detection.as_of // 1_000_000_000,
        regime_age=detection.regime_age,
        regime_age_censored=detection.regime_age_censored,
        bars_used=detection.bars_used,
        warm=detection.warm,
        strategies=detection.regime.strategies,
        risk_multiplier=detection.regime.risk_multiplier,
        model=Model(detection.model.name, detection.model.version),
        warnings=detection.warnings,
        fallback=detection.fallback,
        labels=UNSET if labels is None else labels.names,
        confidences=UNSET if labels is None else labels.confidence.tolist(),
    )


def predict_reply(forecast: Forecast) -> PredictReply:
    """Render a forecast of the stress state."""
    horizons = {
        str(horizon): HorizonForecast(
            _by_state(given), _by_state(forecast.markov[horizon]), _by_state(forecast.margin[horizon])
        )
        for horizon, given in forecast.horizons.items()
    }
    nearest = min(forecast.horizons)
    likely = forecast.most_likely(nearest)
    return PredictReply(
        prediction=likely,
        regime=state_name(likely),
        as_of=_date(forecast.as_of),
        horizons=horizons,
        baseline=BaselineForecast(forecast.persistence, horizons[str(nearest)].markov),
        model=StateModel(
            forecast.model.name, forecast.model.version, _date(forecast.fitted_through), in_sample=forecast.in_sample
        ),
    )


def encode(answer: object) -> bytes:
    """Write an answer as JSON."""
    return _encoder.encode(answer)


def _by_state(probabilities: NDArray[np.float64]) -> dict[str, float]:
    return {state_name(code): float(given) for code, given in enumerate(probabilities)}


def _date(time: int) -> str:
    return str(np.datetime64(time, "ns").astype("M8[D]"))


def _metrics(metrics: regimes.Metrics) -> Metrics:
    return Metrics(
        volatility=_or_null(metrics.volatility),
        trend_strength=_or_null(metrics.trend_strength),
        atr_percent=_or_null(metrics.atr_percent),
        range_efficiency=_or_null(metrics.range_efficiency),
        momentum=_or_null(metrics.momentum),
        ma_convergence=_or_null(metrics.ma_convergence),
        sample_size=metrics.sample_size,
    )


def _or_null(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None


def _bar_place(at: str) -> Where:
    start = f"{at}." if at else ""
    return lambda index, field: f"{start}{bars_.wire_place(index, field)}"


def _column_place(at: str) -> Where:
    start = f"{at}." if at else ""
    return lambda index, field: f"{start}columns.{field}[{index}]" if field else f"row {index} of {start}columns"


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes | Raw, at: str) -> Any:  # noqa: ANN401 - as the decoder
    try:
        return decoder.decode(body)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise RegimeError("json.malformed", f"{at or 'The body'} holds text that is not UTF-8: encode it so.") from None
    except msgspec.ValidationError as error:
        _require_well_formed(body)
        raise _misfit(str(error), at) from None
    except msgspec.DecodeError as error:
        raise _malformed(body, error) from None


def _require_well_formed(body: bytes | Raw) -> None:
    """A body is malformed before it is wrong, though its first wrong value is met earlier."""
    try:
        _any.decode(body)
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError as error:
        raise _malformed(body, error) from None


def _too_deep() -> RegimeError:
    return RegimeError("json.nesting", "The body is nested too deeply: send an object that holds bars or columns.")


def _malformed(body: bytes | Raw, error: msgspec.DecodeError) -> RegimeError:
    content = bytes(body)
    if b"NaN" in content or b"Infinity" in content:
        place = _first_non_finite(content)
        if place is not None:
            return BarsError("bars.non_finite", f"{place}: JSON has no such number; send a finite one.")
    return RegimeError("json.malformed", f"The body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')}.")


def _first_non_finite(content: bytes) -> str | None:
    """Place and name of the first NaN or Infinity in a body that is JSON but for those; None where it is not."""
    try:
        return _non_finite_in(json.loads(content), "")
    except (ValueError, RecursionError):
        return None


def _non_finite_in(value: object, place: str) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{place.removeprefix('.')} is {'NaN' if math.isnan(value) else 'infinite'}"
    if isinstance(value, dict):
        inside = ((item, f"{place}.{key[:40]}") for key, item in value.items())
    elif isinstance(value, list):
        inside = ((item, f"{place}[{index}]") for index, item in enumerate(value))
    else:
        return None
    return next((found for item, path in inside if (found := _non_finite_in(item, path)) is not None), None)


_WORDS = {
    "`int | float`": "a number (epoch seconds)",
    "`float | null`": "a number or null",
    "`float`": "a number",
    "`array | null`": "an array",
    "`object | null`": "an object",
    "`str | null`": "a text",
    "`array`": "an array",
    "`object`": "an object",
    "`str`": "a text",
    "`bool`": "true or false",
    "`int`": "a whole number",
    "`null`": "null",
}


def _misfit(text: str, at: str) -> RegimeError:
    """Say a decoder's complaint in the caller's words, such as ``bars[3].high: expected a number, got null``."""
    complaint, _, path = text.partition(" - at ")
    place = ".".join(part for part in (at, path.strip("`").removeprefix("$").lstrip(".")) if part) or "The body"
    if "missing required field" in complaint:
        field = re.findall(r"`(\w+)`", complaint)[0]
        return RegimeError("json.missing", f"{place} lacks the field {field}.")
    if "out of range" in complaint or "length" in complaint or "<=" in complaint or ">=" in complaint:
        return RegimeError("json.range", f"{place}: {_plain(complaint)}.")
    return RegimeError("json.type", f"{place}: {_plain(complaint)}.")


def _plain(complaint: str) -> str:
    for word, plain in _WORDS.items():
        complaint = complaint.replace(word, plain)
    return complaint[:1].lower() + complaint[1:].replace("`", "")
