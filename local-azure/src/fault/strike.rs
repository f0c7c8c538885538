//! The faults that strike the current task's request. A service asks for the faults that only it can play.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Fault, FaultKind};

tokio::task_local! {
    static STRIKING: Arc<[Fault]>;
}

/// The remaining lifetime of a token that is about to expire, in seconds.
const TOKEN_LEFT: i64 = 60;

/// The error of a wrong clock, in seconds.
const SKEW: i64 = 600;

/// Runs `answer` with these faults, and without the faults of a surrounding request.
pub(super) async fn with<T>(faults: Arc<[Fault]>, answer: impl Future<Output = T>) -> T {
    STRIKING.scope(faults, answer).await
}

fn find<T>(kind: FaultKind, value: impl FnOnce(&Fault) -> T) -> Option<T> {
    let in_faults = |faults: &Arc<[Fault]>| faults.iter().find(|fault| fault.kind == kind).map(value);
    STRIKING.try_with(in_faults).ok().flatten()
}

/// Reports whether a fault of this kind strikes the present request.
pub(crate) fn strikes(kind: FaultKind) -> bool {
    find(kind, |_| ()).is_some()
}

/// Reports whether a fault of this kind spoils tokens for this app registration. Azure's own services have no app
/// registration: only a fault that names none spoils their tokens.
pub(crate) fn spoils_tokens(kind: FaultKind, app: Option<&str>) -> bool {
    find(kind, |fault| fault.tokens_for.is_none() || fault.tokens_for.as_deref() == app).unwrap_or_default()
}

/// Returns the lifetime of a token in seconds, if a fault lets it expire soon.
pub(crate) fn token_seconds() -> Option<i64> {
    find(FaultKind::NearExpiry, |fault| fault.seconds.unwrap_or(TOKEN_LEFT))
}

/// Returns the time by the clock of the answering service.
pub(crate) fn skewed(now: Timestamp) -> Timestamp {
    let seconds = find(FaultKind::ClockSkew, |fault| fault.seconds.unwrap_or(SKEW)).unwrap_or_default();
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
