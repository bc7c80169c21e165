"""How the house is wired: cookies, prefix, proxies."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, request

from app import UnderPrefix, _wrap
from components import shell
from runtime import Settings

ROOT = Path(__file__).resolve().parent.parent
INLINE_SCRIPT = r"""<script(?![^>]*(?:src=|type="application/json"))[^>]*>(.*?)</script>"""


def test_importing_the_app_creates_nothing():
    script = "import app, dash, runtime; assert runtime._runtime is None and not dash.page_registry"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)


def test_a_newcomer_gets_a_signed_cookie_that_scripts_cannot_read_and_keeps_it(app):
    first, second = app.server.test_client(), app.server.test_client()
    names = set()
    for visitor in (first, second):
        cookie = visitor.get("/").headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Set-Cookie" not in visitor.get("/").headers
        with visitor.session_transaction() as session:
            names.add(session["visitor"])
    assert len(names) == 2
    assert min(len(name) for name in names) >= 32


def test_a_fault_in_a_callback_is_told_on_the_page_and_logged(app, monkeypatch, caplog):
    """Else a click does nothing, and nobody knows why."""

    def broken(dataset_id):
        raise ZeroDivisionError(dataset_id)

    monkeypatch.setattr(shell, "dataset", broken)
    sent = {
        "output": "as-of.children",
        "outputs": {"id": "as-of", "property": "children"},
        "inputs": [
            {"id": "dataset", "property": "value", "value": "sp500"},
            {"id": "refreshed", "property": "data", "value": 0},
        ],
        "changedPropIds": ["dataset.value"],
    }
    answer = app.server.test_client().post("/_dash-update-component", json=sent)
    assert answer.status_code == 200
    told = answer.get_json()["sideUpdate"]["fault"]["children"]
    assert "Something went wrong" in str(told)
    assert "sp500" not in str(told)
    assert "ZeroDivisionError: sp500" in caplog.text


def test_a_forged_cookie_is_a_newcomer(app):
    client = app.server.test_client()
    client.set_cookie("regime_desk", "eyJ2aXNpdG9yIjoibWUifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    client.get("/")
    with client.session_transaction() as session:
        assert session["visitor"] != "me"


@pytest.mark.parametrize("path", ["/health", "/detect_regime", "/metrics", "/assets/favicon.svg", "/ready"])
def test_a_trading_client_gets_no_cookie(client, path):
    with client.get(path) as response:
        assert "Set-Cookie" not in response.headers


def test_the_page_allows_the_scripts_it_holds_and_no_others(client):
    for path in ("/", "/label"):
        response = client.get(path)
        policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
        scripts = re.findall(INLINE_SCRIPT, response.text, re.DOTALL)
        held = {f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts}
        assert scripts
        assert held == set(policy["script-src"].split()) - {"'self'"}


def test_the_page_fetches_dash_without_its_polyfills(client):
    fetched = re.findall(r'<script src="([^"]+)"', client.get("/").get_data(as_text=True))
    assert any("dash_renderer" in path for path in fetched)
    assert any("react-dom@" in path for path in fetched)
    assert not any("polyfill" in path for path in fetched)


def paths_seen(settings, path, **environ):
    server = Flask("seen")

    @server.get("/", defaults={"rest": ""})
    @server.get("/<path:rest>")
    def seen(rest):
        return {"root": request.script_root, "path": request.path, "address": request.remote_addr, "url": request.url}

    _wrap(server, settings)
    return server.test_client().get(path, environ_overrides=environ).get_json()


@pytest.mark.parametrize("prefix", ["/desk", "desk/", "/desk/"])
@pytest.mark.parametrize("given", ["/desk/label", "/label"])
def test_the_prefix_may_be_stripped_or_kept(prefix, given):
    seen = paths_seen(Settings(url_prefix=prefix), given)
    assert (seen["root"], seen["path"]) == ("/desk", "/label")


@pytest.mark.parametrize(("given", "path"), [("/desk", "/"), ("/desk/", "/"), ("/desktop", "/desktop"), ("/", "/")])
def test_only_the_whole_prefix_is_stripped(given, path):
    assert paths_seen(Settings(url_prefix="/desk"), given)["path"] == path


def test_as_many_proxies_are_believed_as_the_settings_say():
    headers = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1", "HTTP_X_FORWARDED_PROTO": "https"}
    assert paths_seen(Settings(), "/", **headers)["address"] == "127.0.0.1"
    assert paths_seen(Settings(trusted_proxies=1), "/", **headers)["address"] == "198.51.100.1"
    assert paths_seen(Settings(trusted_proxies=2), "/", **headers)["address"] == "203.0.113.9"
    assert paths_seen(Settings(trusted_proxies=1), "/", **headers)["url"].startswith("https://")


def test_without_a_prefix_nothing_is_wrapped():
    server = Flask("plain")
    _wrap(server, Settings())
    assert not isinstance(server.wsgi_app, UnderPrefix)


def test_the_first_requests_of_a_worker_may_come_all_at_once(client, tmp_path):
    """A page from one worker is followed by requests for its scripts to another, which has set nothing up yet."""
    paths = re.findall(r'src="(/_dash-component-suites/[^"]+)"', client.get("/").text)
    script = """if True:
        import app, runtime, sys
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        from threading import Barrier

        server = app.create_app(runtime.Settings(state_dir=Path(sys.argv[1]))).server
        sys.setswitchinterval(1e-6)
        paths = sys.argv[2:]
        ready = Barrier(len(paths))

        def get(path):
            ready.wait()
            return server.test_client().get(path).status_code

        with ThreadPoolExecutor(len(paths)) as pool:
            print(*set(pool.map(get, paths)))
    """
    shown = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), *paths], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert len(paths) > 5
    assert shown.stdout.split() == ["200"], shown.stderr


def test_scripts_and_charts_travel_compressed_to_those_who_ask(client):
    path = re.search(r'src="(/_dash-component-suites/[^"]+react-dom[^"]+)"', client.get("/").text)[1]
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.data) < len(plain.data) / 2
