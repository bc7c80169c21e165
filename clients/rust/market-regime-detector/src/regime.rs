//! The six answers, and what each means for a trading system.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The regime of a market at its last bar.
///
/// Serialised under the names of the service: `trending_bullish`, `ranging`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketRegime {
    /// Prices rise steadily.
    TrendingBullish,
    /// Prices fall steadily.
    TrendingBearish,
    /// Prices move without getting anywhere.
    Ranging,
    /// Prices swing widely.
    Volatile,
    /// Prices hardly move.
    Calm,
    /// No evidence for any of the others. Not a sixth kind of market: reduce risk.
    Unknown,
}

/// The five regimes that have a probability, in the order of
/// [`RegimeDetectionResult::probabilities`](crate::RegimeDetectionResult::probabilities).
pub const REGIMES: [MarketRegime; 5] = [
    MarketRegime::TrendingBullish,
    MarketRegime::TrendingBearish,
    MarketRegime::Ranging,
    MarketRegime::Volatile,
    MarketRegime::Calm,
];

impl MarketRegime {
    /// Name for people, such as `Trending Bullish`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TrendingBullish => "Trending Bullish",
            Self::TrendingBearish => "Trending Bearish",
            Self::Ranging => "Ranging",
            Self::Volatile => "Volatile",
            Self::Calm => "Calm",
            Self::Unknown => "Unknown",
        }
    }

    /// Name on the wire, such as `trending_bullish`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::TrendingBullish => "trending_bullish",
            Self::TrendingBearish => "trending_bearish",
            Self::Ranging => "ranging",
            Self::Volatile => "volatile",
            Self::Calm => "calm",
            Self::Unknown => "unknown",
        }
    }

    /// Kinds of strategy that suit the regime.
    pub fn recommended_strategies(&self) -> &'static [&'static str] {
        match self {
            Self::TrendingBullish => &["momentum", "breakout", "trend_following"],
            Self::TrendingBearish => &["short_selling", "inverse_momentum"],
            Self::Ranging => &["mean_reversion", "range_trading", "support_resistance"],
            Self::Volatile => &["options", "small_positions", "tight_stops"],
            Self::Calm => &["position_building", "swing_trading"],
            Self::Unknown => &["conservative", "wait"],
        }
    }

    /// Factor for the risk to take, from 0.3 (unknown) to 1.2 (a trend).
    pub fn risk_multiplier(&self) -> f64 {
        match self {
            Self::TrendingBullish | Self::TrendingBearish => 1.2,
            Self::Ranging => 1.0,
            Self::Volatile => 0.5,
            Self::Calm => 1.1,
            Self::Unknown => 0.3,
        }
    }
}

impl fmt::Display for MarketRegime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
