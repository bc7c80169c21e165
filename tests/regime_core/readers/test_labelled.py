"""Labelled files: every series, the source's own columns, Parquet, and cells that no spreadsheet runs."""

import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from regime_core.errors import ReaderError
from regime_core.readers import read, write_labels, write_labels_csv
from regime_core.regimes import ALL_NAMES, REGIME_NAMES, Labels, ModelRef

ANSWERS = ["regime", "confidence", *(f"p_{name}" for name in REGIME_NAMES)]


def csv(n=60, header="Date,Open,High,Low,Close,Volume,Note", note=lambda i: f"n{i}", first=100.0):
    days = pd.bdate_range("2021-01-04", periods=n)
    rows = [
        f'{day:%Y-%m-%d},{first + i:.2f},{first + 2 + i:.2f},{first - 1 + i:.2f},{first + 1 + i:.2f},{10 * i + 1},"{note(i)}"'
        for i, day in enumerate(days)
    ]
    return "\n".join([header, *rows]) + "\n"


def answers(reading):
    rng = np.random.default_rng(1)
    made = []
    for series in reading.series:
        probabilities = rng.dirichlet(np.ones(5), series.bars.n_bars)
        codes = probabilities.argmax(axis=1).astype(np.int8)
        made.append(Labels(series.bars.time, codes, probabilities, probabilities.max(axis=1), ModelRef("rules", "1")))
    return made


def labelled(data, **options):
    reading = read(data.encode() if isinstance(data, str) else data)
    labels = answers(reading)
    file = io.BytesIO()
    write_labels(file, reading, labels, **options)
    return file.getvalue(), reading, labels


def frame(data, **options):
    written, reading, labels = labelled(data, **options)
    return pd.read_csv(io.BytesIO(written), dtype=str, keep_default_na=False), reading, labels


def test_without_source_columns_one_series_is_written_as_ever():
    written, reading, labels = labelled(csv())
    file = io.BytesIO()
    write_labels_csv(file, reading.series[0].bars, labels[0])
    assert written == file.getvalue()


def test_source_columns_stand_as_they_stood_in_the_order_of_bars():
    lines = csv().splitlines()
    newest_first = "\n".join([lines[0], *lines[:0:-1]]) + "\n"
    got, _, labels = frame(newest_first, keep_columns=True)
    source = pd.read_csv(io.StringIO(csv()), dtype=str)
    assert list(got) == [*source.columns, *ANSWERS]
    pd.testing.assert_frame_equal(got[source.columns], source)
    assert list(got["regime"]) == labels[0].names
    np.testing.assert_allclose(got["p_calm"].astype(float), labels[0].probabilities[:, 4], atol=5e-7)


def test_rows_that_became_no_bars_are_left_out():
    lines = csv().splitlines()
    lines[7] = "2021-01-12,,,,,,no price"
    lines.insert(10, lines[9].replace('"n8"', '"again"'))
    lines.insert(3, '2021-01-05,"0.25 Dividend"')
    got, reading, _ = frame("\n".join(lines), keep_columns=True)
    notes = list(got["Note"])
    assert "no price" not in notes
    assert "n8" not in notes
    assert notes[7] == "again"
    assert len(got) == reading.series[0].bars.n_bars == 59
    np.testing.assert_array_equal(got["Close"].astype(float), reading.series[0].bars.close)


def test_every_row_keeps_its_own_text_when_columns_are_decided_anew():
    text = csv(header="Date;Open;High;Low;Close;Volume;Note").replace('"', "").replace(",", ";").replace(".", ",")
    got, _, _ = frame(text, keep_columns=True)
    assert got["Open"][3] == "103,00"


def test_repeated_names_are_counted():
    got, _, _ = frame(csv(header="Date,Open,High,Low,Close,RSI,RSI", note=lambda i: str(i)), keep_columns=True)
    assert list(got)[5:7] == ["RSI", "RSI_2"]
    assert got["RSI_2"][5] == "5"


def test_answers_step_aside_where_the_source_has_their_names():
    got, _, labels = frame(csv(header="Date,Open,High,Low,Close,Confidence,regime"), keep_columns=True)
    assert list(got)[5:] == ["Confidence", "regime", *(f"label_{name}" for name in ANSWERS)]
    assert got["regime"][4] == "n4"
    assert list(got["label_regime"]) == labels[0].names


RUN = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", '=HYPERLINK("x")']
STILL = ["-1.5", "+0.25%", "-1.2M", "-", "--", "-1,234.50", "a=b", "-$5.00"]


def test_cells_that_a_spreadsheet_would_run_are_made_harmless():
    cells = [*RUN, *STILL]
    note = lambda i: cells[i % len(cells)].replace('"', '""')  # noqa: E731
    got, _, _ = frame(csv(note=note), keep_columns=True)
    assert list(got["Note"][: len(RUN)]) == [f"'{cell}" for cell in RUN]
    assert list(got["Note"][len(RUN) : len(cells)]) == STILL
    assert got["Note"][0].startswith("'=")


def test_a_name_of_a_column_is_made_harmless_too():
    written, _, _ = labelled(csv(header="Date,Open,High,Low,Close,Volume,=1+1"), keep_columns=True)
    assert b",'=1+1,regime" in written.split(b"\n")[0]


