import os
import shutil
import time
from datetime import date

import numpy as np
import pytest

from regime_core import MODEL_DIR, datasets, mapped, uploads
from regime_core.bars import DAY_NS, OHLCV
from regime_core.datasets import Library
from regime_core.errors import RegimeError
from regime_core.uploads import Uploads
from visitors import uploaded

DATA_DIR = MODEL_DIR.parent / "data"


def bars(n=60, level=100.0):
    close = level + np.arange(n, dtype=float)
    return OHLCV(np.arange(n, dtype=np.int64) * DAY_NS, close, close + 1, close - 1, close, np.full(n, np.nan))


@pytest.fixture
def library(tmp_path):
    return Library(DATA_DIR, Uploads(tmp_path / "uploads", most=3, ttl_seconds=3600))


def test_the_bundled_histories_are_there_with_their_source(library):
    assert [(info.id, info.title) for info in library.infos()] == [("sp500", "S&P 500"), ("vix", "VIX")]
    sp500 = library.get("sp500")
    assert sp500.source == "arch"
    assert not sp500.intraday
    assert str(sp500.as_of)[:10] == "2018-12-31"
    assert sp500.bars.n_bars > 5000


def test_an_upload_is_seen_by_its_visitor_alone(library):
    dataset_id = uploaded(library, "alice", "mine.csv", bars(), problems=("one problem",), rows_read=9)
    mine = library.get(dataset_id, "alice")
    assert (mine.title, mine.problems, mine.bundled, mine.rows_read) == ("mine", ("one problem",), False, 9)
    np.testing.assert_array_equal(mine.bars.close, bars().close)
    assert [info.id for info in library.infos("bob") if not info.bundled] == []
    for visitor in ("bob", None):
        with pytest.raises(RegimeError, match="not here") as caught:
            library.get(dataset_id, visitor)
        assert caught.value.code == "dataset.unknown"


@pytest.mark.parametrize("dataset_id", ["../../../etc/passwd", "u" + "a" * 22, "", "u../../../../../../../../x"])
def test_ids_that_are_none_find_nothing(library, dataset_id):
    uploaded(library, "alice", "mine.csv", bars())
    with pytest.raises(RegimeError, match="not here"):
        library.get(dataset_id, "alice")


def test_the_oldest_uploads_beyond_a_visitors_share_are_removed(library):
    ids = []
    for age in range(5, 0, -1):
        ids.append(uploaded(library, "alice", f"{age}.csv", bars()))
        source = library.uploads.get(ids[-1], "alice").source
        os.utime(source, (time.time() - age, time.time() - age))
    kept = [info.id for info in library.infos("alice") if not info.bundled]
    assert kept == ids[:-4:-1]


def test_an_upload_that_another_worker_removes_meanwhile_is_not_here(library, monkeypatch):
    ids = [uploaded(library, "alice", f"{i}.csv", bars()) for i in range(2)]
    told = uploads._told

    def removed_before_it_is_read(folder):
        if folder.name == ids[0]:
            shutil.rmtree(folder, ignore_errors=True)
        return told(folder)

    monkeypatch.setattr(uploads, "_told", removed_before_it_is_read)
    assert [info.id for info in library.infos("alice") if not info.bundled] == ids[1:]
    with pytest.raises(RegimeError) as caught:
        library.get(ids[0], "alice")
    assert caught.value.code == "dataset.unknown"


def test_an_upload_without_its_bars_is_not_here(library):
    dataset_id = uploaded(library, "alice", "mine.csv", bars())
    library.uploads.get(dataset_id, "alice").folder.joinpath("as-found", "bars.arrow").unlink()
    with pytest.raises(RegimeError, match="not here"):
        library.get(dataset_id, "alice")


def test_uploads_expire_with_all_that_was_made_of_them(library):
    upload = library.uploads.get(uploaded(library, "alice", "old.csv", bars()), "alice")
    half = upload.folder.with_name(".uhalf")
    half.mkdir()
    left = upload.folder.with_name("u" + "a" * 22 + ".parquet")
    left.write_bytes(b"of an older version")
    long_ago = time.time() - 7200
    for path in (upload.source, half, left):
        os.utime(path, (long_ago, long_ago))
    with pytest.raises(RegimeError, match="expired"):
        library.get(upload.id, "alice")
    fresh = uploaded(library, "bob", "new.csv", bars())
    library.uploads.expire()
    assert [path.exists() for path in (upload.folder, half, left)] == [False] * 3
    assert library.get(fresh, "bob").title == "new"


def test_each_symbol_of_a_file_is_a_dataset_and_the_one_picked_is_listed(library):
    upload_id = uploaded(library, "alice", "three.csv", bars(60), bars(70, level=200.0), bars(80, level=300.0))
    first = library.get(upload_id, "alice")
    assert (first.id, first.title, first.bars.n_bars, first.n_series) == (f"{upload_id}.0", "three · S0", 60, 3)
    last = library.get(f"{upload_id}.2", "alice")
    assert (last.title, last.file_title, last.bars.close[0]) == ("three · S2", "three", 300.0)
    np.testing.assert_array_equal(mapped.bars(last.path).close, last.bars.close)  # for jobs, alone in a file
    library.uploads.show(library.uploads.get(upload_id, "alice"), "as-found", 1, "S1")
    assert [(info.id, info.title) for info in library.infos("alice")[2:]] == [(f"{upload_id}.1", "three · S1")]
    for wrong in (f"{upload_id}.3", f"{upload_id}.99999", f"{upload_id}.-1"):
        with pytest.raises(RegimeError, match="not here"):
            library.get(wrong, "alice")


def test_bars_of_a_long_upload_are_let_go_after_each_use(library, monkeypatch):
    monkeypatch.setattr(datasets, "KEPT_BARS", 50)
    dataset_id = uploaded(library, "alice", "long.csv", bars(60))
    first = library.get(dataset_id, "alice")
    assert not first.bars.close.flags.writeable  # a view of the file
    assert library.get(dataset_id, "alice") is not first
    monkeypatch.setattr(datasets, "KEPT_BARS", 60)
    assert library.get(dataset_id, "alice") is library.get(dataset_id, "alice")


def test_a_replaced_history_is_taken_up(tmp_path):
    shutil.copytree(DATA_DIR, tmp_path / "data")
    library = Library(tmp_path / "data", Uploads(tmp_path / "uploads"))
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
