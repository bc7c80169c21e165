//! The detector: whom it asks, and what it does when nobody answers.

use std::time::Duration;

use crate::bars::{self, Bar};
use crate::breaker::Breaker;
use crate::error::{Error, Result};
use crate::held::Held;
use crate::result::{RegimeDetectionResult, Source};
use crate::rules;
use crate::service::{Reach, Service};
use crate::wire::{self, BatchRequest, Request};

const URL_VARIABLE: &str = "REGIME_ML_SERVICE_URL";
const KEY_VARIABLE: &str = "REGIME_ML_SERVICE_KEY";

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

/// Settings of a [`MarketRegimeDetector`].
#[derive(Clone)]
pub struct Builder {
    url: Result<Option<String>>,
    api_key: Result<Option<String>>,
    model: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    fallback: FallbackPolicy,
    failures: u32,
    cool_down: Duration,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            url: Ok(None),
            api_key: Ok(None),
            model: None,
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            fallback: FallbackPolicy::default(),
            failures: 5,
            cool_down: Duration::from_secs(10),
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("url", &self.url).field("model", &self.model).finish_non_exhaustive()
    }
}

impl Builder {
    /// Address of the service, its path prefix included.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Ok(Some(url.into()));
        self
    }

    /// Key that the service asks for, sent as `Authorization: Bearer KEY`.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Ok(Some(key.into()));
        self
    }

    /// Address and key from `REGIME_ML_SERVICE_URL` and `REGIME_ML_SERVICE_KEY`; an empty one counts as not set.
    pub fn read_env(mut self) -> Self {
        self.url = variable(URL_VARIABLE);
        self.api_key = variable(KEY_VARIABLE);
        self
    }

    /// Model to ask, `name` or `name@version`; the service's default where this is not called.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Longest time to wait for a connection; 1 s where this is not called.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Longest time from a call to its answer, a second try included; 5 s where this is not called.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Who answers when the service does not; [`FallbackPolicy::Rules`] where this is not called.
    pub fn fallback(mut self, policy: FallbackPolicy) -> Self {
        self.fallback = policy;
        self
    }

    /// After how many failed calls in a row the service is left alone, and for how long, before one call tries it again;
    /// 5 and 10 s where this is not called. 0 counts as 1.
    pub fn circuit_breaker(mut self, failures: u32, cool_down: Duration) -> Self {
        self.failures = failures;
        self.cool_down = cool_down;
        self
    }

    /// The detector.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address, key or time-out that cannot work.
    pub fn build(self) -> Result<MarketRegimeDetector> {
        let detector = self.assemble();
        match &detector.service {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(_)) | None => Ok(detector),
        }
    }

    fn assemble(self) -> MarketRegimeDetector {
        let service = self.service().transpose();
        MarketRegimeDetector { service, model: self.model, fallback: self.fallback, held: Held::default() }
    }

    fn service(&self) -> Result<Option<Service>> {
        let url = match self.url.clone()? {
            None => return Ok(None),
            Some(url) => url,
        };
        let reach = Reach { url, api_key: self.api_key.clone()?, connect_timeout: self.connect_timeout, timeout: self.timeout };
        Service::new(&reach, Breaker::new(self.failures.max(1), self.cool_down)).map(Some)
    }
}

/// Value of an environment variable; `None` where it is not set or empty.
fn variable(name: &str) -> Result<Option<String>> {
    match std::env::var_os(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Err(_)) => Err(Error::Configuration(format!("{name} is not valid text"))),
        Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
    }
}
