"""Callbacks of the Label page: from a file that came in to labels, and every kind of bad file to a message."""

import importlib
import pickle
from types import SimpleNamespace

import flask
import numpy as np
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

import runtime
from markets import text_of
from regime_core.errors import RegimeError
from regime_core.readers import Overrides
from regime_core.studies import overrides_json, overrides_of_json
from results import of_labels
from visitors import received

HEADER = "date,open,high,low,close,volume\n"
NOTHING = [None] * 4


def rows(n, date=lambda i: np.datetime64("2020-01-01") + i, symbol="", **changes):
    lines = []
    for i in range(n):
        price = 100 + 5 * np.sin(i / 9)
        line = f"{date(i)},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price:.2f},1000"
        lines.append(changes.get(f"row{i}", line + symbol))
    return (HEADER + "\n".join(lines) + "\n").encode()


def two_symbols(short=60):
    text = rows(short, symbol=",AAA") + rows(70, symbol=",BBB")[len(HEADER) :]
    return text.replace(HEADER.encode(), HEADER.replace("\n", ",name\n").encode())


def ambiguous_date(i):
    """Row i of 60 that are in no order of time under either reading."""
    day = 17 * i % 60
    return f"{1 + day // 12:02}/{1 + day % 12:02}/2021"


@pytest.fixture
def page(app):
    return importlib.import_module("pages.label")


@pytest.fixture
def way(page, app, monkeypatch):
    """A visitor who is known, and the callbacks as if triggered by one thing or another."""
    context = SimpleNamespace(triggered=[], triggered_prop_ids={})
    monkeypatch.setattr(page.studies.dash, "ctx", context)
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "labeller"
        yield Way(page, context)


class Way:
    """The page's callbacks in the order that a browser calls them in."""

    def __init__(self, page, context):
        self.page, self.context = page, context
        self.studies, self.understood = page.studies, page.studies.understood

    def trigger(self, *identifiers, value=1):
        """Let the next callback be triggered by the last of these, while the others only appeared on the page."""
        names = [f"{identifier}.data" for identifier in identifiers]
        self.context.triggered_prop_ids = dict(zip(names, identifiers, strict=True))
        self.context.triggered = [{"prop_id": name, "value": value if name == names[-1] else None} for name in names]

    def drop(self, data, name="prices.csv", model="boosted"):
        """What ``read`` answers to a file that came in: task, job, message, file."""
        upload_id = received(runtime.library().uploads, "labeller", name, data)
        return self.studies.read({"id": upload_id, "name": name}, model)

    def button(self, kind, form=None):
        return self.understood.button_id(getattr(self.understood, kind), form or self.understood.SHOWN)

    def ask(self, triggered, task=None, dataset=None, settings=None, others=()):
        """others : ids and values of further controls, as of a form that left the page or of the other form."""
        self.trigger(triggered)
        form = triggered.get("form", self.understood.ASKED)
        controls = [(self.understood.setting_id(name, form), value) for name, value in (settings or {}).items()]
        ids, values = zip(*[*others, *controls], strict=True) if others or controls else ((), ())
        return self.studies.read_otherwise([], [1], [1], list(values), list(ids), task, dataset, "boosted")

    def follow(self, task, ended=None):
        """What ``follow`` answers: options, dataset, refreshed, task, file, question, message."""
        self.trigger(self.studies.TASK if ended is None else self.studies.progress.ended_id(self.studies.JOB))
        return self.studies.follow(task, None, ended, 0)

    def settle(self, dataset, model="boosted", knew="then", task=None, ended=None, shown=None, drawn=None):
        """What ``settle`` answers: shown, drawn, job, problem, result hidden, again hidden."""
        self.trigger("dataset" if ended is None else self.studies.progress.ended_id(self.studies.JOB))
        return self.page.labelling.settle(dataset, model, knew, task, None, ended, 0, None, shown, drawn)

    def read(self, data, **options):
        """Dataset id of a file that can be read."""
        task, job, message, _ = self.drop(data, **options)
        assert (job, message) == (None, None)
        return self.follow(task)[1]


