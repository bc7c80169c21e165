//! The service's JSON: what is sent, and what is taken for an answer.

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::bars::{self, Bar};
use crate::error::{Error, Result};
use crate::regime::MarketRegime;
use crate::result::{ModelRef, RegimeDetectionResult, RegimeMetrics, Source};

/// From this size on the service takes a time for nanoseconds.
const LEAST_NANOSECONDS: u64 = 100_000_000_000_000_000;

/// One series as columns.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    columns: Columns,
    #[serde(skip_serializing_if = "str::is_empty")]
    symbol: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
}

/// Several series.
#[derive(Serialize)]
pub(crate) struct BatchRequest<'a> {
    pub(crate) series: Vec<Request<'a>>,
}

#[derive(Serialize)]
struct Columns {
    timestamp: Times,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    /// NaN is written as null: unknown.
    volume: Vec<f64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Times {
    Whole(Vec<i64>),
    Fractional(Vec<f64>),
}

impl<'a> Request<'a> {
    pub(crate) fn new(symbol: &'a str, bars: &[Bar], model: Option<&'a str>) -> Self {
        let column = |of: fn(&Bar) -> f64| bars.iter().map(of).collect();
        let columns = Columns {
            timestamp: times(bars),
            open: column(|bar| bar.open),
            high: column(|bar| bar.high),
            low: column(|bar| bar.low),
            close: column(|bar| bar.close),
            volume: column(|bar| bar.volume),
        };
        Self { columns, symbol, model }
    }
}

/// Whole seconds where they are; nanoseconds where the service knows these by their size; else seconds with a fraction.
fn times(bars: &[Bar]) -> Times {
    if bars.iter().all(|bar| bar.timestamp.timestamp_subsec_nanos() == 0) {
        return Times::Whole(bars.iter().map(|bar| bar.timestamp.timestamp()).collect());
    }
    let nanoseconds: Vec<i64> = bars.iter().map(|bar| nanoseconds(&bar.timestamp)).collect();
    if nanoseconds.iter().any(|time| time.unsigned_abs() >= LEAST_NANOSECONDS) {
        return Times::Whole(nanoseconds);
    }
    Times::Fractional(bars.iter().map(|bar| bars::seconds(&bar.timestamp)).collect())
}

/// Nanoseconds since 1970 of a checked time.
fn nanoseconds(time: &DateTime<Utc>) -> i64 {
    time.timestamp() * 1_000_000_000 + i64::from(time.timestamp_subsec_nanos())
}

/// Writes a request.
pub(crate) fn encode(request: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(request).map_err(|error| Error::Configuration(format!("the request cannot be written: {error}")))
}

#[derive(Deserialize)]
struct Reply {
    regime: MarketRegime,
    confidence: f64,
    reasoning: String,
    probabilities: Probabilities,
    metrics: RegimeMetrics,
    as_of: Option<i64>,
    regime_age: usize,
    regime_age_censored: bool,
    model: ModelRef,
    warnings: Vec<String>,
    fallback: Option<String>,
}

#[derive(Deserialize)]
struct Probabilities {
    trending_bullish: f64,
    trending_bearish: f64,
    ranging: f64,
    volatile: f64,
    calm: f64,
}

/// An error of the service.
#[derive(Deserialize)]
struct Problem {
    status: u16,
    code: String,
    detail: String,
}

#[derive(Deserialize)]
struct BatchReply<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

/// Reads the answer to one series.
///
/// # Errors
/// [`Error::Unreadable`].
pub(crate) fn decode(body: &[u8]) -> Result<RegimeDetectionResult> {
    result_of(serde_json::from_slice(body).map_err(unreadable)?)
}

/// Reads the answers to so many series: each one's, or why it has none.
///
/// # Errors
/// [`Error::Unreadable`] where the body is not a list of so many.
pub(crate) fn decode_batch(body: &[u8], expected: usize) -> Result<Vec<Result<RegimeDetectionResult>>> {
    let reply: BatchReply<'_> = serde_json::from_slice(body).map_err(unreadable)?;
    if reply.results.len() != expected {
        return Err(Error::Unreadable(format!("{} results came for {expected} series", reply.results.len())));
    }
    Ok(reply.results.into_iter().map(one_of_batch).collect())
}

fn one_of_batch(raw: &RawValue) -> Result<RegimeDetectionResult> {
    match problem(raw.get().as_bytes()) {
        Some(error) => Err(error),
        None => decode(raw.get().as_bytes()),
    }
}

/// The error that a body tells of, if it is one of the service's.
pub(crate) fn problem(body: &[u8]) -> Option<Error> {
    let Problem { status, code, detail } = serde_json::from_slice(body).ok()?;
    if (400..500).contains(&status) {
        Some(Error::Refused { status, code, detail })
    } else {
        Some(Error::Status { status, retry_after: None })
    }
}

fn result_of(reply: Reply) -> Result<RegimeDetectionResult> {
    let Probabilities { trending_bullish, trending_bearish, ranging, volatile, calm } = reply.probabilities;
    let probabilities = [trending_bullish, trending_bearish, ranging, volatile, calm];
    if [reply.confidence].iter().chain(&probabilities).any(|share| !(0.0..=1.0).contains(share)) {
        return Err(Error::Unreadable("a confidence or probability is not between 0 and 1".to_owned()));
    }
    let as_of = reply.as_of.map(|seconds| Utc.timestamp_opt(seconds, 0).single());
    if as_of == Some(None) {
        return Err(Error::Unreadable("as_of is not a time".to_owned()));
    }
    Ok(RegimeDetectionResult {
        regime: reply.regime,
        confidence: reply.confidence,
        metrics: reply.metrics,
        detected_at: Utc::now(),
        reasoning: reply.reasoning,
        source: Source::Service { model: reply.model, fallback: reply.fallback },
        probabilities,
        as_of: as_of.flatten(),
        regime_age: reply.regime_age,
        regime_age_censored: reply.regime_age_censored,
        warnings: reply.warnings,
    })
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Unreadable(error.to_string())
}
