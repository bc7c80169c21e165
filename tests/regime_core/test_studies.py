"""All that is made of a file: what is told of it, its bars and labels, and what is left out where it cannot be read."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from regime_core import mapped, readers, studies
from regime_core.evaluation import persistence
from regime_core.readers import Overrides
from regime_core.regimes import UNKNOWN_CODE
from regime_core.studies import Shelf


def rows(n, *, symbol="", date=lambda i: np.datetime64("2020-01-01") + i, level=100.0):
    lines = []
    for i in range(n):
        price = level + 5 * np.sin(i / 9)
        prices = ",".join(f"{value:.2f}" for value in (price, price + 1, price - 1, price + 0.3))
        lines.append(f"{date(i)},{symbol + ',' if symbol else ''}{prices},1000")
    return "\n".join(lines) + "\n"


HEADER = "Date,Open,High,Low,Close,Volume\n"


@pytest.fixture
def study(tmp_path, engine):
    """Makes what there is to make of a text by rules."""

    def make(text, model="rules", **overrides):
        source = tmp_path / "source"
        source.write_text(text)
        given = Overrides(**overrides)
        folder = tmp_path / "out" / studies.overrides_key(given)
        told = []
        options = {"name": "mine.csv", "overrides": given, "model": model}
        studies.make(source, folder, lambda: engine, lambda *stage: told.append(stage), **options)
        return Shelf(folder), told

    return make


def test_what_is_kept_is_what_the_reader_and_the_engine_say(study, engine, tmp_path):
    shelf, told = study(HEADER + rows(200))
    read = readers.read(tmp_path / "source").series[0].bars
    for column, kept in zip(read, shelf.bars(0), strict=True):
        np.testing.assert_array_equal(column, kept)
    ref = engine.entry("rules").ref
    labels, kept = engine.label(read, model="rules"), shelf.labels(0, ref, read.time)
    np.testing.assert_array_equal(labels.codes, kept.codes)
    np.testing.assert_array_equal(labels.probabilities, kept.probabilities)
    hindsight = engine.hindsight(read, model="rules")
    np.testing.assert_array_equal(hindsight, shelf.hindsight(0, ref))
    assert (hindsight[:49] == UNKNOWN_CODE).all()
    for codes, late in ((labels.codes, False), (hindsight, True)):
        spells = shelf.spells(0, ref, hindsight=late)
        start, stop = persistence.run_bounds(codes)
        np.testing.assert_array_equal((spells.start, spells.stop, spells.code), (start, stop, codes[start]))
    known = (labels.codes != UNKNOWN_CODE) & (hindsight != UNKNOWN_CODE)
    assert shelf.differing(0, ref) == (int((known & (labels.codes != hindsight)).sum()), int(known.sum()))
    assert [stage for stage, *_ in told[:3]] == ["Reading", "Labelling", "Writing the files to take home"]


def test_the_files_to_take_home_have_the_columns_of_the_source(study, engine):
    text = HEADER.replace("\n", ",Note\n") + rows(80).replace("\n", ",@home\n")
    shelf, _ = study(text)
    ref = engine.entry("rules").ref
    csv, parquet = pd.read_csv(shelf.file(ref, "csv")), pd.read_parquet(shelf.file(ref, "parquet"))
    assert list(csv.columns[:7]) == ["Date", "Open", "High", "Low", "Close", "Volume", "Note"]
    assert set(csv["Note"]) == {"'@home"}  # a spreadsheet would run it
    assert set(parquet["Note"]) == {"@home"}
    assert csv["regime"].tolist() == parquet["regime"].tolist() == engine.label(shelf.bars(0), model="rules").names


def test_the_report_has_a_preview_of_both_ends_with_the_lines_they_stand_on(study):
    newest_first = HEADER + "\n".join(reversed(rows(60).splitlines())) + "\n"
    report = study(newest_first)[0].report()
    assert report.header == ("Date", "Open", "High", "Low", "Close", "Volume")
    first, last = report.preview.first[0], report.preview.last[-1]
    assert (first.line, first.cells[0]) == (61, "2020-01-01")
    assert (last.line, last.cells[0]) == (2, "2020-02-29")
    assert first.values == (100.0, 101.0, 99.0, 100.3, 1000.0)
    assert np.datetime64(first.time, "ns") == np.datetime64("2020-01-01")
    assert "out_of_order" in [warned.code for warned in report.inspection.warnings]


def test_each_series_stands_in_the_summary(study, engine):
    text = "Date,Name,Open,High,Low,Close,Volume\n" + rows(60, symbol="AAA") + rows(90, symbol="BBB", level=50)
    shelf, told = study(text)
    ref = engine.entry("rules").ref
    summary = shelf.summary(ref)
    assert summary.symbol == ["AAA", "BBB"]
    assert summary.bars.tolist() == [60, 90]
    assert shelf.report().n_series == 2
    for i in range(2):
        labels = engine.label(shelf.bars(i), model="rules")
        assert summary.code[i] == labels.codes[-1]
        assert summary.confidence[i] == labels.confidence[-1]
        assert summary.age[i] == persistence.last_run(labels.codes)
        assert summary.close[i] == shelf.bars(i).close[-1]
        assert summary.before.close[i] == shelf.bars(i).close[-2]
        assert summary.before.code[i] == labels.codes[-2]
        assert summary.before.confidence[i] == labels.confidence[-2]
    assert np.datetime_as_string(summary.last.view("M8[ns]"), unit="D").tolist() == ["2020-02-29", "2020-03-30"]
    assert ("Labelling", 1, 2) in told
    assert len(pd.read_csv(shelf.file(ref, "csv"))) == 150


def test_the_label_before_the_newest_is_told_where_it_was_another(study, engine, tmp_path):
    calm, wild = rows(100), rows(100, date=lambda i: np.datetime64("2020-04-10") + i, level=900.0)
    study(HEADER + calm + wild)
    codes = engine.label(readers.read(tmp_path / "source").series[0].bars, model="rules").codes
    change = int(np.flatnonzero(np.diff(codes[60:]))[0]) + 61
    text = "".join((HEADER + calm + wild).splitlines(keepends=True)[: change + 2])
    shelf, _ = study(text, columns={"close": "Close"})  # other overrides, so another shelf
    summary = shelf.summary(engine.entry("rules").ref)
    assert (summary.code[0], summary.before.code[0]) == (codes[change], codes[change - 1])
    assert summary.code[0] != summary.before.code[0]


def test_a_series_of_one_bar_has_none_before_it(study, engine):
    shelf, _ = study(HEADER + rows(1))
    before = shelf.summary(engine.entry("rules").ref).before
    assert before.code.tolist() == [-1]
    assert np.isnan([before.close[0], before.confidence[0]]).all()


def test_what_an_earlier_version_kept_still_reads_without_the_bar_before(study, engine):
    shelf, _ = study(HEADER + rows(80))
    ref = engine.entry("rules").ref
    expected = shelf.summary(ref)
    for path, column in ((shelf.series_path, "close_before"), (shelf.of_model(ref) / "newest.arrow", "code_before")):
        table = pa.Table.from_batches([mapped.table(path)])
        mapped.write_table(path, table.drop_columns(column))
    found = shelf.summary(ref)
    assert found.before is None
    assert (found.code, found.age, found.close) == (expected.code, expected.age, expected.close)


def test_a_single_series_stands_as_it_would_on_a_shelf(study, engine):
    shelf, _ = study(HEADER + rows(80))
    ref = engine.entry("rules").ref
    alone = studies.summary("", shelf.bars(0), engine.label(shelf.bars(0), model="rules"))
    assert str(alone) == str(shelf.summary(ref))


def test_an_age_that_reaches_the_first_label_may_be_longer(study, engine):
    flat = HEADER + "".join(f"{np.datetime64('2020-01-01') + i},100,100.1,99.9,100,1\n" for i in range(80))
    shelf, _ = study(flat)
    summary = shelf.summary(engine.entry("rules").ref)
    assert summary.censored.tolist() == [True]
    assert summary.age[0] == 80 - 50 + 1


def ambiguous_date(i):
    """Row i of 60 that are in no order of time under either reading."""
    day = 17 * i % 60
    return f"{1 + day // 12:02}/{1 + day % 12:02}/2021"


def test_dates_that_may_be_read_in_two_ways_are_asked_about_with_what_each_would_mean(study):
    text = HEADER + rows(60, date=ambiguous_date)
    shelf, _ = study(text)
    report = shelf.report()
    assert (report.status, shelf.readable) == ("ambiguous", False)
    assert [(choice.field, choice.value, choice.first, choice.last) for choice in report.choices] == [
        ("order", "day/month/year", "2021-01-01", "2021-12-05"),
        ("order", "month/day/year", "2021-01-01", "2021-05-12"),
    ]
    assert report.header[0] == "Date"
    assert report.preview.first[0].cells[:2] == ("01/01/2021", "100.00")
    settled, _ = study(text, order="month/day/year")
    assert settled.report().status == "ok"
    assert settled.folder != shelf.folder
    days = settled.bars(0).time.view("M8[ns]").astype("M8[D]")
    assert (str(days[0]), str(days[-1])) == ("2021-01-01", "2021-05-12")


def test_a_mark_that_nothing_settles_is_asked_about_with_the_prices_of_each(study):
    lines = [f"{np.datetime64('2021-01-04') + i};{';'.join([f'{100 + i % 5}.{100 + i}'] * 4)}" for i in range(60)]
    report = study("Date;Open;High;Low;Close\n" + "\n".join(lines) + "\n")[0].report()
    assert report.status == "ambiguous"
    assert [(choice.value, choice.first) for choice in report.choices] == [(".", "100.1"), (",", "100,100")]


@pytest.mark.parametrize("text", ["\x80\x04\x95 nothing", "", "a,b,c\n1,2,3\n", HEADER])
def test_what_cannot_be_read_gets_a_report_and_nothing_else(study, text):
    shelf, _ = study(text)
    report = shelf.report()
    assert report.status == "rejected"
    assert report.inspection.reason
    assert [path.name for path in shelf.folder.iterdir()] == ["report.json"]


def test_few_bars_are_kept_and_not_labelled(study, engine):
    shelf, _ = study(HEADER + rows(49), model="boosted")
    ref = engine.entry("boosted").ref
    assert "too_few_bars" in [warned.code for warned in shelf.report().inspection.warnings]
    assert set(shelf.labels(0, ref, shelf.bars(0).time).codes) == {UNKNOWN_CODE}
    assert shelf.differing(0, ref) == (0, 0)


def test_another_model_leaves_the_bars_and_the_first_labels_alone(study, engine):
    text = HEADER + rows(80)
    shelf, _ = study(text)
    before = shelf.bars_path.stat().st_ino
    study(text, model="boosted")
    assert shelf.bars_path.stat().st_ino == before
    assert shelf.labelled(engine.entry("rules").ref)
    assert shelf.labelled(engine.entry("boosted").ref)


def test_labels_show_only_once_all_of_them_are_there(study, engine, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(studies.work.mapped, "write_spells", full)
    with pytest.raises(OSError, match="No space"):
        study(HEADER + rows(80))
    folder = tmp_path / "out" / "as-found"
    assert not Shelf(folder).labelled(engine.entry("rules").ref)
    assert not [path for path in folder.iterdir() if path.is_dir()]


def test_overrides_survive_being_told_to_a_job():
    given = Overrides({"close": "Schlußkurs =", "open": "-1"}, "day/month/year", "Europe/Berlin", ",")
    assert studies.overrides_of_json(studies.overrides_json(given)) == given
    assert studies.overrides_of_json("{}") == Overrides()
    with pytest.raises(ValueError, match="Expected"):
        studies.overrides_of_json("[1]")
    keys = {studies.overrides_key(dataclasses.replace(given, **change)) for change in ({}, {"zone": None}, {"decimal": "."})}
    assert len(keys) == 3
    assert studies.overrides_key(Overrides()) == "as-found"
