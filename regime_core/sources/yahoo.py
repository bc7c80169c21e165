"""Yahoo's v8 chart endpoint: daily S&P 500 and VIX as JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regime_core.bars import FIELDS, PRICES, Float
from regime_core.errors import SourceError
from regime_core.sources.bundled import to_date
from regime_core.sources.daily import Daily, daily
from regime_core.sources.download import Body, fetch

BASE_URL = "https://query1.finance.yahoo.com"
SYMBOLS = {"sp500": "%5EGSPC", "vix": "%5EVIX"}
HISTORY_START = date(1990, 1, 2)
"""First day of the VIX: what is asked for begins here."""


class Session(msgspec.Struct):
    """A trading session: epoch seconds of its start and end."""

    start: int
    end: int


class TradingPeriods(msgspec.Struct):
    """Today's sessions, or the last ones before a closed day."""

    regular: Session | None = None


class Meta(msgspec.Struct):
    """What Yahoo says about the series; names as it sends them."""

    exchangeTimezoneName: str | None = None
    gmtoffset: int | None = None
    regularMarketTime: int | None = None
    currentTradingPeriod: TradingPeriods | None = None
    dataGranularity: str | None = None


Values = list[float | None]


class Quote(msgspec.Struct):
    """Prices and volume, one a timestamp, null where there is none."""

    open: Values = []
    high: Values = []
    low: Values = []
    close: Values = []
    volume: Values = []


class Indicators(msgspec.Struct):
    """Holder of the quotes."""

    quote: list[Quote] = []


class Result(msgspec.Struct):
    """One symbol's answer."""

    meta: Meta
    indicators: Indicators
    timestamp: list[int] = []


class Refusal(msgspec.Struct):
    """Yahoo's own error."""

    code: str | None = None
    description: str | None = None


class Chart(msgspec.Struct):
    """Result or error."""

    result: list[Result] | None = None
    error: Refusal | None = None


class Answer(msgspec.Struct):
    """The whole body."""

    chart: Chart


def load(series: str, *, base_url: str, today: date, timeout_seconds: float) -> Daily:
    """Daily bars of a series from ``HISTORY_START`` on, without a session that is still open.

    The bar of the session in ``meta.currentTradingPeriod.regular`` is dropped while ``meta.regularMarketTime`` is before the
    session's end; where Yahoo does not say, a bar dated today is dropped.
    Raises SourceError where the answer is cut short, an error, of another shape or not daily.
    """
    body = fetch(
        f"{base_url.rstrip('/')}/v8/finance/chart/{SYMBOLS[series]}",
        params={
            "period1": str(_epoch_seconds(HISTORY_START)),
            "period2": str(_epoch_seconds(today + timedelta(days=1))),
            "interval": "1d",
        },
        timeout_seconds=timeout_seconds,
    )
    result = _result(body)
    quote = _quote(body, result)
    days = _local_midnights(body, result.meta, result.timestamp)
    open_day = _open_session(body, result.meta, days, today)
    finished = np.ones(len(days), dtype=bool) if open_day is None else days != open_day
    notes: tuple[str, ...] = ()
    if open_day is not None and not finished.all():
        notes = (f"The session of {to_date(open_day)} was not over: its bar was left out.",)
    columns = {name: _numbers(getattr(quote, name))[finished] for name in FIELDS}
    return daily(body.url, days[finished], columns, today=today, notes=notes)


def _result(body: Body) -> Result:
    try:
        chart = msgspec.json.decode(body.content, type=Answer).chart
    except msgspec.ValidationError as error:
        raise SourceError("source.format", f"{body.url} answered in another shape than the v8 chart: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError("source.truncated", f"{body.url} answered JSON that is cut short or malformed: {error}.") from error
    if chart.error is not None:
        raise SourceError("source.refused", f"{body.url} answered an error: {chart.error.description or chart.error.code}.")
    if not chart.result or not chart.result[0].timestamp:
        raise SourceError("source.no_rows", f"{body.url} answered no bars.")
    granularity = chart.result[0].meta.dataGranularity
    if granularity not in (None, "1d"):
        raise SourceError("source.format", f"{body.url} answered bars of {granularity} where 1d was asked for.")
    return chart.result[0]


def _quote(body: Body, result: Result) -> Quote:
    quotes, n = result.indicators.quote, len(result.timestamp)
    if not quotes or any(len(getattr(quotes[0], name)) != n for name in PRICES) or len(quotes[0].volume) not in (0, n):
        raise SourceError("source.format", f"{body.url} answered prices and timestamps of different lengths.")
    return quotes[0] if quotes[0].volume else msgspec.structs.replace(quotes[0], volume=[None] * n)


def _local_midnights(body: Body, meta: Meta, seconds: list[int]) -> NDArray[np.int64]:
    """Calendar date at the exchange of each epoch second, as midnight in nanoseconds, (n,)."""
    zone = _zone(meta.exchangeTimezoneName)
    if zone is None and meta.gmtoffset is None:
        raise SourceError("source.format", f"{body.url} names neither a known time zone nor gmtoffset.")
    try:
        stamps = pd.to_datetime(np.array(seconds, dtype=np.int64), unit="s", utc=True).as_unit("ns")
    except (OverflowError, ValueError) as error:
        raise SourceError("source.format", f"{body.url} answered a timestamp out of range: {error}.") from error
    if zone is not None:
        local = stamps.tz_convert(zone).tz_localize(None)
    else:
        local = stamps.tz_localize(None) + pd.Timedelta(seconds=meta.gmtoffset or 0)
    midnights: NDArray[np.int64] = local.normalize().asi8
    return midnights


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _open_session(body: Body, meta: Meta, days: NDArray[np.int64], today: date) -> int | None:
    """Midnight of the session that is not over, None where all are."""
    session = meta.currentTradingPeriod.regular if meta.currentTradingPeriod else None
    if session is None or meta.regularMarketTime is None:
        return int(days[-1]) if to_date(int(days[-1])) == today else None
    if meta.regularMarketTime >= session.end:
        return None
    return int(_local_midnights(body, meta, [session.start])[0])


def _numbers(values: Values) -> Float:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _epoch_seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
