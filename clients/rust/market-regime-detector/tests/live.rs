//! Against a running service: `REGIME_TEST_SERVICE_URL=http://127.0.0.1:8050 cargo test --test live -- --ignored`.
//!
//! Where the service asks for a key, `REGIME_TEST_SERVICE_KEY` holds it.

#[path = "common/bars.rs"]
mod bars;
#[path = "common/vectors.rs"]
mod vectors;

use std::env;
use std::time::Duration;

use bars::bars;
use market_regime_detector::{Builder, Error, FallbackPolicy, MarketRegimeDetector, Series, Source};

fn asking() -> Builder {
    let url = env::var("REGIME_TEST_SERVICE_URL").expect("REGIME_TEST_SERVICE_URL names the running service");
    let builder = MarketRegimeDetector::builder().url(url).timeout(Duration::from_secs(60)).fallback(FallbackPolicy::Error);
    match env::var("REGIME_TEST_SERVICE_KEY") {
        Ok(key) => builder.api_key(key),
        Err(_) => builder,
    }
}

#[tokio::test]
#[ignore = "needs a running service"]
async fn the_service_answers_the_vectors_as_the_local_rules_do() {
    let detector = asking().model("rules").build().unwrap();
    for vector in vectors::vectors() {
        let answer = detector.detect_regime_ml(&vector.bars).await;
        vector.assert_answered(&answer, false);
        if let (Ok(theirs), Ok(ours)) = (answer, detector.detect_regime(&vector.bars)) {
            assert!(theirs.source.to_string().starts_with("rules@"), "{}", theirs.source);
            assert_eq!(theirs.reasoning, ours.reasoning, "{}", vector.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs a running service"]
async fn a_batch_answers_as_single_calls_do() {
    let detector = asking().model("rules").build().unwrap();
    let vectors = vectors::vectors();
    let series: Vec<Series<'_>> = vectors.iter().map(|vector| Series { symbol: "X", bars: &vector.bars }).collect();
    let answers = detector.detect_regime_batch(&series).await.unwrap();
    for (vector, answer) in vectors.iter().zip(&answers) {
        vector.assert_answered(answer, false);
    }
}

#[tokio::test]
#[ignore = "needs a running service"]
async fn the_default_model_answers_and_is_asked_again_by_its_version() {
    let answer = asking().build().unwrap().detect_regime_ml(&bars(252)).await.unwrap();
    let model = match &answer.source {
        Source::Service { model, fallback: None } => model.to_string(),
        other => panic!("{other:?}"),
    };
    let again = asking().model(&model).build().unwrap().detect_regime_ml(&bars(252)).await.unwrap();
    assert_eq!((again.regime, again.probabilities), (answer.regime, answer.probabilities));
    let gone = asking().model(model + "-none").build().unwrap().detect_regime_ml(&bars(252)).await;
    assert!(matches!(gone, Err(Error::Refused { status: 410, .. })), "{gone:?}");
}

#[tokio::test]
#[ignore = "needs a running service"]
async fn what_the_service_refuses_is_refused_under_every_policy() {
    let policies = [FallbackPolicy::Rules, FallbackPolicy::HoldLast(Duration::from_secs(60)), FallbackPolicy::Error];
    for policy in policies {
        let unknown = asking().model("oracle").fallback(policy).build().unwrap().detect_regime_ml(&bars(60)).await;
        assert!(matches!(&unknown, Err(Error::Refused { status: 422, code, .. }) if code == "model.unknown"), "{unknown:?}");
        if env::var_os("REGIME_TEST_SERVICE_KEY").is_some() {
            let stranger = asking().api_key("guessed").fallback(policy).build().unwrap().detect_regime_ml(&bars(60)).await;
            assert!(
                matches!(&stranger, Err(Error::Refused { status: 401, code, .. }) if code == "auth.unknown"),
                "{stranger:?}"
            );
        }
    }
}
