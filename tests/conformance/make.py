"""Write the vectors that every implementation of the rules must answer alike: ``python tests/conformance/make.py``.

Each holds the columns of a series and what ``POST /detect_regime`` answers to them under ``model=rules``: the reply, or the
code and the place of the refusal. Numbers are written so that they read back to the last bit; NaN and infinity as texts.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import json_service  # noqa: E402 - the paths come first
from json_service import DAY, START, bars_of, columns_of, walk  # noqa: E402
from regime_core import read_csv, simulate  # noqa: E402
from regime_core.bars import FIELDS, OHLCV  # noqa: E402

KEPT = (
    *("regime", "confidence", "reasoning", "probabilities", "metrics", "as_of", "regime_age", "regime_age_censored"),
    *("bars_used", "strategies", "risk_multiplier", "warnings"),
)
THRESHOLDS = {
    "volatility": (0.01, 0.025, 0.03),
    "trend_strength": (0.01, -0.01),
    "range_efficiency": (0.3, 0.5),
    "momentum": (0.05, -0.05),
    "atr_percent": (1.0, 3.0),
}
Columns = dict[str, list[Any]]
Series = tuple[str, Columns]
Client = Any


def main() -> None:
    """Write all files of vectors."""
    with tempfile.TemporaryDirectory() as folder:
        service = json_service.server(Path(folder)).test_client()
        for name, series in (
            ("real", real()),
            ("simulated", simulated()),
            ("edges", edges(service)),
            ("borders", borders(service)),
            ("refusals", refusals()),
        ):
            vectors = [vector(service, title, columns) for title, columns in series]
            write(FOLDER / f"{name}.json", vectors)
            print(f"{name}.json: {len(vectors)} vectors")


def vector(service: Client, title: str, columns: Columns) -> dict[str, Any]:
    """Vector of a series, answered by the service."""
    response = json_service.detect(service, rows(columns), model="rules")
    reply = response.get_json()
    if response.status_code == 200:
        return {"name": title, "columns": columns, "reply": {key: reply[key] for key in KEPT}}
    assert response.status_code == 422, (title, reply)
    return {"name": title, "columns": columns, "refusal": {"code": reply["code"], "place": reply["detail"].split(" ")[0]}}


def rows(columns: Columns) -> list[dict[str, Any]]:
    """Columns of a vector as the bars of a request."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def write(path: Path, vectors: list[dict[str, Any]]) -> None:
    """Write vectors, one a line."""
    lines = ",\n".join(json.dumps(as_text(vector), separators=(",", ":"), allow_nan=False) for vector in vectors)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def as_text(value: Any) -> Any:
    """The same with texts for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def of_bars(bars: OHLCV) -> Columns:
    """Columns of bars, their times in seconds."""
    volume = [None if np.isnan(units) else units for units in bars.volume.tolist()]
    prices = {name: getattr(bars, name).tolist() for name in FIELDS[:-1]}
    return {"timestamp": (bars.time // 1_000_000_000).tolist(), **prices, "volume": volume}


def real() -> Iterator[Series]:
    """Windows of the bundled S&P 500, calm years and crashes."""
    bars = read_csv(ROOT / "data" / "sp500.csv").bars
    for day in ("2000-04-14", "2002-07-24", "2008-10-10", "2009-03-09", "2011-08-08", "2013-05-20", "2017-11-30", "2018-12-24"):
        end = int(np.searchsorted(bars.time, np.datetime64(day, "ns").astype(np.int64))) + 1
        for n in (50, 252):
            yield f"S&P 500, {n} bars to {day}", of_bars(bars.rows(end - n, end))


def simulated() -> Iterator[Series]:
    """Markets that switch between regimes, of still currencies and of wild coins."""
    for seed, (s0, n) in enumerate((s0, n) for s0 in (0.002, 0.008, 0.02, 0.05, 0.12) for n in (50, 90, 252)):
        market = simulate.market(n, s0=s0, mean_duration=30, shocks="student", rng=np.random.default_rng(seed))
        yield f"simulated, {n} bars, typical volatility {s0:g}", of_bars(market.bars)


def edges(service: Client) -> Iterator[Series]:
    """Series at the edge of what is answered."""
    for n in (0, 1, 2, 14, 15, 19, 20, 21, 49, 50, 51):
        yield f"{n} bars", plain(walk(n, seed=1).round(4)) if n else {name: [] for name in ("timestamp", *FIELDS)}
    for drift in (-0.02, -0.012, 0.004, 0.012, 0.02):
        for volatility in (0.001, 0.012, 0.027):
            closes = walk(60, drift=drift, volatility=volatility, seed=7).round(4)
            yield f"drift {drift:g}, volatility {volatility:g}", plain(closes)
    yield "prices that never move", plain(np.full(80, 7.0), spread=0)
    yield "a run of over a thousand bars", plain(np.full(1_060, 7.0), spread=0)
    yield from found(service)
    yield from repaired()
    yield from extreme()
    yield from timed()


def plain(closes: Any, **settings: Any) -> Columns:
    """Columns around closes."""
    return columns_of(bars_of(closes, **settings))


def found(service: Client) -> Iterator[Series]:
    """Series where two regimes share the highest score, and where no rule fires; searched for among walks."""
    wanted = {"tie": 6, "nothing fires": 3}
    for seed in range(400):
        closes = walk(60, volatility=0.002 + 0.0004 * (seed % 80), drift=0.001 * (seed % 7 - 3), seed=seed).round(4)
        columns = plain(closes, spread=0.0005 * (seed % 31))
        kind = kind_of(answer(service, columns))
        if wanted.get(kind):
            wanted[kind] -= 1
            yield f"{kind}, seed {seed}", columns
    assert not any(wanted.values()), wanted


def kind_of(reply: dict[str, Any]) -> str:
    """Whether a reply is a tie, or none."""
    shares = sorted(reply["probabilities"].values())
    if reply["regime"] == "unknown":
        return "nothing fires"
    return "tie" if shares[-1] == shares[-2] else ""


def borders(service: Client) -> Iterator[Series]:
    """Series on both sides of each threshold, as near to it as their numbers go."""
    for metric, thresholds in THRESHOLDS.items():
        for threshold in thresholds:
            below, above = border(service, metric, threshold)
            yield f"{metric} below {threshold:g}", below
            yield f"{metric} above {threshold:g}", above


def border(service: Client, metric: str, threshold: float) -> tuple[Columns, Columns]:
    """Two series whose metric is next to a threshold, on either side, and which are answered differently."""
    for seed in range(400):
        noise = np.random.default_rng(seed).normal(0.0, 0.004 + 0.003 * (seed % 10), 50)
        drift = 0.006 * (seed % 7 - 3)

        def sized(size: float, noise: Any = noise, drift: float = drift, seed: int = seed) -> Columns:
            steps = size * (noise + drift) if seed % 2 else noise + size * drift
            return plain(100 * np.exp(np.cumsum(steps)), spread=0.002 * (seed % 4))

        def beyond(size: float, sized: Any = sized) -> bool:
            return answer(service, sized(size))["metrics"][metric] > threshold

        low, high = 0.2, 3.0
        if beyond(low) == beyond(high):
            continue
        while low < (middle := (low + high) / 2) < high:
            low, high = (middle, high) if beyond(middle) == beyond(low) else (low, middle)
        below, above = sorted((sized(low), sized(high)), key=lambda columns: answer(service, columns)["metrics"][metric])
        if answer(service, below)["probabilities"] != answer(service, above)["probabilities"]:
            return below, above
    raise AssertionError((metric, threshold))


def answer(service: Client, columns: Columns) -> dict[str, Any]:
    """What the service answers under rules."""
    return json_service.detect(service, rows(columns), model="rules").get_json()


def repaired() -> Iterator[Series]:
    """Series that need repairs."""
    bars = bars_of(walk(70, seed=5).round(4))
    order = np.random.default_rng(3).permutation(70)
    yield "reversed", columns_of(bars[::-1])
    yield "shuffled", columns_of([bars[i] for i in order])
    yield "a repeated time, the last wins", columns_of([*bars[:40], bars[39] | {"close": bars[39]["low"]}, *bars[40:]])
    yield "a repeated time out of order", columns_of([bars[60] | {"close": bars[60]["high"]}, *bars])
    yield "three of a time", columns_of([*bars, bars[69] | {"close": bars[69]["high"]}, bars[69] | {"close": bars[69]["low"]}])
    yield "repeated times leave 49", columns_of([*bars[:49], bars[48]])
    yield "all at one time", columns_of([bar | {"timestamp": START} for bar in bars])
    yield "a close above the range", columns_of([*bars[:-1], bars[-1] | {"close": bars[-1]["high"] * 1.001}])
    yield "a close far below the range", columns_of([*bars[:-1], bars[-1] | {"close": bars[-1]["low"] * 0.9}])
    yield "an open outside the range", columns_of([*bars[:30], bars[30] | {"open": bars[30]["high"] * 1.004}, *bars[31:]])
    wide = [bar | {"open": bar["high"] * 1.01, "close": bar["low"] * 0.999} for bar in bars]
    yield "all outside the range, shuffled, one repeated", columns_of([wide[i] for i in order] + [wide[4]])
    yield "high below close, low above open", columns_of([bar | {"high": bar["low"], "low": bar["low"]} for bar in bars])


def extreme() -> Iterator[Series]:
    """Prices at the ends of what a float64 holds."""
    steps = walk(60, volatility=0.02, seed=11) / 100
    for price in (5e-324, 1e-310, 1e-300, 1e-9, 1e9, 1e300):
        yield f"prices near {price:g}", plain(steps * price, spread=0)
    yield "prices whose sum overflows", plain(np.full(60, 1.5e308) * np.linspace(0.5, 1.0, 60), spread=0)
    for moves in (2, 3, 7):
        yield f"from least to largest, every {moves} bars", plain(np.where(np.arange(60) % moves, 1e-300, 1e300), spread=0)
    yield "one huge move at the start", plain(np.r_[1e-300, np.full(59, 1e300)], spread=0)
    yield "one step of the least size", plain(np.r_[np.full(30, 5e-324), np.full(30, 1e-323)], spread=0)
    yield "one step of the last bit", plain(np.r_[np.full(59, 100.0), np.nextafter(100.0, 101.0)], spread=0)


def timed() -> Iterator[Series]:
    """Other steps, other times, and volumes that are not known."""
    closes = walk(60, seed=13).round(4)
    yield "a bar a minute", plain(closes, step=60)
    yield "a bar a week, from before 1970", plain(closes, start=-20 * 365 * DAY, step=7 * DAY)
    yield "four bars a second", columns_of([bar | {"timestamp": START + i / 4} for i, bar in enumerate(bars_of(closes))])
    yield "the last second that there is", plain(closes, start=9_199_999_999 - 59 * DAY)
    yield "volume is null", plain(closes) | {"volume": [None] * 60}
    yield "volume is large", plain(closes) | {"volume": [1e300] * 60}


def refusals() -> Iterator[Series]:
    """Series that no detector reads."""
    closes = walk(52, seed=17).round(2)
    for field in FIELDS[:-1]:
        for value in (0.0, -1.5, float("nan"), float("inf"), float("-inf")):
            yield f"{field} is {value:g}", with_value(plain(closes), field, 17, value)
    yield "high below low", with_value(plain(closes), "high", 3, 1.0)
    for value in (-1.0, float("inf"), float("-inf")):
        yield f"volume is {value:g}", with_value(plain(closes), "volume", 51, value)
    for time in (9_300_000_000, -9_300_000_000):
        yield f"a time of {time}", with_value(plain(closes), "timestamp", 20, time)
    low_first = with_value(with_value(plain(closes), "low", 3, 0.0), "open", 30, -1.0)
    yield "two prices at fault: the first column counts", low_first
    yield "a price is at fault before a volume", with_value(with_value(plain(closes), "volume", 1, -1.0), "close", 30, 0.0)
    crossed = with_value(with_value(plain(closes), "volume", 1, -1.0), "high", 30, 1.0)
    yield "a crossed range is at fault before a volume", crossed
    late = with_value(with_value(plain(closes), "open", 1, -1.0), "timestamp", 30, 9_300_000_000)
    yield "a time is at fault before a price", late
    yield "few bars are checked too", with_value(plain(closes[:2]), "close", 1, -1.0)


def with_value(columns: Columns, field: str, row: int, value: float) -> Columns:
    """Columns with one value changed."""
    return columns | {field: [*columns[field][:row], value, *columns[field][row + 1 :]]}


if __name__ == "__main__":
    main()
