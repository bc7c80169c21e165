//! The vectors that every implementation of the rules answers alike, and how an answer is compared with them.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};
use market_regime_detector::{Bar, Error, RegimeDetectionResult, REGIMES};
use serde_json::{json, Value};

const FILES: [&str; 5] = ["real", "simulated", "edges", "borders", "refusals"];

/// One series, and the service's answer to it.
pub struct Vector {
    pub name: String,
    pub bars: Vec<Bar>,
    expected: Value,
}

pub fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = FILES.iter().flat_map(|file| read(file)).collect();
    assert!(vectors.len() > 100);
    vectors
}

fn read(file: &str) -> Vec<Vector> {
    let vector =
        |value: Value| Vector { name: format!("{file}: {}", value["name"]), bars: bars(&value["columns"]), expected: value };
    values(file).into_iter().map(vector).collect()
}

fn values(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/conformance").join(file).with_extension("json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    let whole = value.as_i64().unwrap_or_else(|| number(value).floor() as i64);
    let nanoseconds = ((number(value) - whole as f64) * 1e9).round() as u32;
    Utc.timestamp_opt(whole, nanoseconds).unwrap()
}

fn bars(columns: &Value) -> Vec<Bar> {
    let n = columns["timestamp"].as_array().unwrap().len();
    let at = |field: &str, row: usize| number(&columns[field][row]);
    (0..n)
        .map(|row| Bar {
            timestamp: time(&columns["timestamp"][row]),
            open: at("open", row),
            high: at("high", row),
            low: at("low", row),
            close: at("close", row),
            volume: at("volume", row),
            vwap: None,
        })
        .collect()
}

/// A result as the service writes it; JSON has null for what is no finite number.
fn as_reply(result: &RegimeDetectionResult) -> Value {
    let probabilities: Value = REGIMES
        .iter()
        .zip(result.probabilities)
        .map(|(regime, share)| (regime.as_str().to_owned(), json!(share)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "regime": result.regime,
        "confidence": result.confidence,
        "reasoning": result.reasoning,
        "probabilities": probabilities,
        "metrics": result.metrics,
        "as_of": result.as_of.map(|time| time.timestamp()),
        "regime_age": result.regime_age,
        "regime_age_censored": result.regime_age_censored,
        "bars_used": result.metrics.sample_size,
        "strategies": result.regime.recommended_strategies(),
        "risk_multiplier": result.regime.risk_multiplier(),
        "warnings": result.warnings,
    })
}

impl Vector {
    /// Asserts that an answer to these bars is that of the vector, `warnings` in words or only in number.
    pub fn assert_answered(&self, answer: &Result<RegimeDetectionResult, Error>, word_for_word: bool) {
        let name = &self.name;
        match (answer, self.expected.get("reply"), self.expected.get("refusal")) {
            (Ok(result), Some(reply), _) => {
                let ours = as_reply(result);
                for (field, theirs) in reply.as_object().unwrap() {
                    if field == "warnings" && !word_for_word {
                        assert_eq!(result.warnings.len(), theirs.as_array().unwrap().len(), "{name}");
                    } else {
                        assert_eq!(&ours[field], theirs, "{name}: {field}");
                    }
                }
            }
            (Err(Error::Bars { code, detail }), _, Some(refusal)) => {
                assert_eq!(*code, refusal["code"], "{name}: {detail}");
                assert_eq!(detail.split(' ').next().unwrap(), refusal["place"], "{name}: {detail}");
            }
            (other, ..) => panic!("{name}: {other:?}"),
        }
    }
}
