//! local-azure changes, replaces and removes only files that it made.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canaries;
mod commands;
mod data_folder;
mod env_file;
mod random_trees;
mod tree;
