//! Skeleton.

pub mod azure;
