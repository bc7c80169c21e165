"""Results for people and files: the table of scores, the CSV of every forecast, forecasts and clusters as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from regime_core.evaluation.forecasts import Comparison, ForecastScores
from regime_core.models.kmeans import Candidates
from regime_core.states import Forecast, WalkForward, state_name

DECIMALS = 6


def predictions_csv(walk: WalkForward) -> str:
    """Return one line a day and horizon: ``date,horizon,label_today,p0..,m0..,label_realised``; the last empty where not known.

    p are the model's probabilities, m those of the Markov chain, with six decimals.
    """
    states = range(walk.k)
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["date", "horizon", "label_today", *(f"p{s}" for s in states), *(f"m{s}" for s in states), "label_realised"])
    dates = np.datetime_as_string(walk.time.view("M8[ns]").astype("M8[D]"))
    for row in range(len(walk)):
        given = [f"{value:.{DECIMALS}f}" for value in (*walk.probabilities[row], *walk.markov[row])]
        realised = int(walk.realised[row]) if walk.known[row] else ""
        lines.writerow([dates[row], int(walk.horizon[row]), int(walk.today[row]), *given, realised])
    return out.getvalue()


def write_predictions(path: Path, walk: WalkForward) -> None:
    """Write ``predictions_csv`` in one step."""
    _write(path, predictions_csv(walk))


def write_forecast(path: Path, forecast: Forecast) -> None:
    """Write a forecast as JSON, in one step; ``Forecast.from_dict`` reads it back."""
    _write(path, json.dumps(forecast.as_dict(), indent=1) + "\n")


def write_candidates(path: Path, candidates: Candidates) -> None:
    """Write clusters of each k as JSON, in one step; ``Candidates.from_dict`` reads them back."""
    _write(path, json.dumps(candidates.as_dict()) + "\n")


def forecast_words(forecast: Forecast) -> str:
    """Forecast at each horizon, as text."""
    day = np.datetime64(forecast.as_of, "ns").astype("M8[D]")
    lines = [f"As of {day}: {state_name(forecast.state_today)} of {forecast.k}.", *forecast.notes]
    for horizon, given in forecast.horizons.items():
        said = ", ".join(f"{state_name(state)} {share * 100:.1f} %" for state, share in enumerate(given))
        chain = ", ".join(f"{share * 100:.1f} %" for share in forecast.markov[horizon])
        lines.append(f"{horizon} day{'s' * (horizon > 1)} ahead: {said} (Markov chain: {chain})")
    return "\n".join(lines)


def scores_table(walk: WalkForward, scores: Mapping[int, ForecastScores]) -> str:
    """Model and the three baselines side by side at each horizon, as text."""
    blocks = [_head(walk)]
    blocks += [_horizon_block(found) for found in scores.values()]
    blocks.append(
        "skill: 1 - log-loss of the model / log-loss of the baseline [95 %, block bootstrap]; p: that the model is no better, "
        "paired block bootstrap;\nBrier: squared errors summed over states; ECE: 15 bins of equal mass; transition: accuracy "
        "on days whose state changes;\nMcNemar: exact test of accuracy, at a horizon of 1 only."
    )
    return "\n\n".join(blocks)


def _head(walk: WalkForward) -> str:
    first, last = (str(time.view("M8[ns]").astype("M8[D]")) for time in (walk.time[0], walk.time[-1]))
    lines = [f"Walk-forward {first} to {last}, {walk.k} states of {', '.join(walk.columns)}, each year by models of the past."]
    lines += walk.notes
    for horizon in walk.horizons:
        shares = ", ".join(f"{name} {share * 100:.0f} %" for name, share in walk.mean_weights(horizon).items())
        lines.append(f"Weights learnt on the past at a horizon of {horizon}, mean over years: {shares}.")
    return "\n".join(lines)


def _horizon_block(found: ForecastScores) -> str:
    head = (
        f"{'':12}{'accuracy':>9}{'precision':>10}{'recall':>8}{'macro F1':>9}{'log-loss':>9}{'Brier':>8}{'ECE':>8}"
        f"{'transition':>11}   skill of the model over it       p   McNemar"
    )
    ahead = f"{found.horizon} day{'s' * (found.horizon > 1)} ahead"
    title = f"{ahead}, {found.n_days:,} days, {found.transitions:,} of them change state"
    lines = [title, head]
    against = {comparison.baseline: comparison for comparison in found.comparisons}
    for score in found.scores:
        line = (
            f"{score.name:12}{score.accuracy:9.4f}{score.macro_precision:10.4f}{score.macro_recall:8.4f}{score.macro_f1:9.4f}"
            f"{score.log_loss:9.4f}{score.brier:8.4f}{score.calibration_error:8.4f}{score.transition_accuracy:11.4f}"
        )
        lines.append(line + (_against(against[score.name]) if score.name in against else ""))
    return "\n".join(lines)


def _against(comparison: Comparison) -> str:
    interval = f"[{comparison.skill_low:+.3f}, {comparison.skill_high:+.3f}]"
    text = f"   {comparison.skill:+.4f} {interval:18} {comparison.p_value:9.4f}"
    return text if comparison.mcnemar is None else f"{text}  {comparison.mcnemar.p_value:8.4f}"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
