//! The `rules` model of the service, to the last bit: every sum is taken in its order.

use crate::bars::Checked;
use crate::regime::{MarketRegime, REGIMES};
use crate::result::{RegimeDetectionResult, RegimeMetrics, Source};

/// Fewer bars than this are answered `Unknown`.
pub const MIN_BARS: usize = 50;

const VOLATILITY_BARS: usize = 20;
const TREND_BARS: usize = 20;
const ATR_BARS: usize = 14;
const MOMENTUM_BARS: usize = 20;
const FAST_BARS: usize = 10;
const SLOW_BARS: usize = 50;

type Scores = [f64; REGIMES.len()];

/// Regime of the last bar. It rests on all bars.
pub(crate) fn detect(bars: Checked, source: Source) -> RegimeDetectionResult {
    let n = bars.len();
    let sums = Sums::of(&bars.close);
    let metrics = if n == 0 { RegimeMetrics::of_nothing() } else { metrics(&bars, &sums, n - 1) };
    if n < MIN_BARS {
        let reasoning = format!("Insufficient data: {n} bars (need {MIN_BARS})");
        return result(bars, metrics, Verdict::none(), 0, reasoning, source);
    }
    let scores = points(&metrics);
    let verdict = Verdict::of(&scores);
    let age = age(&bars, &sums, verdict.regime);
    let reasoning = reasoning(&verdict, age, n, &metrics, &scores);
    result(bars, metrics, verdict, age, reasoning, source)
}

fn result(
    bars: Checked,
    metrics: RegimeMetrics,
    verdict: Verdict,
    regime_age: usize,
    reasoning: String,
    source: Source,
) -> RegimeDetectionResult {
    RegimeDetectionResult {
        regime: verdict.regime,
        confidence: verdict.confidence,
        metrics,
        detected_at: chrono::Utc::now(),
        reasoning,
        source,
        probabilities: verdict.probabilities,
        as_of: bars.as_of,
        regime_age,
        regime_age_censored: censored(regime_age, metrics.sample_size),
        warnings: bars.warnings,
    }
}

struct Verdict {
    regime: MarketRegime,
    confidence: f64,
    probabilities: [f64; REGIMES.len()],
}

impl Verdict {
    fn none() -> Self {
        Self { regime: MarketRegime::Unknown, confidence: 0.0, probabilities: [1.0 / REGIMES.len() as f64; REGIMES.len()] }
    }

    /// The highest score wins, the first of equal ones; where no rule fires, nothing does.
    fn of(scores: &Scores) -> Self {
        let total: f64 = scores.iter().sum();
        if total <= 0.0 {
            return Self::none();
        }
        let mut best = 0;
        for code in 1..scores.len() {
            best = if scores[code] > scores[best] { code } else { best };
        }
        Self { regime: REGIMES[best], confidence: scores[best] / 100.0, probabilities: scores.map(|points| points / total) }
    }
}

/// Running sums from the first bar to each.
struct Sums {
    close: Vec<f64>,
    path: Vec<f64>,
}

impl Sums {
    fn of(close: &[f64]) -> Self {
        let (mut total, mut path) = (0.0, 0.0);
        let mut sums = Self { close: Vec::with_capacity(close.len()), path: Vec::with_capacity(close.len()) };
        for (i, price) in close.iter().enumerate() {
            total += price;
            path += if i > 0 { (price / close[i - 1] - 1.0).abs() } else { 0.0 };
            sums.close.push(total);
            sums.path.push(path);
        }
        sums
    }
}

/// Bars for which the regime of the last one has held, back to the first that can be labelled; 0 for `Unknown`.
fn age(bars: &Checked, sums: &Sums, regime: MarketRegime) -> usize {
    if regime == MarketRegime::Unknown {
        return 0;
    }
    let alike = |t: &usize| Verdict::of(&points(&metrics(bars, sums, *t))).regime == regime;
    (MIN_BARS - 1..bars.len()).rev().take_while(alike).count()
}

/// Whether a run of this age reaches the first of `n` bars that can be labelled.
fn censored(age: usize, n: usize) -> bool {
    age > 0 && age + MIN_BARS == n + 1
}

/// Metrics of bars `0..=t`; NaN where these are too few.
fn metrics(bars: &Checked, sums: &Sums, t: usize) -> RegimeMetrics {
    let close = &bars.close[..=t];
    let n = t + 1;
    let mean = sums.close[t] / n as f64;
    let or_nan = |enough: bool, figure: &dyn Fn() -> f64| if enough { figure() } else { f64::NAN };
    RegimeMetrics {
        volatility: or_nan(n > VOLATILITY_BARS, &|| volatility(close)),
        trend_strength: or_nan(n >= TREND_BARS, &|| slope(&close[n - TREND_BARS..]) / mean),
        atr_percent: or_nan(n > ATR_BARS, &|| atr_percent(&bars.high, &bars.low, close)),
        range_efficiency: or_nan(n > 1, &|| range_efficiency(close, sums.path[t], mean)),
        momentum: or_nan(n >= MOMENTUM_BARS, &|| close[t] / close[n - MOMENTUM_BARS] - 1.0),
        ma_convergence: or_nan(n >= SLOW_BARS, &|| average(&close[n - FAST_BARS..]) / average(&close[n - SLOW_BARS..]) - 1.0),
        sample_size: n,
    }
}

