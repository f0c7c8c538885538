//! A row of the tables.

use std::fmt;

use crate::evaluate::{Call, Outcome};

/// A member. Its name is `new` for a constructor, `[]` for reading an indexer, `[]=` for writing an indexer, and
/// `Name=` for writing a property.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) signature: &'static str,
    pub(crate) run: fn(&mut Call<'_, '_>) -> Outcome,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.signature)
    }
}

pub(crate) const fn row(name: &'static str, signature: &'static str, run: fn(&mut Call<'_, '_>) -> Outcome) -> Member {
    Member { name, signature, run }
}
