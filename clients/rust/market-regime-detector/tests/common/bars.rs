//! Bars to ask about.

#![allow(dead_code)] // each test program uses a part

use chrono::{TimeZone, Utc};
use market_regime_detector::Bar;

pub const START: i64 = 1_699_000_000;

/// So many daily bars; the first of them are the same for any number.
pub fn bars(n: usize) -> Vec<Bar> {
    let close = |i: usize| 100.0 + (i as f64 * 0.7).sin() * 3.0;
    (0..n)
        .map(|i| Bar {
            timestamp: Utc.timestamp_opt(START + 86_400 * i as i64, 0).unwrap(),
            open: close(i.saturating_sub(1)),
            high: close(i) + 4.0,
            low: close(i) - 4.0,
            close: close(i),
            volume: 0.0,
            vwap: None,
        })
        .collect()
}

/// Another instrument's bars at the same times.
pub fn nudged(n: usize) -> Vec<Bar> {
    bars(n).into_iter().map(|bar| Bar { close: bar.close + 0.01, ..bar }).collect()
}
