"""Overview: which regime a market is in, how sure we are, and how it came here."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import agreements, cards, controls, overviews, progress, ranges, shell, sight, views
from components.figures import agreement, followed, timeline
from components.still import stilled
from pages import _overview_below as below
from pages._overview import MODEL, RANGE, STYLE, view_of, window_of
from regime_core.errors import RegimeError

dash.register_page(__name__, path="/", name="Overview", title="Overview · Regime Desk", order=0)

PRESET = "overview-preset"
HEADLINE = "overview-headline"
WHERE = "overview-where"
ADVICE = "overview-advice"
PROBABILITIES = "overview-probabilities"
PRICE = "overview-price"
PRICE_TITLE = "overview-price-title"
PRICE_TEXT = "overview-price-text"
SINCE = "overview-since"
STRIPS = "overview-strips"
STRIPS_TITLE = "overview-strips-title"
STRIPS_TEXT = "overview-strips-text"
STRIPS_TOLD = "overview-strips-told"
FOLLOWED = "overview-followed"
FOLLOWED_TITLE = "overview-followed-title"
FOLLOWED_TEXT = "overview-followed-text"
FOLLOWED_TOLD = "overview-followed-told"
FOLLOWED_MORE = "overview-followed-more"
FOLLOWED_BOX = "overview-followed-box"
REGIME_ODDS = "overview-regime-odds"
STATE_ODDS = "overview-state-odds"
BODY = "overview-body"
BELOW = "overview-below"
UPDATE = "overview-update"
UPDATING = "overview-updating"
UPDATE_JOB = "update"


def layout(model: str | None = None, range: str | None = None, style: str | None = None, **_others: str) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    engine = runtime.engine()
    aside = html.Div(
        [
            controls.model_select(MODEL, engine.entries, model or engine.default),
            controls.style_buttons(STYLE, style),
            controls.range_buttons(PRESET, range),
        ],
        className="controls",
    )
    price = cards.card(
        controls.chart(PRICE, description=PRICE_TEXT),
        cards.legend(),
        title=html.Span("Price and regime", id=PRICE_TITLE),
        aside=aside,
    )
    return html.Div(
        [
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            cards.card(_verdict(), html.Div(id=PROBABILITIES), className="verdict"),
            html.Div(
                [
                    sight.here("overview-price", price),
                    sight.later("overview-strips", _strips(), height=477),
                    sight.later("overview-ahead", _ahead(), height=804),
                ],
                id=BODY,
                className="stack",
            ),
            below.watched(),
            html.Div(below.sections(), id=BELOW, className="stack"),
        ],
        className="stack",
    )


def _verdict() -> html.Div:
    update = [progress.starter(cards.update_button(UPDATE)), progress.panel(UPDATE_JOB)]
    return html.Div(
        [
            html.Div(cards.skeleton(35), id=HEADLINE),
            html.Div([html.Div(id=WHERE), html.Div(update, id=UPDATING, className="update")], className="where-row"),
            html.Div(id=SINCE, className="since-row"),
            html.Div(id=ADVICE, className="advice-row"),
        ]
    )


def _strips() -> html.Section:
    return cards.card(
        controls.chart(STRIPS, description=STRIPS_TEXT),
        html.Div(id=STRIPS_TOLD, className="strips-told"),
        title=html.Span("What each detector said, and the stress state", id=STRIPS_TITLE),
        className="strips-card",
    )


def _ahead() -> html.Div:
    followed = cards.card(
        html.Div(cards.skeleton(90), id=FOLLOWED_TOLD),
        html.Div(controls.chart(FOLLOWED, description=FOLLOWED_TEXT), id=FOLLOWED_BOX),
        html.Div(id=FOLLOWED_MORE),
        title=html.Span("What followed such labels", id=FOLLOWED_TITLE),
        className="followed-card",
    )
    odds = cards.card(
        html.Div(cards.skeleton(300), id=REGIME_ODDS), html.Div(cards.skeleton(200), id=STATE_ODDS), title="What comes next"
    )
    return html.Div([followed, odds], className="ahead-cards")


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(SINCE, "children"),
    Output(ADVICE, "children"),
    Output(PROBABILITIES, "children"),
    Output(BODY, "hidden"),
    Output(BELOW, "hidden"),
    Output(UPDATING, "hidden"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(shell.REFRESHED, "data"),
)
@stilled
def show_headline(dataset_id: str | None, model: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Regime of the newest bar and what changed; without labels, a word on why, and nothing else."""
    if not dataset_id:
        raise PreventUpdate
    try:
        seen = views.view(dataset_id, model)
        if seen.labels is None:
            return views.unlabelled(seen), None, None, None, None, True, True, True
        detection = views.explain(seen)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, None, True, True, True
    return (
        cards.headline(detection, seen.unit),
        cards.where(seen.dataset, shell.today()),
        overviews.since_before(seen.dataset, seen.labels),
        cards.advice(detection),
        cards.probabilities(detection),
        False,
        False,
        not seen.dataset.bundled,
    )


