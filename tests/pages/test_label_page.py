"""Callbacks of the Label page: from a dropped file to labels, and every kind of bad file to a message."""

import base64
import importlib
import pickle
from types import SimpleNamespace

import flask
import numpy as np
import pandas as pd
import pytest

import results
import runtime
from markets import text_of

HEADER = "date,open,high,low,close,volume\n"


def rows(n, **changes):
    lines = []
    for i in range(n):
        day = np.datetime64("2020-01-01") + i
        price = 100 + 5 * np.sin(i / 9)
        lines.append(changes.get(f"row{i}", f"{day},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price:.2f},1000"))
    return (HEADER + "\n".join(lines) + "\n").encode()


def sent(data, name="prices.csv"):
    return {"name": name, "contents": "data:text/csv;base64," + base64.b64encode(data).decode()}


@pytest.fixture
def page(app):
    return importlib.import_module("pages.label")


@pytest.fixture
def visit(app, monkeypatch, page):
    """A request of a visitor who is known, triggered by a dropped file."""
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=page.FILE))
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "labeller"
        yield


def test_a_file_becomes_a_dataset_with_labels_and_a_download(page, visit):
    message, options, dataset, *_ = page.take_file(sent(rows(120)), None)
    assert "120 rows read" in text_of(message)
    assert {"label": "prices", "value": dataset} in options
    where, summary, title, problem, hidden, charted_hidden, no_download, grid, job = page.show_summary(dataset, "boosted", None)
    assert text_of(where).startswith("prices as of 29 Apr 2020 (upload) Stale: the newest bar is")
    assert "Rows read 120 Bars 120 Range 1 Jan 2020 – 29 Apr 2020 Interval daily" in text_of(summary)
    assert (title, problem, hidden, charted_hidden, no_download, job) == ("prices", None, False, False, False, None)
    request = {"startRow": 0, "endRow": 50}
    given = page.give_rows(request, {"type": page.GRID, "dataset": dataset, "model": "boosted"})
    assert given["rowCount"] == 120
    assert len(given["rowData"]) == 50
    file = page.download(1, dataset, "boosted")
    assert file["filename"] == "prices_labels.csv"
    csv = base64.b64decode(file["content"]).decode() if file["base64"] else file["content"]
    table = pd.read_csv(pd.io.common.StringIO(csv))
    labels = runtime.engine().label(runtime.library().get(dataset, "labeller").bars, model="boosted")
    assert table["regime"].tolist() == labels.names
    assert grid is not None


def test_a_range_that_cannot_be_is_widened_and_said(page, visit):
    data = rows(80, row40="2020-02-10,100,99,101,100,5")
    _, _, dataset, *_ = page.take_file(sent(data), None)
    _, summary, *_ = page.show_summary(dataset, "boosted", None)
    assert "1 row(s) have a price outside [low, high]: the range was widened, first line 42." in text_of(summary)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "prices.csv"),
        (rows(80, row40="2020-02-10,100,101,99,oops,5"), 'line 42, column "close"'),
        (rows(80, row40="2020-02-10,100,-101,99,100,5"), "line 42"),
        (rows(80, row40="yesterday,100,101,99,100,5"), "line 42"),
        (pickle.dumps({"a": list(range(500))}), "is a Python pickle"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG picture"),
        (b"a,b,c\n1,2,3\n", "prices.csv"),
        (b"\xff\xfe" + "date,open".encode("utf-16-le"), "has a header but no rows"),
    ],
)
def test_a_bad_file_gets_a_message_and_nothing_is_kept(page, visit, data, told):
    before = runtime.library().infos("labeller")
    message, options, dataset, *_ = page.take_file(sent(data), None)
    assert told in text_of(message)
    assert "could not be labelled" in text_of(message)
    assert "Traceback" not in text_of(message)
    assert options is dataset is page.no_update
    assert runtime.library().infos("labeller") == before


def test_a_file_over_the_limit(page, visit, monkeypatch):
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=page.TOO_LARGE))
    message, *_ = page.take_file(None, {"name": "big.csv", "megabytes": 99.0})
    assert "99.0 MB; the limit is 32 MB" in text_of(message)


def test_49_bars_are_unknown_and_say_what_is_needed(page, visit):
    _, _, dataset, *_ = page.take_file(sent(rows(49)), None)
    _, summary, *_ = page.show_summary(dataset, "boosted", None)
    assert "Unknown: 49 bars, need 50" in text_of(summary)
    given = page.give_rows({"startRow": 0, "endRow": 200}, {"dataset": dataset, "model": "boosted"})
    assert {row["regime"] for row in given["rowData"]} == {"Unknown"}


def test_a_long_series_is_labelled_by_a_job(page, visit, monkeypatch):
    _, _, dataset, *_ = page.take_file(sent(rows(90)), None)
    monkeypatch.setattr(results, "INLINE_BARS", 80)
    started = []
    monkeypatch.setattr(runtime.results(), "start_labelling", lambda *given: started.append(given) or "j" * 32)
    _, summary, *_, charted_hidden, no_download, grid, job = page.show_summary(dataset, "boosted", None)
    assert "Bars 90" in text_of(summary)
    assert "Newest bar" not in text_of(summary)
    assert (charted_hidden, no_download, grid, job["id"]) == (True, True, None, "j" * 32)
    assert len(started) == 1
    # a job that failed is told, not started again for ever
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=page.progress.ended_id(page.LABEL_JOB)))
    *_, job = page.show_summary(dataset, "boosted", {"id": "j", "state": "failed", "message": "x"})
    assert job is page.no_update
    assert len(started) == 1


def test_another_visitors_dataset_is_not_here(page, app, visit):
    _, _, dataset, *_ = page.take_file(sent(rows(60)), None)
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "stranger"
        where, _, _, problem, hidden, *_ = page.show_summary(dataset, "boosted", None)
        assert "belongs to another visitor" in text_of(problem)
        assert hidden
        assert where is None
        with pytest.raises(page.PreventUpdate):
            page.download(1, dataset, "boosted")
        with pytest.raises(page.PreventUpdate):
            page.give_rows({"startRow": 0, "endRow": 9}, {"dataset": dataset, "model": "boosted"})
