"""Links to uploads: who may see what by them, until when, and that nothing else comes of them."""

import os
import re
from urllib.parse import parse_qs, urlsplit

import pytest

import runtime
from api import shares as way_in
from regime_core import shares
from regime_core.readers import Overrides
from regime_core.shares import Shares
from visitors import received

DAY = 86_400
ROWS = "".join(f"2020-{1 + i // 28:02}-{1 + i % 28:02},{100 + i % 7},110,90,{101 + i % 5},1000\n" for i in range(120))
CSV = f"Date,Open,High,Low,Close,Volume\n{ROWS}".encode()


def visitor_of(client):
    with client.session_transaction() as session:
        return session["visitor"]


def remembered(client):
    with client.session_transaction() as session:
        return shares.grants_of(session.get(shares.REMEMBERED))


@pytest.fixture
def owner(client):
    client.get("/")
    return client


@pytest.fixture
def guest(app):
    stranger = app.server.test_client()
    stranger.get("/")
    return stranger


@pytest.fixture
def upload(owner):
    """A small file that was labelled by rules."""
    uploads = runtime.library().uploads
    kept = uploads.get(received(uploads, visitor_of(owner), "mine.csv", CSV), visitor_of(owner))
    runtime.results().start_study(kept, Overrides(), "rules")
    return uploads.show(kept, "as-found")


@pytest.fixture
def token(upload):
    return runtime.current().shares.link(upload, 1).token


@pytest.fixture
def later(monkeypatch):
    """Lets time pass for uploads and their links."""
    uploads = runtime.library().uploads
    now = uploads.clock

    def pass_(seconds):
        monkeypatch.setattr(uploads, "clock", lambda: now() + seconds)

    return pass_


def download(client, upload):
    with client.get(f"/labelled/{upload.id}.csv?model=rules") as reply:
        return reply.status_code, reply.get_data(as_text=True)


def test_a_link_shows_the_file_keeps_the_view_and_leaves_no_token_in_the_address(guest, upload, token):
    reply = guest.get(f"/label?dataset={upload.id}&model=rules&range=1y&k=3&share={token}")
    assert (reply.status_code, reply.headers["Cache-Control"]) == (302, "no-store")
    to = urlsplit(reply.headers["Location"])
    assert (to.scheme, to.netloc, to.path) == ("", "", "/label")
    assert parse_qs(to.query) == {"dataset": [upload.id], "model": ["rules"], "range": ["1y"], "k": ["3"]}
    status, text = download(guest, upload)
    assert status == 200
    assert text.splitlines()[0].startswith("Date,Open,High,Low,Close,Volume,regime,confidence")
    assert guest.get(to.path + "?" + to.query).status_code == 200


def test_who_has_no_link_sees_nothing(app, guest, owner, upload, token):
    owner.get(f"/label?share={token}")  # that the owner opens it shows it to nobody else
    assert remembered(owner) == ()
    assert download(guest, upload)[0] == 404
    assert download(app.server.test_client(), upload)[0] == 404
    guest.set_cookie("regime_desk", "eyJzaGFyZWQiOltdfQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert download(guest, upload)[0] == 404


def test_a_link_shows_one_file_and_no_other_of_its_owner(guest, owner, upload, token):
    uploads = runtime.library().uploads
    other = uploads.get(received(uploads, visitor_of(owner), "other.csv", CSV), visitor_of(owner))
    runtime.results().start_study(other, Overrides(), "rules")
    uploads.show(other, "as-found")
    guest.get(f"/label?dataset={other.id}&share={token}")
    assert download(guest, upload)[0] == 200
    assert download(guest, other)[0] == 404


def test_the_time_of_a_link_ends(guest, upload, token, later):
    guest.get(f"/label?share={token}")
    later(DAY - 2)
    assert download(guest, upload)[0] == 200
    later(DAY + 2)
    status, text = download(guest, upload)
    assert status == 410
    assert "Ask for a new link" in text
    reply = guest.get(f"/label?share={token}")
    assert reply.status_code == 410
    assert "This link has run out" in reply.get_data(as_text=True)


def test_a_link_never_outlives_the_file(upload):
    uploads = runtime.library().uploads
    link = runtime.current().shares.link(upload, 7)
    assert link.until == pytest.approx(upload.arrived + uploads.ttl_seconds, abs=2)
    old = uploads.clock() - 6.5 * DAY
    os.utime(upload.source, (old, old))
    assert runtime.current().shares.link(upload, 1).until == pytest.approx(uploads.clock() + DAY / 2, abs=2)
    os.utime(upload.source)
    assert runtime.current().shares.link(upload, 1).until == pytest.approx(uploads.clock() + DAY, abs=2)


def test_the_file_that_expired_is_not_shown(guest, upload, later):
    token = runtime.current().shares.link(upload, 7).token
    guest.get(f"/label?share={token}")
    later(runtime.library().uploads.ttl_seconds + 5)
    assert download(guest, upload)[0] == 410


def test_sharing_is_stopped_and_begun_anew(guest, upload, token):
    uploads = runtime.library().uploads
    guest.get(f"/label?share={token}")
    assert download(guest, upload)[0] == 200
    uploads.stop_sharing(upload)
    assert download(guest, upload)[0] == 410
    anew = runtime.current().shares.link(upload, 1).token
    assert download(guest, upload)[0] == 410  # by the old link
    reply = guest.get(f"/label?share={token}")
    assert (reply.status_code, "no longer shared" in reply.get_data(as_text=True)) == (410, True)
    guest.get(f"/label?share={anew}")
    assert download(guest, upload)[0] == 200


def test_a_file_that_was_removed_is_shared_no_more(guest, upload, token):
    guest.get(f"/label?share={token}")
    runtime.library().uploads.remove(upload)
    assert download(guest, upload)[0] == 410
    assert guest.get(f"/label?share={token}").status_code == 410


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t[:-4] + "AAAA", lambda t: "x" + t[1:], lambda t: "", lambda t: "é"]
)
def test_a_damaged_token_is_told_and_grants_nothing(guest, upload, token, change):
    reply = guest.get("/label", query_string={"share": change(token), "dataset": upload.id})
    assert reply.status_code == 400
    page = reply.get_data(as_text=True)
    assert "This link does not work" in page
    assert "ask for it again" in page
    assert "<script>" not in page  # the policy would not run it
    assert download(guest, upload)[0] == 404


