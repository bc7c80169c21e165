import json
import shutil

import pytest

from regime_core import MODEL_DIR, artifacts
from regime_core.artifacts import Fitted
from regime_core.errors import ArtifactError
from regime_core.models import Rules


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped models that a test may damage."""
    return shutil.copytree(MODEL_DIR, tmp_path / "models")


def weight_file(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    return next(folder / name for entry in manifest["models"].values() for name in entry["files"])


def test_the_shipped_folder_is_whole_and_answers():
    loaded = artifacts.load(MODEL_DIR)
    assert set(loaded.detectors) == {"rules", "boosted", "ensemble"}
    assert loaded.default == "boosted"
    assert loaded.entries["boosted"].scores
    assert loaded.entries["boosted"].training


def test_no_shipped_file_is_a_pickle():
    for path in MODEL_DIR.iterdir():
        assert path.suffix in {".json", ".ubj", ".npz", ".safetensors", ".parquet", ".md"}, path
        assert not path.read_bytes().startswith(b"\x80")


def test_an_altered_file_is_named(folder):
    path = weight_file(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=path.name) as caught:
        artifacts.load(folder)
    assert caught.value.code == "artifact.altered"


def test_a_missing_file_is_named(folder):
    path = weight_file(folder)
    path.unlink()
    with pytest.raises(ArtifactError, match=path.name) as caught:
        artifacts.load(folder)
    assert caught.value.code == "artifact.missing"


def test_a_missing_manifest_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        artifacts.load(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda manifest: manifest.update(format=99),
        lambda manifest: manifest.update(default="oracle"),
        lambda manifest: manifest.pop("models"),
        lambda manifest: manifest["models"].update(oracle=manifest["models"]["rules"]),
        lambda manifest: manifest["models"]["rules"].pop("window"),
        lambda manifest: manifest["models"]["boosted"].pop("set_threshold"),
        lambda manifest: manifest["models"]["boosted"].update(version="0" * 12),
        lambda manifest: manifest["models"]["rules"].update(files={"../../etc/passwd": "0"}),
    ],
)
def test_a_manifest_that_does_not_hold_together_is_refused(folder, damage):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    damage(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        artifacts.load(folder)


def test_a_manifest_that_is_cut_off_is_refused(folder):
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArtifactError, match="not valid JSON"):
        artifacts.load(folder)


def test_saving_the_same_models_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        artifacts.save(tmp_path / name, [Fitted(Rules())], default="rules")
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        artifacts.write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
