"""One colour, sign and word per regime, and the light and dark figure templates: the only place for either."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go
import plotly.io as pio

from regime_core.regimes import ALL_NAMES

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"
AS_TEXT = "\ufe0e"
"""Asks for the plain sign where a font also has a coloured picture of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a regime is shown, everywhere the same.

    hatch : lines over its surface in the ribbon, where the colour alone does not tell it from another's to every eye: calm and
    volatile are the same grey to a deuteranope. Empty for none.
    """

    colour: str
    sign: str
    word: str
    hatch: str = ""

    @property
    def ink(self) -> str:
        """CSS colour of the sign: the colour itself, except that an unknown regime's is too faint to read."""
        return "var(--muted)" if self.sign == "?" else self.colour


_LOOKS = {
    "trending_bullish": Look("#009E73", "▲", "Trending bullish"),
    "trending_bearish": Look("#D55E00", "▼", "Trending bearish"),
    "ranging": Look("#0072B2", "↔" + AS_TEXT, "Ranging"),
    "volatile": Look("#CC79A7", "⚡" + AS_TEXT, "Volatile", hatch="\\"),
    "calm": Look("#8A9BA8", "●", "Calm"),
    "unknown": Look("#E3E8EE", "?", "Unknown", hatch="/"),
}
LOOKS: tuple[Look, ...] = tuple(_LOOKS[name] for name in ALL_NAMES)
"""Looks in the order of ``regimes.ALL_REGIMES``: the index is the code of a label."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a page in one theme; the style sheet holds the same."""

    background: str
    text: str
    muted: str
    hairline: str
    accent: str
    tint: float


PALETTES = {
    "light": Palette("#FFFFFF", "#1B2330", "#5A6675", "#E3E8EE", "#2F5BEA", 0.10),
    "dark": Palette("#0F1419", "#E6EAF0", "#98A4B3", "#26303B", "#7C9BFF", 0.10),
}
THEMES = tuple(PALETTES)

STRESS = {
    "light": ("#DADAEB", "#BCBDDC", "#9E9AC8", "#756BB1", "#54278F"),
    "dark": ("#EFEDF8", "#D3D1EA", "#B5AEDC", "#9683CC", "#7F51C4"),
}
"""One hue for stress states, light to dark with stress; never a regime's colour. The style sheet holds the same."""
_STRESS_STEPS = {2: (0, 4), 3: (0, 2, 4), 4: (0, 2, 3, 4), 5: (0, 1, 2, 3, 4)}
_STRESS_WORDS = ("Low stress", "Mild stress", "Medium stress", "Elevated stress", "High stress")
_WORD_STEPS = {2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}


def stress_steps(k: int) -> tuple[int, ...]:
    """Steps of the stress scale that stand for states 0..k-1, k in 2..5."""
    return _STRESS_STEPS[k]


def stress_colours(k: int, mode: str) -> tuple[str, ...]:
    """Colour of each of k states, by rising stress."""
    return tuple(STRESS[mode][step] for step in _STRESS_STEPS[k])


def stress_words(k: int) -> tuple[str, ...]:
    """Word of each of k states, by rising stress."""
    return tuple(_STRESS_WORDS[step] for step in _WORD_STEPS[k])


def rgba(colour: str, alpha: float) -> str:
    """CSS colour of ``#RRGGBB`` with an opacity in [0, 1]."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def mixed(colour: str, ground: str, share: float) -> str:
    """``#RRGGBB`` between a ground, share 0, and a colour, share 1, as a colour scale runs from one to the other."""
    pairs = ((int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(share * one + (1 - share) * other):02X}" for one, other in pairs)


def ink_on(surface: str) -> str:
    """Black or white, whichever contrasts more with a surface ``#RRGGBB``: 4.58 to 1 at least, by WCAG 2.2."""
    parts = [int(surface[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#FFFFFF"


def template_name(theme: str) -> str:
    """Name of the figure template of ``light`` or ``dark``."""
    return f"regime_{theme}"


def blank() -> go.Figure:
    """Figure without axes on no ground: what a graph shows before its data is there, in either theme."""
    nothing = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return go.Figure(layout={"xaxis": nothing, "yaxis": nothing, "paper_bgcolor": clear, "plot_bgcolor": clear})


def _template(palette: Palette) -> go.layout.Template:
    axis = {
        "gridcolor": palette.hairline,
        "linecolor": palette.hairline,
        "zerolinecolor": palette.hairline,
        "tickcolor": palette.hairline,
        "tickfont": {"size": 13, "color": palette.muted},
        "title": {"font": {"size": 13, "color": palette.muted}},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": palette.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [palette.accent, palette.muted],
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": palette.background,
                "bordercolor": palette.hairline,
                "font": {"family": FONT, "size": 13, "color": palette.text},
            },
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        }
    )


for _theme, _palette in PALETTES.items():
    pio.templates[template_name(_theme)] = _template(_palette)
