//! The rules for fetching and caching secrets.

use std::time::Duration;

use azure_security_keyvault_secrets::{SecretClient, models::SecretClientGetSecretOptions};
use http::StatusCode;
use tokio::time::Instant;

use super::{name::SecretName, value::SecretValue};
use crate::{
    error::{Cause, Error, Service},
    failure::{failure, retry_after},
    kept::{Clock, FetchFailure, Fetched, KeptPolicy, OnRefusal, OnRenewal, Stopped},
    time_limits::{TimeLimits, until},
    transport::Http,
};

/// The greatest age of a value while the vault answers. The app notices a rotated, disabled or deleted secret within
/// this time, or at once when it calls [`super::vault::Secrets::forget`].
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The time for which a value is used while the vault cannot be reached, or is too busy to answer.
pub(super) const HARD_END: Duration = Duration::from_secs(60 * 60);

pub(super) const LIMITS: TimeLimits = TimeLimits::new(Service::KeyVault);

pub(super) struct SecretPolicy {
    pub(super) client: SecretClient,
    pub(super) clock: Clock,
    pub(super) http: Http,
}

/// The reason why there is no value.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The vault refused. This app must not use the earlier value any more.
    #[error(transparent)]
    Refused(Error),
    /// The vault did not answer about the secret. The time is the pause that it asked for, if any.
    #[error("{0}")]
    Unanswered(#[source] Error, Option<Duration>),
}

impl FetchError {
    /// Decides whether the vault refused the secret. A 401 concerns the token and not the secret, and a portal's page
    /// concerns neither.
    fn new(error: azure_core::Error) -> Self {
        let pause = retry_after(&error);
        match failure(Service::KeyVault, error) {
            error @ Error::Refused { service: Service::KeyVault, status: Some(status), .. }
                if status != StatusCode::UNAUTHORIZED =>
            {
                Self::Refused(error)
            }
            error => Self::Unanswered(error, pause),
        }
    }

    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Refused(error) | Self::Unanswered(error, _) => error,
        }
    }
}

impl FetchFailure for FetchError {
    fn clears(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Unanswered(..) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(_) => None,
            Self::Unanswered(_, pause) => *pause,
        }
    }
}

impl SecretPolicy {
    /// Asks the vault, without the cache. The vault may ask for long pauses between its tries.
    pub(super) async fn ask(&self, name: &SecretName) -> Result<SecretValue, FetchError> {
        let options =
            SecretClientGetSecretOptions { secret_version: name.version().map(str::to_owned), ..Default::default() };
        let end = Instant::now() + LIMITS.whole;
        let Some(answer) = until(end, self.client.get_secret(name.as_str(), Some(options))).await else {
            return Err(unanswered(Cause::TooSlow(LIMITS.whole)));
        };
        let secret = answer.and_then(|answer| answer.into_model()).map_err(FetchError::new)?;
        let value = secret.value.filter(|value| !value.is_empty());
        if let Some(signals) = self.http.signals() {
            signals.secret_read(name.as_str());
        }
        let no_key = || FetchError::Refused(Error::refused(Service::KeyVault, Cause::NotAKey));
        value.map(SecretValue::new).ok_or_else(no_key)
    }
}

fn unanswered(cause: Cause) -> FetchError {
    FetchError::Unanswered(Error::unreachable(Service::KeyVault, cause), None)
}

impl KeptPolicy for SecretPolicy {
    type Key = SecretName;
    type Value = SecretValue;
    type Failure = FetchError;

    const ON_REFUSAL: OnRefusal = OnRefusal::Doubt;
    const ON_RENEWAL: OnRenewal = OnRenewal::NewerReplaces;

    /// Fetches the secret. A caller gives up before the fetch does.
    async fn fetch(
        &self,
        name: &SecretName,
        _waited_for: impl Future<Output = ()> + Send,
    ) -> Result<Fetched<SecretValue>, FetchError> {
        self.ask(name).await.map(|value| Fetched { value, usable_for: HARD_END })
    }

    /// Returns 70 to 90 hundredths of the lifetime, so that instances that started together do not ask together.
    fn renew_after(&self, _left: Duration, jitter: f64) -> Option<Duration> {
        Some(LIFETIME.mul_f64(0.7 + 0.2 * jitter))
    }

    fn patience(&self) -> Option<Duration> {
        Some(LIMITS.caller)
    }

    fn late(&self, _name: &SecretName) -> FetchError {
        unanswered(Cause::TooSlow(LIMITS.caller))
    }

    fn stopped(&self, _name: &SecretName, _why: Stopped) -> FetchError {
        unanswered(Cause::NoTask)
    }

    fn describe(&self, name: &SecretName) -> String {
        format!("the secret {name}")
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}
