//! The data of a trigger, as a type that the function chooses.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::payload::{Payload, of_request};
use crate::error::InvocationError;

/// Extractor: an invocation by the host, with the data of the trigger as a `T`.
///
/// `T` is a `String` for the text of a queue message, or any type with `Deserialize` for a message in JSON. The host
/// encodes values in several ways; this extractor reads all of them.
#[derive(Clone, Debug)]
pub struct Invocation<T> {
    /// The data of the trigger.
    pub data: T,
    payload: Arc<Payload>,
}

impl<T> Invocation<T> {
    /// The ID that the host gave the invocation, or `none`.
    pub fn id(&self) -> &str {
        &self.payload.id
    }

    /// Returns the value of an input binding of function.json, by its name. `None` if there is no such binding, or its
    /// value is not an `I`.
    pub fn input<I: DeserializeOwned>(&self, binding: &str) -> Option<I> {
        self.payload.input(binding).ok()
    }

    /// Returns a value that the trigger adds, such as `DequeueCount` of a queue. `None` if the value is absent or not
    /// an `M`.
    pub fn metadata<M: DeserializeOwned>(&self, name: &str) -> Option<M> {
        self.payload.metadata(name)
    }

    /// The time when the host made this invocation.
    pub fn invoked_at(&self) -> Option<Timestamp> {
        self.payload.invoked_at().ok().flatten()
    }
}

impl<T> Deref for Invocation<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Invocation<T> {
    type Rejection = axum::response::Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let read = || -> Result<Self, InvocationError> {
            let payload = of_request(parts, "Invocation")?;
            Ok(Self { data: payload.trigger()?, payload })
        };
        read().map_err(axum::response::IntoResponse::into_response)
    }
}
