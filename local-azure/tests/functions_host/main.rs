//! The Functions host with a real handler process (`examples/scripted_handler.rs`).

mod admin;
mod http;
mod process;
mod rig;
mod schedule_command;
mod script;
mod timers;
