//! Prints the regime at the end of a CSV file: `cargo run --example regime_of_csv -- prices.csv`.
//!
//! The file has a header with the columns date (or timestamp), open, high, low, close and, if it likes, volume; a date is
//! `2024-05-31`, `2024-05-31T14:30:00Z` or epoch seconds. The service in REGIME_ML_SERVICE_URL is asked where it is set.

use std::error::Error;
use std::fs;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use market_regime_detector::{Bar, MarketRegimeDetector};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("name a CSV file: regime_of_csv prices.csv")?;
    let bars = read(&fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?)?;
    let result = MarketRegimeDetector::from_env().detect_regime_ml(&bars).await?;
    if let Some(as_of) = result.as_of {
        println!("{} bars to {}", result.metrics.sample_size, as_of.format("%Y-%m-%d %H:%M"));
    }
    println!("{}, confidence {:.2}, by {}", result.regime.name(), result.confidence, result.source);
    println!("{}", result.reasoning);
    println!("strategies: {}", result.regime.recommended_strategies().join(", "));
    println!("risk: {} times the usual", result.regime.risk_multiplier());
    for warning in &result.warnings {
        println!("note: {warning}");
    }
    Ok(())
}

fn read(text: &str) -> Result<Vec<Bar>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or("the file is empty")?;
    let names: Vec<String> = header.split(',').map(|name| name.trim().to_lowercase()).collect();
    let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
    let column = |wanted: &[&str]| find(wanted).ok_or_else(|| format!("the header has no column {}", wanted.join(" or ")));
    let time_at = column(&["date", "timestamp", "time"])?;
    let prices_at = [column(&["open"])?, column(&["high"])?, column(&["low"])?, column(&["close"])?];
    let volume_at = find(&["volume"]);
    lines
        .map(|(row, line)| {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let number = |at: usize| {
                let cell = cells.get(at).ok_or_else(|| format!("line {}: too few columns", row + 1))?;
                cell.parse::<f64>().map_err(|error| format!("line {}: {cell:?}: {error}", row + 1))
            };
            let [open, high, low, close] = prices_at;
            Ok(Bar {
                timestamp: cells
                    .get(time_at)
                    .and_then(|cell| time(cell))
                    .ok_or_else(|| format!("line {}: no time", row + 1))?,
                open: number(open)?,
                high: number(high)?,
                low: number(low)?,
                close: number(close)?,
                volume: volume_at.map_or(Ok(f64::NAN), number)?,
                vwap: None,
            })
        })
        .collect()
}

fn time(cell: &str) -> Option<DateTime<Utc>> {
    let epoch = || cell.parse().ok().and_then(|seconds| Utc.timestamp_opt(seconds, 0).single());
    let moment = || DateTime::parse_from_rfc3339(cell).ok().map(|time| time.with_timezone(&Utc));
    let date =
        || NaiveDate::parse_from_str(cell, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|time| Utc.from_utc_datetime(&time));
    epoch().or_else(moment).or_else(date)
}
