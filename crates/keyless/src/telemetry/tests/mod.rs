//! What a collector gets of invocations, over real sockets.

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
