"""Callbacks of sharing and of the watchlist: what an owner may do, and what a guest sees of it."""

import importlib
from types import SimpleNamespace

import flask
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

import runtime
from markets import text_of
from regime_core import shares
from regime_core.readers import Overrides
from visitors import received

HEADER = "date,open,high,low,close,name\n"


def lines(n, name, start=100):
    days = (f"2020-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(n))
    return "".join(f"{day},{start + i % 9},120,90,{start + 1 + i % 7},{name}\n" for i, day in enumerate(days))


ONE = (HEADER.replace(",name", "") + lines(90, "").replace(",\n", "\n")).encode()
TWO = (HEADER + lines(60, "AAA") + lines(70, "BBB", 102)).encode()


@pytest.fixture
def page(app):
    return importlib.import_module("pages.label")


class As:
    """A block in which the callbacks are those of one visitor."""

    def __init__(self, app, name, grants=()):
        self.context = app.server.test_request_context("/")
        self.name, self.grants = name, grants

    def __enter__(self):
        self.context.push()
        flask.session["visitor"] = self.name
        flask.session[shares.REMEMBERED] = shares.plain(self.grants)

    def __exit__(self, *_):
        self.context.pop()


@pytest.fixture
def upload(request):
    """A labelled file of the visitor ``owner``."""
    name, data = getattr(request, "param", ("mine.csv", ONE))
    uploads = runtime.library().uploads
    for old in uploads.all("owner"):
        uploads.remove(old)
    kept = uploads.get(received(uploads, "owner", name, data), "owner")
    runtime.results().start_study(kept, Overrides(), "boosted")
    symbol = "AAA" if data == TWO else ""
    return uploads.show(kept, "as-found", 0, symbol)


@pytest.fixture
def owner(app, page, upload):
    return As(app, "owner")


@pytest.fixture
def guest(app, page, upload):
    current = runtime.current()
    return As(app, "guest", [current.shares.grant(current.shares.link(upload, 1).token)])


def shown(dataset_id):
    return {"dataset": dataset_id, "model": "boosted", "summary": True}


def hidden(answer):
    """Whether the button, the panel and the button that stops sharing are hidden."""
    return list(answer[:3])


def test_an_owner_is_offered_to_share_and_told_how_long_the_link_works(page, owner, upload):
    with owner:
        assert hidden(page.sharing.show_sharing(shown(upload.id), None)) == [False, False, True]
        link, told, stop_hidden = page.sharing.make_link(1, "7", upload.id)
        assert (link["upload"], stop_hidden) == (upload.id, False)
        when = page.sharing.words.moment(link["until"] * 10**9, intraday=True)
        assert told == f"The link works until {when}, and not longer than the file is kept."
        again = page.sharing.show_sharing(shown(upload.id), link)
        assert hidden(again) == [False, False, False]
        assert again[3] is no_update  # the link stays as another model is picked
        link, told, stop_hidden = page.sharing.stop_sharing(1, upload.id)
        assert (link, stop_hidden) == (None, True)
        assert "Sharing has ended" in told
        assert not runtime.library().uploads.is_shared(upload)


def test_a_bundled_history_is_not_offered(page, owner):
    with owner:
        assert hidden(page.sharing.show_sharing(shown("sp500"), None)) == [True, True, True]
        with pytest.raises(PreventUpdate):
            page.sharing.make_link(None, "1", "sp500")
        link, told, _ = page.sharing.make_link(1, "1", "sp500")
        assert link is None
        assert "cannot be shared" in text_of(told)


def test_a_guest_sees_and_changes_nothing(page, guest, upload, monkeypatch):
    with guest:
        answer = page.sharing.show_sharing(shown(upload.id), None)
        assert hidden(answer) == [True, True, True]
        assert "Shared with you until" in text_of(answer[-1])
        assert page.sharing.make_link(1, "1", upload.id)[0] is None
        page.sharing.stop_sharing(1, upload.id)
        assert runtime.library().uploads.is_shared(upload)
        body, *_ = page.file_cards.show_file(shown(upload.id), None)
        assert "Rows read 90" in text_of(body)
        assert "Change how it is read" not in text_of(body)
        button = page.studies.understood.button_id(page.studies.understood.READ_AS_FOUND, "shown")
        context = SimpleNamespace(triggered=[{"prop_id": "x", "value": 1}], triggered_prop_ids={"x": button})
        monkeypatch.setattr(page.studies.dash, "ctx", context)
        *_, message, _ = page.studies.read_otherwise([], [], [1], [], [], None, upload.id, "boosted")
        assert "another visitor" in text_of(message)
        with pytest.raises(PreventUpdate):
            page.watchlist.ask_to_remove({"id": upload.id})
        with pytest.raises(PreventUpdate):
            page.watchlist.remove(1, upload.id, upload.id, 0)
    assert upload.folder.is_dir()


def test_a_guest_may_have_it_labelled_by_another_model(page, guest, upload, monkeypatch):
    monkeypatch.setattr(page.studies.dash, "ctx", SimpleNamespace(triggered=[], triggered_prop_ids={}))
    with guest:
        there, _, job, problem, *_ = page.labelling.settle(upload.id, "rules", "then", None, None, None, 0, None, None, None)
    assert (job, problem) == (no_update, None)
    assert (there["labels"], there["complete"]) == (True, True)


@pytest.mark.parametrize("upload", [("two.csv", TWO)], indirect=True)
def test_the_symbol_a_guest_picks_is_not_the_one_its_owner_sees(page, owner, guest, upload):
    with guest:
        options, picked = page.file_cards.pick_symbol("1", f"{upload.id}.0")
        assert picked == f"{upload.id}.1"
        assert {"label": "two · BBB (shared)", "value": picked} in options
    with owner:
        assert {"label": "two · AAA", "value": f"{upload.id}.0"} in page.shell.dataset_options()


@pytest.mark.parametrize("upload", [("two.csv", TWO)], indirect=True)
def test_the_watchlist_holds_every_symbol_and_opens_it(page, owner, upload):
    with owner:
        rows, _, picked, title, note, mark = page.watchlist.list_symbols(shown(f"{upload.id}.0"), "boosted", 0, None, None)
        assert {row["symbol"] for row in rows} == {"AAA", "BBB", "S&P 500", "VIX"}
        assert picked == {"ids": [f"{upload.id}.0"]}
        assert title.replace("\u00a0", " ").startswith("Watchlist: 4 symbols by boosted, ")
        assert "Enter" in note
        of = {row["symbol"]: row for row in rows}
        dataset = page.shell.dataset(f"{upload.id}.1")
        labels = runtime.results().labels(dataset)
        assert of["BBB"]["confidence"] == pytest.approx(float(labels.confidence[-1]))
        assert of["BBB"]["change"] == pytest.approx(dataset.bars.close[-1] / dataset.bars.close[-2] - 1)
        assert of["BBB"]["changed"] == (labels.codes[-1] != labels.codes[-2])
        same = page.watchlist.list_symbols(shown(f"{upload.id}.0"), "boosted", 1, None, mark)
        assert same[0] is no_update  # stays as it was sorted
        options, other = page.watchlist.open_symbol(of["BBB"]["id"])
        assert other == f"{upload.id}.1"
        assert {"label": "two · BBB", "value": other} in options
        assert page.watchlist.open_symbol("vix")[1] == "vix"


def test_the_watchlist_begins_no_work(page, owner, upload, monkeypatch):
    monkeypatch.setattr(runtime.Results, "start_study", None)
    monkeypatch.setattr(runtime.current().jobs, "start", None)
    with owner:
        rows, *_ = page.watchlist.list_symbols(None, "rules", 0, "sp500", None)
    assert rows[-1]["symbol"] == "mine"
    assert "Not labelled yet" in rows[-1]["since"]


def test_without_a_file_the_watchlist_says_how_symbols_join_it(page, app):
    with As(app, "newcomer"):
        rows, *_, note, _ = page.watchlist.list_symbols(None, "boosted", 0, "sp500", None)
    assert {row["id"] for row in rows} == {"sp500", "vix"}
    assert "drop one above" in note


def test_what_is_shared_is_on_the_guests_watchlist(page, guest, upload):
    with guest:
        rows, *_ = page.watchlist.list_symbols(shown(upload.id), "boosted", 0, None, None)
    assert [(row["file"], row["own"]) for row in rows if row["symbol"] == "mine"] == [("mine.csv (shared)", False)]


def test_a_file_is_removed_once_that_is_confirmed(page, owner, guest, upload):
    with owner:
        message, displayed, removing = page.watchlist.ask_to_remove({"id": upload.id})
        assert (displayed, removing) == (True, upload.id)
        assert "Remove mine.csv with all that was made of it?" in message
        assert "links to it" in message  # the guest's fixture shared it
        with pytest.raises(PreventUpdate):
            page.watchlist.remove(None, removing, upload.id, 3)
        assert upload.folder.is_dir()
        options, dataset, refreshed, _ = page.watchlist.remove(1, removing, upload.id, 3)
        assert (dataset, refreshed) == ("sp500", 4)
        assert upload.id not in [option["value"] for option in options]
    assert not upload.folder.exists()
    with guest:
        _, _, _, problem, *_ = page.labelling.settle(upload.id, "boosted", "then", None, None, None, 0, None, None, None)
        assert "No longer shared" in text_of(problem)
