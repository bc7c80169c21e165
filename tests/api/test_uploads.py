"""Files on their way in and out: streamed, bounded, kept for their visitor alone, and nothing left of what goes wrong."""

import errno
import io

import pytest

import runtime
from api import uploads as routes
from regime_core import uploads
from regime_core.readers import Overrides

FORM = "multipart/form-data; boundary=x"
MARK = {"X-Regime-Desk": "upload", "Sec-Fetch-Site": "same-origin"}
ROWS = "".join(f"2020-{1 + i // 28:02}-{1 + i % 28:02},{100 + i % 7},{110},{90},{101 + i % 5},{1000}\n" for i in range(120))
CSV = f"Date,Open,High,Low,Close,Note\n{ROWS.replace(',1000', ',=1+1')}".encode()


@pytest.fixture
def visitor(client):
    client.get("/")
    return client


def sent(client, data, name="mine.csv", headers=MARK, field="file"):
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
    return client.post("/uploads", data=head + data + b"\r\n--x--\r\n", content_type=FORM, headers=headers)


def folder_of(client):
    with client.session_transaction() as session:
        return runtime.library().uploads._owner(session["visitor"])


def kept(client):
    folder = folder_of(client)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def visitor_of(client):
    with client.session_transaction() as session:
        return session["visitor"]


def test_a_file_is_kept_as_it_came_for_its_visitor(visitor):
    reply = sent(visitor, CSV, "/home/me/mine.csv")
    assert reply.status_code == 201
    assert reply.get_json()["name"] == "mine.csv"
    upload = runtime.library().uploads.get(reply.get_json()["id"], visitor_of(visitor))
    assert upload.source.read_bytes() == CSV
    assert upload.folder.stat().st_mode & 0o777 == 0o700
    assert not upload.reading


def test_a_large_file_is_written_as_it_comes_and_never_whole_in_memory(visitor, monkeypatch):
    written = []
    opened = uploads.Path.open

    def watched(path, mode="r", *rest, **named):
        file = opened(path, mode, *rest, **named)
        if path.name == uploads.SOURCE and mode == "xb":
            write = file.write
            return Watched(file, lambda data: (written.append(len(data)), write(data))[1])
        return file

    monkeypatch.setattr(uploads.Path, "open", watched)
    assert sent(visitor, CSV * 500).status_code == 201
    assert sum(written) == len(CSV) * 500 > 1_000_000
    assert max(written) <= 128 * 1024


class Watched:
    """A file whose writes are seen."""

    def __init__(self, file, write):
        self._file, self.write = file, write

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Regime-Desk": "upload", "Sec-Fetch-Site": "cross-site"}, {"X-Regime-Desk": "1", "Sec-Fetch-Site": "same-site"}],
)
def test_another_sites_page_cannot_send(visitor, headers):
    reply = sent(visitor, CSV, headers=headers)
    assert (reply.status_code, reply.get_json()["code"]) == (403, "upload.cross_site")
    assert kept(visitor) == []


