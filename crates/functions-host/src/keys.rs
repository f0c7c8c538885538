//! Function keys, the host key and the master key, and the rights of each.
//!
//! Source: `AuthenticationLevelHandler.cs` and `FunctionAuthorizationHandler.cs` of `Azure/azure-functions-host`, and
//! <https://learn.microsoft.com/azure/azure-functions/function-keys-how-to>.

use aws_lc_rs::{constant_time, hmac, rand};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, Uri};

use super::script::AuthLevel;

const KEY_HEADER: HeaderName = HeaderName::from_static("x-functions-key");
const KEY_PARAMETER: &str = "code";

/// The rights of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Calls that need no key.
    Anonymous,
    /// Calls of one function.
    Function,
    /// Everything; this is the right of the master key.
    Admin,
}

impl Access {
    /// Reports whether this right suffices for a function of this level. Above `function`, only the master key
    /// suffices.
    pub(super) fn suffices(self, level: AuthLevel) -> bool {
        match level {
            AuthLevel::Anonymous => true,
            AuthLevel::User | AuthLevel::Function => self != Self::Anonymous,
            AuthLevel::System | AuthLevel::Admin => self == Self::Admin,
        }
    }
}

/// The keys of one run of the host.
pub(super) struct Keys {
    pub(super) master: String,
    /// The host key, which opens every function.
    pub(super) host: String,
    functions: hmac::Key,
}

impl Keys {
    /// Makes new keys. Fails if the system has no random numbers.
    pub(super) fn generate() -> Result<Self, aws_lc_rs::error::Unspecified> {
        Ok(Self {
            master: random()?,
            host: random()?,
            functions: hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new())?,
        })
    }

    /// Returns the key of one function. It opens no other function.
    pub(super) fn function(&self, name: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.functions, name.to_ascii_lowercase().as_bytes()))
    }

    /// Returns the rights of the request's key. The query counts only if the header is missing. The first value is
    /// taken.
    pub(super) fn access(&self, headers: &HeaderMap, uri: &Uri, function: Option<&str>) -> Access {
        let in_query = || {
            let query = uri.query().unwrap_or_default().as_bytes();
            url::form_urlencoded::parse(query)
                .find(|(name, _)| name.eq_ignore_ascii_case(KEY_PARAMETER))
                .map(|(_, value)| value.into_owned().into_bytes())
        };
        let Some(key) = headers.get(KEY_HEADER).map(|value| value.as_bytes().to_vec()).or_else(in_query) else {
            return Access::Anonymous;
        };
        let is = |known: &str| constant_time::verify_slices_are_equal(&key, known.as_bytes()).is_ok();
        if is(&self.master) {
            Access::Admin
        } else if function.is_some_and(|name| is(&self.host) || is(&self.function(name))) {
            Access::Function
        } else {
            Access::Anonymous
        }
    }
}

fn random() -> Result<String, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
