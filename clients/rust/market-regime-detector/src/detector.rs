//! The detector: whom it asks, and what it does when nobody answers.

use std::time::Duration;

use crate::bars::{self, Bar};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::held::Held;
use crate::result::{RegimeDetectionResult, Source};
use crate::rules;
use crate::service::Service;
use crate::wire::{self, BatchRequest, Request};

/// Who answers when the service does not.
///
/// Whoever it is says so in [`RegimeDetectionResult::source`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FallbackPolicy {
    /// The rules of this crate.
    #[default]
    Rules,
    /// The service's last answer for the same series, if it came no longer ago than this; else the answer is an error.
    HoldLast(Duration),
    /// Nobody: the answer is an error.
    Error,
}

/// One instrument's bars, for [`MarketRegimeDetector::detect_regime_batch`].
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Name of the instrument, at most 100 characters.
    pub symbol: &'a str,
    /// Its bars.
    pub bars: &'a [Bar],
}

/// Finds the regime of a market's last bar, by local rules or by a service.
///
/// It can be shared between threads and tasks, in an [`Arc`](std::sync::Arc) or as a static; its connections are then shared
/// too, as is what it knows of the service's health.
#[derive(Debug)]
pub struct MarketRegimeDetector {
    /// `None` where no address is set; an error where what is set cannot work.
    service: Option<Result<Service>>,
    model: Option<String>,
    fallback: FallbackPolicy,
    held: Held,
}

impl Default for MarketRegimeDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl MarketRegimeDetector {
    /// A detector by local rules, without a service.
    pub fn new() -> Self {
        Self::builder().assemble()
    }

    /// A detector with the service at this address, such as `http://127.0.0.1:8050`.
    ///
    /// An address that cannot work is reported by the first call; [`Builder::build`] reports it at once.
    pub fn with_ml_service(url: impl Into<String>) -> Self {
        Self::builder().url(url).assemble()
    }

    /// A detector with the service at `REGIME_ML_SERVICE_URL`, and the key in `REGIME_ML_SERVICE_KEY` where it is set;
    /// without an address one by local rules alone.
    pub fn from_env() -> Self {
        Self::builder().read_env().assemble()
    }

    pub(crate) fn of(service: Option<Result<Service>>, model: Option<String>, fallback: FallbackPolicy) -> Self {
        Self { service, model, fallback, held: Held::default() }
    }

    /// A detector with settings of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Regime of the last bar by local rules: no network, and the same answer as the service's model `rules`, to the last bit.
    ///
    /// # Errors
    /// [`Error::Bars`] for bars that no detector can read. Fewer than 50 bars are no error: the regime is `Unknown`.
    pub fn detect_regime(&self, bars: &[Bar]) -> Result<RegimeDetectionResult> {
        Ok(rules::detect(bars::check(bars)?, Source::LocalRules { because: None }))
    }

    /// Regime of the last bar by the service, or else by the [`FallbackPolicy`]; `source` says by whom.
    ///
    /// With [`FallbackPolicy::HoldLast`] and several instruments use [`detect_regime_ml_for`](Self::detect_regime_ml_for):
    /// without a name only the last series asked about has an answer to hold.
    ///
    /// # Errors
    /// [`Error::Bars`], [`Error::Refused`] and [`Error::Configuration`] always; the others as the policy says.
    pub async fn detect_regime_ml(&self, bars: &[Bar]) -> Result<RegimeDetectionResult> {
        self.detect_regime_ml_for("", bars).await
    }

    /// As [`detect_regime_ml`](Self::detect_regime_ml), with the instrument's name.
    ///
    /// # Errors
    /// As [`detect_regime_ml`](Self::detect_regime_ml).
    pub async fn detect_regime_ml_for(&self, symbol: &str, bars: &[Bar]) -> Result<RegimeDetectionResult> {
        bars::refuse_unreadable(bars)?;
        let answer = self.ask(symbol, bars).await;
        self.settle(symbol, bars, answer)
    }

