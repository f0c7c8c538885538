//! Azure on a laptop.

pub mod gateway;
pub mod issuer;
pub mod journal;
pub mod network;
pub mod rbac;
mod sample_api;
pub mod seed;
pub mod world;
