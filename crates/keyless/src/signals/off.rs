//! Replaces `signals` when nothing is recorded: outbound calls carry the invocation's own trace context.

use http::{Method, StatusCode};
use url::Url;

use crate::context::{TraceContext, of_task};

/// The recorder does not exist without the feature, so this type has no value.
#[derive(Clone, Debug)]
pub(crate) enum Signals {}

impl Signals {
    pub(crate) fn token_fetched(&self, _scope: &str, _is_fetched: bool) {
        match *self {}
    }

    #[cfg(feature = "secrets")]
    pub(crate) fn secret_read(&self, _name: &str) {
        match *self {}
    }

    pub(crate) fn retries_left(&self, _url: &Url, _left: u32) {
        match *self {}
    }
}

pub(crate) fn innermost() -> Option<TraceContext> {
    of_task()
}

pub(crate) fn of_invocation(request: Option<TraceContext>) -> Option<TraceContext> {
    request
}

/// One try of a call.
pub(crate) struct Attempt(Option<TraceContext>);

impl Attempt {
    pub(crate) fn start(_: Option<&Signals>, _: &Method, _: &Url, _resends: u32) -> Self {
        Self(innermost())
    }

    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.0.as_ref()
    }

    pub(crate) fn answered(self, _: StatusCode, _request_id: Option<&str>) {}

    pub(crate) fn failed(self, _kind: &'static str) {}
}

#[cfg(feature = "openai")]
mod chat {
    use serde_json::{Map, Value};
    use url::Url;

    use super::{Signals, innermost};
    use crate::context::TraceContext;

    /// The request to a model.
    #[expect(dead_code, reason = "read where spans are recorded")]
    pub(crate) struct ModelQuestion<'a> {
        pub(crate) deployment: &'a str,
        pub(crate) url: &'a Url,
        pub(crate) shape: &'static str,
        pub(crate) request: &'a Map<String, Value>,
        pub(crate) streams: bool,
    }

    /// One call of a model.
    pub(crate) struct ChatSpan;

    impl ChatSpan {
        pub(crate) fn start(_: Option<&Signals>, _: &ModelQuestion<'_>) -> Self {
            Self
        }

        #[expect(clippy::unused_self, reason = "the other one has its own context")]
        pub(crate) fn context(&self) -> Option<TraceContext> {
            innermost()
        }

        pub(crate) fn take(&mut self, _: &Value) {}

        pub(crate) fn ended(&mut self) {}

        pub(crate) fn failed(&mut self, _kind: &'static str) {}
    }
}

#[cfg(feature = "openai")]
pub(crate) use self::chat::{ChatSpan, ModelQuestion};