    /// Regimes of several instruments in one request: an answer or an error each, in order.
    ///
    /// The service takes 32 MB and 5,000 series at a time where it is not set otherwise: about 1,000 series of 252 bars.
    ///
    /// # Errors
    /// Of the request as a whole, as [`detect_regime_ml`](Self::detect_regime_ml); bars that cannot be read spoil their own
    /// series alone and are not sent.
    pub async fn detect_regime_batch(&self, series: &[Series<'_>]) -> Result<Vec<Result<RegimeDetectionResult>>> {
        let checked: Vec<Result<()>> = series.iter().map(|one| bars::refuse_unreadable(one.bars)).collect();
        let sound: Vec<&Series<'_>> =
            series.iter().zip(&checked).filter(|(_, sound)| sound.is_ok()).map(|(one, _)| one).collect();
        let mut answers = self.settle_all(&sound, self.ask_all(&sound).await)?.into_iter();
        let answer_or_refusal = |refused: Result<()>| match refused {
            Err(error) => Err(error),
            Ok(()) => answers.next().unwrap_or_else(|| Err(Error::Unreadable("an answer is missing".to_owned()))),
        };
        Ok(checked.into_iter().map(answer_or_refusal).collect())
    }

    async fn ask(&self, symbol: &str, bars: &[Bar]) -> Result<RegimeDetectionResult> {
        let service = self.service()?;
        let body = wire::encode(&Request::new(symbol, bars, self.model.as_deref()))?;
        service.post("/detect_regime", body, wire::decode).await
    }

    async fn ask_all(&self, series: &[&Series<'_>]) -> Result<Vec<Result<RegimeDetectionResult>>> {
        if series.is_empty() {
            return Ok(Vec::new());
        }
        let service = self.service()?;
        let requests = series.iter().map(|one| Request::new(one.symbol, one.bars, self.model.as_deref())).collect();
        let body = wire::encode(&BatchRequest { series: requests })?;
        service.post("/detect_regime/batch", body, |bytes| wire::decode_batch(bytes, series.len())).await
    }

    fn service(&self) -> Result<&Service> {
        match &self.service {
            None => Err(Error::NoService),
            Some(service) => service.as_ref().map_err(Clone::clone),
        }
    }

    fn settle_all(
        &self,
        series: &[&Series<'_>],
        answers: Result<Vec<Result<RegimeDetectionResult>>>,
    ) -> Result<Vec<Result<RegimeDetectionResult>>> {
        match answers {
            Err(error) if !error.is_outage() || self.fallback == FallbackPolicy::Error => Err(error),
            Err(error) => Ok(series.iter().map(|one| self.settle(one.symbol, one.bars, Err(error.clone()))).collect()),
            Ok(answers) => {
                let pairs = series.iter().zip(answers);
                Ok(pairs.map(|(one, answer)| self.settle(one.symbol, one.bars, answer)).collect())
            }
        }
    }

    /// The answer where there is one, kept for later; else what the policy makes of its absence.
    fn settle(&self, symbol: &str, bars: &[Bar], answer: Result<RegimeDetectionResult>) -> Result<RegimeDetectionResult> {
        match (answer, self.fallback) {
            (Ok(answer), FallbackPolicy::HoldLast(_)) => {
                self.held.keep(symbol, bars, &answer);
                Ok(answer)
            }
            (Ok(answer), FallbackPolicy::Rules | FallbackPolicy::Error) => Ok(answer),
            (Err(error), _) if !error.is_outage() => Err(error),
            (Err(error), FallbackPolicy::Error) => Err(error),
            (Err(error), FallbackPolicy::Rules) => {
                Ok(rules::detect(bars::check(bars)?, Source::LocalRules { because: Some(Box::new(error)) }))
            }
            (Err(error), FallbackPolicy::HoldLast(max_age)) => {
                let held = self.held.answer(symbol, bars, max_age, &error);
                held.ok_or_else(|| Error::NothingHeld { because: Box::new(error) })
            }
        }
    }
}
