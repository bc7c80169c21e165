"""What the answer holds, against the contract's own words computed another way."""

import numpy as np
import pandas as pd
import pytest

from json_service import DAY, START, bars_of, columns_of, detect, walk

REPLY = [
    *("regime", "confidence", "reasoning", "probabilities", "metrics", "as_of", "regime_age", "regime_age_censored"),
    *("bars_used", "warm", "strategies", "risk_multiplier", "model", "warnings", "fallback"),
]
ORDER = ["trending_bullish", "trending_bearish", "ranging", "volatile", "calm"]
STRATEGIES = {
    "trending_bullish": (["momentum", "breakout", "trend_following"], 1.2),
    "trending_bearish": (["short_selling", "inverse_momentum"], 1.2),
    "ranging": (["mean_reversion", "range_trading", "support_resistance"], 1.0),
    "volatile": (["options", "small_positions", "tight_stops"], 0.5),
    "calm": (["position_building", "swing_trading"], 1.1),
    "unknown": (["conservative", "wait"], 0.3),
}


def metrics_by_hand(bars):
    frame = pd.DataFrame(bars)
    close, previous = frame["close"], frame["close"].shift()
    returns = close.pct_change().dropna()
    true_range = pd.concat(
        [frame["high"] - frame["low"], (frame["high"] - previous).abs(), (frame["low"] - previous).abs()], axis=1
    ).max(axis=1)
    path = returns.abs().sum()
    return {
        "volatility": returns.tail(20).std(),
        "trend_strength": np.polyfit(np.arange(20), close.tail(20), 1)[0] / close.mean(),
        "atr_percent": true_range.tail(14).mean() / close.iloc[-1] * 100,
        "range_efficiency": abs(close.iloc[-1] - close.iloc[0]) / (path * close.mean()) if path else 0.0,
        "momentum": close.iloc[-1] / close.iloc[-20] - 1,
        "ma_convergence": close.tail(10).mean() / close.tail(50).mean() - 1,
        "sample_size": len(bars),
    }


def scores_by_hand(m):
    scores = dict.fromkeys(ORDER, 0)
    scores["volatile"] += 40 * (m["volatility"] > 0.03) + 20 * (m["atr_percent"] > 3)
    scores["calm"] += 30 * (m["volatility"] < 0.01) + 20 * (m["atr_percent"] < 1)
    efficient = m["range_efficiency"] > 0.5
    scores["trending_bullish"] += 50 * (m["trend_strength"] > 0.01 and efficient) + 20 * (m["momentum"] > 0.05)
    scores["trending_bearish"] += 50 * (m["trend_strength"] < -0.01 and efficient) + 20 * (m["momentum"] < -0.05)
    scores["ranging"] += 40 * (m["range_efficiency"] < 0.3 and 0.01 <= m["volatility"] <= 0.025)
    return scores


def markets():
    for seed, (n, drift, volatility, spread) in enumerate(
        (n, drift, volatility, spread)
        for n in (50, 90, 330)
        for drift in (-0.02, -0.012, -0.004, 0.0, 0.004, 0.012, 0.02)
        for volatility in (0.001, 0.006, 0.012, 0.018, 0.027, 0.04)
        for spread in (0.0005, 0.006, 0.015)
    ):
        yield bars_of(walk(n, drift=drift, volatility=volatility, seed=seed), spread=spread)


def test_the_rules_answer_as_the_contract_says(service):
    seen, ties = set(), 0
    for bars in markets():
        reply = detect(service, bars, model="rules").get_json()
        metrics = metrics_by_hand(bars)
        assert reply["metrics"] == pytest.approx(metrics, rel=1e-9, abs=1e-12)
        scores = scores_by_hand(metrics)
        best, total = max(scores.values()), sum(scores.values())
        regime = next(name for name in ORDER if scores[name] == best) if best else "unknown"
        assert (reply["regime"], reply["confidence"]) == (regime, best / 100)
        expected = {name: points / total if total else 0.2 for name, points in scores.items()}
        assert reply["probabilities"] == pytest.approx(expected)
        assert (reply["strategies"], reply["risk_multiplier"]) == STRATEGIES[regime]
        seen.add(regime)
        ties += best > 0 and sum(points == best for points in scores.values()) > 1
    assert seen == set(STRATEGIES)
    assert ties


def test_a_reply_has_the_fields_of_the_contract_in_their_order(service):
    reply = detect(service, bars_of(walk(60))).get_json()
    assert list(reply) == REPLY
    assert list(reply["probabilities"]) == ORDER
    assert list(reply["metrics"]) == list(metrics_by_hand(bars_of(walk(60))))
    assert reply["model"] == {"name": "rules", "version": "1"}
    assert (reply["warnings"], reply["fallback"], reply["bars_used"], reply["warm"]) == ([], None, 60, False)
    assert isinstance(reply["as_of"], int)
    assert detect(service, bars_of(walk(252))).get_json()["warm"] is True


