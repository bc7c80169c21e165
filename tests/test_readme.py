"""What README says is so."""

import json
import re
from pathlib import Path

import pytest

from runtime import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_settings_are_listed_in_their_own_words():
    """``python runtime.py`` prints the table."""
    assert Settings.markdown() in README


def test_the_line_to_try_gets_the_answer_that_is_shown(client):
    """``python docs/answers.py`` writes it."""
    file = re.search(r"--data @(\S+)", README)[1]
    shown = json.loads(re.search(r"```json\n(.*?)\n```", README, re.DOTALL)[1])
    reply = client.post("/detect_regime", data=(ROOT / file).read_bytes(), content_type="application/json").get_json()
    assert list(reply) == list(shown)
    for name, value in reply.items():
        assert value == (
            pytest.approx(shown[name], abs=1e-9) if name in ("probabilities", "metrics", "confidence") else shown[name]
        )


def test_the_python_example_runs(monkeypatch, tmp_path, capsys):
    example = re.search(r"```python\n(.*?)\n```", README, re.DOTALL)[1]
    (tmp_path / "PRICES.csv").write_bytes((ROOT / "data" / "sp500.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    assert "likely" in capsys.readouterr().out
    assert len(names["features"]) == len(names["regimes"])


def test_one_screen_says_what_it_is_shows_it_and_starts_it():
    """Above the rule: a picture, no more than three commands, and the way to the rest."""
    first, rule, _ = README.partition("\n---\n")
    assert rule
    assert len(first.splitlines()) <= 45
    assert "docs/pictures/overview.png" in first
    assert len(re.search(r"```sh\n(.*?)\n```", first, re.DOTALL)[1].splitlines()) <= 3
    for page in ("analysts", "api", "rust", "python", "how-it-works", "operations", "index"):
        assert f"](docs/{page}.md" in first


@pytest.mark.parametrize("command", ["setup", "run", "test", "lint", "data", "train", "bench", "screenshots"])
def test_the_commands_are_those_of_the_makefile(command):
    assert f"make {command}" in README
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_file_it_points_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target
