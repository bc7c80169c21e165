//! A detector set by the environment. One test, as the variables are the whole process's.

#[path = "common/bars.rs"]
mod bars;
#[path = "common/server.rs"]
mod server;

use std::env;

use bars::bars;
use market_regime_detector::{Error, MarketRegimeDetector, Source};
use server::{reply, Server};

const URL: &str = "REGIME_ML_SERVICE_URL";
const KEY: &str = "REGIME_ML_SERVICE_KEY";

#[tokio::test]
async fn the_environment_names_the_service_and_the_key() {
    let server = Server::answering(200, reply());
    env::remove_var(KEY);
    for unset in [None, Some("")] {
        unset.map_or_else(|| env::remove_var(URL), |empty| env::set_var(URL, empty));
        let result = MarketRegimeDetector::from_env().detect_regime_ml(&bars(60)).await.unwrap();
        assert_eq!(result.source, Source::LocalRules { because: Some(Box::new(Error::NoService)) });
    }

    env::set_var(URL, &server.address);
    let result = MarketRegimeDetector::from_env().detect_regime_ml(&bars(60)).await.unwrap();
    assert_eq!(result.source.to_string(), "boosted@3");
    assert_eq!(server.requests()[0].header("authorization"), None);

    env::set_var(KEY, "s3cret");
    MarketRegimeDetector::from_env().detect_regime_ml(&bars(60)).await.unwrap();
    assert_eq!(server.requests()[1].header("authorization"), Some("Bearer s3cret"));
}
