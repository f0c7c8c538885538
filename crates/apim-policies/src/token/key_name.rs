//! The name of a key in a token's header: `kid`, and for a certificate's key also `x5t`.
//!
//! Keys are looked up as in Microsoft.IdentityModel (its `JwtTokenUtilities`). The ID of a certificate's key is the
//! certificate's thumbprint, unless the key has another ID. The names of such a key are compared without letter case.
//! The names of other keys are compared exactly, with `kid` or `x5t`.

use serde_json::{Map, Value};

use crate::expression::Certificate;

#[derive(Clone, Debug)]
pub(crate) struct KeyName {
    id: Option<String>,
    /// The `x5t` of a certificate's key.
    x5t: Option<String>,
}

impl KeyName {
    pub(crate) fn new(id: Option<String>) -> Self {
        Self { id, x5t: None }
    }

    pub(crate) fn from_certificate(id: Option<String>, certificate: &Certificate) -> Self {
        Self { id: Some(id.unwrap_or_else(|| certificate.thumbprint())), x5t: Some(certificate.x5t()) }
    }

    /// Reports whether the key has this ID.
    pub(crate) fn is(&self, id: &str) -> bool {
        match (&self.id, &self.x5t) {
            (Some(own), None) => own == id,
            (Some(own), Some(_)) => own.eq_ignore_ascii_case(id),
            (None, _) => false,
        }
    }

    /// Reports whether a header names this key.
    pub(crate) fn is_in(&self, header: &Map<String, Value>) -> bool {
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let by_thumbprint = |x5t: &str| match &self.x5t {
            Some(own) => own.eq_ignore_ascii_case(x5t),
            None => self.is(x5t),
        };
        text("kid").is_some_and(|id| self.is(id)) || text("x5t").is_some_and(by_thumbprint)
    }
}
