"""The pictures of the documents: docs/pictures/make.py writes all, and all are shown; tests/browser holds them to the pages."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from pictures import FOLDER, script

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = re.compile(r"!\[(?P<told>[^\]]*)\]\((?P<path>\S+?\.png)\)|(?:src|srcset)=\"(?P<html>\S+?\.png)\"")


@pytest.fixture(scope="module")
def make():
    return script()


def referred():
    """Document and path of each picture that a document shows."""
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for found in REFERENCE.finditer(document.read_text()):
            yield document, (document.parent / (found["path"] or found["html"])).resolve(), found["told"]


def test_every_picture_that_is_shown_is_there_and_written_by_the_script(make):
    shown = {path for _, path, _ in referred()}
    assert [path.name for path in shown if not path.exists()] == []
    assert {path.stem for path in shown} <= make.PICTURES.keys()
    assert {path.parent for path in shown} == {FOLDER}


def test_every_picture_is_shown_somewhere(make):
    assert make.PICTURES.keys() == {path.stem for _, path, _ in referred()}
    assert {path.stem for path in FOLDER.glob("*.png")} == make.PICTURES.keys()


def test_every_picture_is_told_in_words():
    assert [path.name for document, path, told in referred() if told is not None and len(told) < 15] == []
    assert all(f'alt="{alt}"' and len(alt) > 15 for alt in re.findall(r'<img alt="([^"]*)"', (ROOT / "README.md").read_text()))


def test_pictures_are_small_and_of_the_size_that_is_said(make):
    for name, picture in make.PICTURES.items():
        file = FOLDER / f"{name}.png"
        assert file.stat().st_size <= make.MOST_KB * 1000, f"{name} is large"
        with Image.open(file) as image:
            width, height = image.size
        assert width <= picture.size[0]
        if not picture.around:
            assert (width, height) == picture.size


def test_of_every_picture_it_is_noted_what_it_shows(make):
    noted = json.loads(make.SEEN.read_text())
    assert list(noted) == list(make.PICTURES), "run make screenshots"
    for name, picture in make.PICTURES.items():
        assert noted[name]["page"] == picture.path
        assert noted[name]["words"], name
