"""Plain requests go past Flask, and get what Flask would have given them."""

import hashlib
import io
import json

import pytest
from flask import Flask
from werkzeug.exceptions import RequestTimeout

from json_service import bars_of, columns_of, refused, walk

BARS = bars_of(walk(60))
NOT_THE_SAME = {"X-Request-ID"}
"""Headers that differ from one answer to the next."""


@pytest.fixture
def through_flask(monkeypatch):
    """Paths of the requests that Flask was handed."""
    paths = []
    whole = Flask.wsgi_app

    def noted(self, environ, start_response):
        paths.append(environ["PATH_INFO"])
        return whole(self, environ, start_response)

    monkeypatch.setattr(Flask, "wsgi_app", noted)
    return paths


def post(service, body, **headers):
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return service.post("/detect_regime", data=json.dumps(body), headers=given)


def told(response):
    headers = {name: value for name, value in response.headers if name not in NOT_THE_SAME}
    return response.status, headers, response.get_json()


@pytest.mark.parametrize(
    "body",
    [
        {"bars": BARS},
        {"columns": columns_of(BARS), "history": True},
        {"bars": BARS[::-1], "model": "rules"},
        {"bars": BARS[:9]},
        {"bars": []},
        {"bars": [*BARS[:-1], BARS[-1] | {"high": -1.0}]},
        {"bars": BARS, "strict": True, "model": "none such"},
        {"neither": 1},
        [],
    ],
)
def test_both_ways_give_the_same(service_with, through_flask, body):
    service = service_with()
    plain = post(service, body)
    seen = len(through_flask)
    whole = post(service, body, Content_Type="application/json; charset=utf-8")
    assert told(plain) == told(whole)
    assert seen == (plain.status_code != 200)
    assert len(through_flask) == seen + 1


def test_only_a_long_answer_is_packed_for_those_who_take_it_so(service_with, through_flask):
    service = service_with()
    short = post(service, {"bars": BARS}, Accept_Encoding="gzip")
    assert not through_flask
    assert "Content-Encoding" not in short.headers
    assert post(service, {"bars": BARS, "history": True}, Accept_Encoding="gzip").status_code == 200
    assert len(through_flask) == 1


def test_a_refusal_is_counted_once(service):
    def problems():
        lines = service.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("problems_total"))

    before = problems()
    refused(post(service, {"bars": [*BARS[:-1], BARS[-1] | {"open": -1.0}]}), 422, "bars.not_positive")
    assert problems() == before + 1


def test_a_body_that_ends_early_is_refused(service):
    text = json.dumps({"bars": BARS})
    answer = service.post("/detect_regime", data=text[:-40], headers={"Content-Type": "application/json"})
    refused(answer, 400, "json.malformed")
    longer = {"CONTENT_LENGTH": str(len(text) + 40)}
    cut_off = service.post("/detect_regime", data=text, content_type="application/json", environ_overrides=longer)
    refused(cut_off, 400, "http.bad_request")


def test_a_body_that_comes_too_slowly_is_refused_as_flask_refuses_it(service):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            raise RequestTimeout

        readinto = read

    slow = {"wsgi.input": Slow(), "CONTENT_LENGTH": "100"}
    answer = service.post("/detect_regime", content_type="application/json", environ_overrides=slow)
    refused(answer, 408, "http.request_timeout")


def test_holders_of_a_key_go_past_flask_too_and_others_do_not(service_with, through_flask):
    service = service_with(api_keys=hashlib.sha256(b"mine").hexdigest())
    assert post(service, {"bars": BARS}, Authorization="Bearer mine").status_code == 200
    assert not through_flask
    refused(post(service, {"bars": BARS}, Authorization="Bearer yours"), 401, "auth.unknown")
    refused(post(service, {"bars": BARS}), 401, "auth.missing")


def test_where_a_rate_is_limited_every_request_is_counted(service_with, through_flask):
    service = service_with(rate_limit="2 per minute")
    assert [post(service, {"bars": BARS}).status_code for _ in range(3)] == [200, 200, 429]
    assert len(through_flask) == 3
