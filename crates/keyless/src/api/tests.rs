//! The client against a gateway of a few lines on loopback: what it sends, what it tries again, what it renews, and what it allocates.

mod allocating;
mod flowing;
mod renewing;
mod rig;
mod sending;