@pytest.mark.parametrize("n", [0, 1, 2, 49])
def test_fewer_than_fifty_bars_are_unknown(service, n):
    response = detect(service, bars_of(walk(n)) if n else [])
    reply = response.get_json()
    assert response.status_code == 200
    assert (reply["regime"], reply["confidence"], reply["risk_multiplier"]) == ("unknown", 0.0, 0.3)
    assert reply["reasoning"] == f"Insufficient data: {n} bars (need 50)"
    assert reply["as_of"] == (START + (n - 1) * DAY if n else None)
    assert set(reply["probabilities"].values()) == {0.2}
    assert reply["metrics"]["volatility"] is None or n == 49
    assert (reply["regime_age"], reply["metrics"]["sample_size"]) == (0, n)


def test_prices_that_never_move_get_an_answer(service):
    reply = detect(service, bars_of(np.full(80, 7.0), spread=0)).get_json()
    assert (reply["regime"], reply["metrics"]["range_efficiency"]) == ("calm", 0.0)


@pytest.mark.parametrize("per_second", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("form", ["bars", "columns"])
def test_any_unit_of_time_and_either_form_give_the_same_answer(service, per_second, form):
    bars = bars_of(walk(70, seed=3))
    expected = detect(service, bars).get_json()
    scaled = [bar | {"timestamp": bar["timestamp"] * per_second} for bar in bars]
    body = {"bars": scaled} if form == "bars" else {"columns": columns_of(scaled)}
    assert service.post("/detect_regime", json=body).get_json() == expected
    assert expected["as_of"] == START + 69 * DAY


def test_volume_may_be_zero_null_or_missing(service):
    bars = bars_of(walk(60))
    expected = detect(service, bars).get_json()
    without = [{name: value for name, value in bar.items() if name != "volume"} for bar in bars]
    assert detect(service, [bar | {"volume": None} for bar in bars]).get_json() == expected
    assert detect(service, without).get_json() == expected
    assert service.post("/detect_regime", json={"columns": columns_of(without)}).get_json() == expected


def test_unsorted_bars_repeated_times_and_closes_outside_the_range_are_repaired_and_named(service):
    bars = bars_of(walk(80, seed=5))
    expected = detect(service, bars).get_json()
    spoiled = bars[::-1]
    spoiled.insert(0, bars[7] | {"close": bars[7]["low"]})
    reply = detect(service, spoiled).get_json()
    assert {**reply, "warnings": []} == expected
    assert len(reply["warnings"]) == 2
    assert "sorted oldest first" in reply["warnings"][0]
    assert "1 bar(s) had the same timestamp" in reply["warnings"][1]

    bars[-1] = bars[-1] | {"close": bars[-1]["high"] * 1.001}
    reply = detect(service, bars).get_json()
    assert "bars[79]" in reply["warnings"][0]
    assert reply["metrics"] == pytest.approx(metrics_by_hand([*bars[:-1], bars[-1] | {"high": bars[-1]["close"]}]))


def test_history_gives_a_label_a_bar_on_a_trailing_window(service):
    bars = bars_of(np.concatenate([walk(200, drift=0.01, seed=8), 600 * walk(200, volatility=0.02, seed=9) / 100]))
    reply = detect(service, bars, history=True).get_json()
    assert list(reply) == [*REPLY, "labels", "confidences"]
    assert len(reply["labels"]) == len(reply["confidences"]) == 400
    assert set(reply["labels"][:49]) == {"unknown"}
    from_all_bars = []
    for t in range(49, 400, 6):
        (regime, confidence), from_all = (answer_by_hand(bars[first : t + 1]) for first in (max(0, t - 251), 0))
        assert (reply["labels"][t], reply["confidences"][t]) == (regime, confidence)
        from_all_bars.append((regime, confidence) == from_all)
    assert not all(from_all_bars)


def answer_by_hand(bars):
    scores = scores_by_hand(metrics_by_hand(bars))
    best = max(scores.values())
    return next(name for name in ORDER if scores[name] == best) if best else "unknown", best / 100


def test_the_age_counts_the_bars_for_which_the_answer_has_held(service):
    bars = bars_of(walk(200, volatility=0.02, seed=2))
    reply = detect(service, bars).get_json()
    earlier = [detect(service, bars[: 200 - back]).get_json()["regime"] for back in range(reply["regime_age"] + 1)]
    assert reply["regime_age"] > 0
    assert set(earlier[:-1]) == {reply["regime"]}
    assert earlier[-1] != reply["regime"] or reply["regime_age_censored"]


def test_unknown_fields_are_ignored_and_a_model_may_be_named_with_its_version(service):
    bars = bars_of(walk(60))
    expected = detect(service, bars).get_json()
    extra = [bar | {"trades": {"deep": [1, None]}} for bar in bars]
    assert detect(service, extra, model="rules@1", symbol="BTC/USD", venue="x").get_json() == expected


def test_an_answer_from_a_client_with_charset_and_json_suffix(service):
    import json

    body = json.dumps({"bars": bars_of(walk(50))})
    for kind in ("application/json; charset=UTF-8", "application/vnd.bars+json"):
        assert service.post("/detect_regime", data=body, content_type=kind).status_code == 200
