//! What an answer holds.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::regime::{MarketRegime, REGIMES};

/// The regime of the last bar, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegimeDetectionResult {
    /// The regime.
    pub regime: MarketRegime,
    /// 0 to 1; 0 where the regime is unknown.
    pub confidence: f64,
    /// Figures of rule-based detection on the bars, whichever model answered.
    pub metrics: RegimeMetrics,
    /// When the answer was made, by this machine's clock. Of a held answer: when it was first given.
    pub detected_at: DateTime<Utc>,
    /// The answer in words.
    pub reasoning: String,
    /// Who answered, and if it was not who was asked, why.
    pub source: Source,
    /// Of each regime, in the order of [`REGIMES`]; they sum to 1, and are 0.2 each where the regime is unknown.
    pub probabilities: [f64; REGIMES.len()],
    /// Time of the last bar that the answer rests on, whole seconds from the service; `None` for no bars.
    pub as_of: Option<DateTime<Utc>>,
    /// Bars for which the regime has held, the last one included; 0 where it is unknown.
    pub regime_age: usize,
    /// Whether that run reaches the first bar that could be labelled, so that it may be older.
    pub regime_age_censored: bool,
    /// Each kind of repair that the bars needed.
    pub warnings: Vec<String>,
}

/// Figures of rule-based detection; NaN where too few bars are there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegimeMetrics {
    /// Sample standard deviation of the last 20 simple returns, a fraction per bar.
    #[serde(deserialize_with = "nan_for_null")]
    pub volatility: f64,
    /// Least-squares slope of the last 20 closes over the mean of all closes, per bar.
    #[serde(deserialize_with = "nan_for_null")]
    pub trend_strength: f64,
    /// Mean of the last 14 true ranges, in percent of the last close.
    #[serde(deserialize_with = "nan_for_null")]
    pub atr_percent: f64,
    /// Net move over path length, 0 to about 1; 0 where the price never moved.
    #[serde(deserialize_with = "nan_for_null")]
    pub range_efficiency: f64,
    /// Last close over the close 19 bars earlier, less 1.
    #[serde(deserialize_with = "nan_for_null")]
    pub momentum: f64,
    /// 10-bar over 50-bar simple moving average, less 1.
    #[serde(deserialize_with = "nan_for_null")]
    pub ma_convergence: f64,
    /// Bars used.
    pub sample_size: usize,
}

impl RegimeMetrics {
    pub(crate) fn of_nothing() -> Self {
        Self {
            volatility: f64::NAN,
            trend_strength: f64::NAN,
            atr_percent: f64::NAN,
            range_efficiency: f64::NAN,
            momentum: f64::NAN,
            ma_convergence: f64::NAN,
            sample_size: 0,
        }
    }
}

fn nan_for_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// A model of the service, as its manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    /// Name, such as `boosted`.
    pub name: String,
    /// Version: the same one answers the same bars identically.
    pub version: String,
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// Who answered. As text: `boosted@cc38204ceab4`, `local rules`, `boosted@cc38204ceab4, held for 12 s, as ...`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// The service.
    Service {
        /// The model that answered.
        model: ModelRef,
        /// Why another model answered than was asked for; `None` where it is the same.
        fallback: Option<String>,
    },
    /// The rules of this crate.
    LocalRules {
        /// Why the service did not answer; `None` where it was not asked.
        because: Option<Box<Error>>,
    },
    /// An earlier answer of the service for the same series.
    Held {
        /// The model that answered then.
        model: ModelRef,
        /// Time since that answer came.
        age: Duration,
        /// Why the service did not answer now.
        because: Box<Error>,
    },
}

impl Source {
    /// Whether another answered than was asked.
    pub fn is_fallback(&self) -> bool {
        match self {
            Self::Service { fallback, .. } => fallback.is_some(),
            Self::LocalRules { because } => because.is_some(),
            Self::Held { .. } => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { model, fallback: None } => write!(f, "{model}"),
            Self::Service { model, fallback: Some(reason) } => write!(f, "{model}, as {reason}"),
            Self::LocalRules { because: None } => write!(f, "local rules"),
            Self::LocalRules { because: Some(error) } => write!(f, "local rules, as {error}"),
            Self::Held { model, age, because } => write!(f, "{model}, held for {} s, as {because}", age.as_secs()),
        }
    }
}
