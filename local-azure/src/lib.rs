//! Azure on a laptop.

pub mod edge;
pub mod issuer;
pub mod journal;
pub mod network;
pub mod rbac;
pub mod seed;
pub mod world;
