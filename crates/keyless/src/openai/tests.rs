//! Calls of a model with given answers.

mod refusing;
mod rig;
mod sending;
mod settings;
mod streaming;
