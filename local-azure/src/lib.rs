//! Azure on a laptop.

pub mod functions_host;
pub mod issuer;
pub mod journal;
pub mod network;
pub mod rbac;
pub mod seed;
pub mod world;
