#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bars;
mod breaker;
mod builder;
mod detector;
mod error;
mod held;
mod regime;
mod result;
mod rules;
mod service;
mod wire;

pub use bars::Bar;
pub use builder::Builder;
pub use detector::{FallbackPolicy, MarketRegimeDetector, Series};
pub use error::{Error, Result};
pub use regime::{MarketRegime, REGIMES};
pub use result::{ModelRef, RegimeDetectionResult, RegimeMetrics, Source};
pub use rules::MIN_BARS;
