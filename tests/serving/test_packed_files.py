"""Files of the pages are packed once."""

import re

import brotli
import pytest
from flask import request

from serving import packed_files
from serving.packed_files import PackedFiles


def test_a_file_is_kept_by_how_it_is_packed_and_where_it_lies():
    kept = PackedFiles()
    kept.set("br;/assets/a.css", b"one")
    assert kept.get("br;/assets/a.css") == b"one"
    assert kept.get("gzip;/assets/a.css") is None


def test_an_answer_without_a_path_is_never_kept():
    kept = PackedFiles()
    kept.set("br;", b"someone's own")
    assert kept.get("br;") is None


def test_the_file_asked_for_longest_ago_is_let_go_of(monkeypatch):
    monkeypatch.setattr(packed_files, "MOST_BYTES", 2)
    kept = PackedFiles()
    kept.set("br;/a", b"a")
    kept.set("br;/b", b"b")
    assert kept.get("br;/a") == b"a"
    kept.set("br;/c", b"c")
    assert [kept.get(f"br;/{name}") for name in "abc"] == [b"a", None, b"c"]


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/labelled/x.csv"])
def test_what_is_not_a_file_of_the_pages_is_packed_anew(app, path):
    key = app.server.config["COMPRESS_CACHE_KEY"]
    with app.server.test_request_context(path):
        assert key(request) == ""


@pytest.mark.parametrize("name", ["renderer", "charts/plotly"])
def test_a_file_of_the_pages_is_the_same_packed_and_plain(app, name):
    client = app.server.test_client()
    path = next(found for found in re.findall(r'src="(/[^"]+)"', client.get("/").text) if name in found)
    plain = client.get(path, headers={"Accept-Encoding": "identity"}, buffered=True).data
    packed = [client.get(path, headers={"Accept-Encoding": "br"}, buffered=True) for _ in range(2)]
    assert [answer.headers["Content-Encoding"] for answer in packed] == ["br", "br"]
    assert [brotli.decompress(answer.data) for answer in packed] == [plain, plain]
    assert not any(answer.is_streamed for answer in packed)


def test_any_fingerprint_of_a_file_is_the_same_file():
    plain = "/_dash-component-suites/dash/dcc/dash_core_components.js"
    marked = [f"/_dash-component-suites/dash/dcc/dash_core_components.v{i}_4_1m17{i}.js" for i in range(3)]
    assert {packed_files.key_of(path) for path in [plain, *marked]} == {plain}
    assert packed_files.key_of("/assets/charts/plotly-4.1.1.min.js") == "/assets/charts/plotly-4.1.1.min.js"