@sight.callback(
    "overview-price",
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_price(dataset_id: str | None, model: str | None, range_: str, style: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Price and regime over the range."""
    window = window_of(dataset_id if mode else None, model, range_)
    candles = style == "candles"
    figure = timeline.price(window, mode=mode or "light", candles=candles)
    return figure, timeline.heading(window, candles=candles), timeline.description(window)


@sight.callback(
    "overview-strips",
    Output(STRIPS, "figure"),
    Output(STRIPS_TITLE, "children"),
    Output(STRIPS_TEXT, "children"),
    Output(STRIPS_TOLD, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_strips(dataset_id: str | None, model: str | None, range_: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """What every detector said over the range, and the stress states."""
    seen = view_of(dataset_id if mode else None, model)
    shown = agreements.strips_of(seen.dataset, model, range_)
    figure = agreement.strips_figure(shown, mode=mode or "light")
    return figure, agreement.heading(shown), agreement.description(shown), agreements.told(shown)


@sight.callback(
    "overview-ahead",
    Output(FOLLOWED, "figure"),
    Output(FOLLOWED_TITLE, "children"),
    Output(FOLLOWED_TEXT, "children"),
    Output(FOLLOWED_TOLD, "children"),
    Output(FOLLOWED_MORE, "children"),
    Output(FOLLOWED_BOX, "hidden"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_followed(dataset_id: str | None, model: str | None, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """What came after bars with the label of the newest one, beside what came after all."""
    seen = view_of(dataset_id if mode else None, model)
    found = overviews.followed(seen)
    if isinstance(found, str):
        return no_update, f"{seen.dataset.title}: what followed such labels", None, cards.notice(html.P(found)), None, True
    return (
        followed.followed(found, mode=mode or "light"),
        followed.heading(found),
        followed.description(found),
        overviews.followed_sentences(found),
        [overviews.followed_table(found), overviews.followed_note(found)],
        False,
    )


@sight.callback(
    "overview-ahead",
    Output(REGIME_ODDS, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_regime_odds(dataset_id: str | None, model: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Regimes of the next bar, from what followed such labels."""
    seen = view_of(dataset_id, model)
    return overviews.regime_odds(seen.dataset, seen.labels, seen.unit) if seen.labels is not None else None


@sight.callback("overview-ahead", Output(STATE_ODDS, "children"), Input(shell.DATASET, "value"), Input(shell.REFRESHED, "data"))
def show_state_odds(dataset_id: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Stress states of tomorrow, where they were forecast."""
    if not dataset_id:
        raise PreventUpdate
    try:
        return overviews.state_odds(shell.dataset(dataset_id))
    except RegimeError:
        raise PreventUpdate from None


@callback(
    Output(progress.job_id(UPDATE_JOB), "data"),
    Output(progress.job_shown_id(UPDATE_JOB), "children", allow_duplicate=True),
    Input(UPDATE, "n_clicks"),
    prevent_initial_call=True,
)
def update_data(_clicks: int) -> Any:  # noqa: ANN401
    """Bring the bundled histories up to date in the background."""
    try:
        return progress.started(runtime.current().update_by_visitor()), no_update
    except RegimeError as error:
        return no_update, error.message


@callback(
    Output(shell.REFRESHED, "data"),
    Input(progress.ended_id(UPDATE_JOB), "data"),
    State(shell.REFRESHED, "data"),
    prevent_initial_call=True,
)
def take_up(ended: dict[str, str] | None, refreshed: int) -> int:
    """Draw everything anew once an update has ended."""
    if not ended or ended["state"] != "done":
        raise PreventUpdate
    return refreshed + 1


controls.follow_range(RANGE, PRESET, PRICE)
controls.follow_drag(RANGE, PRESET, STRIPS)
shell.remember("model", MODEL)
shell.remember("range", RANGE, "data")
shell.remember("style", STYLE)
