import os
import shutil
import time
from datetime import date

import numpy as np
import pytest

from regime_core import MODEL_DIR, datasets
from regime_core.bars import DAY_NS, OHLCV
from regime_core.datasets import Library, read_bars, read_labels, write_bars, write_labels
from regime_core.errors import RegimeError
from regime_core.regimes import Labels, ModelRef

DATA_DIR = MODEL_DIR.parent / "data"


def bars(n=60, level=100.0):
    close = level + np.arange(n, dtype=float)
    return OHLCV(np.arange(n, dtype=np.int64) * DAY_NS, close, close + 1, close - 1, close, np.full(n, np.nan))


@pytest.fixture
def library(tmp_path):
    return Library(DATA_DIR, tmp_path / "uploads", max_uploads_per_visitor=3, ttl_seconds=3600)


def test_the_bundled_histories_are_there_with_their_source(library):
    assert [(info.id, info.title) for info in library.infos()] == [("sp500", "S&P 500"), ("vix", "VIX")]
    sp500 = library.get("sp500")
    assert sp500.source == "arch"
    assert not sp500.intraday
    assert str(sp500.as_of)[:10] == "2018-12-31"
    assert sp500.bars.n_bars > 5000


def test_an_upload_is_seen_by_its_visitor_alone(library):
    dataset_id = library.add("alice", "mine.csv", bars(), ("one problem",), rows_read=9)
    mine = library.get(dataset_id, "alice")
    assert (mine.title, mine.problems, mine.bundled, mine.rows_read) == ("mine.csv", ("one problem",), False, 9)
    np.testing.assert_array_equal(mine.bars.close, bars().close)
    assert [info.id for info in library.infos("bob") if not info.bundled] == []
    for visitor in ("bob", None):
        with pytest.raises(RegimeError, match="not here") as caught:
            library.get(dataset_id, visitor)
        assert caught.value.code == "dataset.unknown"


@pytest.mark.parametrize("dataset_id", ["../../../etc/passwd", "u" + "a" * 22, "", "u../../../../../../../../x"])
def test_ids_that_are_none_find_nothing(library, dataset_id):
    library.add("alice", "mine.csv", bars())
    with pytest.raises(RegimeError, match="not here"):
        library.get(dataset_id, "alice")


def test_the_oldest_uploads_beyond_a_visitors_share_are_removed(library):
    ids = []
    for age in range(5, 0, -1):
        ids.append(library.add("alice", f"{age}.csv", bars()))
        path = library.get(ids[-1], "alice").path
        os.utime(path, (time.time() - age, time.time() - age))
    kept = [info.id for info in library.infos("alice") if not info.bundled]
    assert kept == ids[:-4:-1]


def test_an_upload_that_another_worker_removes_meanwhile_is_not_here(library, monkeypatch):
    ids = [library.add("alice", f"{i}.csv", bars()) for i in range(2)]
    read_schema = datasets.pq.read_schema

    def removed_before_it_is_read(path):
        path.unlink() if path.stem == ids[0] else None
        return read_schema(path)

    monkeypatch.setattr(datasets.pq, "read_schema", removed_before_it_is_read)
    assert [info.id for info in library.infos("alice") if not info.bundled] == ids[1:]
    (library.get(ids[1], "alice").path.with_name(f"{ids[0]}.parquet")).write_bytes(b"there again")
    with pytest.raises(RegimeError) as caught:
        library.get(ids[0], "alice")
    assert caught.value.code == "dataset.unknown"


def test_uploads_expire_with_all_that_was_made_of_them(library):
    path = library.get(library.add("alice", "old.csv", bars()), "alice").path
    beside = path.with_name(f"{path.stem}.labels.parquet")
    beside.write_bytes(b"labels")
    long_ago = time.time() - 7200
    os.utime(path, (long_ago, long_ago))
    with pytest.raises(RegimeError, match="expired"):
        library.get(path.stem, "alice")
    library.expire()
    assert not path.exists()
    assert not beside.exists()


def test_a_replaced_history_is_taken_up(tmp_path):
    shutil.copytree(DATA_DIR, tmp_path / "data")
    library = Library(tmp_path / "data", tmp_path / "uploads")
    before = library.get("sp500")
    assert library.get("sp500") is before
    path = tmp_path / "data" / "sp500.csv"
    lines = path.read_text().splitlines(keepends=True)
    replacement = tmp_path / "data" / ".new"
    replacement.write_text("".join(lines[:-1]))
    replacement.replace(path)
    after = library.get("sp500")
    assert after.bars.n_bars == before.bars.n_bars - 1
    assert after.version != before.version


@pytest.mark.parametrize(
    ("today", "days_old", "stale"),
    [(date(2018, 12, 31), 0, False), (date(2019, 1, 3), 3, False), (date(2019, 1, 4), 4, True), (date(2019, 1, 6), 5, True)],
)
def test_data_older_than_three_trading_days_is_stale(library, today, days_old, stale):
    sp500 = library.get("sp500")
    assert sp500.trading_days_old(np.datetime64(today)) == days_old
    assert sp500.stale(np.datetime64(today)) is stale


def test_bars_and_labels_survive_the_disk(tmp_path):
    write_bars(tmp_path / "bars.parquet", bars(), {"title": "x", "problems": []})
    for column, kept in zip(bars(), read_bars(tmp_path / "bars.parquet"), strict=True):
        np.testing.assert_array_equal(column, kept)
    model = ModelRef("rules", "1")
    rng = np.random.default_rng(0)
    labels = Labels(bars().time, rng.integers(0, 6, 60).astype(np.int8), rng.dirichlet(np.ones(5), 60), rng.random(60), model)
    write_labels(tmp_path / "labels.parquet", labels)
    again = read_labels(tmp_path / "labels.parquet", model)
    assert again.codes.dtype == np.int8
    for name in ("time", "codes", "probabilities", "confidence"):
        np.testing.assert_array_equal(getattr(labels, name), getattr(again, name))
