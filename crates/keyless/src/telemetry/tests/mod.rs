//! What a collector gets of invocations, over real sockets.

mod chat;
mod collector;
mod failing;
mod rig;
mod secret;
mod traces;
mod wire;
