//! Secrets of a Key Vault, read with one identity and cached in memory.
//!
//! | file | holds |
//! |---|---|
//! | `vault` | the secrets of one vault |
//! | `policy` | the rules for fetching and caching secrets |
//! | `name` | name of a secret |
//! | `value` | a value that `Debug` does not show, and that is wiped when dropped |
//! | `dates` | names and dates of all secrets; no values |
//!
//! No audience appears here, because the vault names its audience in the 401 that answers the first call.

mod dates;
mod name;
mod policy;
#[cfg(test)]
mod tests;
mod value;
mod vault;

pub use self::{dates::SecretDates, name::SecretName, value::SecretValue, vault::Secrets};
