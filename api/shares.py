"""The way in for whoever was given a link to an upload: the grant goes into their cookie, and the token out of the address."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from flask import Flask, Response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from api import problems
from regime_core import shares
from regime_core.errors import RegimeError
from regime_core.uploads import Grant
from runtime import Runtime

PAGES = ("/", "/<path:path>")
"""Dash's endpoints of pages."""
TITLES = {
    "share.damaged": "This link does not work",
    "share.expired": "This link has run out",
    "share.over": "This file is no longer shared",
}


def register(server: Flask, runtime: Runtime) -> None:
    """Take the tokens of links out of addresses of pages, after the guards of the server have let the request pass."""

    def accept() -> ResponseReturnValue | None:
        token = request.args.get(shares.PARAMETER)
        if token is None or request.endpoint not in PAGES:
            return None
        try:
            grant = runtime.shares.grant(token)
        except RegimeError as error:
            return _refused(error)
        wanted = request.args.get("dataset") or grant.upload_id
        if not _is_own(runtime, grant.upload_id):
            known = shares.grants_of(session.get(shares.REMEMBERED))
            seen = replace(grant, series=_series(runtime, wanted, grant))
            session[shares.REMEMBERED] = shares.plain(shares.with_grant(known, seen))
        reply = redirect(_address_without_token(wanted))
        reply.headers["Cache-Control"] = "no-store"
        return reply

    server.before_request(accept)


def _is_own(runtime: Runtime, upload_id: str) -> bool:
    try:
        runtime.library.upload(upload_id, session.get("visitor"))
    except RegimeError:
        return False
    return True


def _series(runtime: Runtime, wanted: str, grant: Grant) -> int | None:
    """Series of the file that the address names; None for the one that its owner shows."""
    try:
        return runtime.library.upload(wanted, None, [grant])[1]
    except RegimeError:
        return None  # the address names another dataset


def _address_without_token(dataset_id: str) -> str:
    """Path and query of the request, on this server whatever the path: one that begins with two slashes names another."""
    rest = [("dataset", dataset_id)]
    rest += [(name, value) for name, value in request.args.items(multi=True) if name not in (shares.PARAMETER, "dataset")]
    return f"{request.script_root}/{quote(request.path.lstrip('/'))}?{urlencode(rest)}"


def _refused(error: RegimeError) -> Response:
    """Page that says why a link shows nothing."""
    page = render_template("share.html", root=request.script_root, title=TITLES[error.code], detail=error.message)
    return Response(page, problems.status_of(error.code), mimetype="text/html", headers={"Cache-Control": "no-store"})