def test_cells_with_commas_quotes_and_line_ends_come_back():
    texts = ["a,b", 'say ""x""', "two\nlines", "plain"]
    got, _, _ = frame(csv(note=lambda i: texts[i % 4]), keep_columns=True)
    assert list(got["Note"][:4]) == ["a,b", 'say "x"', "two\nlines", "plain"]


def several(name="Name"):
    days = pd.bdate_range("2021-01-04", periods=60)
    rows = [
        f"{day:%Y-%m-%d},{p},{p + 2},{p - 1},{p + 1},5,{symbol}"
        for i, day in enumerate(days)
        for p, symbol in ((100 + i, "AAPL"), (50 + i, "=MSFT"))
        if symbol == "AAPL" or i < 30
    ]
    return "\n".join([f"date,open,high,low,close,volume,{name}", *rows]) + "\n"


def test_symbols_follow_each_other_with_their_names_first():
    got, reading, labels = frame(several())
    assert list(got)[:2] == ["symbol", "timestamp"]
    assert list(got["symbol"]) == ["AAPL"] * 60 + ["'=MSFT"] * 30
    assert list(got["regime"]) == [name for one in labels for name in one.names]
    assert [len(series.bars.close) for series in reading.series] == [60, 30]


def test_a_column_of_names_is_not_doubled():
    got, _, _ = frame(several(), keep_columns=True)
    assert list(got)[:2] == ["date", "open"]
    assert "symbol" not in got
    assert list(got["Name"][:60]) == ["AAPL"] * 60
    assert list(got["close"][60:62]) == ["51", "52"]


def test_files_of_a_zip_are_set_side_by_side():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", csv())
        archive.writestr("b.csv", csv(header="Date,Open,High,Low,Close,Volume,Other", first=50.0))
    got, _, _ = frame(packed.getvalue(), keep_columns=True)
    assert list(got)[:9] == ["symbol", "Date", "Open", "High", "Low", "Close", "Volume", "Note", "Other"]
    assert list(got["symbol"]) == ["a"] * 60 + ["b"] * 60
    assert got["Note"][60] == ""
    assert got["Other"][60] == "n0"
    assert got["Close"][60] == "51.00"


def test_series_that_stand_beside_each_other_each_get_the_whole_row():
    days = pd.bdate_range("2021-01-04", periods=60)
    rows = [f"{day:%Y-%m-%d},{100 + i},{40 + i}" for i, day in enumerate(days)]
    got, _, _ = frame("Date,N225_Close,HSI_Close\n" + "\n".join(rows) + "\n", keep_columns=True)
    assert list(got)[:4] == ["symbol", "Date", "N225_Close", "HSI_Close"]
    assert list(got["symbol"].unique()) == ["N225_Close", "HSI_Close"]
    assert got["HSI_Close"][0] == got["HSI_Close"][60] == "40"


def test_many_rows_are_written_in_pieces_without_a_seam(monkeypatch):
    whole = labelled(several(), keep_columns=True)[0]
    monkeypatch.setattr("regime_core.readers.labelled.ROWS_AT_ONCE", 7)
    assert labelled(several(), keep_columns=True)[0] == whole


def test_parquet_of_daily_bars_has_dates_and_numbers():
    written, reading, labels = labelled(csv(), kind="parquet")
    table = pq.read_table(io.BytesIO(written))
    assert table.column_names == ["timestamp", "open", "high", "low", "close", "volume", *ANSWERS]
    assert [str(table.schema.field(name).type) for name in ("timestamp", "close", "regime", "p_calm")] == [
        "date32[day]",
        "double",
        "string",
        "double",
    ]
    np.testing.assert_array_equal(table["close"].to_numpy(), reading.series[0].bars.close)
    np.testing.assert_array_equal(table["p_calm"].to_numpy(), labels[0].probabilities[:, 4])
    assert str(table["timestamp"][0]) == "2021-01-04"


def test_parquet_of_minutes_has_utc_times():
    times = pd.date_range("2021-01-04 09:30", periods=60, freq="min", tz="America/New_York")
    text = "time,open,high,low,close\n" + "".join(
        f"{time.isoformat()},1.5,2,1,{1 + i / 100:.2f}\n" for i, time in enumerate(times)
    )
    table = pq.read_table(io.BytesIO(labelled(text, kind="parquet")[0]))
    assert str(table.schema.field("timestamp").type) == "timestamp[ns, tz=UTC]"
    assert table["timestamp"][0].as_py() == times[0].tz_convert("UTC")


def test_parquet_keeps_source_columns_as_unchanged_text():
    written, _, _ = labelled(gzip.compress(csv(note=lambda i: "=1+1").encode()), kind="parquet", keep_columns=True)
    table = pq.read_table(io.BytesIO(written))
    assert table.column_names[:2] == ["Date", "Open"]
    assert table["Note"][0].as_py() == "=1+1"
    assert table["Open"][0].as_py() == "100.00"
    assert set(table["regime"].to_pylist()) <= set(ALL_NAMES)


def test_labels_of_other_bars_are_refused():
    reading = read(csv().encode())
    with pytest.raises(ReaderError, match="label the same bars"):
        write_labels(io.BytesIO(), reading, [one.rows(slice(1, None)) for one in answers(reading)])
