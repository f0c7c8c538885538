//! Values that outlive a request.

use super::Value;
use crate::{limits::Budget, lock::lock};

impl Value {
    /// Returns the same value without any shared part that could change. Returns `None` for lists, dictionaries and
    /// parts of the request: the documentation does not say whether a live gateway keeps them.
    #[must_use]
    pub fn detached(&self) -> Option<Self> {
        match self {
            Self::Json(token) => token.copy(&mut Budget::new()).ok().map(Self::from),
            Self::Response(response) => {
                let copy = lock(response).clone();
                Some(Self::from(copy))
            }
            Self::Collection(_) => self.as_bytes().map(Self::bytes),
            Self::Dictionary(_) | Self::Object(_) => None,
            plain => Some(plain.clone()),
        }
    }

    /// Returns about how many bytes of memory the value takes. The size is not known for lists, dictionaries and parts
    /// of the request, which are not kept.
    #[must_use]
    pub fn memory(&self) -> usize {
        let content = match self {
            Self::String(text) => text.len(),
            Self::Json(token) => token.memory(),
            Self::Jwt(jwt) => {
                let members = jwt.header.iter().chain(&jwt.claims);
                members.map(|(name, value)| name.len() + value.to_string().len()).sum()
            }
            Self::Response(response) => {
                let response = lock(response);
                let headers = response.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
                response.body.as_ref().map_or(0, |body| body.content.len()) + headers.sum::<usize>()
            }
            Self::Collection(_) => self.as_bytes().map_or(0, |bytes| bytes.len()),
            Self::Null
            | Self::Bool(_)
            | Self::Char(_)
            | Self::Integer(_)
            | Self::Double(_)
            | Self::Single(_)
            | Self::Decimal(_)
            | Self::Guid(_)
            | Self::DateTime(_)
            | Self::DateTimeOffset(_)
            | Self::TimeSpan(_)
            | Self::Dictionary(_)
            | Self::Object(_) => 0,
        };
        size_of::<Self>() + content
    }
}
