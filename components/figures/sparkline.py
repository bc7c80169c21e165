"""A line of closes above a ribbon of regimes, small enough for a card: pictures that need no script."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from components.theme import LOOKS
from regime_core.evaluation import persistence

WIDTH, HEIGHT = 280, 56
RIBBON = 8
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {{height}}" preserveAspectRatio="none">{{inside}}</svg>'


def line(close: NDArray[np.float64]) -> str:
    """Closes as the address of a picture: black on nothing, to be used as a mask so that the page gives the colour.

    close : (n,) oldest first, at least one.
    """
    n = len(close)
    low, high = float(close.min()), float(close.max())
    x = np.linspace(1, WIDTH - 1, n) if n > 1 else np.array([1.0])
    share = (close - low) / (high - low) if high > low else np.full(n, 0.5)
    y = 2 + (1 - share) * (HEIGHT - 4)
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x.tolist(), y.tolist(), strict=True))
    stroke = 'fill="none" stroke="#000" stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke"'
    return _address(f'<polyline points="{points}" {stroke}/>', HEIGHT)


def ribbon(codes: NDArray[np.integer], confidence: NDArray[np.float64]) -> str:
    """Regimes as the address of a picture: the more opaque, the more confident, hatched as in every chart.

    codes, confidence : (n,) oldest first, at least one; confidence in [0, 1].
    """
    steps = np.ceil(np.clip(confidence, 0.0, 1.0) * 5).astype(np.int64)
    start, stop = persistence.run_bounds(np.asarray(codes, dtype=np.int64) * 6 + steps)
    unit = WIDTH / len(codes)
    parts = [_hatches()]
    for left, right in zip(start.tolist(), stop.tolist(), strict=True):
        look = LOOKS[int(codes[left])]
        place = f'x="{left * unit:.2f}" width="{(right - left) * unit:.2f}" height="{RIBBON}"'
        opacity = 0.0 if look.sign == "?" else max(1, int(steps[left])) / 5
        parts.append(f'<rect {place} fill="{look.colour}" fill-opacity="{opacity:.1f}"/>')
        if look.hatch:
            parts.append(f'<rect {place} fill="url(#{_hatch_name(look.hatch)})"/>')
    return _address("".join(parts), RIBBON)


def _hatches() -> str:
    lines = {"\\": "M-1,-1 l8,8 M-1,5 l2,2 M5,-1 l2,2", "/": "M-1,7 l8,-8 M-1,1 l2,-2 M5,7 l2,-2"}
    colours = {"\\": "#FFFFFF", "/": "#7C8896"}
    patterns = [
        f'<pattern id="{_hatch_name(sign)}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="{path}" stroke="{colours[sign]}" stroke-width="1"/></pattern>'
        for sign, path in lines.items()
    ]
    return f"<defs>{''.join(patterns)}</defs>"


def _hatch_name(sign: str) -> str:
    return "left" if sign == "\\" else "right"


def _address(inside: str, height: int) -> str:
    return f"data:image/svg+xml,{quote(_SVG.format(height=height, inside=inside), safe='')}"
