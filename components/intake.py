"""Where a file comes in: dropped, chosen or pasted; sent as it is, with its progress, and a cancel."""

from __future__ import annotations

import dash
import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html

ZONE = "label-upload"
FILE = "label-file"
REFUSED = "label-refused"
_ATTACHED = "label-attached"
_TRANSFER, _TOLD, _BAR, _STOP = "label-transfer", "label-transfer-told", "label-transfer-bar", "label-transfer-stop"
_PASTED, _SEND = "label-paste", "label-paste-send"


def card(*, max_mb: float, days: float) -> html.Div:
    """Drop zone with what a file must hold, a box for pasted cells, and room for the progress of what is sent."""
    return html.Div(
        [
            dcc.Store(id=FILE, storage_type="session"),
            dcc.Store(id=REFUSED),
            dcc.Store(id=_ATTACHED),
            html.Div(
                [
                    html.Div(
                        _inside(max_mb),
                        id=ZONE,
                        className="drop",
                        **{"data-url": dash.get_relative_path("/uploads"), "data-limit": f"{max_mb:g}"},
                    ),
                    html.Div([_paste(), _note(days)], className="drop-needs"),
                ],
                className="drop-card",
            ),
            _transfer(),
        ],
        className="surface",
    )


def _inside(max_mb: float) -> html.Div:
    return html.Div(
        [
            html.I(className="icon icon-upload", **{"aria-hidden": "true"}),
            html.Div(
                [
                    html.Span("Drop a file of prices here or "),
                    html.Button("choose a file", className="link-button", type="button"),
                    html.P(
                        f"CSV of any vendor, Excel, gz or zip; one symbol or many. Up to {max_mb:g} MB.",
                        className="muted",
                    ),
                ]
            ),
        ],
        className="drop-inside",
    )


def _paste() -> html.Details:
    box = dcc.Textarea(
        id=_PASTED,
        className="paste",
        placeholder="Date\tOpen\tHigh\tLow\tClose\n2018-12-28\t2498.77\t2520.27\t2472.89\t2485.74",
        spellCheck="false",
        title="Cells pasted from a spreadsheet",
    )
    send = html.Button("Label these cells", id=_SEND, className="quiet primary", type="button", title="Label these cells")
    return html.Details([html.Summary("Paste cells from a spreadsheet"), box, send], className="paste-box")


def _note(days: float) -> html.P:
    return html.P(
        [
            "Needed are a time and a close; open, high, low and volume are used where they are there. ",
            html.A("Download a small example", href=dash.get_asset_url("sample.csv"), download="sample.csv"),
            f". A file is kept for {days:g} days and shown in this browser only, unless you share it.",
        ],
        className="muted",
    )


def _transfer() -> html.Div:
    return html.Div(
        [
            html.Span(id=_TOLD),
            dbc.Progress(id=_BAR, value=0, className="job-bar transfer-bar"),
            html.Button("Cancel", id=_STOP, className="quiet", type="button"),
        ],
        id=_TRANSFER,
        className="transfer",
        hidden=True,
        role="status",
    )


clientside_callback(ClientsideFunction("upload", "attach"), Output(_ATTACHED, "data"), Input(ZONE, "id"))
clientside_callback(
    ClientsideFunction("upload", "paste"),
    Output(_ATTACHED, "data", allow_duplicate=True),
    Input(_SEND, "n_clicks"),
    prevent_initial_call=True,
)
clientside_callback(
    ClientsideFunction("upload", "stop"),
    Output(_ATTACHED, "data", allow_duplicate=True),
    Input(_STOP, "n_clicks"),
    prevent_initial_call=True,
)
