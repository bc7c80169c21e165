"""Probabilities of the states on each of the next days, as areas, with two baselines as lines."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import horizons, theme, words
from components.theme import Palette
from regime_core.states import Fan, Forecast

EDGE_WIDTH = 2
CASING_WIDTH = 3.5
MARK_SIZE = 8
LINES = {"markov": ("Markov chain", "dash"), "persistence": ("Persistence", "dot")}
"""Baseline -> its name and the dash of its lines."""
LEAST_NAMED = 0.13
"""A state with less on the last day has no room for its name there."""


def heading(title: str, forecast: Forecast) -> str:
    """Title of the fan: what is shown, and from which day on."""
    day = words.moment(forecast.as_of, intraday=False)
    sample = ", in sample" if forecast.in_sample else ""
    return f"{title}: how likely each stress state is on each of the next {_reach(forecast)}, from {day}{sample}"


def description(title: str, forecast: Forecast) -> str:
    """The fan in words."""
    fan = _of(forecast)
    told = [
        f"{horizons.ahead(horizon)}: {_shares(fan.probabilities[horizon - 1])}" for horizon in fan.fitted if horizon in fan.days
    ]
    return f"Area chart. {heading(title, forecast)}. {'; '.join(told)}. {stretches(forecast)}"


def stretches(forecast: Forecast) -> str:
    """``High stress is the likeliest through day 17, low stress from day 18 on``."""
    fan = _of(forecast)
    names = theme.stress_words(forecast.k)
    found = fan.likeliest
    if len(found) == 1:
        return f"{names[found[0].state]} is the likeliest on every one of the {_reach(forecast)}."
    first, *others = found
    told = [f"{names[first.state]} is the likeliest through day{words.NBSP}{first.last}"]
    told += [f"{names[part.state].lower()} from day{words.NBSP}{part.first} on" for part in others]
    return f"{', '.join(told)}."


def answer(forecast: Forecast, horizon: int) -> str:
    """What is said of one horizon, and what the baselines say of the same state."""
    fan = _of(forecast)
    row = int(np.searchsorted(fan.days, horizon))
    code = int(fan.probabilities[row].argmax())
    beside = ", ".join(
        f"{name if name.startswith('Markov') else name.lower()} {words.percent(float(getattr(fan, table)[row, code]))}"
        for table, (name, _) in LINES.items()
    )
    word = theme.stress_words(fan.k)[code].lower()
    said = words.chance(float(fan.probabilities[row, code]))
    return f"{horizons.ahead(horizon).capitalize()}: {said} {word} ({beside})."


def compared(forecast: Forecast) -> str:
    """``low and high stress``: between which states the edge lies that baselines are drawn for."""
    names = theme.stress_words(forecast.k)
    below = _below(forecast.state_today)
    return f"{names[below].split()[0].lower()} and {names[below + 1].lower()}"


def figure(forecast: Forecast, horizon: int, *, mode: str = "light") -> go.Figure:
    """Areas of the states over the days ahead, today at 0; dots on the days that models were fitted for.

    forecast : with its fan. horizon : the one that is marked.
    """
    fan, palette = _of(forecast), theme.PALETTES[mode]
    out = go.Figure()
    told = _told(fan, forecast.state_today)
    for state, colour in enumerate(theme.stress_colours(fan.k, mode)):
        out.add_trace(_area(fan, forecast.state_today, state, colour, told[state], palette))
    for name in LINES:
        for state in range(fan.k):
            out.add_trace(_casing(fan, forecast.state_today, name, state, palette))
    _lay_out(out, forecast, horizon, mode, palette)
    return out


def _of(forecast: Forecast) -> Fan:
    if forecast.fan is None:
        raise ValueError("this forecast was made without its fan")
    return forecast.fan


def _reach(forecast: Forecast) -> str:
    return words.count(int(_of(forecast).days[-1]), "trading day")


def _from_today(table: NDArray[np.float64], today: int) -> NDArray[np.float64]:
    """The same with a first row for today, whose state is known."""
    return np.vstack([np.eye(table.shape[1])[today], table])


def _days(fan: Fan) -> list[int]:
    return [0, *fan.days.tolist()]


def _told(fan: Fan, today: int) -> list[list[str]]:
    """Words of each state on each day."""
    tables = {name: _from_today(getattr(fan, name), today) for name in ("probabilities", *LINES)}
    out = []
    for state, word in enumerate(theme.stress_words(fan.k)):
        rows = [f"<b>{word}</b> {'today' if state == today else 'not today'}"]
        for row in range(1, len(fan.days) + 1):
            beside = ", ".join(
                f"{name} {words.percent(float(tables[table][row, state]), 1)}" for table, (name, _) in LINES.items()
            )
            rows.append(f"<b>{word} {words.percent(float(tables['probabilities'][row, state]), 1)}</b><br>{beside}")
        out.append(rows)
    return out


def _area(fan: Fan, today: int, state: int, colour: str, told: list[str], palette: Palette) -> go.Scatter:
    highest = state == fan.k - 1  # whose upper edge is the end of the scale
    days = _days(fan)
    return go.Scatter(
        name=theme.stress_words(fan.k)[state],
        x=days,
        y=_from_today(fan.probabilities, today)[:, state],
        stackgroup="model",
        mode="lines" if highest else "lines+markers",
        line={"width": 0 if highest else EDGE_WIDTH, "color": palette.accent},
        marker={
            "size": [MARK_SIZE if day in fan.fitted else 0 for day in days],
            "color": palette.accent,
            "line": {"color": palette.background, "width": 1.5},
            "opacity": 1,
        },
        cliponaxis=False,
        fillcolor=colour,
        customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _casing(fan: Fan, today: int, baseline: str, state: int, palette: Palette) -> go.Scatter:
    """Probability of a state under a baseline: a bright line where the edge of today's state would lie, else not drawn."""
    return go.Scatter(
        name=f"{LINES[baseline][0]}, {theme.stress_words(fan.k)[state].lower()}",
        x=_days(fan),
        y=_from_today(getattr(fan, baseline), today)[:, state],
        stackgroup=baseline,
        fill="none",
        mode="lines",
        line={"width": CASING_WIDTH if state == _below(today) else 0, "color": palette.background},
        hoverinfo="none",  # in the table that is taken home, but not in the words of a day
    )


