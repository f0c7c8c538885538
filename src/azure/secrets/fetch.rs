//! One question to the vault, and what its answer means.

use std::time::Duration;

use azure_security_keyvault_secrets::{SecretClient, models::SecretClientGetSecretOptions};
use http::StatusCode;
use tokio::time::timeout;

use super::{
    super::failure::{failure, retry_after},
    SecretValue,
};
use crate::{
    config::SecretName,
    error::{Cause, Error, Service},
};

/// How long a fetch may take, retries included; the vault may ask for long pauses.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Who is asked.
pub(super) struct Vault(pub(super) SecretClient);

/// Why there is no value.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The vault said no: what it gave before is not ours to use any more.
    Refused(Error),
    /// The vault said nothing about the secret. It may have said when to ask again.
    Unanswered(Error, Option<Duration>),
}

impl Vault {
    pub(super) async fn fetch(&self, name: &SecretName) -> Result<SecretValue, Failure> {
        let options =
            SecretClientGetSecretOptions { secret_version: name.version().map(str::to_owned), ..Default::default() };
        let Ok(answer) = timeout(LONGEST, self.0.get_secret(name.as_str(), Some(options))).await else {
            return Err(Failure::Unanswered(Error::unreachable(Service::KeyVault, Cause::TooSlow(LONGEST)), None));
        };
        let secret = answer.and_then(|answer| answer.into_model()).map_err(Failure::new)?;
        let value = secret.value.filter(|value| !value.is_empty());
        let no_key = || Failure::Refused(Error::refused(Service::KeyVault, Cause::NotAKey));
        value.map(SecretValue::new).ok_or_else(no_key)
    }
}

impl Failure {
    /// A 401 is about the token and not about the secret.
    fn new(error: azure_core::Error) -> Self {
        let pause = retry_after(&error);
        match failure(Service::KeyVault, error) {
            error @ Error::Refused { service: Service::KeyVault, status, .. }
                if status != Some(StatusCode::UNAUTHORIZED) =>
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
