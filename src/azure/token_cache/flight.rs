//! One fetch, and how long it may take.

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::TokenRequestOptions,
    http::{ClientMethodOptions, Context},
};
use tokio::{select, time::sleep};
use tracing::warn;

use super::{
    Supply,
    answers::Answers,
    clock::Moment,
    error::TokenError,
    state::{Held, life},
};

/// How long a renewal may take that nobody waits for: time for the credential's own retries.
const UNWANTED: Duration = Duration::from_secs(60);

/// Asks the credential for a token. `wanted` ends when somebody waits for this fetch; from then on it has the time
/// that a caller is to wait at most.
pub(super) async fn fetch(
    scopes: &[String],
    supply: &Supply,
    wanted: impl Future<Output = bool>,
) -> Result<Held, TokenError> {
    let answers = Arc::new(Answers::default());
    let context = Context::new().with_value(answers.clone());
    let options = TokenRequestOptions { method_options: ClientMethodOptions { context } };
    let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let token = select! {
        biased;
        token = supply.source.get_token(&names, Some(options)) => token,
        limit = too_late(wanted, supply.wait) => return Err(TokenError::late(scopes.join(" "), limit, answers.last())),
    };
    let token = token.map_err(|error| TokenError::failed(scopes.join(" "), error, answers.last()))?;
    let now = Moment::now(&supply.clock);
    if life(&token, now).is_zero() {
        warn!("the identity endpoint gave a token that has already ended: check this machine's clock");
    }
    Ok(Held::new(token, now))
}

async fn too_late(wanted: impl Future<Output = bool>, wait: Duration) -> Duration {
    let awaited = async {
        wanted.await;
        sleep(wait).await;
    };
    select! {
        () = awaited => wait,
        () = sleep(UNWANTED) => UNWANTED,
    }
}
