//! Earlier answers of the service, to be held while it does not answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::bars::Bar;
use crate::error::Error;
use crate::result::{RegimeDetectionResult, Source};

/// The last answer for each symbol, with a bar that tells its series from another's.
#[derive(Debug, Default)]
pub(crate) struct Held {
    by_symbol: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    answer: RegimeDetectionResult,
    at: Instant,
    mark: Mark,
}

/// Time and prices of a closed bar.
type Mark = (DateTime<Utc>, [f64; 4]);

fn mark(bar: &Bar) -> Mark {
    (bar.timestamp, [bar.open, bar.high, bar.low, bar.close])
}

/// The newest bar but one: the newest may not be closed yet.
fn last_closed(bars: &[Bar]) -> Option<Mark> {
    let newest = bars.iter().map(|bar| bar.timestamp).max()?;
    bars.iter().filter(|bar| bar.timestamp < newest).max_by_key(|bar| bar.timestamp).map(mark)
}

impl Held {
    /// Keeps an answer of the service to these bars.
    pub(crate) fn keep(&self, symbol: &str, bars: &[Bar], answer: &RegimeDetectionResult) {
        if let Some(mark) = last_closed(bars) {
            let kept = Kept { answer: answer.clone(), at: Instant::now(), mark };
            self.by_symbol.lock().unwrap_or_else(PoisonError::into_inner).insert(symbol.to_owned(), kept);
        }
    }

    /// The last answer for the series of these bars, at most so old.
    pub(crate) fn answer(
        &self,
        symbol: &str,
        bars: &[Bar],
        max_age: Duration,
        because: &Error,
    ) -> Option<RegimeDetectionResult> {
        let by_symbol = self.by_symbol.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = by_symbol.get(symbol)?;
        let age = kept.at.elapsed();
        if age > max_age || !bars.iter().any(|bar| mark(bar) == kept.mark) {
            return None;
        }
        let model = match &kept.answer.source {
            Source::Service { model, .. } => model.clone(),
            Source::LocalRules { .. } | Source::Held { .. } => return None,
        };
        Some(RegimeDetectionResult {
            source: Source::Held { model, age, because: Box::new(because.clone()) },
            ..kept.answer.clone()
        })
    }
}
