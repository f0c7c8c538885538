//! Traces of policies: `cargo local start --trace`.

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use apim_policies::{ExpressionValue, PolicyRun, Secrets};

use super::ApiManagement;

/// The sink of traces, one line at a time. Without a reader, traces are dropped.
#[derive(Default)]
pub struct PolicyTrace(OnceLock<Sink>);

type Sink = Box<dyn Fn(&str) + Send + Sync>;

impl PolicyTrace {
    /// Sends every line to `sink` from now on. Only the first call has an effect.
    pub fn send_to(&self, sink: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(sink));
    }
}

impl fmt::Debug for PolicyTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyTrace").field(&self.0.get().is_some()).finish()
    }
}

/// The lines of one request, which are shown together when it ends.
#[derive(Default)]
pub(super) struct Lines(Mutex<Vec<String>>);

impl Lines {
    /// Adds the decisions of these policies, and the values of their expressions.
    pub(super) fn add(&self, world: &ApiManagement, policies: &[PolicyRun]) {
        if world.policy_trace.0.get().is_none() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for policy in policies {
            let values = policy.values.iter().map(|ExpressionValue { name, value }| format!("{name} = {value}"));
            let said = values.chain(policy.decisions.iter().cloned());
            lines.extend(said.map(|said| format!("{policy}: {said}")));
        }
    }

    /// Shows the request and its lines, without keys and tokens.
    pub(super) fn show(&self, world: &ApiManagement, request: &str) {
        let Some(sink) = world.policy_trace.0.get() else { return };
        sink(&secrets(world).redact(request));
        for line in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            sink(&format!("  {line}"));
        }
    }
}

/// Returns the secrets that no trace may show, in addition to those in requests and policies.
pub(super) fn secrets(world: &ApiManagement) -> Secrets {
    let apim = &world.seed.apim;
    let named = apim.secret_named_values.iter().filter_map(|name| apim.named_values.get(name).cloned());
    Secrets::new(world.subscription_keys.all().into_iter().chain(named).collect())
}
