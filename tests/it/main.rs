//! The real handler binary against local-azure, over real sockets.

mod handler_process;
mod http;
mod main_job;
mod refusals;
mod rig;
mod timers;
