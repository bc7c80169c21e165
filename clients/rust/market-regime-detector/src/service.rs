//! One request to the service: bounded in time and size, tried again where no connection came about.

use std::error::Error as _;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderValue, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{redirect, Client, Request, Response, StatusCode, Url};

use crate::breaker::Breaker;
use crate::error::{Error, Result};
use crate::wire;

/// Bytes of an answer that are read at most.
const MOST_BYTES: usize = 64 << 20;
/// An idle connection is closed before the service, which waits 15 s, closes it while a request is on its way.
const IDLE: Duration = Duration::from_secs(10);

/// How the service is reached.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    pub(crate) url: String,
    pub(crate) api_key: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
}

#[derive(Debug)]
pub(crate) struct Service {
    client: Client,
    base: String,
    authorization: Option<HeaderValue>,
    timeout: Duration,
    breaker: Breaker,
}

/// A failed try. `again`: no part of an answer had come, so that a second one may help.
struct Failure {
    error: Error,
    again: bool,
}

impl Service {
    /// # Errors
    /// [`Error::Configuration`] for an address or key that no request can carry.
    pub(crate) fn new(reach: &Reach, breaker: Breaker) -> Result<Self> {
        if reach.connect_timeout.is_zero() || reach.timeout.is_zero() {
            return Err(Error::Configuration("a time-out of 0 leaves no time to answer".to_owned()));
        }
        let base = base(&reach.url)?;
        let builder = Client::builder()
            .connect_timeout(reach.connect_timeout)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("market-regime-detector/", env!("CARGO_PKG_VERSION")));
        // Where no connection is encrypted, a machine without certificates will do.
        #[cfg(feature = "tls")]
        let builder = builder.tls_built_in_root_certs(base.scheme() == "https");
        let client = builder.build().map_err(|error| Error::Configuration(innermost(&error)))?;
        let authorization = reach.api_key.as_deref().map(bearer).transpose()?;
        let base = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, base, authorization, timeout: reach.timeout, breaker })
    }

    /// Posts a body and reads the answer, unless the circuit is open.
    ///
    /// `read` turns the bytes of a 200 into an answer; what it cannot read counts as a failure of the service.
    ///
    /// # Errors
    /// Those of an outage, and [`Error::Refused`].
    pub(crate) async fn post<T>(&self, path: &str, body: Vec<u8>, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let permit = self.breaker.admit()?;
        let answer = match self.exchange(path, body).await {
            Ok(bytes) => read(&bytes),
            Err(error) => Err(error),
        };
        match &answer {
            Err(error) if error.is_outage() => permit.failed(error),
            Ok(_) | Err(Error::Refused { .. }) => permit.answered(),
            Err(_) => drop(permit),
        }
        answer
    }

    async fn exchange(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>> {
        let until = Instant::now() + self.timeout;
        let request = self.request(path, body)?;
        let spare = request.try_clone();
        match (self.attempt(request, until).await, spare) {
            (Ok(bytes), _) => Ok(bytes),
            (Err(Failure { again: true, .. }), Some(spare)) => {
                self.attempt(spare, until).await.map_err(|failure| failure.error)
            }
            (Err(Failure { error, .. }), _) => Err(error),
        }
    }

    fn request(&self, path: &str, body: Vec<u8>) -> Result<Request> {
        let mut request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .build()
            .map_err(|error| Error::Configuration(innermost(&error)))?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    async fn attempt(&self, mut request: Request, until: Instant) -> std::result::Result<Vec<u8>, Failure> {
        let left = until.saturating_duration_since(Instant::now());
        *request.timeout_mut() = Some(left);
        let response = self.client.execute(request).await.map_err(|error| Failure {
            again: error.is_connect() || (error.is_request() && !error.is_timeout()),
            error: self.lost(&error),
        })?;
        self.answer_in(response).await.map_err(|error| Failure { error, again: false })
    }

    async fn answer_in(&self, mut response: Response) -> Result<Vec<u8>> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.lost(&error))? {
            if bytes.len() + piece.len() > MOST_BYTES {
                return Err(Error::Unreadable(format!("it is longer than {MOST_BYTES} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        if status == StatusCode::OK {
            return Ok(bytes);
        }
        Err(failed_with(status, &headers, &bytes))
    }

    fn lost(&self, error: &reqwest::Error) -> Error {
        if error.is_timeout() && !error.is_connect() {
            return Error::TimedOut(self.timeout);
        }
        Error::Connection(innermost(error))
    }
}

/// What a status other than 200 means. A 4xx is a refusal where the service says so in its own words; else it may be a proxy's.
fn failed_with(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if status.is_client_error() && !passing {
        if let Some(refusal @ Error::Refused { .. }) = wire::problem(body) {
            return refusal;
        }
    }
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(wait);
    Error::Status { status: status.as_u16(), retry_after }
}

/// Time to wait by a `Retry-After` of seconds or of a date.
fn wait(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    (date.with_timezone(&Utc) - Utc::now()).to_std().ok()
}

fn base(url: &str) -> Result<Url> {
    let bad = |why: &str| Error::Configuration(format!("the address of the service {why}"));
    let base = Url::parse(url.trim()).map_err(|error| bad(&format!("cannot be read: {error}")))?;
    match base.scheme() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => return Err(bad("is https, which needs this crate's feature `tls`")),
        _ => return Err(bad("must start with http:// or https://")),
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(bad("must hold no user or password: send an API key"));
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(bad("must end with its path"));
    }
    Ok(base)
}

fn bearer(key: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
        .map_err(|_| Error::Configuration("the API key holds characters that no header may hold".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The cause at the bottom, which says most and names no address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|error| error.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        let date = (Utc::now() + chrono::Duration::seconds(600)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let left = wait(&date).unwrap();
        assert!(left > Duration::from_secs(300) && left <= Duration::from_secs(600), "{left:?}");
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn an_address_is_checked_before_any_request() {
        for (url, words) in [
            ("localhost:8050", "http://"),
            ("not an address", "cannot be read"),
            ("ftp://host", "http://"),
            ("http://user:secret@host", "API key"),
            ("http://host/?a=1", "end with its path"),
        ] {
            match base(url) {
                Err(Error::Configuration(detail)) => assert!(detail.contains(words), "{url}: {detail}"),
                other => panic!("{url}: {other:?}"),
            }
        }
        assert!(base("http://host:1/desk/").is_ok());
    }
}
