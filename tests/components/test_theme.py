"""Colours: told apart by every eye, and readable."""

import itertools
import re
from pathlib import Path

import numpy as np
import plotly.io as pio
import pytest

from components import theme
from regime_core.regimes import ALL_NAMES

# Severity 1.0, on linear RGB: Machado, Oliveira, Fernandes (2009), A physiologically-based model for simulation of
# color vision deficiency, table of matrices.
EYES = {
    "common": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])
CSS = Path(theme.__file__).resolve().parent.parent / "assets" / "10-tokens.css"


def linear(colour):
    channel = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    t = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one, other):
    """Contrast ratio of WCAG 2.2."""
    light, dark = sorted((float(TO_XYZ[1] @ linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eye", EYES)
def test_every_eye_tells_the_regimes_apart(eye):
    for one, other in itertools.combinations(theme.LOOKS, 2):
        seen = [lab(np.asarray(EYES[eye]) @ linear(look.colour)) for look in (one, other)]
        difference = float(np.linalg.norm(seen[0] - seen[1]))
        assert difference > 15 or one.hatch != other.hatch, f"{one.word} and {other.word}: {difference:.1f}"


def test_signs_and_words_are_all_different():
    for attribute in ("colour", "sign", "word"):
        assert len({getattr(look, attribute) for look in theme.LOOKS}) == len(theme.LOOKS)
    assert [look.word.lower().replace(" ", "_") for look in theme.LOOKS] == list(ALL_NAMES)


@pytest.mark.parametrize("mode", theme.THEMES)
def test_ink_on_any_step_of_a_scale_meets_aa(mode):
    palette = theme.PALETTES[mode]
    assert theme.mixed("#102030", "#FFFFFF", 0.0) == "#FFFFFF"
    assert theme.mixed("#102030", "#FFFFFF", 1.0) == "#102030"
    for strong in (palette.accent, "#B8560B", "#E8934A"):
        for share in np.linspace(0, 1, 101):
            surface = theme.mixed(strong, palette.background, float(share))
            assert contrast(theme.ink_on(surface), surface) > 4.5


@pytest.mark.parametrize("mode", theme.THEMES)
def test_text_meets_aa(mode):
    palette = theme.PALETTES[mode]
    assert contrast(palette.text, palette.background) >= 7
    assert contrast(palette.muted, palette.background) >= 4.5
    assert contrast(palette.accent, palette.background) >= 4.5


def variables(mode):
    block = re.search(rf'\[data-bs-theme="{mode}"\] \{{(.*?)\}}', CSS.read_text(), re.DOTALL).group(1)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


@pytest.mark.parametrize("mode", theme.THEMES)
def test_the_style_sheet_holds_the_same_colours_and_meets_aa(mode):
    css, palette = variables(mode), theme.PALETTES[mode]
    for name, colour in (("surface", palette.background), ("text", palette.text), ("muted", palette.muted)):
        assert css[name].upper() == colour
    assert (css["hairline"].upper(), css["accent"].upper()) == (palette.hairline, palette.accent)
    for ink, paper in (
        ("text", "page"),
        ("muted", "page"),
        ("muted", "hover"),
        ("warning", "warning-surface"),
        ("accent-text", "accent"),
    ):
        assert contrast(css[ink], css[paper]) >= 4.5, f"{ink} on {paper}"


def test_contrast_by_hand():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_templates_are_registered():
    for mode in theme.THEMES:
        assert pio.templates[theme.template_name(mode)].layout.font.color == theme.PALETTES[mode].text
    assert theme.rgba("#FF8000", 0.5) == "rgba(255,128,0,0.5)"
