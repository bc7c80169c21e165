//! What is sent: columns, times, keys, batches.

#[path = "common/bars.rs"]
mod bars;
#[path = "common/server.rs"]
mod server;

use std::time::Duration;

use bars::{bars, nudged, START};
use chrono::Duration as Span;
use market_regime_detector::{Bar, Builder, Error, FallbackPolicy, MarketRegime, MarketRegimeDetector, Series, Source};
use serde_json::{json, Value};
use server::{problem, reply, Server};

fn asking(server: &Server) -> Builder {
    MarketRegimeDetector::builder().url(&server.address).fallback(FallbackPolicy::Error)
}

#[tokio::test]
async fn a_series_goes_as_columns_with_whole_seconds() {
    let server = Server::answering(200, reply());
    let mut sent = bars(3);
    sent[1].volume = f64::NAN;
    asking(&server).build().unwrap().detect_regime_ml(&sent).await.unwrap();
    let request = &server.requests()[0];
    assert!(request.head.starts_with("POST /detect_regime HTTP/1.1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), None);
    let column = |of: fn(&Bar) -> f64| sent.iter().map(of).collect::<Vec<f64>>();
    let columns = json!({
        "timestamp": [START, START + 86_400, START + 172_800], "open": column(|bar| bar.open), "high": column(|bar| bar.high),
        "low": column(|bar| bar.low), "close": column(|bar| bar.close), "volume": [0.0, null, 0.0]
    });
    assert_eq!(request.body, json!({ "columns": columns }));
}

#[tokio::test]
async fn times_keep_their_fractions_in_a_unit_that_the_service_tells_by_its_size() {
    let server = Server::answering(200, reply());
    let detector = asking(&server).build().unwrap();
    let mut sent = bars(2);
    sent[1].timestamp += Span::nanoseconds(250_000_001);
    detector.detect_regime_ml(&sent).await.unwrap();
    let early: Vec<Bar> =
        sent.iter().map(|bar| Bar { timestamp: bar.timestamp - Span::seconds(START), ..bar.clone() }).collect();
    detector.detect_regime_ml(&early).await.unwrap();
    let times = |nth: usize| server.requests()[nth].body["columns"]["timestamp"].clone();
    assert_eq!(times(0), json!([START * 1_000_000_000, (START + 86_400) * 1_000_000_000 + 250_000_001]));
    assert_eq!(times(1), json!([0.0, 86_400.250_000_001]));
}

#[tokio::test]
async fn key_model_and_symbol_are_sent_and_the_key_is_never_shown() {
    let server = Server::answering(200, reply());
    let builder = asking(&server).api_key(" s3cret ").model("boosted@3");
    let detector = builder.clone().build().unwrap();
    detector.detect_regime_ml_for("BTC/USD", &bars(2)).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
    assert_eq!((&request.body["model"], &request.body["symbol"]), (&json!("boosted@3"), &json!("BTC/USD")));
    assert!(!format!("{builder:?}{detector:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_path_before_the_routes_is_kept() {
    let server = Server::answering(200, reply());
    for prefix in ["/desk", "/desk/"] {
        let detector = asking(&server).url(format!("{}{prefix}", server.address)).build().unwrap();
        detector.detect_regime_ml(&bars(2)).await.unwrap();
    }
    assert!(server.requests().iter().all(|request| request.head.starts_with("POST /desk/detect_regime HTTP")));
}

#[tokio::test]
async fn bars_that_no_detector_reads_are_not_sent() {
    let server = Server::answering(200, reply());
    let mut bad = bars(60);
    bad[7].close = f64::NAN;
    for policy in [FallbackPolicy::Rules, FallbackPolicy::Error] {
        match asking(&server).fallback(policy).build().unwrap().detect_regime_ml(&bad).await {
            Err(Error::Bars { code, detail }) => {
                assert_eq!((code, detail.split(' ').next()), ("bars.non_finite", Some("bars[7].close")))
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_batch_has_an_answer_or_an_error_for_each_series_in_order() {
    let mut second = reply();
    second["regime"] = "calm".into();
    let results = [reply(), problem(422, "limits.bars"), second];
    let server = Server::answering(200, json!({ "results": results }));
    let (good, other) = (bars(60), nudged(60));
    let mut bad = bars(60);
    bad[0].high = 1.0;
    let series = [("AAA", &good), ("BAD", &bad), ("LONG", &other), ("CCC", &other)];
    let series = series.map(|(symbol, bars)| Series { symbol, bars });
    let answers = asking(&server).model("boosted").build().unwrap().detect_regime_batch(&series).await.unwrap();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0].as_ref().unwrap().regime, MarketRegime::Ranging);
    assert!(matches!(&answers[1], Err(Error::Bars { code: "bars.high_below_low", .. })));
    assert!(matches!(&answers[2], Err(Error::Refused { code, .. }) if code == "limits.bars"));
    assert_eq!(answers[3].as_ref().unwrap().regime, MarketRegime::Calm);

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].head.starts_with("POST /detect_regime/batch HTTP"));
    let sent = requests[0].body["series"].as_array().unwrap();
    let symbols: Vec<&Value> = sent.iter().map(|one| &one["symbol"]).collect();
    assert_eq!(symbols, ["AAA", "LONG", "CCC"]);
    assert_eq!(sent[0]["model"], "boosted");
    assert_eq!(sent[1]["columns"]["close"][3], other[3].close);
}

#[tokio::test]
async fn a_batch_falls_back_series_by_series() {
    let results = [reply(), problem(503, "server.not_ready")];
    let server = Server::answering(200, json!({ "results": results }));
    let (first, second) = (bars(60), nudged(60));
    let series = [Series { symbol: "AAA", bars: &first }, Series { symbol: "BBB", bars: &second }];
    let answers = asking(&server).fallback(FallbackPolicy::Rules).build().unwrap().detect_regime_batch(&series).await.unwrap();
    let sources: Vec<String> = answers.iter().map(|answer| answer.as_ref().unwrap().source.to_string()).collect();
    assert_eq!(sources, ["boosted@3", "local rules, as the service answered with status 503"]);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_falls_back_for_each_or_is_one_error() {
    let (first, second) = (bars(60), nudged(60));
    let series = [Series { symbol: "AAA", bars: &first }, Series { symbol: "BBB", bars: &second }];
    for body in [json!({ "results": [reply()] }), json!({}), reply()] {
        let server = Server::answering(200, body);
        let answers =
            asking(&server).fallback(FallbackPolicy::Rules).build().unwrap().detect_regime_batch(&series).await.unwrap();
        assert_eq!(answers.len(), 2);
        for answer in answers {
            match answer.unwrap().source {
                Source::LocalRules { because: Some(error) } => assert!(matches!(*error, Error::Unreadable(_))),
                other => panic!("{other:?}"),
            }
        }
        let strict = asking(&server).build().unwrap().detect_regime_batch(&series).await;
        assert!(matches!(strict, Err(Error::Unreadable(_))));
    }
    let server = Server::answering(401, problem(401, "auth.missing"));
    let refused = asking(&server).fallback(FallbackPolicy::Rules).build().unwrap().detect_regime_batch(&series).await;
    assert!(matches!(refused, Err(Error::Refused { status: 401, .. })));
}

#[tokio::test]
async fn a_batch_holds_the_last_answer_of_each_series() {
    let (first, second) = (bars(60), nudged(60));
    let series = [Series { symbol: "AAA", bars: &first }, Series { symbol: "BBB", bars: &second }];
    let mut calm = reply();
    calm["regime"] = "calm".into();
    let body = json!({ "results": [reply(), calm] }).to_string();
    let server = Server::start(move |nth| server::Act::Answer(if nth == 0 { 200 } else { 500 }, vec![], body.clone()));
    let detector = asking(&server).fallback(FallbackPolicy::HoldLast(Duration::from_secs(3600))).build().unwrap();
    detector.detect_regime_batch(&series).await.unwrap();
    let third = bars(70);
    let series = [series[1], series[0], Series { symbol: "NEW", bars: &third }];
    let answers = detector.detect_regime_batch(&series).await.unwrap();
    let held = |answer: usize| answers[answer].as_ref().map(|result| (result.regime, result.source.is_fallback()));
    assert_eq!(held(0), Ok((MarketRegime::Calm, true)));
    assert_eq!(held(1), Ok((MarketRegime::Ranging, true)));
    assert!(matches!(answers[2], Err(Error::NothingHeld { .. })));
}

#[tokio::test]
async fn an_empty_batch_asks_nobody() {
    let server = Server::answering(500, "");
    assert!(asking(&server).build().unwrap().detect_regime_batch(&[]).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
}
