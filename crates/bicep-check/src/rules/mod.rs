//! The rules, one file each.

pub(crate) mod access;
mod hints;
pub(crate) mod ids;
pub(crate) mod layout;
pub(crate) mod limits;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod order;
pub(crate) mod secrets;
pub(crate) mod start;
pub(crate) mod symbols;
pub(crate) mod types;
