"""What is written comes back the same, a series at a time, and what is no such file is told."""

import numpy as np
import pyarrow as pa
import pytest

from markets import daily_bars, labels_of
from regime_core import mapped
from regime_core.errors import ReaderError
from regime_core.evaluation import persistence

SERIES = [daily_bars(np.linspace(1, 2, n)) for n in (3, 1, 5)]
LABELS = [labels_of(bars, np.arange(bars.n_bars) % 6, np.linspace(0, 1, bars.n_bars)) for bars in SERIES]


@pytest.mark.parametrize("series", range(3))
def test_every_array_comes_back_the_same(tmp_path, series):
    bars, labels = SERIES[series], LABELS[series]
    spells = [persistence.spells(one.codes, one.confidence, own.close) for one, own in zip(LABELS, SERIES, strict=True)]
    path = tmp_path / "x.arrow"
    mapped.write_bars(path, SERIES)
    for column, kept in zip(bars, mapped.bars(path, series), strict=True):
        np.testing.assert_array_equal(column, kept)
        assert column.dtype == kept.dtype
    mapped.write_labels(path, LABELS)
    again = mapped.labels(path, series, bars.time, labels.model)
    for name in ("time", "codes", "probabilities", "confidence"):
        np.testing.assert_array_equal(getattr(labels, name), getattr(again, name))
    assert again.codes.dtype == np.int8
    mapped.write_spells(path, spells)
    for name in ("start", "stop", "code", "simple_return", "confidence"):
        np.testing.assert_array_equal(getattr(spells[series], name), getattr(mapped.spells(path, series), name))
    mapped.write_codes(path, [one.codes for one in LABELS])
    np.testing.assert_array_equal(mapped.codes(path, series), labels.codes)


def test_no_copy_is_made(tmp_path):
    mapped.write_bars(tmp_path / "x.arrow", SERIES)
    before = pa.total_allocated_bytes()
    bars = mapped.bars(tmp_path / "x.arrow")
    assert not bars.close.flags.owndata
    assert pa.total_allocated_bytes() - before < bars.close.nbytes + 100_000


def test_a_table_may_be_empty(tmp_path):
    mapped.write_table(tmp_path / "x.arrow", pa.table({"symbol": pa.array([], pa.string())}))
    assert mapped.table(tmp_path / "x.arrow").num_rows == 0


@pytest.mark.parametrize("content", [b"", b"date,close\n", b"ARROW1\x00\x00 and no more"])
def test_what_is_no_such_file_is_told(tmp_path, content):
    (tmp_path / "x.arrow").write_bytes(content)
    with pytest.raises(ReaderError, match="not a file of this library"):
        mapped.bars(tmp_path / "x.arrow")


def test_another_series_or_another_kind_of_file_is_told(tmp_path):
    mapped.write_codes(tmp_path / "x.arrow", [one.codes for one in LABELS])
    with pytest.raises(ReaderError):
        mapped.bars(tmp_path / "x.arrow")
    with pytest.raises(ReaderError, match="4 series"):
        mapped.codes(tmp_path / "x.arrow", 3)
    with pytest.raises(FileNotFoundError):
        mapped.bars(tmp_path / "y.arrow")


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "x.arrow"
    mapped.write_bars(path, SERIES)

    def broken():
        yield SERIES[1]
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        mapped.write_bars(path, broken())
    assert mapped.bars(path).n_bars == 3
    assert [one.name for one in tmp_path.iterdir()] == ["x.arrow"]
