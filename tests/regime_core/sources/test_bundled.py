import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.bars import DAY_NS, OHLCV
from regime_core.errors import SourceError
from regime_core.sources import bundled
from regime_core.sources.bundled import Series

HEAD = "date,open,high,low,close,volume,source\n"
GOOD = HEAD + "2021-01-04,10,12,9,11,100,arch\n2021-01-05,10.5,12,9,11,,yahoo\n"


def test_reads_what_stands_there(tmp_path):
    path = tmp_path / "sp500.csv"
    path.write_text(GOOD)
    series = bundled.read(path)
    assert (series.name, series.source, series.sources, series.through) == (
        "sp500",
        "yahoo",
        ("arch", "yahoo"),
        date(2021, 1, 5),
    )
    assert series.bars.time.tolist() == [bundled.to_ns(date(2021, 1, 4)), bundled.to_ns(date(2021, 1, 5))]
    assert series.bars.open.tolist() == [10, 10.5]
    assert series.bars.volume[0] == 100
    assert math.isnan(series.bars.volume[1])


@settings(max_examples=40, deadline=None)
@given(
    closes=st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=15),
    volume=st.one_of(st.none(), st.floats(0, 1e15)),
    first=st.integers(-20_000, 40_000),
)
def test_what_is_written_reads_back_exactly(tmp_path_factory, closes, volume, first):
    close = np.array(closes)
    n = len(close)
    time = (first + np.arange(n)) * DAY_NS
    bars = OHLCV(time, close, close * 1.1, close / 1.1, close, np.full(n, np.nan if volume is None else volume))
    path = tmp_path_factory.mktemp("history") / "vix.csv"
    bundled.write(path, Series("vix", bars, ("cboe",) * n))
    back = bundled.read(path)
    assert back.sources == ("cboe",) * n
    for before, after in zip(bars, back.bars, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        (HEAD, "no rows"),
        ("date,close\n2021-01-04,1\n", "line 1"),
        (GOOD + "2021-01-06,10,12\n", "line 4 has 3 field"),
        (GOOD + "06/01/2021,10,12,9,11,1,arch\n", 'line 4: "06/01/2021"'),
        (GOOD + "2021-01-06,10,12,x,11,1,arch\n", 'line 4, column "low": "x"'),
        (GOOD + "2021-01-06,10,12,,11,1,arch\n", 'line 4, column "low"'),
        (GOOD + "2021-01-06,10,8,9,11,1,arch\n", 'line 4, column "high"'),
        (GOOD + "2021-01-06,10,12,nan,11,1,arch\n", 'line 4, column "low"'),
        (GOOD + "2021-01-05,10,12,9,11,1,arch\n", "same timestamp"),
        (GOOD + "2021-01-03,10,12,9,11,1,arch\n", "not in order"),
    ],
)
def test_a_damaged_file_is_refused_by_line(tmp_path, text, words):
    path = tmp_path / "sp500.csv"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        bundled.read(path)
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert "restore it" in caught.value.message


def test_a_file_that_is_missing_or_no_text(tmp_path):
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.csv", binary, tmp_path):
        with pytest.raises(SourceError, match="cannot be read"):
            bundled.read(path)


def test_writing_where_there_is_no_folder(tmp_path):
    path = tmp_path / "sp500.csv"
    path.write_text(GOOD)
    with pytest.raises(SourceError, match="cannot be written"):
        bundled.write(tmp_path / "absent" / "sp500.csv", bundled.read(path))


def test_the_bundled_files_are_what_the_package_holds(pytestconfig):
    """The oracle is the package's own loader and pandas."""
    from arch.data import sp500, vix

    folder = pytestconfig.rootpath / "data"
    index, fear = sp500.load(), vix.load()["vix"].dropna()
    series = bundled.read(folder / "sp500.csv")
    held = series.bars.rows(
        *np.searchsorted(series.bars.time, [bundled.to_ns(date(1999, 1, 1)), bundled.to_ns(date(2019, 1, 1))])
    )
    np.testing.assert_array_equal(held.time.view("M8[ns]"), index.index.to_numpy())
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_allclose(getattr(held, name), index[name.capitalize()], rtol=1e-6)
    series = bundled.read(folder / "vix.csv")
    common = np.isin(series.bars.time.view("M8[ns]"), fear.index.to_numpy())
    np.testing.assert_allclose(series.bars.close[common], fear, rtol=1e-6)
