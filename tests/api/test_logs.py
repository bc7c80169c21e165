"""Ids of requests: taken or made, returned on every answer, and in every line of the log."""

import json
import logging
import re
import sys

import pytest

import logs
from json_service import bars_of, detect, walk

BARS = bars_of(walk(60))


def line_of(record, kind=logs.Json):
    return kind().format(record)


@pytest.fixture
def written(caplog):
    """Lines of the log as JSON would write them, in the context they came up in."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(line_of(record)))

    handler = Keep()
    logging.getLogger("api").addHandler(handler)
    caplog.set_level(logging.INFO, logger="api")
    yield lines
    logging.getLogger("api").removeHandler(handler)


@pytest.mark.parametrize("sent", ["a", "order-17.b_3", "f" * 64])
def test_a_clients_id_returns(service, sent):
    answer = service.post("/detect_regime", json={"bars": BARS}, headers={"X-Request-ID": sent})
    assert answer.headers.getlist("X-Request-ID") == [sent]


@pytest.mark.parametrize("sent", ["", "f" * 65, "a b", "<script>", "é", "-leading", "a\tb", '"'])
def test_what_is_no_token_is_replaced(service, sent):
    answer = service.get("/ready", headers={"X-Request-ID": sent})
    (own,) = answer.headers.getlist("X-Request-ID")
    assert re.fullmatch("[0-9a-f]{16}", own)


def test_every_answer_has_one_of_its_own_also_errors(service):
    answers = [
        detect(service, BARS),
        detect(service, []),
        service.get("/detect_regime"),
        service.get("/health/nowhere"),
        service.get("/metrics"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 405, 404, 200]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 5


def test_a_fault_is_logged_with_the_id_of_its_request(server, service, written, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(server.extensions["regime_runtime"].engine, "detect", broken)
    answer = service.post("/detect_regime", json={"bars": BARS}, headers={"X-Request-ID": "mine"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "mine"
    fault, told = written
    assert "ZeroDivisionError: planted" in fault["exception"]
    assert "planted" not in answer.text
    assert {line["request_id"] for line in written} == {"mine"}
    assert (told["status"], told["path"], told["level"]) == (500, "/detect_regime", "warning")
    assert logs.request_id.get() is None


def test_an_answer_is_logged_only_where_that_is_set(service, service_with, written):
    detect(service, BARS)
    assert written == []
    answer = detect(service_with(access_log=True), BARS)
    (line,) = written
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["path"], line["status"], line["level"]) == ("POST", "/detect_regime", 200, "info")
    assert line["milliseconds"] > 0


def record(message, *arguments, **extra):
    made = logging.LogRecord("api.problems", logging.ERROR, "", 0, message, arguments, extra.pop("exc_info", None))
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_a_line_of_json_says_when_who_and_what():
    line = line_of(record("%s failed", "é\n2026-01-01 forged", fields={"status": 500}))
    assert "\n" not in line
    told = json.loads(line)
    assert told["message"] == "é\n2026-01-01 forged failed"
    assert (told["level"], told["logger"], told["status"]) == ("error", "api.problems", 500)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told["time"])


def test_a_line_of_text_is_one_line_whatever_a_stranger_sent():
    line = line_of(record("GET %s failed", "/a\r\n2026-01-01 forged\x1b[2J"), logs.Text)
    assert "\n" not in line
    assert "\x1b" not in line
    assert r"/a\r\n2026-01-01 forged\x1b[2J failed" in line


def test_an_exception_is_written_out():
    try:
        raise ValueError("planted")
    except ValueError:
        given = record("failed", exc_info=sys.exc_info())
    for kind in (logs.Json, logs.Text):
        assert "ValueError: planted" in line_of(given, kind)


@pytest.mark.parametrize(
    ("chosen", "terminal", "kind"), [("json", True, "json"), ("text", False, "text"), ("", True, "text"), ("", False, "json")]
)
def test_the_format_is_set_or_follows_the_terminal(monkeypatch, chosen, terminal, kind):
    monkeypatch.setattr(logs.sys, "stderr", type("Stream", (), {"isatty": lambda _: terminal})())
    assert logs.configuration(chosen)["handlers"]["stderr"]["formatter"] == kind


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="REGIME_LOG='xml'"):
        logs.configuration("xml")
