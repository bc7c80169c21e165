//! The circuit breaker: a service that fails is left alone for a while, then tried by one call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// The longest that a `Retry-After` is heeded.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct Breaker {
    failures: u32,
    cool_down: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Calls go through; so many failed since the last that did not.
    Closed { failed: u32 },
    /// No call goes through until then.
    Open { until: Instant, last: Error },
    /// One call is trying.
    Probing { last: Error },
}

impl Breaker {
    /// A breaker that opens for `cool_down` after so many failures in a row.
    pub(crate) fn new(failures: u32, cool_down: Duration) -> Self {
        Self { failures, cool_down, state: Mutex::new(State::Closed { failed: 0 }) }
    }

    /// Leave to make a call, whose outcome is to be reported.
    ///
    /// # Errors
    /// [`Error::CircuitOpen`].
    pub(crate) fn admit(&self) -> Result<Permit<'_>> {
        let mut state = self.lock();
        let (retry_in, last) = match &*state {
            State::Closed { .. } => return Ok(Permit { breaker: self, probe: None }),
            State::Open { until, last } => (until.saturating_duration_since(Instant::now()), last.clone()),
            State::Probing { last } => return Err(open(Duration::ZERO, last.clone())),
        };
        if !retry_in.is_zero() {
            return Err(open(retry_in, last));
        }
        *state = State::Probing { last: last.clone() };
        Ok(Permit { breaker: self, probe: Some(last) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(retry_in: Duration, last: Error) -> Error {
    Error::CircuitOpen { retry_in, last: Box::new(last) }
}

/// Leave to make one call. Dropped without a report, as by a caller who stopped waiting, it tells nothing of the service.
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    /// What opened the circuit, where this call tries whether it may close.
    probe: Option<Error>,
}

impl Permit<'_> {
    /// The service answered, if only with a refusal.
    pub(crate) fn answered(mut self) {
        self.probe = None;
        *self.breaker.lock() = State::Closed { failed: 0 };
    }

    /// The service did not answer.
    pub(crate) fn failed(mut self, error: &Error) {
        let probed = self.probe.take().is_some();
        let mut state = self.breaker.lock();
        let asked_to_wait = match error {
            Error::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        let failed = match &*state {
            State::Closed { failed } => failed + 1,
            State::Open { .. } | State::Probing { .. } if !probed => return,
            State::Open { .. } | State::Probing { .. } => self.breaker.failures,
        };
        *state = if failed >= self.breaker.failures || asked_to_wait.is_some() {
            let wait = asked_to_wait.map_or(self.breaker.cool_down, |asked| asked.min(LONGEST_WAIT));
            State::Open { until: Instant::now() + wait, last: error.clone() }
        } else {
            State::Closed { failed }
        };
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(last) = self.probe.take() {
            *self.breaker.lock() = State::Open { until: Instant::now(), last };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn outage() -> Error {
        Error::Connection("refused".to_owned())
    }

    fn is_open(breaker: &Breaker) -> bool {
        matches!(breaker.admit(), Err(Error::CircuitOpen { .. }))
    }

    #[test]
    fn it_opens_after_so_many_failures_in_a_row() {
        let breaker = Breaker::new(3, HOUR);
        for outcome in ["failed", "failed", "answered", "failed", "failed"] {
            let permit = breaker.admit().unwrap();
            match outcome {
                "failed" => permit.failed(&outage()),
                _ => permit.answered(),
            }
        }
        assert!(!is_open(&breaker));
        breaker.admit().unwrap().failed(&outage());
        match breaker.admit() {
            Err(Error::CircuitOpen { retry_in, last }) => {
                assert!(retry_in > HOUR / 2 && retry_in <= HOUR);
                assert_eq!(*last, outage());
            }
            _ => panic!("the circuit is not open"),
        };
    }

    #[test]
    fn one_call_at_a_time_tries_whether_it_may_close() {
        let breaker = Breaker::new(1, Duration::ZERO);
        breaker.admit().unwrap().failed(&outage());
        let probe = breaker.admit().unwrap();
        assert!(is_open(&breaker));
        drop(probe);
        let probe = breaker.admit().unwrap();
        probe.failed(&outage());
        breaker.admit().unwrap().answered();
        let both = (breaker.admit(), breaker.admit());
        assert!(both.0.is_ok() && both.1.is_ok());
    }

    #[test]
    fn it_heeds_how_long_the_service_asks_to_be_left_alone() {
        let breaker = Breaker::new(5, Duration::ZERO);
        let busy = Error::Status { status: 429, retry_after: Some(HOUR) };
        breaker.admit().unwrap().failed(&busy);
        match breaker.admit() {
            Err(Error::CircuitOpen { retry_in, .. }) => assert!(retry_in > LONGEST_WAIT / 2 && retry_in <= LONGEST_WAIT),
            _ => panic!("the circuit is not open"),
        };
    }

    #[test]
    fn one_failed_try_opens_it_again() {
        let breaker = Breaker::new(3, HOUR);
        breaker.admit().unwrap().failed(&Error::Status { status: 503, retry_after: Some(Duration::ZERO) });
        breaker.admit().unwrap().failed(&outage());
        assert!(is_open(&breaker));
    }

    #[test]
    fn a_late_failure_does_not_keep_it_open_longer() {
        let breaker = Breaker::new(1, Duration::ZERO);
        let (first, late) = (breaker.admit().unwrap(), breaker.admit().unwrap());
        first.failed(&outage());
        let probe = breaker.admit().unwrap();
        late.failed(&outage());
        assert!(is_open(&breaker), "the probe is still out");
        probe.answered();
        assert!(!is_open(&breaker));
    }
}
