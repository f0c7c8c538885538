//! Calls of a model that answers as it is told.

mod refusing;
mod rig;
mod sending;
mod settings;
mod streaming;