def test_a_file_becomes_a_dataset_with_labels_and_downloads(page, way):
    task, job, message, _ = way.drop(rows(120))
    assert (job, message) == (None, None)  # it is small: all was done at once
    options, dataset, refreshed, task, file, question, message = way.follow(task)
    assert {"label": "prices", "value": dataset} in options
    assert (refreshed, task, file, question, message) == (1, None, None, None, None)
    shown, drawn, job, problem, hidden, again_hidden = way.settle(dataset)
    assert (shown["labels"], shown["files"], shown["complete"]) == (True, ["csv", "parquet"], True)
    assert (job, problem, hidden, again_hidden) == (no_update, None, False, True)
    understood, card_hidden, symbols, *_, symbols_hidden, _, _ = page.file_cards.show_file(shown, None)
    assert "Rows read 120 Bars 120 Dates 1 Jan 2020 – 29 Apr 2020 Interval 1 day" in text_of(understood)
    assert (card_hidden, symbols, symbols_hidden) == (False, [], True)
    where, classes, summary, title, *hidden, text, csv, _parquet, no_csv, no_parquet = page.label_cards.show_summary(shown)
    columns, heading, of = page.label_cards.show_table(shown, [])
    assert page.label_cards.show_table(shown, columns)[0] is no_update
    assert text_of(where) == "prices 120 bars, 1 Jan 2020 – 29 Apr 2020 (upload)"  # an old file is history, not stale
    assert "on the newest bar, 29 Apr 2020, by boosted" in text_of(summary)
    assert "Hindsight changes the label of" in text_of(page.label_cards.show_repaint(shown))
    assert (title, hidden, text, no_csv, no_parquet) == ("prices", [False, False], "Download CSV", False, False)
    assert heading == "prices: every bar, newest first"
    assert classes == "stack"
    assert csv.startswith(f"/labelled/{dataset}.csv?model=boosted")
    given = page.label_cards.give_rows({"startRow": 0, "endRow": 50}, of)
    assert given["rowCount"] == 120
    assert len(given["rowData"]) == 50
    figure, heading, _, told, _ = page.label_cards.show_price(drawn, "1y", "line", "light")
    assert heading.startswith("prices: price and regime")
    assert "knowing nothing of later ones" in told
    assert len(figure.data[-1].x) == 120


def test_nothing_is_drawn_anew_that_is_drawn_already(page, way):
    dataset = way.read(rows(80))
    shown, drawn, *_ = way.settle(dataset)
    assert way.settle(dataset, shown=shown, drawn=drawn)[:2] == (no_update, no_update)
    later = way.settle(dataset, knew="hindsight", shown=shown, drawn=drawn)
    assert later[0] is no_update
    assert later[1] == {**drawn, "hindsight": True}


def test_the_switch_shows_labels_with_hindsight(page, way):
    dataset = way.read(rows(300))
    _, drawn, *_ = way.settle(dataset, knew="hindsight")
    figure, *_, sentence, classes = page.label_cards.show_price(drawn, "all", "line", "light")
    line = next(trace for trace in figure.data if trace.name == "Close")
    told = [text for text, *_ in line.customdata]
    assert told[-1].endswith("with hindsight")
    code = runtime.results().hindsight(page.shell.dataset(dataset))[-1]
    assert page.label_cards.timeline.LOOKS[code].word in told[-1]
    known = runtime.results().labels(page.shell.dataset(dataset)).codes
    later = runtime.results().hindsight(page.shell.dataset(dataset))
    counted = int(((known != later) & (known != 5) & (later != 5)).sum())
    assert sentence.replace("\u00a0", " ").startswith(f"Of the 300 bars in sight, hindsight changes {counted} ")
    assert "without-confidence" in classes  # the ribbon's opacity says nothing then
    assert f"({counted} of" in text_of(page.label_cards.show_repaint(way.settle(dataset)[0]))


