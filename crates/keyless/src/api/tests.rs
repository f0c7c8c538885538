//! The client against a gateway of a few lines on loopback: what it sends, what it tries again, and what it renews.

mod flowing;
mod renewing;
mod rig;
mod sending;
