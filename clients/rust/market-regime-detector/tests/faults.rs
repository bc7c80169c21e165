//! Servers that answer badly or not at all: what comes back, from whom, and what is sent again.

#[path = "common/bars.rs"]
mod bars;
#[path = "common/server.rs"]
mod server;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use bars::{bars, nudged};
use market_regime_detector::{Builder, Error, FallbackPolicy, MarketRegime, MarketRegimeDetector, Result, Source};
use server::{problem, reply, Act, Server};

const MINUTE: Duration = Duration::from_secs(60);

fn asking(server: &Server) -> Builder {
    MarketRegimeDetector::builder().url(&server.address).fallback(FallbackPolicy::Error)
}

async fn answer_of(server: &Server) -> Result<MarketRegime> {
    asking(server).build()?.detect_regime_ml(&bars(60)).await.map(|result| result.regime)
}

#[tokio::test]
async fn an_answer_names_its_model() {
    let server = Server::answering(200, reply());
    let result = asking(&server).build().unwrap().detect_regime_ml(&bars(60)).await.unwrap();
    assert_eq!((result.regime, result.confidence, result.regime_age), (MarketRegime::Ranging, 0.61, 17));
    assert_eq!(result.source.to_string(), "boosted@3");
    assert!(!result.source.is_fallback());
    assert!(result.metrics.trend_strength.is_nan());
    assert_eq!(result.as_of.unwrap().timestamp(), 1_699_000_000);
}

#[tokio::test]
async fn a_fallback_of_the_service_itself_is_named_too() {
    let mut body = reply();
    body["fallback"] = "the model was lost".into();
    let server = Server::answering(200, body);
    let result = asking(&server).build().unwrap().detect_regime_ml(&bars(60)).await.unwrap();
    assert!(result.source.is_fallback());
    assert_eq!(result.source.to_string(), "boosted@3, as the model was lost");
}

