//! Skeleton.

#[allow(dead_code, unused_imports, reason = "nothing on this branch uses it")]
pub mod token_cache;
