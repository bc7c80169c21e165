"""Files on their way in and out: streamed to a visitor's folder as they come, and labelled files streamed from it."""

from __future__ import annotations

import errno
import io
import threading
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request, send_file, session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from api import guard, routes, wire
from regime_core import readers, shares, uploads
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.studies import KINDS
from runtime import Runtime

FIELD = "file"
MARK = "X-Regime-Desk"
"""Header that a page of this server sends with a file. No other site's page can, without asking first."""
FORM_OVERHEAD = 16_384
"""Bytes of a form around the file in it."""
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def register(server: Flask, runtime: Runtime) -> None:
    """Add the routes to a server that has the JSON routes."""
    bp = Blueprint("uploads", __name__)
    places = threading.BoundedSemaphore(max(1, runtime.settings.threads - 1))

    def receive() -> Response:
        """Keep the file in the body for its visitor, and answer with its id."""
        visitor = _sender()
        if not places.acquire(blocking=False):
            raise RegimeError("upload.busy", "The server is taking in as many files as it can: try again in a few seconds.")
        try:
            return _receive(runtime, visitor)
        finally:
            places.release()

    routes.add(bp, "/uploads", receive, "POST")
    routes.close(bp, "/uploads")
    routes.add(bp, "/labelled/<dataset_id>.<kind>", send, "GET")
    server.register_blueprint(bp)


def send(dataset_id: str, kind: str) -> Response:
    """Labels of a dataset that this visitor may see, as a file."""
    runtime = cast(Runtime, current_app.extensions["regime_runtime"])
    dataset = runtime.library.get(dataset_id, session.get("visitor"), shares.grants_of(session.get(shares.REMEMBERED)))
    ref = runtime.engine.entry(request.args.get("model")).ref
    name = uploads.download_name(dataset.file_title, suffix=kind)
    if dataset.shelf is None:
        return _bundled(runtime, dataset, ref.name, kind, name)
    path = dataset.shelf.file(ref, kind)
    if kind not in KINDS or not path.is_file():
        raise RegimeError("labels.missing", f"{dataset.title} has no labels by {ref.name} as {kind} yet: label it first.")
    return send_file(path, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name, max_age=0)


def _bundled(runtime: Runtime, dataset: Dataset, model: str, kind: str, name: str) -> Response:
    labels = runtime.results.labels(dataset, model)
    if labels is None or kind != "csv":
        raise RegimeError("labels.missing", f"{dataset.title} has no labels as {kind}: ask for csv.")
    file = io.BytesIO()
    readers.write_labels_csv(file, dataset.bars, labels)
    file.seek(0)
    return send_file(file, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name, max_age=0)


def _sender() -> str:
    """Visitor who sends from a page of this server. Raises RegimeError for anyone else."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.headers.get(MARK) is None or site != "same-origin":
        raise RegimeError("upload.cross_site", "Files are taken from this server's own Label page only: drop it there.")
    visitor = session.get("visitor")
    if not isinstance(visitor, str):
        raise RegimeError(
            "upload.no_visitor", "The server does not know this browser: allow its cookie, and open the page anew."
        )
    return visitor


def _receive(runtime: Runtime, visitor: str) -> Response:
    most_mb = runtime.settings.max_upload_mb
    request.max_content_length = most_mb * guard.MB + FORM_OVERHEAD
    try:
        with runtime.library.uploads.receive(visitor) as arrival:
            parser = FormDataParser(lambda *_, **__: arrival.file, silent=False, max_form_parts=1)
            _, _, files = parser.parse(request.stream, request.mimetype, request.content_length, dict(request.mimetype_params))
            if FIELD not in files:
                raise RegimeError("upload.no_file", f"There is no file in the request: send it as the form's part {FIELD!r}.")
            arrival.name = files[FIELD].filename or ""
            if arrival.file.seek(0, io.SEEK_END) > most_mb * guard.MB:
                raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        raise RegimeError("upload.too_large", f"The file is larger than {most_mb:g} MB: split it by date.") from None
    except ValueError as error:
        raise RegimeError("upload.interrupted", "The file did not arrive whole: send it again.") from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise RegimeError("upload.disk_full", "The server has no room for this file: tell whoever runs it.") from error
    return Response(wire.encode({"id": arrival.id, "name": uploads.base_name(arrival.name)}), 201, mimetype="application/json")
