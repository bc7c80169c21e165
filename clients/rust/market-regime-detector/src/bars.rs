//! Bars as they come in, and the checks and repairs that they pass: those of the service, in its words.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One bar of a series.
///
/// Prices must be positive and finite and `high` at least `low`; a volume of 0 or NaN means that it is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Start of the bar; any time within it will do, as long as all bars of a series keep to it.
    pub timestamp: DateTime<Utc>,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units traded; 0 or NaN where unknown.
    pub volume: f64,
    /// Volume-weighted average price. It is for the caller's own use: no detector reads it.
    #[serde(default)]
    pub vwap: Option<f64>,
}

type Price = fn(&Bar) -> f64;

/// How far outside `[low, high]` an open or close may lie, as a fraction, before the warning speaks of the columns.
const CLOSE_SLACK: f64 = 0.005;
/// Seconds since 1970 from which on nanoseconds are no 64-bit number.
const LAST_SECOND: f64 = 9.2e9;

/// Bars that passed all checks: oldest first, each time once, `low <= open, close <= high`.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    pub(crate) close: Vec<f64>,
    /// Time of the last bar; `None` for no bars.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// One sentence a kind of repair.
    pub(crate) warnings: Vec<String>,
}

impl Checked {
    pub(crate) fn len(&self) -> usize {
        self.close.len()
    }
}

/// Checks and repairs bars as the service does: unsorted bars are sorted, of equal times the last wins, an open or close
/// outside `[low, high]` widens the range.
///
/// # Errors
/// [`Error::Bars`] with the service's code, naming the first bar and field that no detector can read.
pub(crate) fn check(bars: &[Bar]) -> Result<Checked> {
    refuse_unreadable(bars)?;
    let mut warnings = Vec::new();
    let (high, low) = widened(bars, &mut warnings);
    let order = in_order(bars, &mut warnings);
    let pick = |column: &dyn Fn(usize) -> f64| order.iter().map(|&row| column(row)).collect();
    Ok(Checked {
        high: pick(&|row| high[row]),
        low: pick(&|row| low[row]),
        close: pick(&|row| bars[row].close),
        as_of: order.last().map(|&row| bars[row].timestamp),
        warnings,
    })
}

/// Checks bars without repairing any.
///
/// # Errors
/// As [`check`].
pub(crate) fn refuse_unreadable(bars: &[Bar]) -> Result<()> {
    refuse_times(bars)?;
    let prices: [(&str, Price); 4] =
        [("open", |bar| bar.open), ("high", |bar| bar.high), ("low", |bar| bar.low), ("close", |bar| bar.close)];
    for (field, of) in prices {
        for (row, bar) in bars.iter().enumerate() {
            refuse_price(row, field, of(bar))?;
        }
    }
    if let Some((row, bar)) = (bars.iter().enumerate()).find(|(_, bar)| bar.high < bar.low) {
        let detail = format!("bars[{row}].high is {}, below low {}: correct it, or leave the bar out.", bar.high, bar.low);
        return Err(refusal("bars.high_below_low", detail));
    }
    match bars.iter().enumerate().find(|(_, bar)| bar.volume < 0.0 || bar.volume.is_infinite()) {
        Some((row, Bar { volume, .. })) => {
            let code = if volume.is_finite() { "bars.volume" } else { "bars.non_finite" };
            Err(refusal(code, format!("bars[{row}].volume is {volume}: volume must be zero or more; make it 0 where unknown.")))
        }
        None => Ok(()),
    }
}

fn refuse_times(bars: &[Bar]) -> Result<()> {
    for (row, bar) in bars.iter().enumerate() {
        if seconds(&bar.timestamp).abs() >= LAST_SECOND {
            let detail = format!("bars[{row}].timestamp is beyond the year 2262.");
            return Err(refusal("bars.time", detail));
        }
    }
    Ok(())
}

fn refuse_price(row: usize, field: &str, price: f64) -> Result<()> {
    if price.is_finite() && price > 0.0 {
        return Ok(());
    }
    let code = if price.is_finite() { "bars.not_positive" } else { "bars.non_finite" };
    let detail = format!("bars[{row}].{field} is {price}: prices must be positive finite numbers.");
    Err(refusal(code, detail))
}

fn refusal(code: &'static str, detail: String) -> Error {
    Error::Bars { code, detail }
}

/// Seconds since 1970, with their fraction.
pub(crate) fn seconds(time: &DateTime<Utc>) -> f64 {
    time.timestamp() as f64 + f64::from(time.timestamp_subsec_nanos()) * 1e-9
}

/// Highs and lows that enclose each bar's open and close.
fn widened(bars: &[Bar], warnings: &mut Vec<String>) -> (Vec<f64>, Vec<f64>) {
    let (mut count, mut first, mut far) = (0, 0, false);
    let (mut highs, mut lows) = (Vec::with_capacity(bars.len()), Vec::with_capacity(bars.len()));
    for (row, bar) in bars.iter().enumerate() {
        let (top, bottom) = (bar.open.max(bar.close), bar.open.min(bar.close));
        if top > bar.high || bottom < bar.low {
            first = if count == 0 { row } else { first };
            count += 1;
            far |= top > bar.high * (1.0 + CLOSE_SLACK) || bottom < bar.low * (1.0 - CLOSE_SLACK);
        }
        highs.push(bar.high.max(top));
        lows.push(bar.low.min(bottom));
    }
    if count > 0 {
        let kind = if far { "; some by more than 0.5 %, so check the columns" } else { "" };
        warnings.push(format!(
            "{count} bar(s) had an open or close outside [low, high], first bars[{first}]: range widened{kind}."
        ));
    }
    (highs, lows)
}

/// Rows oldest first, of equal times the last alone.
fn in_order(bars: &[Bar], warnings: &mut Vec<String>) -> Vec<usize> {
    let time = |row: usize| bars[row].timestamp;
    let mut order: Vec<usize> = (0..bars.len()).collect();
    if let Some(row) = (1..bars.len()).find(|&row| time(row) < time(row - 1)) {
        warnings.push(format!("Bars were not in order of time, first bars[{row}]: sorted oldest first."));
        order.sort_by_key(|&row| time(row));
    }
    let repeated = |at: usize| at + 1 < order.len() && time(order[at]) == time(order[at + 1]);
    let dropped: Vec<usize> = (0..order.len()).filter(|&at| repeated(at)).collect();
    if let Some(&first) = dropped.first() {
        warnings.push(format!(
            "{} bar(s) had the same timestamp as a later one, first bars[{}]: the last was kept.",
            dropped.len(),
            order[first]
        ));
        order = (0..order.len()).filter(|&at| !repeated(at)).map(|at| order[at]).collect();
    }
    order
}
