//! The local rules answer the shared vectors as the service does, to the last bit.

#[path = "common/vectors.rs"]
mod vectors;

use market_regime_detector::{MarketRegimeDetector, Source};

#[test]
fn local_rules_equal_those_of_the_service() {
    let detector = MarketRegimeDetector::new();
    for vector in vectors::vectors() {
        let answer = detector.detect_regime(&vector.bars);
        vector.assert_answered(&answer, true);
        if let Ok(result) = answer {
            assert_eq!(result.source, Source::LocalRules { because: None });
        }
    }
}
