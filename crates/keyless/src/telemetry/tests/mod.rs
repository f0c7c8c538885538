//! The telemetry of invocations that reaches a collector, over real sockets.

mod chat;
mod collector;
mod failing;
#[cfg(feature = "telemetry-relay")]
mod relay;
mod rig;
mod secret;
mod settings;
mod traces;
mod wire;
