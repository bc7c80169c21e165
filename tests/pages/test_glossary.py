"""The glossary: every term that a page links to has an entry, and its figures are those of the shipped record."""

import ast
import json
import re
from pathlib import Path

import dash
import pyarrow.parquet as pq
import pytest

from components import explained
from components.glossary import TERMS, term
from markets import text_of

ROOT = Path(__file__).resolve().parents[2]


def linked_terms():
    """Key and place of every ``glossary.term("key")`` in the pages' sources."""
    for path in sorted((*(ROOT / "pages").rglob("*.py"), *(ROOT / "components").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if named == "term" and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, f"{path.relative_to(ROOT)}:{node.lineno}"


def inner_links(text):
    return [found["key"] for found in explained._MARKS.finditer(text) if found["key"]]


def test_every_term_that_is_linked_to_has_an_entry():
    assert [place for key, place in linked_terms() if key not in TERMS] == []


@pytest.mark.parametrize("key", sorted(TERMS))
def test_an_entry_has_a_title_and_a_brief_sentence(key):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
    assert TERMS[key].title
    assert 20 < len(TERMS[key].brief) <= 220
    assert TERMS[key].brief.endswith(".")


def test_every_entry_is_in_one_group_once():
    placed = [key for _, _, keys in explained.groups() for key in keys]
    assert sorted(placed) == sorted(TERMS)


def test_a_term_that_is_in_no_group_is_shown_last(monkeypatch):
    monkeypatch.setitem(TERMS, "new", TERMS["vix"])
    name, title, keys = list(explained.groups())[-1]
    assert (name, title) == explained.REST
    assert "new" in keys


def test_what_is_said_more_is_of_known_terms_and_links_to_known_terms():
    assert explained.MORE.keys() <= TERMS.keys()
    assert explained.MET_ON.keys() <= TERMS.keys()
    for key, told in explained.MORE.items():
        assert isinstance(told, tuple), key
        for text in told:
            assert set(inner_links(text)) <= TERMS.keys(), key
            assert key not in inner_links(text), f"{key} links to itself"


def test_terms_are_met_on_pages_that_are_there(app):
    paths = {page["path"] for page in dash.page_registry.values()}
    assert {path for met in explained.MET_ON.values() for path in met} <= paths


def test_a_paragraph_has_links_and_commands():
    written = explained.paragraph("See [[vix|the VIX]] or [[skill]]: `make run` prints it.")
    assert text_of(written).split() == ["See", "the", "VIX", "or", "skill", ":", "make", "run", "prints", "it."]
    _, vix, _, skill, _, command, _ = written.children
    assert (vix.href, skill.href, vix.title) == ("#vix", "#skill", TERMS["vix"].brief)
    assert type(command).__name__ == "Code"


def test_a_term_links_to_its_entry_with_its_meaning_as_a_tip(app):
    link = term("persistence", "as today")
    assert (link.href, link.title, link.children) == ("/glossary#persistence", TERMS["persistence"].brief, "as today")


def test_the_page_shows_every_entry_once_and_no_heading_is_skipped(app):
    import pages.glossary as page

    layout = page.layout(dataset="vix")
    ids = [part.id for part in layout._traverse() if str(getattr(part, "id", "")) in TERMS]
    assert sorted(ids) == sorted(TERMS)
    kinds = [type(part).__name__ for part in layout._traverse() if type(part).__name__ in ("H1", "H2", "H3")]
    assert kinds[:3] == ["H1", "H2", "H3"]


def test_the_figures_of_persistence_are_those_of_the_shipped_record():
    record = pq.read_table(ROOT / "final_model" / "walk_forward.parquet").to_pandas()
    told = " ".join(explained.MORE["persistence"])
    for k in (2, 3):
        days = record[(record.k == k) & (record.horizon == 1) & record.known]
        stayed = days.today == days.realised
        assert f"{stayed.mean() * 100:.1f} %" in told
        assert f"{(~stayed).sum():,}" in told
    assert f"{len(days):,} days" in told


def test_the_forecaster_names_as_many_days_and_changes_as_is_told():
    record = pq.read_table(ROOT / "final_model" / "walk_forward.parquet").to_pandas()
    for k, written in ((2, "97 % of days with 2"), (3, "85 % with 3")):
        days = record[(record.k == k) & (record.horizon == 1) & record.known]
        named = days[[f"probabilities_{i}" for i in range(k)]].to_numpy().argmax(axis=1)
        assert f"{(named == days.realised).mean() * 100:.0f} %" in written
        assert written in explained.MORE["k"][0]
        if k == 2:
            changed = (days.today != days.realised).to_numpy()
            share = (named == days.realised)[changed].mean()
            assert f"({share * 100:.0f} %)" in explained.MORE["transition"][0]


def test_the_figures_of_confidence_are_those_of_the_manifest():
    error = json.loads((ROOT / "final_model" / "manifest.json").read_text())["models"]["boosted"]["scores"]
    told = explained.MORE["confidence"][0]
    assert f"{error['expected_calibration_error']:.4f}" in told
    assert f"{error['expected_calibration_error'] * 100:.1f} percentage points" in told