fn volatility(close: &[f64]) -> f64 {
    let last = &close[close.len() - VOLATILITY_BARS - 1..];
    let returns = || last.windows(2).map(|pair| pair[1] / pair[0] - 1.0);
    let mut mean = 0.0;
    for change in returns() {
        mean += change;
    }
    mean /= VOLATILITY_BARS as f64;
    let mut total = 0.0;
    for change in returns() {
        total += (change - mean) * (change - mean);
    }
    (total / (VOLATILITY_BARS - 1) as f64).sqrt()
}

/// Least-squares slope, per bar.
fn slope(close: &[f64]) -> f64 {
    let n = close.len() as f64;
    let centre = (n - 1.0) / 2.0;
    let mut slope = 0.0;
    for (i, price) in close.iter().enumerate() {
        slope += (i as f64 - centre) * price;
    }
    slope / (n * (n * n - 1.0) / 12.0)
}

fn atr_percent(high: &[f64], low: &[f64], close: &[f64]) -> f64 {
    let n = close.len();
    let mut total = 0.0;
    for i in n - ATR_BARS..n {
        let before = close[i - 1];
        total += (high[i] - low[i]).max((high[i] - before).abs()).max((low[i] - before).abs());
    }
    total / ATR_BARS as f64 / close[n - 1] * 100.0
}

/// Net move over path length; 0 where the price never moved.
fn range_efficiency(close: &[f64], path: f64, mean: f64) -> f64 {
    if path == 0.0 {
        return 0.0;
    }
    (close[close.len() - 1] - close[0]).abs() / (path * mean)
}

fn average(values: &[f64]) -> f64 {
    let mut total = 0.0;
    for value in values {
        total += value;
    }
    total / values.len() as f64
}

/// Points of each regime, in the order of [`REGIMES`]. A NaN metric scores nothing.
fn points(metrics: &RegimeMetrics) -> Scores {
    let RegimeMetrics { volatility, trend_strength: trend, atr_percent: atr, range_efficiency: efficiency, momentum, .. } =
        *metrics;
    let [mut bullish, mut bearish, mut ranging, mut volatile, mut calm] = [0.0; REGIMES.len()];
    if volatility > 0.03 {
        volatile += 40.0;
    } else if volatility < 0.01 {
        calm += 30.0;
    }
    if trend > 0.01 && efficiency > 0.5 {
        bullish += 50.0;
    } else if trend < -0.01 && efficiency > 0.5 {
        bearish += 50.0;
    }
    if efficiency < 0.3 && (0.01..=0.025).contains(&volatility) {
        ranging += 40.0;
    }
    if momentum > 0.05 {
        bullish += 20.0;
    } else if momentum < -0.05 {
        bearish += 20.0;
    }
    if atr > 3.0 {
        volatile += 20.0;
    } else if atr < 1.0 {
        calm += 20.0;
    }
    [bullish, bearish, ranging, volatile, calm]
}

fn reasoning(verdict: &Verdict, age: usize, n: usize, metrics: &RegimeMetrics, scores: &Scores) -> String {
    let evidence = evidence(metrics, scores);
    if verdict.regime == MarketRegime::Unknown {
        return format!("No regime stands out: {evidence}.");
    }
    let words = verdict.regime.as_str().replace('_', " ");
    let (first, rest) = words.split_at(1);
    let at_least = if censored(age, n) { "at least " } else { "" };
    let plural = if age == 1 { "" } else { "s" };
    format!(
        "{}{rest} with {} of 100 points, for {at_least}{} bar{plural}: {evidence}.",
        first.to_uppercase(),
        fixed(verdict.confidence * 100.0, 0),
        grouped(age),
    )
}

fn evidence(metrics: &RegimeMetrics, scores: &Scores) -> String {
    let figures = format!(
        "volatility {} % a bar, trend {} % a bar, range efficiency {}, momentum {} %, ATR {} %",
        fixed(metrics.volatility * 100.0, 2),
        signed(metrics.trend_strength * 100.0, 2),
        fixed(metrics.range_efficiency, 2),
        signed(metrics.momentum * 100.0, 1),
        fixed(metrics.atr_percent, 2),
    );
    let scored: Vec<String> = REGIMES
        .iter()
        .zip(scores)
        .filter(|(_, &points)| points > 0.0)
        .map(|(regime, &points)| format!("{} {}", regime.as_str(), fixed(points, 0)))
        .collect();
    if scored.is_empty() {
        format!("{figures}; no rule fires")
    } else {
        format!("{figures}; points: {}", scored.join(", "))
    }
}

fn fixed(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    format!("{value:.digits$}")
}

/// Number with its sign, a true minus, and no sign at zero.
fn signed(value: f64, digits: usize) -> String {
    let text = fixed(value.abs(), digits);
    if !text.contains(|digit: char| ('1'..='9').contains(&digit)) {
        return text;
    }
    format!("{}{text}", if value < 0.0 { '\u{2212}' } else { '+' })
}

fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_service_writes_them() {
        assert_eq!([7, 999, 1000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!([signed(-0.004, 2), signed(0.0051, 2), signed(-1.25, 1)], ["0.00", "+0.01", "\u{2212}1.2"]);
        assert_eq!([fixed(f64::NAN, 2), signed(f64::INFINITY, 1)], ["nan", "inf"]);
    }
}
