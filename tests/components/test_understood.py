"""What is told of a file and asked about it, from reports written by hand."""

import numpy as np
import pytest

from components import symbols, understood
from markets import text_of
from regime_core.readers import Inspection, Overrides
from regime_core.readers.reading import Warned
from regime_core.studies import Choice, Preview, PreviewRow, Report, Summary

FOUND = Inspection(
    "mine.csv",
    interval="1 day",
    columns={"timestamp": "Datum", "close": "Schlußkurs"},
    warnings=(Warned("duplicates", "2 row(s) have the same time as another.", (17, 1042)),),
    delimiter="semicolon",
    encoding="cp1252",
    time_format="day.month.year",
    bars=1_240,
    rows=1_250,
    rows_skipped=10,
    start="2018-01-02",
    end="2022-12-30",
    problems=("2 row(s) have the same time as another, first line 17.", "The raw close is used."),
)
DAY = 17_533 * 86_400_000_000_000
PREVIEW = Preview(
    ("Datum", "Schlußkurs"),
    (PreviewRow(2, ("02.01.2018", "1.234,5"), DAY, (1234.5, 1234.5, 1234.5, 1234.5, None)),),
    (PreviewRow(1_251, ("30.12.2022", "99"), DAY, (99.0, 99.0, 99.0, 99.0, None)),),
)
REPORT = Report(FOUND, n_series=1, header=("Datum", "Schlußkurs", "Notiz"), preview=PREVIEW)


