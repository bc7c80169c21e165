"""Whether labels of real markets are usable: how long they last, and how often hindsight agrees with them.

Run from the repository with daily files of any instruments: ``python -m benchmarks.realmarkets FILE... --out FOLDER``. Real
markets have no truth to score; asked is that causal labels last at least 10 bars in the median and that the same model, asked
again with hindsight, agrees on 85 % of bars. Without files it labels the bundled S&P 500. ``--out`` also gets one page a file:
price, causal labels and labels with hindsight, to be looked at.

A bar whose high is below its low is left out, and counted; all else is for the reader to accept or to refuse.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components import theme
from regime_core import artifacts, readers
from regime_core.bars import OHLCV
from regime_core.evaluation import scores
from regime_core.evaluation.persistence import run_bounds
from regime_core.models import Detector
from regime_core.regimes import ALL_NAMES, MIN_BARS, REGIME_NAMES

LEAST_MEDIAN, LEAST_AGREEMENT = 10, 0.85
COLUMNS = (
    "name",
    "bars",
    "median run",
    "mean run",
    "runs of 1 bar",
    "hindsight median",
    "agreement",
    "confidence",
    *REGIME_NAMES,
)


def read(path: Path) -> tuple[OHLCV, int]:
    """Bars of a file, and how many were left out because their high is below their low."""
    rows = pd.read_csv(path)
    columns = {name.lower(): name for name in rows.columns}
    crossed = rows[columns["high"]] < rows[columns["low"]]
    content = rows[~crossed].to_csv(index=False).encode()
    return readers.read_csv(content).bars, int(crossed.sum())


def row(name: str, bars: OHLCV, codes: np.ndarray, confidence: np.ndarray, hindsight: np.ndarray) -> dict[str, float | str]:
    """Figures of one instrument; bars before the first label are left out."""
    known = slice(MIN_BARS - 1, None)
    runs, later = scores.run_lengths(codes[known]), scores.run_lengths(hindsight[known])
    figures = (np.median(runs), runs.mean(), np.mean(runs == 1), np.median(later))
    agreement = np.mean(codes[known] == hindsight[known])
    shares = np.bincount(codes[known], minlength=len(REGIME_NAMES)) / len(codes[known])
    values = (name, bars.n_bars, *figures, agreement, confidence[known].mean(), *shares[: len(REGIME_NAMES)])
    return dict(zip(COLUMNS, values, strict=True))


def page(name: str, bars: OHLCV, ribbons: dict[str, np.ndarray]) -> go.Figure:
    """Price on a log scale above one ribbon of labels each."""
    figure = make_subplots(rows=1 + len(ribbons), cols=1, shared_xaxes=True, row_heights=[0.7, *[0.15] * len(ribbons)])
    dates = pd.DatetimeIndex(bars.time.view("M8[ns]"))
    figure.add_scatter(x=dates, y=bars.close, name="Close", line={"width": 1, "color": "#1B2330"}, row=1, col=1)
    n = len(ALL_NAMES)
    scale = [[edge / n, theme.LOOKS[code].colour] for code in range(n) for edge in (code, code + 1)]
    for place, (title, codes) in enumerate(ribbons.items(), start=2):
        start, stop = run_bounds(codes)
        edges = dates[np.append(start, stop[-1] - 1)]
        figure.add_heatmap(
            x=edges,
            y=[0, 1],
            z=[codes[start].tolist()],
            zmin=-0.5,
            zmax=n - 0.5,
            colorscale=scale,
            showscale=False,
            row=place,
            col=1,
        )
        figure.update_yaxes(title=title, showticklabels=False, row=place, col=1)
    for look in theme.LOOKS[:-1]:
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=look.word, marker={"color": look.colour, "size": 12}, row=1, col=1
        )
    figure.update_yaxes(type="log", title="Close", row=1, col=1)
    return figure.update_layout(title=name, template="plotly_white", height=620)


def measure(path: Path, model: Detector, out: Path | None) -> dict[str, float | str]:
    """Label one file, write its page where one is wanted, and return its figures."""
    bars, left_out = read(path)
    if left_out:
        print(f"{path.name}: {left_out} bar(s) with the high below the low left out.\n")
    filtered, hindsight = model.filter(bars), model.decode(bars)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        figure = page(path.stem, bars, {"Causal": filtered.codes, "Hindsight": hindsight})
        figure.write_html(out / f"{path.stem}.html", include_plotlyjs="directory")
    return row(path.stem, bars, filtered.codes, filtered.confidence, hindsight)


def main() -> None:
    """Print the figures of each file, and whether they reach the targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", default=[Path("data") / "sp500.csv"], help="OHLCV files")
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--model", help="a detector by name; the default one otherwise")
    parser.add_argument("--out", type=Path, help="folder for a page of each")
    arguments = parser.parse_args()
    loaded = artifacts.load(arguments.models)
    model = loaded.detectors[arguments.model or loaded.default]
    rows = [measure(path, model, arguments.out) for path in arguments.files]
    print("| " + " | ".join((*COLUMNS, "usable")) + " |", "|---" * (len(COLUMNS) + 1) + "|", sep="\n")
    for figures in rows:
        usable = figures["median run"] >= LEAST_MEDIAN and figures["agreement"] >= LEAST_AGREEMENT
        cells = [str(value) if isinstance(value, str | int) else f"{value:.3g}" for value in figures.values()]
        print("| " + " | ".join([*cells, "pass" if usable else "FAIL"]) + " |")


if __name__ == "__main__":
    main()