def test_dates_that_may_be_read_in_two_ways_are_asked_about_and_the_choice_is_read(page, way):
    task, *_ = way.drop(rows(60, date=ambiguous_date))
    *_, question, message = way.follow(task)
    assert "Which date is meant?" in text_of(question)
    assert "from 1 Jan 2021 to 5 Dec 2021" in text_of(question)
    assert message is None
    assert [info for info in runtime.library().infos("labeller") if info.id == task["id"]] == []
    chosen, _, message, _ = way.ask({"type": "label-choice", "field": "order", "value": "month/day/year"}, task)
    assert message is None
    assert chosen == {"id": task["id"], "overrides": overrides_json(Overrides(order="month/day/year"))}
    _, dataset, *_ = way.follow(chosen)
    assert "1 Jan 2021 – 12 May 2021" in text_of(page.file_cards.show_file(way.settle(dataset)[0], None)[0])


def test_every_guess_can_be_changed_and_taken_back(page, way):
    first, *lines = rows(80).decode().splitlines()
    fair = [f"{line},{float(line.split(',')[4]) + 0.5:.2f}" for line in lines]
    dataset = way.read("\n".join([f"{first},fair", *fair]).encode())
    before = page.shell.dataset(dataset).bars.close
    settings = {"close": "fair", "open": page.studies.understood.AS_FOUND, "zone": None}
    task, *_ = way.ask(way.button("READ_AGAIN"), dataset=dataset, settings=settings)
    again = way.follow(task)
    assert again[1] == dataset  # the same file, read otherwise
    np.testing.assert_allclose(page.shell.dataset(dataset).bars.close, before + 0.5)
    shown, *_ = way.settle(dataset)
    assert "Close fair" in text_of(page.file_cards.show_file(shown, None)[0])
    assert shown["complete"]  # its labels have followed
    task, *_ = way.ask(way.button("READ_AS_FOUND"), dataset=dataset)
    way.follow(task)
    np.testing.assert_array_equal(page.shell.dataset(dataset).bars.close, before)


def test_a_form_that_left_the_page_and_the_other_form_have_no_say(page, way):
    """After a question was answered its controls come without ids; two forms beside each other are told apart."""
    dataset = way.read(rows(80))
    gone = [(None, None), (None, "volume")]
    asked = [(page.studies.understood.setting_id("close", page.studies.understood.ASKED), "open")]
    button = way.button("READ_AGAIN")
    task, _, message, _ = way.ask(button, dataset=dataset, settings={"close": "high"}, others=[*gone, *asked])
    assert message is None
    assert overrides_of_json(task["overrides"]).columns == {"close": "high"}
    task, *_ = way.ask(way.button("READ_AGAIN", page.studies.understood.ASKED), task, dataset, {"close": "low"})
    assert overrides_of_json(task["overrides"]).columns == {"close": "low"}


def test_a_file_that_cannot_be_read_another_way_stays_as_it_was(page, way):
    dataset = way.read(rows(80))
    task, *_ = way.ask(way.button("READ_AGAIN"), dataset=dataset, settings={"close": "date"})
    *_, question, _ = way.follow(task)
    assert "cannot be read as it is" in text_of(question)
    assert way.settle(dataset, task=task)[4] is False
    assert way.studies.put_aside(1, task) == (None, None, None)
    assert page.shell.dataset(dataset).bars.n_bars == 80


