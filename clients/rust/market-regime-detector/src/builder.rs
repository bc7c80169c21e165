//! The settings of a detector.

use std::time::Duration;

use crate::breaker::Breaker;
use crate::detector::{FallbackPolicy, MarketRegimeDetector};
use crate::error::{Error, Result};
use crate::service::{Reach, Service};

const URL_VARIABLE: &str = "REGIME_ML_SERVICE_URL";
const KEY_VARIABLE: &str = "REGIME_ML_SERVICE_KEY";

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
        let service = self.service()?;
        Ok(MarketRegimeDetector::of(service.map(Ok), self.model, self.fallback))
    }

    pub(crate) fn assemble(self) -> MarketRegimeDetector {
        MarketRegimeDetector::of(self.service().transpose(), self.model, self.fallback)
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