def parts(node):
    """Every component in a component."""
    found = [node]
    children = getattr(node, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if hasattr(child, "to_plotly_json"):
            found += parts(child)
    return found


def controls(node):
    """Controls by what they set."""
    ids = {part.id["what"]: part for part in parts(node) if isinstance(getattr(part, "id", None), dict) and "what" in part.id}
    assert ids
    return ids


def test_columns_dates_oddities_and_the_first_and_last_row_are_told():
    told = text_of(understood.body(REPORT))
    for part in (
        "Rows read 1,250, 10 left out",
        "Bars 1,240",
        "Dates 2 Jan 2018 – 30 Dec 2022",
        "Time Datum",
        "Close Schlußkurs",
        "cp1252, semicolon-separated",
        "1 thing to know about the file 2 row(s) have the same time as another. Lines 17, 1,042.",
        "The raw close is used.",
        "2 02.01.2018 1.234,5 2 Jan 2018 1,234.5 1,234.5 1,234.5 1,234.5 –",
        "⋮",
        "1,251 30.12.2022 99",
    ):
        assert part in told
    assert "first line 17" not in told  # the lines stand beside it already


def test_a_narrow_screen_has_what_stands_in_the_file_and_what_was_read_line_by_line():
    upright = next(part for part in parts(understood.body(REPORT)) if "upright" in (getattr(part, "className", None) or ""))
    told = text_of(upright)
    assert "Line 2 In the file As read Time 02.01.2018 2 Jan 2018 Open 1,234.5" in told  # no column for the open
    assert "Close 1.234,5 1,234.5 Volume –" in told
    assert "Line 1,251 In the file As read Time 30.12.2022" in told
    assert "Close 99 99" in told


def test_a_time_of_two_columns_stands_whole_beside_what_was_read():
    found = Inspection("x", columns={"timestamp": "D", "clock": "T", "close": "C"}, interval="1 hour")
    row = PreviewRow(2, ("2018-01-02", "09:30", "5"), DAY, (5.0, 5.0, 5.0, 5.0, None))
    told = text_of(understood.body(Report(found, n_series=1, preview=Preview(("D", "T", "C"), (row,)))))
    assert "Time 2018-01-02 09:30 2 Jan 2018" in told


def test_five_lines_may_be_more():
    many = Inspection("x", warnings=(Warned("duplicates", "9 rows.", (1, 2, 3, 4, 5)),), problems=("9 rows, first line 1.",))
    assert "Lines 1, 2, 3, 4, 5 and more." in text_of(understood.body(Report(many)))


def test_every_guess_has_a_control_that_shows_it():
    found = controls(understood.body(REPORT))
    assert set(found) == {"timestamp", "open", "high", "low", "close", "volume", "symbol", "order", "decimal", "zone"}
    assert [option["value"] for option in found["close"].options] == [understood.AS_FOUND, "Datum", "Schlußkurs", "Notiz"]
    assert found["close"].options[0]["label"] == "as found: Schlußkurs"
    assert {control.value for name, control in found.items() if name != "zone"} == {understood.AS_FOUND}
    chosen = Report(FOUND, Overrides({"close": "Notiz"}, "day/month/year", "Asia/Tokyo", ","), 1, REPORT.header, PREVIEW)
    values = {name: control.value for name, control in controls(understood.body(chosen)).items()}
    assert (values["close"], values["order"], values["zone"], values["decimal"]) == (
        "Notiz",
        "day/month/year",
        "Asia/Tokyo",
        ",",
    )


def test_controls_become_overrides():
    settings = {"close": "Notiz", "open": understood.AS_FOUND, "order": "day/month/year", "decimal": None, "zone": " "}
    base = Overrides({"open": "Datum", "clock": "Zeit"})
    assert understood.overrides_of(settings, base) == Overrides({"clock": "Zeit", "close": "Notiz"}, "day/month/year")
    given = Overrides({"close": "Notiz"}, "day/month/year", "Asia/Tokyo", ",")
    assert understood.overrides_of(understood.settings_of(given), given) == given


def test_both_readings_of_dates_are_offered_with_what_each_would_mean():
    asked = Inspection("mine.csv", "ambiguous", "mine.csv: 01/02/2021 may be two days.")
    choices = (
        Choice("order", "day/month/year", "2021-02-01", "2021-12-05"),
        Choice("order", "month/day/year", "2021-01-02", "2021-05-12"),
    )
    node = understood.question(Report(asked, choices=choices))
    told = text_of(node)
    assert "Which date is meant? mine.csv: 01/02/2021 may be two days." in told
    assert "Day first: 31/12/2018 from 1 Feb 2021 to 5 Dec 2021" in told
    assert "Month first: 12/31/2018 from 2 Jan 2021 to 12 May 2021" in told
    ids = [part.id for part in parts(node) if isinstance(getattr(part, "id", None), dict) and "field" in part.id]
    assert [(one["field"], one["value"]) for one in ids] == [("order", "day/month/year"), ("order", "month/day/year")]


def test_both_marks_are_offered_with_the_prices_of_each():
    asked = Inspection("mine.csv", "ambiguous", "It may be either.")
    choices = (Choice("decimal", ".", "100.1", "104.159"), Choice("decimal", ",", "", ""))
    told = text_of(understood.question(Report(asked, choices=choices)))
    assert "Decimals after a point: 1,234.56 first close 100.1, last 104.159" in told
    assert "Decimals after a comma: 1.234,56 what it would mean is not known yet" in told


def test_a_refusal_says_what_to_change_and_offers_the_columns_where_there_are_any():
    refused = Inspection("mine.csv", "rejected", "mine.csv has no column of closes: name one.")
    told = text_of(understood.question(Report(refused)))
    assert "cannot be read as it is mine.csv has no column of closes: name one." in told
    assert "Read it so" not in told
    with_columns = understood.question(
        Report(refused, header=("a", "b"), preview=Preview(("a", "b"), (PreviewRow(2, ("1", "2")),)))
    )
    assert "Read it so" in text_of(with_columns)
    assert "2 1 2" in text_of(with_columns)
    assert "As read" not in text_of(with_columns)


def test_columns_that_nothing_tells_apart_are_asked_about_with_the_form_open():
    asked = Inspection("mine.csv", "ambiguous", "Open and close cannot be told apart: name them.")
    node = understood.question(Report(asked, header=("column 1", "column 2")))
    assert "Which column is which? Open and close cannot be told apart" in text_of(node)
    assert [part.open for part in parts(node) if hasattr(part, "open")] == [True]


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (9, 9), (500, 9)])
def test_the_table_of_symbols_scrolls_beyond_nine(n, rows):
    assert symbols.height(n)["height"] == f"{36 * (rows + 1) + 4}px"


def test_symbols_are_told_with_numbers_that_sort():
    summary = Summary(
        symbol=["AAA", "BBB"],
        bars=np.array([1_250, 30]),
        first=np.array([DAY, DAY]),
        last=np.array([DAY, DAY + 86_400_000_000_000]),
        step=np.array([1, 1]),
        close=np.array([12.5, 3.0]),
        code=np.array([0, 5], dtype=np.int8),
        confidence=np.array([0.8, 0.0]),
        age=np.array([17, 0]),
        censored=np.array([False, False]),
    )
    known, unknown = symbols.rows(summary)
    assert (known["id"], known["symbol"], known["regime"], known["sign"]) == ("0", "AAA", "Trending bullish", "▲")
    assert (known["confidence"], known["age"], known["bars"], known["close"]) == (0.8, 17, 1_250, 12.5)
    assert (unknown["regime"], unknown["confidence"], unknown["age"]) == ("Unknown", None, None)
    assert (unknown["first"], unknown["last"]) == ("2018-01-02", "2018-01-03")
    assert all(column.get("sortable", True) for column in symbols.grid("x").columnDefs)
    assert symbols.grid("x").defaultColDef["sortable"]