def test_the_work_on_a_file_of_many_symbols_shows_each(page, way):
    dataset = way.read(two_symbols(), name="two.csv")
    assert dataset.endswith(".0")
    shown, *_ = way.settle(dataset)
    _, _, symbols, _, picked, hidden, title, of = page.file_cards.show_file(shown, None)
    assert [(row["symbol"], row["bars"]) for row in symbols] == [("AAA", 60), ("BBB", 70)]
    assert (picked, hidden) == ({"ids": ["0"]}, False)
    assert "two: 2 symbols" in title
    assert page.label_cards.show_summary(shown)[6] == "Download all 2 as CSV"
    options, other = page.file_cards.pick_symbol(symbols[1]["id"], dataset)
    assert other == dataset.replace(".0", ".1")
    assert {"label": "two · BBB", "value": other} in options
    shown, *_ = way.settle(other)
    assert page.file_cards.show_file(shown, of)[2] is no_update  # the table stays as it was sorted
    assert page.file_cards.show_file(shown, of)[4] == {"ids": ["1"]}
    assert page.label_cards.show_summary(shown)[3] == "two · BBB"
    with pytest.raises(PreventUpdate):
        page.file_cards.pick_symbol(symbols[1]["id"], other)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (pickle.dumps({"a": list(range(500))}), "is a Python pickle"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG picture"),
        (b"\xff\xfe" + "date,open".encode("utf-16-le"), "has a header but no rows"),
    ],
)
def test_what_holds_no_table_gets_a_message_and_nothing_is_kept(page, way, data, told):
    before = runtime.library().infos("labeller")
    task, *_ = way.drop(data)
    *_, cleared, _, question, message = way.follow(task)
    assert told in text_of(message)
    assert "could not be labelled" in text_of(message)
    assert (cleared, question) == (None, None)
    assert runtime.library().infos("labeller") == before
    with pytest.raises(RegimeError):
        runtime.library().uploads.get(task["id"], "labeller")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (rows(80, row40="2020-02-10,100,101,99,oops,5"), 'line 42, column "close"'),
        (rows(80, row40="yesterday,100,101,99,100,5"), "line 42"),
    ],
)
def test_a_table_that_cannot_be_read_says_why_and_offers_its_columns(page, way, data, told):
    task, *_ = way.drop(data)
    *_, question, _message = way.follow(task)
    assert told in text_of(question)
    assert "Change how it is read" in text_of(question)
    assert "Traceback" not in text_of(question)
    way.studies.put_aside(1, task)
    with pytest.raises(RegimeError):
        runtime.library().uploads.get(task["id"], "labeller")


def test_a_form_that_appears_asks_for_nothing(page, way):
    dataset = way.read(rows(80))
    way.trigger(way.button("READ_AGAIN"), way.button("READ_AS_FOUND"), value=None)
    with pytest.raises(PreventUpdate):
        way.studies.read_otherwise([], [None], [None], [], [], None, dataset, "boosted")


def test_a_file_that_did_not_come_in_says_why(page, way):
    told = text_of(way.studies.refused({"name": "big.csv", "message": "It has 120 MB; the limit is 100 MB."}))
    assert "big.csv could not be labelled It has 120 MB; the limit is 100 MB." in told


def test_49_bars_are_shown_as_prices_and_nothing_is_said_of_labels(page, way):
    dataset = way.read(rows(49))
    shown, drawn, *_ = way.settle(dataset)
    assert "49 bars are too few to label: 50 are needed." in text_of(page.file_cards.show_file(shown, None)[0])
    _, classes, summary, _, charted_hidden, *_, no_csv, no_parquet = page.label_cards.show_summary(shown)
    columns, *_ = page.label_cards.show_table(shown, [])
    assert text_of(summary).startswith("49 bars are too few to label: 50 are needed The prices are shown as they were read.")
    assert (charted_hidden, no_csv, no_parquet) == (False, True, True)
    assert classes.split() == ["stack", "without-labels", "without-any-labels"]
    assert [column["headerName"] for column in columns] == ["Time", "Open", "High", "Low", "Close"]
    figure, heading, description, *_ = page.label_cards.show_price(drawn, "all", "line", "light")
    assert [trace.name for trace in figure.data] == ["Close"]
    assert "egime" not in heading + description + str(figure.data)


def test_symbols_beside_one_that_is_too_short_keep_their_models_and_files(page, way):
    dataset = way.read(two_symbols(short=20), name="two.csv")
    shown, *_ = way.settle(dataset)
    _, classes, summary, *_, no_csv, no_parquet = page.label_cards.show_summary(shown)
    assert text_of(summary).startswith("20 bars are too few to label")
    assert (classes, no_csv, no_parquet) == ("stack without-labels", False, False)
    other, *_ = way.settle(dataset.replace(".0", ".1"))
    assert page.label_cards.show_summary(other)[1] == "stack"


def test_files_of_one_name_are_told_apart_in_the_picker(page, way):
    first = way.read(rows(60), name="btc.csv")
    listed = {option["value"]: option["label"] for option in page.shell.dataset_options()}
    assert listed[first] == "btc"
    second = way.read(rows(90), name="btc.csv")
    listed = {option["value"]: option["label"].replace("\u00a0", " ") for option in page.shell.dataset_options()}
    assert listed[first].startswith("btc · 60 bars, 1 Jan 2020 – 29 Feb 2020 · came ")
    assert listed[second].startswith("btc · 90 bars, 1 Jan 2020 – 30 Mar 2020 · came ")


