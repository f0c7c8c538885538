//! The client against a small gateway on loopback: sending, retries, renewals, and allocations.

mod allocating;
mod flowing;
mod renewing;
mod rig;
mod sending;
