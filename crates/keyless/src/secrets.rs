//! Secrets of a Key Vault, read as one identity and kept in memory.
//!
//! | file | holds |
//! |---|---|
//! | `vault` | the secrets of one vault |
//! | `policy` | how secrets are fetched and kept |
//! | `name` | name of a secret |
//! | `value` | a value that is not shown, and wiped |
//! | `dates` | names and dates of all secrets; no values |
//!
//! No audience appears here: the vault names its own in the 401 that it gives to the first call.

mod dates;
mod name;
mod policy;
#[cfg(test)]
mod tests;
mod value;
mod vault;

pub use self::{dates::SecretDates, name::SecretName, value::SecretValue, vault::Secrets};