def test_a_large_file_is_read_and_labelled_by_a_job(page, way, monkeypatch):
    monkeypatch.setattr(of_labels, "INLINE_BYTES", 1_000)
    started = []
    monkeypatch.setattr(runtime.current().jobs, "start", lambda arguments: started.append(arguments) or "j" * 32)
    task, job, *_ = way.drop(rows(90), name="-x.csv")
    assert (job["id"], job["cancel_after"]) == ("j" * 32, 0)
    assert started[0][0] == "study"
    assert "--name=-x.csv" in started[0]
    with pytest.raises(PreventUpdate):
        way.follow(task)  # nothing is known yet
    cleared = way.follow(task, {"id": "j", "state": "cancelled", "message": "Cancelled."})
    assert cleared[3:6] == (None, None, None)
    with pytest.raises(RegimeError):
        runtime.library().uploads.get(task["id"], "labeller")


def test_symbols_are_listed_once_a_job_has_labelled_all_of_them(page, way, monkeypatch):
    """A short symbol is labelled and charted at once, while the job is still at the others."""
    dataset = way.read(two_symbols(), name="two.csv")
    monkeypatch.setattr(of_labels, "INLINE_BYTES", 1_000)
    monkeypatch.setattr(runtime.current().jobs, "start", lambda arguments: "j" * 32)
    shown, *_ = way.settle(dataset, model="rules")
    assert (shown["labels"], shown["files"]) == (True, [])
    *_, hidden, _, of = page.file_cards.show_file(shown, None)
    assert hidden
    monkeypatch.setattr(of_labels, "INLINE_BYTES", 1_000_000)
    later, *_ = way.settle(dataset, model="rules", shown=shown)
    _, _, symbols, *_, hidden, _, _ = page.file_cards.show_file(later, of)
    assert ([row["symbol"] for row in symbols], hidden) == (["AAA", "BBB"], False)


def test_work_that_failed_is_not_started_again_by_itself(page, way, monkeypatch):
    dataset = way.read(rows(90))
    started = []
    monkeypatch.setattr(of_labels, "INLINE_BYTES", 1_000)
    monkeypatch.setattr(runtime.current().jobs, "start", lambda arguments: started.append(arguments) or "j" * 32)
    *_, job, _, _, again_hidden = way.settle(dataset, model="rules")
    assert (job["id"], again_hidden, len(started)) == ("j" * 32, True, 1)
    *_, job, _, _, again_hidden = way.settle(dataset, model="rules", ended={"id": "j", "state": "failed", "message": "x"})
    assert (job, again_hidden, len(started)) == (no_update, False, 1)


def test_a_model_that_cannot_answer_says_so_and_another_can_be_picked(page, way):
    dataset = way.read(rows(80, row40="2020-02-10,-1,2,-3,-1,5"))
    _, _, _, problem, hidden, _ = way.settle(dataset, model="rules")
    assert "pick another model" in text_of(problem)
    assert hidden is False
    assert way.settle(dataset)[3] is None


def test_another_visitors_dataset_is_not_here(page, app, way):
    dataset = way.read(rows(60))
    shown, drawn, *_ = way.settle(dataset)
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "stranger"
        _, _, _, problem, hidden, _ = way.settle(dataset)
        assert "belongs to another visitor" in text_of(problem)
        assert hidden
        assert page.file_cards.show_file(shown, None)[0] is None
        with pytest.raises(PreventUpdate):
            page.label_cards.show_price(drawn, "1y", "line", "light")
        with pytest.raises(PreventUpdate):
            page.label_cards.give_rows({"startRow": 0, "endRow": 9}, {"dataset": dataset, "model": "boosted"})
        with pytest.raises(PreventUpdate):
            page.file_cards.pick_symbol("0", dataset)
        _, _, message, _ = way.ask(way.button("READ_AS_FOUND"), dataset=dataset)
        assert "belongs to another visitor" in text_of(message)
