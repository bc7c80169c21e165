from pathlib import Path

import pytest

from regime_core import MODEL_DIR
from regime_core.errors import SourceError
from regime_core.sources import bundled
from regime_core.sources.fallback import ingest_first

BUNDLED = MODEL_DIR.parent / "data"
NOWHERE = {"yahoo": "http://127.0.0.1:9", "cboe": "http://127.0.0.1:9", "fred": "http://127.0.0.1:9"}


def closes(path: Path, name: str) -> Path:
    """The last 30 bundled rows, and one day more, as a plain file."""
    lines = (BUNDLED / f"{name}.csv").read_text().splitlines()
    day_after = "2019-01-04," + lines[-1].split(",", 1)[1]
    path.write_text("\n".join([lines[0], *lines[-30:], day_after]).replace(",source", "").replace(",arch", "") + "\n")
    return path


@pytest.fixture
def data_dir(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("sp500", "vix"):
        (folder / f"{name}.csv").write_bytes((BUNDLED / f"{name}.csv").read_bytes())
    return folder


def test_a_series_comes_from_the_next_source_where_the_first_fails(data_dir, tmp_path):
    files = {"sp500": closes(tmp_path / "s.csv", "sp500"), "vix": closes(tmp_path / "v.csv", "vix")}
    said = ingest_first(["yahoo", "csv"], data_dir, files=files, base_urls=NOWHERE)
    assert "before that, yahoo: " in said
    for name in files:
        series = bundled.read(data_dir / f"{name}.csv")
        assert (series.source, series.through.isoformat()) == ("csv", "2019-01-04")


def test_one_series_that_fails_does_not_hold_up_the_other(data_dir, tmp_path):
    files = {"sp500": closes(tmp_path / "s.csv", "sp500"), "vix": tmp_path / "missing.csv"}
    before = (data_dir / "vix.csv").read_bytes()
    with pytest.raises(SourceError, match=r"vix was not updated(.|\n)*missing\.csv") as caught:
        ingest_first(["csv"], data_dir, files=files)
    assert "sp500: " in caught.value.message
    assert bundled.read(data_dir / "sp500.csv").through.isoformat() == "2019-01-04"
    assert (data_dir / "vix.csv").read_bytes() == before


def test_a_series_that_no_source_has_is_named_and_left(data_dir):
    with pytest.raises(SourceError, match=r"sp500: cboe, fred does not bring it(.|\n)*vix was not updated"):
        ingest_first(["cboe", "fred"], data_dir, base_urls=NOWHERE)


def test_an_unknown_source_is_refused_before_anything_is_done(data_dir):
    with pytest.raises(SourceError, match='no source "nowhere"'):
        ingest_first(["arch", "nowhere"], data_dir)
