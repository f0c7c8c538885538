//! HTTP/1 connections for every listener of local Azure: with time limits, and a limit by the process's file
//! descriptors.
//!
//! | what a client does | what happens |
//! |---|---|
//! | does not finish the head of a request | the connection ends after [`HEAD_LIMIT`] |
//! | sends no further request | the connection ends after [`IDLE_LIMIT`] |
//! | stops in the middle of a body | the request is answered 408 after [`BODY_LIMIT`] |
//! | sends a body whose chunks are malformed | the request is answered 400 |
//! | connects while all places are taken | it waits; idle connections are closed, others close after their answer |
//!
//! The first three limits come from Kestrel, the web server of the real Functions host:
//! <https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits>. Kestrel's
//! third limit is a rate (240 bytes a second); here it is a pause.

mod answering;
mod body;
mod connection;
mod descriptors;
mod foreign;
mod heads;
mod room;
mod timed;

use std::time::Duration;

pub use self::{
    body::AnswerBody,
    connection::Connection,
    descriptors::raise_descriptor_limit,
    foreign::Foreign,
    heads::{HeadReader, Heads, WrittenHead},
    room::{Listener, Room},
};

/// The time from the first byte of a request to the end of its head.
pub const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// The time between the end of an answer and the first byte of the next request, and before the first request.
pub const IDLE_LIMIT: Duration = Duration::from_secs(130);

/// The time between two pieces of a request's body.
pub const BODY_LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
