"""The Parquet file with the source's columns: numbers where there is no doubt, and text as it stood everywhere else."""

import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regime_core import readers, studies
from regime_core.errors import ReaderError
from regime_core.regimes import Labels, ModelRef
from vendors.known import FORMATS

DAYS = [f"2020-01-{day:02}" for day in range(1, 31)]


@pytest.fixture
def written(tmp_path):
    """Makes the file of a text or of a vendor's format, and what was read."""

    def make(content, name="mine.csv"):
        source = tmp_path / name
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        reading = readers.read(source)
        labels = [_labels(series.bars.time) for series in reading.series]
        studies.write_parquet(tmp_path / "out.parquet", reading, labels)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.parquet"])
        return pq.read_table(tmp_path / "out.parquet"), reading

    return make


def _labels(time):
    n = len(time)
    return Labels(time, np.zeros(n, np.int8), np.full((n, 5), 0.2), np.zeros(n), ModelRef("rules", "1"))


def vendor(name):
    file = FORMATS[name]()
    return file.data, file.name


def test_numbers_are_numbers_and_dates_codes_and_words_are_text(written):
    lines = [f"{day},{100 + i}.50,{1000 + i},00{i},{'' if i == 3 else i},w{i},{i}%" for i, day in enumerate(DAYS)]
    table, _ = written("Date,Close,Volume,Code,Some,Word,Share\n" + "\n".join(lines) + "\n")
    types = {field.name: field.type for field in table.schema}
    assert types["Close"] == pa.float64()
    assert types["Volume"] == types["Some"] == pa.int64()
    assert {types[name] for name in ("Date", "Code", "Word", "Share", "regime")} == {pa.string()}
    assert table["Close"].to_pylist() == [100.5 + i for i in range(30)]
    assert table["Some"].to_pylist() == [None if i == 3 else i for i in range(30)]
    assert table["Code"].to_pylist()[:2] == ["000", "001"]
    assert table["Date"].to_pylist() == DAYS


def test_marked_prices_are_as_they_were_read(written):
    table, reading = written(*vendor("nasdaq"))
    for column in ("Close/Last", "Open", "High", "Low"):
        np.testing.assert_array_equal(table[column].to_numpy(), getattr(reading.series[0].bars, column.split("/")[0].lower()))
    assert table["Volume"].type == pa.int64()


def test_a_point_of_thousands_is_never_taken_for_a_decimal_one(written):
    table, reading = written(*vendor("investing_brazil"))
    close = reading.series[0].bars.close
    assert close.min() > 10_000
    np.testing.assert_array_equal(table["Último"].to_numpy(), close)


def test_another_column_with_points_stays_text_where_points_may_be_of_thousands(written):
    text, name = vendor("investing_brazil")
    header, *lines = text.decode("utf-8-sig").splitlines()
    given = [f'{header},"Outro"', *(f'{line},"162.{i:03}"' for i, line in enumerate(lines))]
    table, _ = written("\n".join(given) + "\n", name)
    assert table["Outro"].type == pa.string()


def test_what_the_reader_repaired_stands_as_in_the_source(written):
    table, reading = written(*vendor("opens_of_zero"))
    assert reading.series[0].bars.open.min() > 0
    assert table["Open"].type == pa.float64()
    assert min(table["Open"].to_pylist()) == 0


def test_columns_of_several_symbols_beside_each_other_keep_their_own_numbers(written):
    table, reading = written(*vendor("closes_side_by_side"))
    n = reading.series[0].bars.n_bars
    for i, series in enumerate(reading.series):
        for column in ("AAL", "AAPL", "MSFT"):
            assert table[column].type == pa.float64()
        own = table[series.symbol].to_numpy()[i * n : (i + 1) * n]
        np.testing.assert_array_equal(own, series.bars.close)
        np.testing.assert_array_equal(table[series.symbol].to_numpy()[:n], own)


def test_tables_of_a_zip_are_numbers_too(written):
    table, reading = written(*vendor("zip_of_symbols"))
    close = np.concatenate([series.bars.close for series in reading.series])
    np.testing.assert_array_equal(table["Close"].to_numpy(), close)


def test_prices_of_one_table_never_stand_in_the_column_of_another(written):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, header, level in (("a.csv", "Date,Close", 100), ("b.csv", "Date,Last", 500)):
            lines = [f"{day},${level + i}.25" for i, day in enumerate(DAYS)]
            archive.writestr(name, "\n".join([header, *lines]) + "\n")
    table, _ = written(packed.getvalue(), "two.zip")
    assert table["symbol"].to_pylist() == ["a"] * 30 + ["b"] * 30
    assert table["Close"].to_pylist() == [f"${100 + i}.25" for i in range(30)] + [None] * 30


def test_labels_of_other_rows_leave_no_file(tmp_path):
    source = tmp_path / "mine.csv"
    source.write_text("Date,Close\n" + "\n".join(f"{day},10{i}" for i, day in enumerate(DAYS)) + "\n")
    reading = readers.read(source)
    labels = [_labels(series.bars.time[:-1]) for series in reading.series]
    with pytest.raises(ReaderError):
        studies.write_parquet(tmp_path / "out.parquet", reading, labels)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
