"""Versions of models: kept, listed, gone back to, in one step and verified."""

import ctypes
import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from regime_core import MODEL_DIR, artifacts, versions
from regime_core.errors import ArtifactError, ModelError

DAY = datetime(2024, 3, 1, 12, tzinfo=UTC)


def other(folder):
    """A copy of the shipped models whose detector has another version."""
    shutil.copytree(MODEL_DIR, folder)
    model = artifacts.load(folder).detectors["boosted"]
    model.temperature_ *= 1.25
    model.save(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["models"].values():
        if "boosted.json" in entry["files"]:  # a mixture rests on the same files
            files = {name: artifacts._sha256(folder / name) for name in entry["files"]}
            entry |= {"files": files, "version": artifacts._version(files)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def number(folder, name="boosted"):
    return artifacts.read_manifest(folder)["models"][name]["version"]


@pytest.fixture
def house(tmp_path):
    """Models that are served, and others kept later."""
    served = shutil.copytree(MODEL_DIR, tmp_path / "final_model")
    kept = tmp_path / "runs" / "versions"
    versions.keep(served, kept, now=DAY)
    versions.keep(other(tmp_path / "other"), kept, now=DAY + timedelta(hours=3))
    return served, kept


def test_every_version_is_listed_once_with_when_scores_and_use(house):
    there = versions.versions(*house)
    keys = [(one.name, one.version) for one in there]
    assert len(set(keys)) == len(keys)
    boosted = [one for one in there if one.name == "boosted"]
    assert [one.when for one in boosted] == [DAY + timedelta(hours=3), DAY]
    assert [one.in_use for one in boosted] == [False, True] == [one.default for one in boosted]
    assert boosted[1].scores == artifacts.load(MODEL_DIR).entries["boosted"].scores
    assert all(one.in_use for one in there if one.kind == artifacts.STATES)


def test_what_is_served_but_was_not_kept_is_listed_without_a_moment(house, tmp_path):
    there = versions.versions(house[0], tmp_path / "nothing")
    assert {one.when for one in there} == {None}
    assert all(one.in_use for one in there)


def test_the_same_models_are_kept_once(house):
    served, kept = house
    again = versions.keep(served, kept, now=DAY + timedelta(days=9))
    assert again.name.startswith("2024-03-01T12")
    assert len(list(kept.iterdir())) == 2
    assert contents(again) == contents(served)


def test_use_goes_there_and_back(house, tmp_path):
    served, kept = house
    before, wanted = contents(served), number(tmp_path / "other")
    states = versions.use(f"boosted@{wanted}", served, kept)
    assert states.version == wanted == number(served)
    assert artifacts.load(served).default == "boosted"
    assert number(served, "forecaster") == number(MODEL_DIR, "forecaster")
    versions.use(f"boosted@{number(MODEL_DIR)}", served, kept)
    assert contents(served) == before


def test_use_of_another_detector_makes_it_the_default_and_leaves_the_states(house):
    served, kept = house
    versions.use("rules@1", served, kept)
    loaded = artifacts.load(served)
    assert loaded.default == "rules"
    assert loaded.entries["boosted"].version == number(MODEL_DIR)
    assert loaded.walk_forward is not None


def test_use_of_states_leaves_the_detectors(house, tmp_path):
    served, kept = house
    bare = tmp_path / "bare"
    artifacts.save(bare, [artifacts.Fitted(artifacts.MODELS["rules"]())], default="rules")
    forecaster = number(served, "forecaster")
    versions.use(f"forecaster@{forecaster}", bare, kept)
    loaded = artifacts.load(bare)
    assert (loaded.default, set(loaded.detectors)) == ("rules", {"rules"})
    assert loaded.state_entries["forecaster"].version == forecaster
    assert loaded.walk_forward is not None


def test_what_was_served_without_being_kept_is_kept_first(house, tmp_path):
    served, _ = house
    kept = tmp_path / "elsewhere"
    versions.keep(tmp_path / "other", kept, now=DAY)
    versions.use(f"boosted@{number(tmp_path / 'other')}", served, kept)
    versions.use(f"boosted@{number(MODEL_DIR)}", served, kept)
    assert number(served) == number(MODEL_DIR)


@pytest.mark.parametrize("wanted", ["boosted", "boosted@nowhere", "oracle@1", ""])
def test_an_unknown_version_is_refused_and_named(house, wanted):
    before = contents(house[0])
    with pytest.raises(ModelError, match=r"kept are .*boosted@"):
        versions.use(wanted, *house)
    assert contents(house[0]) == before


def test_an_altered_version_is_refused_and_nothing_changes(house, tmp_path):
    served, kept = house
    wanted = number(tmp_path / "other")
    path = max(kept.iterdir()) / "boosted.json"
    path.write_bytes(path.read_bytes().replace(b"0.", b"1.", 1))
    before = contents(served)
    with pytest.raises(ArtifactError, match=r"boosted\.json"):
        versions.use(f"boosted@{wanted}", served, kept)
    assert contents(served) == before
    assert [path.name for path in served.parent.iterdir() if path.name.startswith(".")] == []


def test_an_altered_folder_is_not_kept(tmp_path):
    folder = other(tmp_path / "other")
    (folder / "boosted.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"boosted\.json"):
        versions.keep(folder, tmp_path / "kept", now=DAY)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_swap_that_fails_leaves_all_as_it_was(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a").write_text("old")
    with pytest.raises(ArtifactError, match="cannot be replaced"):
        versions.replace(folder, lambda ready: None)
    assert (folder / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_is_replaced_whole(tmp_path, monkeypatch, at_once):
    """Also on a system that cannot swap two folders."""
    if not at_once:
        monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    folder = tmp_path / "models"
    for content in ("first", "second"):

        def fill(ready, content=content):
            ready.mkdir()
            (ready / content).write_text(content)

        versions.replace(folder, fill)
        assert contents(folder) == {content: content.encode()}
    assert list(tmp_path.iterdir()) == [folder]
