//! Values that outlive a request.

use super::Value;
use crate::{limits::Budget, lock::lock};

impl Value {
    /// The same value, sharing nothing with this one that could change. `None` for lists, dictionaries and what belongs
    /// to the request: whether a live gateway keeps them is not documented.
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
}
