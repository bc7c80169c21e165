//! Why there is no answer, or why it is another's.

use std::time::Duration;

use thiserror::Error;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no answer.
///
/// [`Bars`](Error::Bars), [`Refused`](Error::Refused) and [`Configuration`](Error::Configuration) are the caller's to put
/// right and are returned whatever the [`FallbackPolicy`](crate::FallbackPolicy); the others mean that no service answers now.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// No detector can read these bars. The code and the place are those of the service.
    #[error("{detail}")]
    Bars {
        /// What is wrong, such as `bars.not_positive`.
        code: &'static str,
        /// Where, and what to do.
        detail: String,
    },
    /// An address, key, model or time-out that cannot work.
    #[error("{0}")]
    Configuration(String),
    /// The service was asked for, and no address is set.
    #[error("no service is set: use with_ml_service, or set REGIME_ML_SERVICE_URL")]
    NoService,
    /// The service understood the request and rejects it: a wrong key, a model it does not have, too many bars.
    #[error("the service refused with {status}, {code}: {detail}")]
    Refused {
        /// HTTP status, 400 to 499.
        status: u16,
        /// The service's own code, such as `auth.unknown` or `model.gone`.
        code: String,
        /// What was wrong, and what to do.
        detail: String,
    },
    /// No connection came about, or it broke before the answer was whole; where it may help, a second one was tried.
    #[error("no connection to the service: {0}")]
    Connection(String),
    /// The answer was not there in time.
    #[error("the service did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The service, or a proxy before it, answered with a status that is no answer.
    #[error("the service answered with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
        /// How long it asks to be left alone, from `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// What came back with status 200 is not an answer of the service.
    #[error("the service's answer cannot be read: {0}")]
    Unreadable(String),
    /// The service failed just now and is left alone for a while; nothing was sent.
    #[error("the service is left alone for another {} ms after: {last}", .retry_in.as_millis())]
    CircuitOpen {
        /// When it is tried again, at the earliest.
        retry_in: Duration,
        /// The failure that opened the circuit.
        last: Box<Error>,
    },
    /// [`FallbackPolicy::HoldLast`](crate::FallbackPolicy::HoldLast) found no earlier answer for this series that is young enough.
    #[error("no earlier answer to hold: {because}")]
    NothingHeld {
        /// Why the service did not answer.
        because: Box<Error>,
    },
}

impl Error {
    /// Whether no service answered, so that a fallback may: as opposed to what the caller must put right.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::NoService
                | Self::Connection(_)
                | Self::TimedOut(_)
                | Self::Status { .. }
                | Self::Unreadable(_)
                | Self::CircuitOpen { .. }
        )
    }
}