def test_a_token_of_another_key_or_for_another_purpose_is_none(guest, upload, token):
    uploads = runtime.library().uploads
    forged = Shares(uploads, b"another key").link(upload, 1).token
    key = runtime.signing_key(runtime.current().settings.state_dir)
    cookie = way_in.shares.URLSafeSerializer(key, salt="cookie-session").dumps([upload.id, 2**40, uploads.share_key(upload)])
    for one in (forged, cookie):
        assert guest.get(f"/label?share={one}").status_code == 400
    assert download(guest, upload)[0] == 404


def test_a_token_says_nothing_of_its_owner(owner, upload, token):
    payload = way_in.shares.URLSafeSerializer(b"").loads_unsafe(token)[1]
    assert payload[0] == upload.id
    assert re.fullmatch(r"[\w-]{16}", payload[2])
    assert not any(part in str(payload) for part in (visitor_of(owner), upload.folder.parent.name))


@pytest.mark.parametrize("path", ["//evil.example/label", "/\\evil.example/label", "///evil.example"])
def test_a_link_leads_to_no_other_site(guest, token, path):
    reply = guest.get("/", query_string={"share": token}, environ_overrides={"PATH_INFO": path})
    where = reply.headers["Location"]
    assert reply.status_code in (302, 308)
    assert urlsplit(where).netloc in ("", "localhost")
    assert "//evil" not in where
    assert "\\" not in where  # a browser reads it as a slash


def test_other_routes_take_no_tokens(guest, upload, token):
    assert guest.get(f"/labelled/{upload.id}.csv?model=rules&share={token}").status_code == 404
    assert guest.get(f"/health?share={token}").status_code == 200
    assert remembered(guest) == ()


def test_the_way_leads_under_the_prefix(guest, upload, token):
    reply = guest.get(f"/label?share={token}", environ_overrides={"SCRIPT_NAME": "/regimes"})
    assert reply.headers["Location"] == f"/regimes/label?dataset={upload.id}"


def test_a_cookie_remembers_a_bounded_number_of_files(guest, owner):
    uploads = runtime.library().uploads
    ids = []
    for _ in range(shares.MOST_GRANTS + 2):
        kept = uploads.get(received(uploads, visitor_of(owner), "a.csv", CSV), visitor_of(owner))
        guest.get(f"/?share={runtime.current().shares.link(kept, 1).token}")
        ids.append(kept.id)
    assert [grant.upload_id for grant in remembered(guest)] == ids[2:]
    header = guest.get("/", headers={}).request.headers["Cookie"]
    assert len(header) < 2_000


def test_a_newcomer_who_opens_a_link_is_a_visitor_of_their_own(app, owner, upload, token):
    newcomer = app.server.test_client()
    newcomer.get(f"/label?share={token}")
    assert visitor_of(newcomer) != visitor_of(owner)
    assert download(newcomer, upload)[0] == 200