def _edge(fan: Fan, today: int, baseline: str, palette: Palette) -> dict[str, object]:
    """Grey line on that one: it is to be seen on the lightest state and on the darkest."""
    upper = _from_today(getattr(fan, baseline), today)[:, : _below(today) + 1].sum(axis=1)
    return {
        "type": "path",
        "path": "M" + "L".join(f"{day},{height:.4f}" for day, height in zip(_days(fan), upper, strict=True)),
        "line": {"color": palette.muted, "width": 1.5, "dash": LINES[baseline][1]},
        "layer": "above",
    }


def _below(today: int) -> int:
    """State under the edge that is compared: the lower one of today's state, the upper one where today's is the lowest."""
    return max(today - 1, 0)


def _lay_out(out: go.Figure, forecast: Forecast, horizon: int, mode: str, palette: Palette) -> None:
    fan = _of(forecast)
    last = int(fan.days[-1])
    out.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": f"Next {_reach(forecast)}"},
        showlegend=False,
        hovermode="x unified",
        margin={"l": 64, "r": 104, "t": 26, "b": 42},
        xaxis={
            "title": {"text": "trading days ahead"},
            "tickangle": 0,
            "range": [0, last],
            "tickvals": _ticks(fan),
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "unifiedhovertitle": {"text": "<b>%{x} trading days ahead</b>"},
        },
        yaxis={
            "title": {"text": "probability"},
            "range": [0, 1],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": [f"{share}{words.NBSP}%" for share in (0, 25, 50, 75, 100)],
            "fixedrange": True,
            "zeroline": False,
            "gridcolor": palette.hairline,
        },
        shapes=[
            *_uprights(fan, horizon, palette),
            *(_edge(fan, forecast.state_today, name, palette) for name in LINES),
        ],
        annotations=[_chosen(horizon, last, palette), *_names(fan, palette)],
    )


def _ticks(fan: Fan) -> list[int]:
    """The fitted horizons, and every fifth day that is not beside one of them; today, at 0, has no room beside the first."""
    shown = set(fan.fitted)
    return sorted(shown | {day for day in range(5, int(fan.days[-1]), 5) if all(abs(day - other) > 1 for other in shown)})


def _uprights(fan: Fan, horizon: int, palette: Palette) -> list[dict[str, object]]:
    """A line at each fitted horizon, that of the chosen one in accent; each on a bright one, as the other lines are."""
    out: list[dict[str, object]] = []
    for day in fan.fitted:
        chosen = day == horizon
        upper = (palette.accent, 2.0, "solid") if chosen else (palette.muted, 1.0, "solid")
        for colour, width, dash in ((palette.background, upper[1] + 1.5, "solid"), upper):
            line = {"color": colour, "width": width, "dash": dash}
            out.append(
                {"type": "line", "x0": day, "x1": day, "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "above"}
                | {"opacity": 1.0 if chosen else 0.6}
            )
    return out


def _chosen(horizon: int, last: int, palette: Palette) -> dict[str, object]:
    return {
        "x": horizon,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "xanchor": "left" if horizon < last / 2 else "right",
        "text": horizons.days(horizon),
        "showarrow": False,
        "font": {"size": 13, "color": palette.accent},
    }


def _names(fan: Fan, palette: Palette) -> list[dict[str, object]]:
    """Names of the states with what they have on the last day, beside their areas."""
    last = fan.probabilities[-1]
    middle = np.cumsum(last) - last / 2
    return [
        {
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 8,
            "y": float(middle[state]),
            "text": f"{word}<br>{words.percent(float(last[state]))}",
            "align": "left",
            "showarrow": False,
            "font": {"size": 13, "color": palette.text},
        }
        for state, word in enumerate(theme.stress_words(fan.k))
        if last[state] >= LEAST_NAMED
    ]


def _shares(row: NDArray[np.float64]) -> str:
    names = theme.stress_words(len(row))
    return ", ".join(f"{words.percent(float(share), 1)} {names[state].lower()}" for state, share in enumerate(row))
