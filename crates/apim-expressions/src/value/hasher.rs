//! `HashAlgorithm`.

use std::sync::Mutex;

use crate::types::Class;

/// A hash algorithm with its key, if it takes one.
pub(crate) struct Hasher {
    pub(crate) class: Class,
    pub(crate) key: Mutex<Option<Vec<u8>>>,
}