def test_who_has_no_cookie_or_a_forged_one_cannot_send(client):
    assert sent(client, CSV).get_json()["code"] == "upload.no_visitor"
    client.set_cookie("regime_desk", "eyJ2aXNpdG9yIjoibWUifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert sent(client, CSV).status_code == 403


def test_a_file_over_the_limit_leaves_nothing(visitor, monkeypatch):
    most = runtime.current().settings.max_upload_mb
    monkeypatch.setattr(routes.guard, "MB", 1_000)
    assert sent(visitor, b"1" * (most * 1_000)).status_code == 201
    before = kept(visitor)
    for size in (most * 1_000 + 1, most * 1_000 + routes.FORM_OVERHEAD + 1):
        reply = sent(visitor, b"1" * size)
        assert (reply.status_code, reply.get_json()["code"]) == (413, "upload.too_large")
        assert f"larger than {most} MB" in reply.get_json()["detail"]
    assert kept(visitor) == before


def test_what_breaks_off_leaves_nothing(visitor):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + CSV
    reply = visitor.post("/uploads", data=body, content_type=FORM, headers=MARK)
    assert (reply.status_code, reply.get_json()["code"]) == (400, "upload.interrupted")
    assert kept(visitor) == []


def test_a_form_without_the_file_or_with_more_than_it_leaves_nothing(visitor):
    assert sent(visitor, CSV, field="other").get_json()["code"] == "upload.no_file"
    two = {"file": [(io.BytesIO(CSV), "a.csv"), (io.BytesIO(CSV), "b.csv")]}
    assert visitor.post("/uploads", data=two, headers=MARK).status_code == 413
    assert visitor.post("/uploads", data=b"{}", content_type="application/json", headers=MARK).status_code == 400
    assert kept(visitor) == []


def test_a_full_disk_is_told_and_leaves_nothing(visitor, monkeypatch):
    opened = uploads.Path.open

    def full(_data):
        raise OSError(errno.ENOSPC, "No space left on device")

    def on_full_disk(path, mode="r", *rest, **named):
        file = opened(path, mode, *rest, **named)
        return Watched(file, full) if path.name == uploads.SOURCE else file

    monkeypatch.setattr(uploads.Path, "open", on_full_disk)
    reply = sent(visitor, CSV)
    assert (reply.status_code, reply.get_json()["code"]) == (507, "upload.disk_full")
    assert kept(visitor) == []


def test_only_so_many_files_come_in_at_once(visitor, monkeypatch):
    monkeypatch.setattr(routes.threading.BoundedSemaphore, "acquire", lambda *_, **__: False)
    reply = sent(visitor, CSV)
    assert (reply.status_code, reply.get_json()["code"]) == (503, "upload.busy")
    assert "Retry-After" in reply.headers


def test_other_routes_take_no_such_bodies(visitor):
    reply = visitor.post("/_dash-update-component", data=b"1" * 9_000_000, content_type="application/json")
    assert reply.status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_dash_answers_none_of_these_paths(visitor, method):
    assert getattr(visitor, method)("/uploads").status_code == 405
    assert visitor.get("/uploads/anything").status_code == 404


@pytest.fixture
def labelled(visitor):
    """Dataset id of a small file that was labelled by rules."""
    upload_id = sent(visitor, CSV).get_json()["id"]
    upload = runtime.library().uploads.get(upload_id, visitor_of(visitor))
    runtime.results().start_study(upload, Overrides(), "rules")
    runtime.library().uploads.show(upload, "as-found")
    return upload_id


def test_labels_keep_the_columns_of_the_source_and_run_nothing(visitor, labelled):
    with visitor.get(f"/labelled/{labelled}.csv?model=rules") as reply:
        assert reply.headers["Content-Disposition"] == "attachment; filename=mine_labels.csv"
        assert reply.mimetype == "text/csv"
        lines = reply.get_data(as_text=True).splitlines()
    assert lines[0].startswith("Date,Open,High,Low,Close,Note,regime,confidence")
    assert len(lines) == 121
    assert "'=1+1" in lines[1]
    with visitor.get(f"/labelled/{labelled}.parquet?model=rules") as reply:
        assert reply.get_data()[:4] == b"PAR1"


def test_labels_are_for_their_visitor_alone(app, labelled):
    stranger = app.server.test_client()
    stranger.get("/")
    assert stranger.get(f"/labelled/{labelled}.csv?model=rules").status_code == 404
    assert app.server.test_client().get(f"/labelled/{labelled}.csv?model=rules").status_code == 404


@pytest.mark.parametrize(
    "path", ["{}.csv?model=boosted", "{}.xlsx?model=rules", "u" + "a" * 22 + ".csv", "sp500.parquet", "{}.csv?model=soup"]
)
def test_what_is_not_there_is_told(visitor, labelled, path):
    reply = visitor.get(f"/labelled/{path.format(labelled)}")
    assert reply.status_code in (404, 422)
    assert reply.mimetype == "application/problem+json"


def test_labels_of_a_bundled_history(visitor):
    with visitor.get("/labelled/vix.csv?model=rules") as reply:
        assert reply.headers["Content-Disposition"] == "attachment; filename=VIX_labels.csv"
        assert reply.get_data(as_text=True).startswith("timestamp,open,high,low,close,volume,regime,")