#[tokio::test]
async fn a_status_is_no_answer_and_is_not_asked_for_twice() {
    for status in [201, 204, 301, 404, 500, 502, 503] {
        // with a body that would be one
        let server = Server::answering(status, reply());
        assert_eq!(answer_of(&server).await, Err(Error::Status { status, retry_after: None }));
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let to = |nth| if nth == 0 { (307, vec!["location: /elsewhere"]) } else { (200, vec![]) };
    let server = Server::start(move |nth| Act::Answer(to(nth).0, to(nth).1, reply().to_string()));
    assert_eq!(answer_of(&server).await, Err(Error::Status { status: 307, retry_after: None }));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_left_when_time_is_up() {
    for act in [Act::Hang, Act::Trickle] {
        let server = Server::start(move |_| act.clone());
        let limit = Duration::from_millis(300);
        let started = Instant::now();
        let answer = asking(&server).timeout(limit).build().unwrap().detect_regime_ml(&bars(60)).await;
        assert_eq!(answer.unwrap_err(), Error::TimedOut(limit));
        assert!(started.elapsed() < MINUTE);
        assert!(server.requests().len() <= 1, "asked again");
        let lenient = asking(&server).timeout(limit).fallback(FallbackPolicy::Rules).build().unwrap();
        let because = Some(Box::new(Error::TimedOut(limit)));
        assert_eq!(lenient.detect_regime_ml(&bars(60)).await.unwrap().source, Source::LocalRules { because });
    }
}

#[tokio::test]
async fn a_connection_closed_early_is_tried_once_more() {
    let server = Server::start(|_| Act::Close);
    assert!(matches!(answer_of(&server).await, Err(Error::Connection(_))));
    assert_eq!(server.requests().len(), 2);

    let server = Server::start(|nth| if nth == 0 { Act::Close } else { Act::Answer(200, vec![], reply().to_string()) });
    assert_eq!(answer_of(&server).await, Ok(MarketRegime::Ranging));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.requests()[0].body, server.requests()[1].body);
}

#[tokio::test]
async fn a_second_try_that_hangs_is_given_up_too() {
    let server = Server::start(|nth| if nth == 0 { Act::Close } else { Act::Hang });
    let limit = Duration::from_millis(400);
    let answer = asking(&server).timeout(limit).build().unwrap().detect_regime_ml(&bars(60)).await;
    assert_eq!(answer.unwrap_err(), Error::TimedOut(limit));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let server = Server::start(|_| Act::HalfABody);
    assert!(matches!(answer_of(&server).await, Err(Error::Connection(_))));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nobody_at_the_address_is_a_connection_error() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let detector = MarketRegimeDetector::with_ml_service(format!("http://{free}"));
    let result = detector.detect_regime_ml(&bars(60)).await.unwrap();
    match &result.source {
        Source::LocalRules { because: Some(error) } => assert!(matches!(**error, Error::Connection(_)), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(result.source.to_string().starts_with("local rules, as no connection to the service: "), "{}", result.source);
}

#[tokio::test]
async fn what_is_no_answer_is_not_taken_for_one() {
    let with = |field: &str, value: serde_json::Value| {
        let mut body = reply();
        body[field] = value;
        body.to_string()
    };
    for body in [
        "<html>Welcome</html>".to_owned(),
        String::new(),
        "{}".to_owned(),
        problem(503, "server.not_ready").to_string(),
        with("regime", "sideways".into()),
        with("confidence", 7.into()),
        with("confidence", serde_json::Value::Null),
        with("reasoning", serde_json::Value::Null),
        with("model", serde_json::Value::Null),
        with("as_of", i64::MAX.into()),
    ] {
        let server = Server::answering(200, &body);
        let answer = answer_of(&server).await;
        assert!(matches!(answer, Err(Error::Unreadable(_))), "{body}: {answer:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_under_every_policy_and_no_outage() {
    for (status, code) in [(401, "auth.unknown"), (410, "model.gone"), (413, "limits.body"), (422, "limits.bars")] {
        let server = Server::answering(status, problem(status, code));
        for policy in [FallbackPolicy::Rules, FallbackPolicy::HoldLast(MINUTE), FallbackPolicy::Error] {
            let detector = asking(&server).fallback(policy).circuit_breaker(1, MINUTE).build().unwrap();
            for _ in 0..2 {
                match detector.detect_regime_ml(&bars(60)).await {
                    Err(Error::Refused { status: seen, code: named, detail }) => {
                        assert_eq!((seen, &*named, &*detail), (status, code, "Why, and what to do."));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(server.requests().len(), 6);
    }
}

#[tokio::test]
async fn a_busy_server_is_left_alone_as_long_as_it_asks() {
    let body = problem(429, "limits.rate").to_string();
    let server = Server::start(move |_| Act::Answer(429, vec!["Retry-After: 30"], body.clone()));
    let detector = asking(&server).circuit_breaker(100, Duration::ZERO).build().unwrap();
    let busy = Error::Status { status: 429, retry_after: Some(Duration::from_secs(30)) };
    assert_eq!(detector.detect_regime_ml(&bars(60)).await.unwrap_err(), busy);
    match detector.detect_regime_ml(&bars(60)).await {
        Err(Error::CircuitOpen { last, retry_in }) => {
            assert_eq!(*last, busy);
            assert!(retry_in > Duration::ZERO && retry_in <= Duration::from_secs(30));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn after_failures_in_a_row_the_service_is_left_alone() {
    let server = Server::answering(500, "");
    let detector = asking(&server).fallback(FallbackPolicy::Rules).circuit_breaker(3, MINUTE).build().unwrap();
    let mut sources = Vec::new();
    for _ in 0..5 {
        sources.push(detector.detect_regime_ml(&bars(60)).await.unwrap().source);
    }
    assert_eq!(server.requests().len(), 3);
    assert_eq!(sources[2].to_string(), "local rules, as the service answered with status 500");
    match &sources[4] {
        Source::LocalRules { because: Some(error) } => assert!(matches!(**error, Error::CircuitOpen { .. }), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn after_the_cool_down_it_is_asked_again() {
    let server = failing_until(4);
    let detector = asking(&server).fallback(FallbackPolicy::Rules).circuit_breaker(3, Duration::ZERO).build().unwrap();
    let mut fallen_back = Vec::new();
    for _ in 0..6 {
        fallen_back.push(detector.detect_regime_ml(&bars(60)).await.unwrap().source.is_fallback());
    }
    assert_eq!(fallen_back, [true, true, true, true, false, false]);
    assert_eq!(server.requests().len(), 6);
}

fn failing_until(answered: usize) -> Server {
    Server::start(move |nth| match nth {
        nth if nth < answered => Act::Answer(500, vec![], String::new()),
        _ => Act::Answer(200, vec![], reply().to_string()),
    })
}

#[tokio::test]
async fn a_caller_who_stops_waiting_does_not_keep_the_circuit_open() {
    let server = Server::start(|nth| match nth {
        0 => Act::Answer(500, vec![], String::new()),
        1 => Act::Hang,
        _ => Act::Answer(200, vec![], reply().to_string()),
    });
    let detector = asking(&server).timeout(MINUTE).circuit_breaker(1, Duration::ZERO).build().unwrap();
    assert!(detector.detect_regime_ml(&bars(60)).await.is_err());
    let bars = bars(60);
    tokio::select! {
        answer = detector.detect_regime_ml(&bars) => panic!("{answer:?}"),
        _ = until_asked(&server, 2) => {}
    }
    assert!(detector.detect_regime_ml(&bars).await.is_ok());
}

async fn until_asked(server: &Server, times: usize) {
    while server.requests().len() < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn local_rules_step_in_with_their_own_answer() {
    let server = Server::answering(500, "");
    let detector = asking(&server).fallback(FallbackPolicy::Rules).build().unwrap();
    let fallen_back = detector.detect_regime_ml(&bars(60)).await.unwrap();
    let local = detector.detect_regime(&bars(60)).unwrap();
    assert_eq!((fallen_back.regime, fallen_back.confidence), (local.regime, local.confidence));
    assert_eq!(fallen_back.metrics, local.metrics);
    assert_eq!(
        fallen_back.source,
        Source::LocalRules { because: Some(Box::new(Error::Status { status: 500, retry_after: None })) }
    );
}

#[tokio::test]
async fn an_answer_is_held_for_its_own_series_and_no_longer_than_allowed() {
    let twice = || Server::start(|nth| if nth < 2 { Act::Answer(200, vec![], reply().to_string()) } else { Act::Close });
    let server = twice();
    let detector = asking(&server).fallback(FallbackPolicy::HoldLast(MINUTE)).circuit_breaker(100, MINUTE).build().unwrap();
    let first = detector.detect_regime_ml_for("AAA", &bars(60)).await.unwrap();
    detector.detect_regime_ml_for("BBB", &nudged(60)).await.unwrap();
    let held = detector.detect_regime_ml_for("AAA", &bars(61)).await.unwrap();
    assert_eq!((held.regime, held.confidence, held.detected_at), (first.regime, first.confidence, first.detected_at));
    match &held.source {
        Source::Held { model, age, because } => {
            assert_eq!(model.to_string(), "boosted@3");
            assert!(*age > Duration::ZERO && *age < MINUTE);
            assert!(matches!(**because, Error::Connection(_)));
        }
        other => panic!("{other:?}"),
    }
    assert!(held.source.to_string().starts_with("boosted@3, held for "), "{}", held.source);

    for (symbol, bars) in [("AAA", nudged(61)), ("CCC", bars(61)), ("", bars(61))] {
        match detector.detect_regime_ml_for(symbol, &bars).await {
            Err(Error::NothingHeld { because }) => assert!(matches!(*because, Error::Connection(_))),
            other => panic!("{symbol}: {other:?}"),
        }
    }

    let server = twice();
    let detector = asking(&server).fallback(FallbackPolicy::HoldLast(Duration::ZERO)).build().unwrap();
    detector.detect_regime_ml(&bars(60)).await.unwrap();
    detector.detect_regime_ml(&bars(60)).await.unwrap();
    assert!(matches!(detector.detect_regime_ml(&bars(60)).await, Err(Error::NothingHeld { .. })));
}

#[tokio::test]
async fn without_a_service_the_policy_decides() {
    let bars = bars(60);
    let result = MarketRegimeDetector::new().detect_regime_ml(&bars).await.unwrap();
    assert_eq!(result.source, Source::LocalRules { because: Some(Box::new(Error::NoService)) });
    let strict = MarketRegimeDetector::builder().fallback(FallbackPolicy::Error).build().unwrap();
    assert_eq!(strict.detect_regime_ml(&bars).await.unwrap_err(), Error::NoService);
}

#[tokio::test]
async fn an_address_that_cannot_work_is_an_error_and_no_fallback() {
    let detector = MarketRegimeDetector::with_ml_service("localhost:8050");
    assert!(matches!(detector.detect_regime_ml(&bars(60)).await, Err(Error::Configuration(_))));
    assert!(detector.detect_regime(&bars(60)).is_ok());
    let built = MarketRegimeDetector::builder().url("localhost:8050").build();
    assert!(matches!(built, Err(Error::Configuration(_))));
    let keyed = MarketRegimeDetector::builder().url("http://localhost").api_key("two\nlines").build();
    assert!(matches!(keyed, Err(Error::Configuration(_))));
    let hasty = MarketRegimeDetector::builder().url("http://localhost").timeout(Duration::ZERO).build();
    assert!(matches!(hasty, Err(Error::Configuration(_))));
}
