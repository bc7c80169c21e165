import gzip
import socket
import time

import pytest

from regime_core.errors import SourceError
from regime_core.sources import download
from regime_core.sources.download import fetch


def refuse(url, code, *words, **options):
    with pytest.raises(SourceError) as caught:
        fetch(url, **options)
    assert caught.value.code == code
    for word in (url, *words):
        assert word in caught.value.message
    return caught.value.message


def test_a_whole_answer_with_its_parameters(loopback):
    loopback.answers["/data"] = (200, {}, b"a,b\n1,2\n")
    body = fetch(loopback.url + "/data", params={"id": "VIXCLS", "from": "1 2"})
    assert body.content == b"a,b\n1,2\n"
    assert loopback.asked == ["/data?id=VIXCLS&from=1+2"]
    assert body.url == loopback.url + loopback.asked[0]


def test_a_compressed_answer_is_unpacked_and_its_length_understood(loopback):
    packed = gzip.compress(b"a,b\n" * 5000)
    loopback.answers["/data"] = (200, {"Content-Encoding": "gzip"}, packed)
    assert fetch(loopback.url + "/data").content == b"a,b\n" * 5000


def test_chunks_are_joined_and_missing_ones_noticed(loopback):
    def chunked(last):
        def answer(handler):
            handler.protocol_version = "HTTP/1.1"
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"4\r\n1,2\n\r\n" + last)
            handler.close_connection = True

        return answer

    loopback.answers["/whole"] = chunked(b"0\r\n\r\n")
    loopback.answers["/cut"] = chunked(b"8\r\n1")
    assert fetch(loopback.url + "/whole").content == b"1,2\n"
    refuse(loopback.url + "/cut", "source.truncated", "cut short")


def test_a_body_shorter_than_announced(loopback):
    loopback.answers["/data"] = (200, {"Content-Length": "100"}, b"a,b\n1,2\n")
    refuse(loopback.url + "/data", "source.truncated", "8 of 100 bytes")


@pytest.mark.parametrize(
    ("status", "headers", "code", "words"),
    [
        (404, {}, "source.status", "404"),
        (403, {}, "source.status", "403"),
        (204, {}, "source.status", "204"),
        (429, {"Retry-After": "30"}, "source.rate_limited", "after 30 seconds"),
        (429, {"Retry-After": "soon"}, "source.rate_limited", "later"),
    ],
)
def test_other_statuses_are_not_retried(loopback, status, headers, code, words):
    loopback.answers["/data"] = (status, headers, b"")
    refuse(loopback.url + "/data", code, words)
    assert len(loopback.asked) == 1


def test_a_server_error_is_tried_three_times(loopback):
    loopback.answers["/data"] = (500, {}, b"oops")
    refuse(loopback.url + "/data", "source.unreachable", "HTTP status 500", "three times")
    assert len(loopback.asked) == 3


def test_a_server_that_recovers_is_answered(loopback):
    def first_fails(handler):
        handler.send_response(503 if len(loopback.asked) < 3 else 200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"1\n")

    loopback.answers["/data"] = first_fails
    assert fetch(loopback.url + "/data").content == b"1\n"


def test_nobody_listens(loopback):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = refuse(f"http://127.0.0.1:{port}/data", "source.unreachable", "refused")
    assert "object at 0x" not in message


@pytest.mark.parametrize("url", ["http://", "nonsense", "ftp://127.0.0.1/x", "http://[::1/"])
def test_an_address_that_is_none(url):
    with pytest.raises(SourceError) as caught:
        fetch(url)
    assert caught.value.code == "source.address"
    assert url in caught.value.message


def test_a_web_page_or_nothing_instead_of_data(loopback):
    loopback.answers["/page"] = (200, {}, b"\n<!DOCTYPE html><title>Consent</title>")
    loopback.answers["/nothing"] = (200, {}, b"\n")
    refuse(loopback.url + "/page", "source.web_page", "Consent")
    refuse(loopback.url + "/nothing", "source.empty")


def test_redirects_are_followed_to_another_host_of_the_same_scheme(loopback):
    elsewhere = loopback.url.replace("127.0.0.1", "localhost")
    loopback.answers["/old"] = (302, {"Location": "/older"}, b"")
    loopback.answers["/older"] = (301, {"Location": elsewhere + "/new"}, b"")
    loopback.answers["/new"] = (200, {}, b"1\n")
    assert fetch(loopback.url + "/old").content == b"1\n"


@pytest.mark.parametrize(
    ("location", "word"),
    [
        ("/loop", "more than 5 times"),
        ("https://127.0.0.1/", "another scheme"),
        ("file:///etc/passwd", "another scheme"),
        ("", "where to"),
    ],
)
def test_redirects_that_are_not_followed(loopback, location, word):
    loopback.answers["/loop"] = (302, {"Location": location}, b"")
    refuse(loopback.url + "/loop", "source.redirects", word)
    assert len(loopback.asked) <= 6


def test_a_server_that_does_not_answer(loopback):
    loopback.answers["/data"] = lambda handler: time.sleep(0.6)
    refuse(loopback.url + "/data", "source.timeout", "0.2 seconds", timeout_seconds=0.2)


def test_a_server_that_stops_in_the_middle(loopback):
    def stall(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"1")
        handler.wfile.flush()
        time.sleep(0.6)

    loopback.answers["/data"] = stall
    refuse(loopback.url + "/data", "source.timeout", "stopped sending", timeout_seconds=0.2)


def test_a_server_that_never_comes_to_an_end(loopback, monkeypatch):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"1" * 5000)
            handler.wfile.flush()
            time.sleep(0.02)

    monkeypatch.setattr(download, "PATIENCE", 1)
    loopback.answers["/data"] = drip
    refuse(loopback.url + "/data", "source.timeout", "too slowly", timeout_seconds=0.2)


def test_a_body_over_the_limit_announced_or_not(loopback, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 1000)
    packed = gzip.compress(b"0" * 100_000)
    loopback.answers["/announced"] = (200, {}, b"1" * 1001)
    loopback.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, packed)
    assert len(packed) < 1000
    refuse(loopback.url + "/announced", "source.too_large")
    refuse(loopback.url + "/bomb", "source.too_large")
