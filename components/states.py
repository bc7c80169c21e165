"""Stress states in words, swatches and bars: the same on every page."""

from __future__ import annotations

from typing import Any

from dash import html

from components import theme, words


def word(code: int, k: int) -> str:
    """``Low stress``, …, ``High stress``."""
    return theme.stress_words(k)[code]


def colour(code: int, k: int) -> str:
    """CSS colour of a state, in the theme that is on."""
    return f"var(--stress-{theme.stress_steps(k)[code]})"


def state(code: int, k: int) -> html.Span:
    """Swatch and word of a state."""
    swatch = html.Span(className="swatch stress", style={"--regime": colour(code, k)}, **{"aria-hidden": "true"})
    return html.Span([swatch, word(code, k)], className="regime state")


def shares(values: list[float], hints: list[str], k: int, *, label: str, today: int | None = None) -> html.Div:
    """One bar a state, by rising stress; the state of ``today`` is set off."""
    rows: list[Any] = []
    for code in range(k):
        text = words.percent(values[code], 1)
        bar = html.Span(
            html.Span(className="fill stress", style={"width": f"{100 * values[code]:.2f}%", "--regime": colour(code, k)}),
            className="track",
            **{"aria-hidden": "true"},
        )
        hint = [html.Span(hints[code], className="hint")] if hints[code] else []
        rows.append(
            html.Div(
                [state(code, k), bar, html.Span(text, className="figure"), *hint],
                className="share share-now" if code == today else "share",
                role="listitem",
                title=f"{word(code, k)}: {text}{', ' + hints[code] if hints[code] else ''}",
            )
        )
    return html.Div(rows, className="shares shares-wide", role="list", **{"aria-label": label})


def legend(k: int) -> html.Div:
    """What the colours of the states mean."""
    return html.Div([html.Span(state(code, k), className="legend-item") for code in range(k)], className="legend states")
