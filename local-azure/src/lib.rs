//! Azure on a laptop.

mod access_token;
pub mod blob;
#[cfg(test)]
mod default_world;
pub mod identity_endpoint;
pub mod issuer;
pub mod journal;
pub mod network;
pub mod rbac;
pub mod seed;
pub mod vault;
pub mod world;
